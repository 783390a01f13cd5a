"""Orders of UCSP on the wire (RULES section 15): what industries and acquirers send, and what both sides are told."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderRequest, OrderResult, OrderStanding, OrderStatus, Submitted
from unionhub.domain.model.outgoing import ResultNotice
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Payment

from . import fields
from .envelope import stamp
from .fields import Amount, AmountOrEmpty, CurrencyCode, Digits8, TimeStamp, UserId, ans, text, wire_name
from .flat import FlatRow
from .inbound import Seal
from .parts import WireDiscount, WireSettlementKey, wire_discounts
from .ucsp import ChannelCode, MsgId, check_msg_id, flat_row

STAMP: Final = "%Y%m%d%H%M%S"

OrderReference = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{1,64}\Z")]
Subject = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,128}\Z")]
Url = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,512}\Z")]


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""General categories of Unicode: controls, formats (bidi, zero width, tags), surrogates, private ones, breaks."""

_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Of other categories, and nothing to see either."""


class SubmitPaymentOrder(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """SUBMIT_PAYMENT_ORDER. Times are YYYYMMDDhhmmss in the industry's zone."""

    msg_id: MsgId
    industry_code: Digits8
    channel_code: ChannelCode
    user_id: UserId = msgspec.field(name="userId")
    order_id: OrderReference = msgspec.field(name="orderId")
    order_time: TimeStamp
    trx_amt: Amount
    trx_currency: CurrencyCode
    subject: Subject
    return_url: Url = msgspec.field(name="returnUrl")
    expires_at: TimeStamp | None = None


class SubmitAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    ucsp_order_id: str = msgspec.field(name="ucspOrderId")
    cashier_url: str = msgspec.field(name="cashierUrl")


