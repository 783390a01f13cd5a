"""What the hub sends to the acquirer downstream of UCSP's cashier (RULES section 15): one table row a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from unionhub.domain.model.outgoing import OrderMove, OrderRefund, Outgoing, Pay, PayReversal, PlaceOrder
from unionhub.domain.model.parties import Party

from .fields import wire_name
from .parts import WireDiscount, WireMerchant, WireSettlementKey, wire_discounts

Seal = Callable[[bytes], str]


class OrderInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """PLACE_ORDER."""

    ucsp_order_id: str = msgspec.field(name="ucspOrderId")
    order_id: str = msgspec.field(name="orderId")
    trx_amt: str
    trx_currency: str
    subject: str = ""
    merchant_info: WireMerchant


class MoveInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """PAY, its REVERSAL, and REFUND: what they share."""

    ucsp_order_id: str = msgspec.field(name="ucspOrderId")
    downstream_order_id: str = msgspec.field(name="downstreamOrderId")
    trx_amt: str
    trx_currency: str
    card_info: str = ""
    original_amount: str = ""
    discount_details: list[WireDiscount] = []
    orig_msg_id: str = ""
    orig_msg_type: str = ""
    orig_settlement_key: WireSettlementKey | None = None


def _write_order(placing: PlaceOrder, _party: Party, _seal: Seal) -> OrderInfo:
    order = placing.order
    return OrderInfo(
        ucsp_order_id=order.ucsp_order_id,
        order_id=order.reference,
        trx_amt=order.amount.text,
        trx_currency=order.amount.currency,
        subject=order.subject,
        merchant_info=WireMerchant.of(order.merchant),
    )


def _move(move: OrderMove) -> MoveInfo:
    if move.payment.amount is None:
        raise AssertionError(f"payment {move.payment.payment_id} of an order is of no amount")
    return MoveInfo(
        ucsp_order_id=move.order.ucsp_order_id,
        downstream_order_id=move.order.downstream_id,
        trx_amt=move.payment.amount.text,
        trx_currency=move.payment.amount.currency,
    )


def _write_pay(pay: Pay, _party: Party, seal: Seal) -> MoveInfo:
    payment, card = pay.payment, pay.card
    number = {"token": card.token.reveal()} if card.token is not None else {"pan": card.pan.reveal() if card.pan else ""}
    return msgspec.structs.replace(
        _move(pay),
        card_info=seal(msgspec.json.encode({**number, "expiry": card.expiry})),
        original_amount=payment.gross.text if payment.gross else "",
        discount_details=wire_discounts(payment.discounts),
    )


def _write_reversal(reversal: PayReversal, _party: Party, _seal: Seal) -> MoveInfo:
    payment = reversal.payment
    return msgspec.structs.replace(_move(reversal), orig_msg_id=payment.bank_msg_id, orig_msg_type=Pay.message)


def _write_refund(refund: OrderRefund, _party: Party, _seal: Seal) -> MoveInfo:
    key = WireSettlementKey.of(refund.payment.settlement_key)
    return msgspec.structs.replace(_move(refund), orig_settlement_key=key)


DOWNSTREAM: Final[dict[type[Outgoing], Callable[[Any, Party, Seal], object]]] = {
    PlaceOrder: _write_order,
    Pay: _write_pay,
    PayReversal: _write_reversal,
    OrderRefund: _write_refund,
}
"""The core's message -> how its trxInfo is written."""
