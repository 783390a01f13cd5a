"""One payment's course: states down the left, messages to the right of them. Times are shown where they are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.outgoing import (
    AdditionalProcessing,
    BankInquiry,
    CardPayloadQuestion,
    OrderRefund,
    Pay,
    PayReversal,
    Reversal,
)
from unionhub.domain.model.transactions import UNDOES, CardholderSays, Payment, PaymentState, Rolls

from .console import clean, moment, padded
from .life import Life, states_of, was_sent

_WHEN, _WHO, _WHAT = 23, 20, 28
_CARDHOLDER: Final = "ADDITIONAL_PROCESSING_RESULT"
_CASHIER: Final = "the cashier"
"""Where the user of an order says yes, and is told how far it is."""


def course(life: Life) -> Iterator[str]:
    """States down the left, messages to the right of them."""
    payment = life.payment
    states = states_of(payment)
    # What the hub gives back by itself carries the number of the notice that the QR platform refused.
    asked = "refused the notice" if payment.kind in UNDOES and payment.msg_id.startswith("U") else payment.kind
    if payment.kind == Pay.message:
        yield _row(moment(payment.opened_at), states[0], "◀──", life, _CASHIER, "the user's yes", payment.msg_id)
        if was_sent(payment):
            yield _row("", "", "──▶", life, payment.gateway, CardPayloadQuestion.message, "")
    else:
        told_by = payment.issuer if payment.does.downstream else payment.sender
        yield _row(moment(payment.opened_at), states[0], "◀──", life, told_by, asked, payment.msg_id)
    yield from _cardholders_part(life)
    if payment.additional_msg_id and PaymentState.PENDING in states:
        yield f"  {'':<{_WHEN}}  {PaymentState.PENDING}"
    if was_sent(payment):
        said = f"said {payment.bank_code}" if payment.bank_code else ""
        yield _row("", "", "──▶", life, payment.issuer, payment.does.bank_message, payment.bank_msg_id, said)
    if payment.told_pending:
        to, what = (payment.sender, "owed: 04 or nothing was heard")
        if payment.does.downstream:
            to, what = (_CASHIER, "accepted: no result yet")
        yield _row("", "", "──▶", life, to, what, "")
    for state in states[1:]:
        if state not in (PaymentState.READY, PaymentState.PENDING):
            yield from _state_rows(life, state)
    if payment.state in (PaymentState.AWAITING_CARDHOLDER, PaymentState.READY, PaymentState.PENDING):
        yield _waits(life)
    for notice, attempts in life.notices:
        yield _row(moment(notice.created_at), "", "──▶", life, notice.receiver, notice.message, notice.msg_id, notice.state)
        for attempt in attempts:
            yield f"  {moment(attempt.at):<{_WHEN}}  {'':<{life.wide}}       {clean(attempt.outcome)}  {attempt.latency_ms} ms"
        if notice.state is NoticeState.QUEUED:
            yield f"  {moment(notice.due_at):<{_WHEN}}  {'':<{life.wide}}       next attempt"


def _cardholders_part(life: Life) -> Iterator[str]:
    """Above the wallet's limit its app is asked, and the cardholder decides (RULES section 4)."""
    payment = life.payment
    if not payment.additional_msg_id:
        return
    yield _row("", "", "──▶", life, payment.gateway, AdditionalProcessing.message, payment.additional_msg_id)
    if payment.cardholder:
        ready = PaymentState.READY if payment.cardholder is CardholderSays.CONTINUING else ""
        yield _row("", ready, "◀──", life, payment.gateway, _CARDHOLDER, "", f"said {payment.cardholder}")


def _state_rows(life: Life, state: PaymentState) -> Iterator[str]:
    payment = life.payment
    present = state is payment.state
    tries = f"{payment.asks} times so far" if present and payment.asks else ""
    if state is PaymentState.UNKNOWN:
        yield _row("", state, "──▶", life, payment.issuer, _asked(payment), "", tries)
        if payment.does.rolls is Rolls.FORWARD:
            # Money that was given may be spent: it is never taken back, the same message is sent until it is known.
            yield _row("", "", "──▶", life, payment.issuer, payment.does.bank_message, payment.bank_msg_id, "in the end, again")
    elif state is PaymentState.REVERSING:
        yield _row("", state, "──▶", life, payment.issuer, _takes_back(payment), payment.reversal_msg_id, tries)
    else:
        ended = min((notice.created_at for notice, _ in life.notices), default=None)
        yield f"  {moment(ended):<{_WHEN}}  {state}"
    if present and not payment.is_final:
        yield _waits(life)


def _takes_back(payment: Payment) -> str:
    """What is sent while it is REVERSING: of what an acquirer told of by itself, it is a refund."""
    if not payment.does.downstream:
        return Reversal.message
    return PayReversal.message if payment.kind == Pay.message else OrderRefund.message


def _asked(payment: Payment) -> str:
    """What the worker sends while it does not know."""
    return f"{payment.does.bank_message} again" if payment.does.rolls is Rolls.INSIST else BankInquiry.message


def _waits(life: Life) -> str:
    payment = life.payment
    what = "the cardholder's time is up" if payment.state is PaymentState.AWAITING_CARDHOLDER else "the worker looks again"
    return f"  {moment(payment.due_at):<{_WHEN}}  {'':<{life.wide}}       {what}"


def _row(when: str, state: str, arrow: str, life: Life, app_id: str, message: str, msg_id: str, tail: str = "") -> str:
    who = clean(life.parties.get(app_id, app_id))[:_WHO]
    line = f"  {when:<{_WHEN}}  {state:<{life.wide}}  {arrow}  {padded(who, _WHO)}  {message:<{_WHAT}}  {msg_id:<29}  {tail}"
    return line.rstrip()
