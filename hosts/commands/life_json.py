"""One payment's life for machines."""

from __future__ import annotations

from typing import Any

from unionhub.domain.model.transactions import Payment

from .life import Life, states_of


def facts(life: Life) -> dict[str, Any]:
    """`transactions show --json`."""
    card = life.card
    return describe(life.payment) | {
        "maskedPan": card.masked_pan if card else life.payment.masked_pan or None,
        "payee": {"cardId": life.payee.card_id, "userID": life.payee.user_id} if life.payee else None,
        "undoneBy": [
            {"paymentId": each.payment_id, "kind": each.kind, "state": each.state, "amount": _money(each.amount)}
            for each in life.undone_by
        ],
        "states": states_of(life.payment),
        "notices": [
            {
                "noticeId": notice.notice_id,
                "receiver": notice.receiver,
                "message": notice.message,
                "msgID": notice.msg_id,
                "state": notice.state,
                "createdAt": notice.created_at,
                "attempts": [{"at": each.at, "outcome": each.outcome, "latencyMs": each.latency_ms} for each in attempts],
            }
            for notice, attempts in life.notices
        ],
        "resolution": life.proposal,
    }


def describe(payment: Payment) -> dict[str, Any]:
    """A payment for machines: amounts as text in major units beside their currency."""
    return {
        "paymentId": payment.payment_id,
        "kind": payment.kind,
        "state": payment.state,
        "status": payment.status,
        "code": payment.code,
        "bankCode": payment.bank_code,
        "openedAt": payment.opened_at,
        "dueAt": payment.due_at,
        "sender": payment.sender,
        "msgID": payment.msg_id,
        "gateway": payment.gateway,
        "issuer": payment.issuer,
        "acquirer": payment.acquirer,
        "cardId": payment.card_id,
        "userID": payment.user_id,
        "deviceID": payment.device_id,
        "gross": _money(payment.gross),
        "amount": _money(payment.amount),
        "fee": _money(payment.fee),
        "bill": _money(payment.bill) | {"rate": str(payment.bill_rate)} if payment.bill else {},
        "settle": _money(payment.settle) | {"rate": str(payment.settle_rate)} if payment.settle else {},
        "settleDate": payment.settle_date,
        "discounts": [_money(each.amount) | {"note": each.note, "fundedBy": each.funded_by} for each in payment.discounts],
        "merchant": {
            "name": payment.merchant.name,
            "mid": payment.merchant.merchant_id,
            "mcc": payment.merchant.mcc,
            "country": payment.merchant.country,
            "acquirerIIN": payment.merchant.acquirer_iin,
        },
        "qrcVoucherNo": payment.voucher_no,
        "retrivlRefNum": payment.retrieval_ref,
        "traceNum": payment.trace_no,
        "referNo": payment.refer_no,
        "bankMsgID": payment.bank_msg_id,
        "reversalMsgID": payment.reversal_msg_id,
        "toldPending": payment.told_pending,
        "origPaymentId": payment.orig_payment_id,
        "orderNumber": payment.order_id,
        "payeeGateway": payment.payee_gateway,
        "settlementKey": payment.settlement_key,
        "additionalMsgID": payment.additional_msg_id,
        "cardholder": payment.cardholder,
    }


def _money(money: Any) -> dict[str, str]:
    return {"amount": money.text, "currency": money.currency} if money is not None else {}
