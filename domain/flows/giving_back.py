"""The record of money that goes back, and the keys that keep it from going back twice (RULES section 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Allowance, OnceKey, Payment, PaymentState

from .numbers import retrieval_ref, trace_no, voucher_no


def undoing(original: Payment, kind: str, payment_id: int, now: datetime) -> Payment:
    """The record of what takes `original` back in full, at its own bill and rates. Sender and msgIDs are the caller's."""
    return Payment(
        payment_id=payment_id,
        kind=kind,
        sender="",
        msg_id="",
        state=PaymentState.PENDING,
        opened_at=now,
        due_at=now,
        gateway=original.gateway,
        issuer=original.issuer,
        acquirer=original.acquirer,
        card_id=original.card_id,
        user_id=original.user_id,
        device_id=original.device_id,
        gross=original.gross,
        amount=original.amount,
        bill=original.bill,
        bill_rate=original.bill_rate,
        settle=original.settle,
        settle_rate=original.settle_rate,
        settle_date=original.settle_date,
        discounts=original.discounts,
        merchant=original.merchant,
        qr_payload=original.qr_payload,
        reservations=(whole(original, code="94"),),
        voucher_no=voucher_no(payment_id, now),
        trace_no=trace_no(payment_id),
        retrieval_ref=retrieval_ref(payment_id),
        orig_payment_id=original.payment_id,
    )


def whole(original: Payment, *, code: str) -> Allowance:
    """All that can be given back of a payment: whoever holds it leaves nothing to others."""
    amount = paid(original)
    return Allowance(key=back_key(original), amount_minor=amount.minor, limit_minor=amount.minor, code=code)


def back_key(original: Payment) -> str:
    return f"back:{original.payment_id}"


def message_key(sender: str, orig_msg_id: str) -> str:
    """Held by an acquirer's payment; or by the REVERSAL of one that never came, which bars it for ever."""
    return f"msg:{sender}:{orig_msg_id}"


LOOK_AGAIN: Final = "look again"
"""The code of a key that can only be taken by an original that was not there a moment ago: the transaction that was open
meanwhile has committed now, so whoever meets it looks again."""


def settlement_once(sender: str, key: str) -> OnceKey:
    """An acquirer's settlement key is one business transaction (`94`)."""
    return OnceKey(key=f"settle:{sender}:{key}", code="94")


def told_once(acquirer: str, key: str) -> OnceKey:
    """What a downstream acquirer tells of an order under one settlement key is one taking (`94`)."""
    return OnceKey(key=f"paid:{acquirer}:{key}", code="94")


def surplus(known: Payment, approved: Payment, payment_id: int, now: datetime) -> Payment:
    """The record of what was taken besides `known`, which paid the order: by the same PAY, as `approved` has it from the
    acquirer's own word, under a settlement key of its own. As if PAYMENT_RESULT had told it."""
    return Payment(
        payment_id=payment_id,
        kind="PAYMENT_RESULT",
        sender=known.sender,
        msg_id=f"{known.bank_msg_id}S",
        state=PaymentState.PENDING,
        opened_at=now,
        due_at=now,
        gateway=known.gateway,
        issuer=known.issuer,
        user_id=known.user_id,
        order_id=known.order_id,
        masked_pan=known.masked_pan,
        gross=known.gross,
        amount=known.amount,
        merchant=known.merchant,
        reservations=(told_once(known.issuer, approved.settlement_key),),
        voucher_no=voucher_no(payment_id, now),
        trace_no=trace_no(payment_id),
        retrieval_ref=approved.retrieval_ref,
        settlement_key=approved.settlement_key,
    )


def paid(original: Payment) -> Money:
    """What its payer paid: nothing beyond it is ever given back."""
    if original.amount is None:
        raise AssertionError(f"payment {original.payment_id} has no amount")
    return original.amount