class PaymentResult(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """PAYMENT_RESULT of a downstream acquirer. `origMsgID` is the PAY's; an order paid by its QR has none. `trxAmt` is what
    was paid where that is not what PAY asked for; of REFUNDED `refundAmt` is what was given back, all if it is not said."""

    msg_id: fields.MsgId
    downstream_order_id: Annotated[str, Meta(pattern=r"^[\x20-\x7e]{1,64}\Z")] = msgspec.field(name="downstreamOrderId")
    ucsp_order_id: Annotated[str, Meta(pattern=r"^[0-9]{20}\Z")] = msgspec.field(name="ucspOrderId")
    payment_status: Literal["APPROVED", "DECLINED", "REFUNDED"]
    settlement_key: WireSettlementKey | None = None
    retrivl_ref_num: Annotated[str, ans(12)] = ""
    orig_msg_id: fields.MsgIdOrEmpty = ""
    reason: Annotated[str, text(100)] = ""
    trx_amt: AmountOrEmpty = ""
    refund_amt: AmountOrEmpty = ""
    trx_currency: Annotated[str, Meta(pattern=r"^([0-9]{3})?\Z")] = ""


class PaymentResultInquiry(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """PAYMENT_RESULT_INQUIRY."""

    msg_id: MsgId
    industry_code: Digits8
    order_id: OrderReference = msgspec.field(name="orderId")


class ResultInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """What is told of an order: trxAmt and the discounts add up to originalAmount."""

    order_id: str = msgspec.field(name="orderId")
    ucsp_order_id: str = msgspec.field(name="ucspOrderId")
    trx_amt: str
    original_amount: str
    discount_details: list[WireDiscount]
    trx_currency: str
    masked_pan: str = ""
    retrivl_ref_num: str
    payment_status: str
    reason: str = ""
    refund_amt: str = ""
    paid_at: str


class NoticeInfo(ResultInfo, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """PAYMENT_RESULT_NOTICE, whole."""

    msg_id: str
    channel_code: str
    industry_code: str


def read_submit(message: SubmitPaymentOrder, _: Mapping[str, Any]) -> OrderRequest:
    """Refusal `30` for what no pattern can say."""
    check_msg_id(message.msg_id, message.industry_code)
    for name, said in (("orderTime", message.order_time), ("expiresAt", message.expires_at)):
        if said is not None and not _is_moment(said):
            raise Refusal("30", name)
    if not _is_plain(message.subject):
        raise Refusal("30", "subject")
    return OrderRequest(
        channel_code=message.channel_code,
        user_id=message.user_id,
        reference=message.order_id,
        ordered_at=message.order_time,
        amount=message.trx_amt,
        currency=message.trx_currency,
        subject=message.subject,
        return_url=message.return_url,
        asked_expiry=message.expires_at or "",
    )


def write_submit(done: Submitted, _: Seal) -> SubmitAnswer:
    return SubmitAnswer(ucsp_order_id=done.order.ucsp_order_id, cashier_url=done.cashier_url)


def read_result(message: PaymentResult, _: Mapping[str, Any]) -> OrderResult:
    """An approval says under which key it settles, or nobody could tell it from another one."""
    status = OrderStatus(message.payment_status)
    if status is OrderStatus.APPROVED and message.settlement_key is None:
        raise Refusal("30", "settlementKey")
    refund = status is OrderStatus.REFUNDED
    return OrderResult(
        downstream_id=message.downstream_order_id,
        ucsp_order_id=message.ucsp_order_id,
        status=status,
        settlement_key=message.settlement_key.key().text if message.settlement_key else "",
        retrieval_ref=message.retrivl_ref_num,
        orig_msg_id=message.orig_msg_id,
        reason=message.reason,
        amount=message.refund_amt or message.trx_amt if refund else message.trx_amt,
        currency=message.trx_currency,
    )


def read_inquiry(message: PaymentResultInquiry, _: Mapping[str, Any]) -> str:
    check_msg_id(message.msg_id, message.industry_code)
    return message.order_id


def write_standing(standing: OrderStanding, _: Seal) -> ResultInfo:
    paid_at = f"{standing.paid_at:{STAMP}}" if standing.paid_at else ""
    return ResultInfo(**_told(standing.order, standing.status, standing.payment, standing.refunded), paid_at=paid_at)


def write_notice(notice: ResultNotice, party: Party, _: Seal) -> NoticeInfo:
    """Every sending of a notice says the same: what it tells of is over."""
    return NoticeInfo(
        msg_id=notice.msg_id,
        channel_code=notice.channel_code,
        industry_code=notice.industry_code,
        paid_at=stamp(party, notice.paid_at),
        **_told(notice.order, notice.status, notice.payment, notice.refunded),
    )


def _told(order: Order, status: OrderStatus, payment: Payment | None, refunded: Money | None) -> dict[str, Any]:
    amount = payment.amount if payment is not None and payment.amount is not None else order.amount
    declined = status is OrderStatus.DECLINED and payment is not None
    return {
        "order_id": order.reference,
        "ucsp_order_id": order.ucsp_order_id,
        "trx_amt": amount.text,
        "original_amount": (payment.gross if payment is not None and payment.gross is not None else order.amount).text,
        "discount_details": wire_discounts(payment.discounts) if payment is not None else [],
        "trx_currency": amount.currency,
        "masked_pan": payment.masked_pan if payment is not None else "",
        "retrivl_ref_num": payment.retrieval_ref if payment is not None else "",
        "payment_status": status.value,
        "reason": _reason(payment.code) if declined and payment is not None else "",
        "refund_amt": refunded.text if refunded is not None else "",
    }


def _reason(code: str) -> str:
    return f"{code} {RESPONSE_TEXTS.get(code, '')}".strip()[:100]


def _is_plain(said: str) -> bool:
    """Does everybody see what is there? It stands beside the amount on the cashier's page, and in operators' terminals: what
    turns the direction, or shows nothing, can make it read as another sum or shop. Emoji that are joined by U+200D are lost."""
    if not said.strip():
        return False
    return not any(char in _BLANK or unicodedata.category(char) in _UNSEEN or _is_no_character(char) for char in said)


def _is_no_character(char: str) -> bool:
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"


def _is_moment(said: str) -> bool:
    try:
        datetime.strptime(said, STAMP)  # noqa: DTZ007 - a check of form: no zone is named
    except ValueError:
        return False
    return True


_INDUSTRY: Final = frozenset({Role.INDUSTRY})

ORDERS: Final[tuple[FlatRow, ...]] = (
    flat_row("SUBMIT_PAYMENT_ORDER", _INDUSTRY, SubmitPaymentOrder, read_submit, write_submit),
    flat_row("PAYMENT_RESULT_INQUIRY", _INDUSTRY, PaymentResultInquiry, read_inquiry, write_standing),
    flat_row("PAYMENT_RESULT", frozenset({Role.ACQUIRER}), PaymentResult, read_result),
)
