"""One payment's life, drawn from what the store knows: its facts, its states, who was asked and who was told.

The store keeps the present state, not its history. Drawn is what the record proves: a payment with a reversal's msgID was
REVERSING, one whose sender was told 04 ends with a notice to it. Times are shown where they are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.model.cards import Card
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.outgoing import BankInquiry, Debit, Reversal
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Barrier, DayLimit, OnceKey, Payment, PaymentState

from .amounts import amount_text
from .console import clean, moment, padded
from .resolution import Proposal

_S: Final = PaymentState
_TINTS: Final = {_S.APPROVED: "32", _S.DECLINED: "31", _S.REVERSED: "31"}
_UNDER_WAY: Final = "33"
_WHEN, _WHO, _WHAT = 23, 20, 25


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one payment. `parties` gives names; `proposal` is the latest of `transactions resolve`."""

    payment: Payment
    parties: Mapping[str, str]
    card: Card | None
    notices: list[tuple[Notice, list[Attempt]]]
    proposal: Proposal | None

    def who(self, app_id: str) -> str:
        name = self.parties.get(app_id, "")
        return f"{name} ({app_id})" if name else app_id


def draw(life: Life, *, color: bool) -> Iterator[str]:
    """The drawing, line by line."""
    payment = life.payment
    title = f"payment {payment.payment_id}  {payment.kind}  {amount_text(payment.amount)}".rstrip()
    if payment.merchant.name:
        title += f" at {payment.merchant.name}"
    yield clean(title)
    yield _tint(f"{payment.state}{_verdict(payment)}", payment.state, color=color)
    yield ""
    for name, value in _facts(life):
        yield f"  {name:<11} {clean(value)}"
    yield ""
    for line in _course(life):
        yield _tinted_state(line, color=color)
    for line in _decisions(life):
        yield f"  {clean(line)}"


def _verdict(payment: Payment) -> str:
    if payment.code:
        text = f"  {payment.code} {RESPONSE_TEXTS.get(payment.code, '')}"
    else:
        text = "  the sender is told 04 until it is final"
    return text + (f"  (the bank said {payment.bank_code})" if payment.bank_code not in ("", "00") else "")


def _facts(life: Life) -> Iterator[tuple[str, str]]:
    payment = life.payment
    yield "sender", f"{life.who(payment.sender)}  {payment.msg_id}"
    if life.card is not None:
        yield "payer", f"user {payment.user_id}, card {life.card.card_id} ({life.card.masked_pan}), device {payment.device_id}"
    elif payment.user_id:
        yield "payer", f"user {payment.user_id}, device {payment.device_id}"
    for name, app_id in (("issuer", payment.issuer), ("acquirer", payment.acquirer)):
        if app_id:
            yield name, life.who(app_id)
    yield from _merchant(payment)
    yield from _amounts(payment)
    numbers = [
        ("voucher", payment.voucher_no),
        ("retrieval", payment.retrieval_ref),
        ("trace", payment.trace_no),
        ("bank's", payment.refer_no),
    ]
    yield "references", ", ".join(f"{name} {number}" for name, number in numbers if number)
    if payment.note:
        yield "note", payment.note
    for reservation in payment.reservations:
        yield "held", _held(reservation, payment)


def _merchant(payment: Payment) -> Iterator[tuple[str, str]]:
    merchant = payment.merchant
    parts = [
        merchant.name,
        merchant.merchant_id and f"mid {merchant.merchant_id}",
        merchant.mcc and f"MCC {merchant.mcc}",
        merchant.country and f"country {merchant.country}",
        merchant.terminal_id and f"terminal {merchant.terminal_id}",
    ]
    if any(parts):
        yield "merchant", ", ".join(part for part in parts if part)


def _amounts(payment: Payment) -> Iterator[tuple[str, str]]:
    if payment.discounts:
        less = "".join(f" - {amount_text(item.amount)} ({item.note}, by {item.funded_by})" for item in payment.discounts)
        yield "amount", f"{amount_text(payment.gross)}{less} = {amount_text(payment.amount)}"
    elif payment.amount is not None:
        yield "amount", amount_text(payment.amount)
    if payment.fee is not None and payment.fee.minor:
        yield "fee", f"{amount_text(payment.fee)}, within the amount"
    if payment.bill is not None:
        rate = "" if payment.amount and payment.bill.currency == payment.amount.currency else f" at {payment.bill_rate}"
        yield "debited", f"{amount_text(payment.bill)}{rate}"
    if payment.settle is not None:
        day = f" on {payment.settle_date}" if payment.settle_date else ""
        yield "settled", f"{amount_text(payment.settle)} at {payment.settle_rate}{day}"


def _held(reservation: OnceKey | DayLimit | Barrier, payment: Payment) -> str:
    gone = " (given back)" if payment.state in (_S.DECLINED, _S.REVERSED) else ""
    if isinstance(reservation, OnceKey):
        return f"one-time code {reservation.key}{gone}"
    if isinstance(reservation, DayLimit):
        taken, limit = (_billed(minor, payment) for minor in (reservation.amount_minor, reservation.limit_minor))
        return f"{taken} of {limit}, card {reservation.card_id}'s limit for {reservation.day}{gone}"
    return f"nothing: barred with {reservation.code}"


def _billed(minor: int, payment: Payment) -> str:
    """Limits are counted in the bill currency."""
    return amount_text(Money(minor, payment.bill.currency)) if payment.bill else f"{minor} minor units"


# --- the course of it


def _course(life: Life) -> Iterator[str]:
    """States down the left, messages to the right of them."""
    payment = life.payment
    states = _states(payment)
    yield _row(moment(payment.opened_at), states[0], "◀──", life, payment.sender, payment.kind, payment.msg_id)
    if _was_sent(payment):
        said = f"said {payment.bank_code}" if payment.bank_code else ""
        yield _row("", "", "──▶", life, payment.issuer, Debit.message, payment.bank_msg_id, said)
    if payment.told_pending:
        yield _row("", "", "──▶", life, payment.sender, "owed: 04 or nothing was heard", "")
    for state in states[1:]:
        yield from _state_rows(life, state)
    for notice, attempts in life.notices:
        yield _row(moment(notice.created_at), "", "──▶", life, notice.receiver, notice.message, notice.msg_id, notice.state)
        for attempt in attempts:
            yield f"  {moment(attempt.at):<{_WHEN}}  {'':<10}       {clean(attempt.outcome)}  {attempt.latency_ms} ms"
        if notice.state is NoticeState.QUEUED:
            yield f"  {moment(notice.due_at):<{_WHEN}}  {'':<10}       next attempt"


def _states(payment: Payment) -> list[PaymentState]:
    """The states it certainly went through. PENDING to REVERSING may have led by UNKNOWN or not."""
    if payment.state is _S.AWAITING_CARDHOLDER:
        return [_S.AWAITING_CARDHOLDER]
    passed = [_S.PENDING]
    if payment.reversal_msg_id or payment.state is _S.REVERSED:
        passed.append(_S.REVERSING)
    return passed if payment.state in passed else [*passed, payment.state]


def _state_rows(life: Life, state: PaymentState) -> Iterator[str]:
    payment = life.payment
    present = state is payment.state
    tries = f"{payment.asks} times so far" if present and payment.asks else ""
    if state is _S.UNKNOWN:
        yield _row("", state, "──▶", life, payment.issuer, BankInquiry.message, "", tries)
    elif state is _S.REVERSING:
        yield _row("", state, "──▶", life, payment.issuer, Reversal.message, payment.reversal_msg_id, tries)
    else:
        ended = min((notice.created_at for notice, _ in life.notices), default=None)
        yield f"  {moment(ended):<{_WHEN}}  {state}"
    if present and not payment.is_final:
        yield f"  {moment(payment.due_at):<{_WHEN}}  {'':<10}       the worker looks again"


def _was_sent(payment: Payment) -> bool:
    """Something may have reached the bank: it answered, or nobody can say that it did not."""
    undecided = payment.told_pending or not payment.is_final or payment.state in (_S.APPROVED, _S.REVERSED)
    return bool(payment.bank_msg_id) and (bool(payment.bank_code) or undecided)


def _row(when: str, state: str, arrow: str, life: Life, app_id: str, message: str, msg_id: str, tail: str = "") -> str:
    who = clean(life.parties.get(app_id, app_id))[:_WHO]
    line = f"  {when:<{_WHEN}}  {state:<10}  {arrow}  {padded(who, _WHO)}  {message:<{_WHAT}}  {msg_id:<29}  {tail}"
    return line.rstrip()


def _decisions(life: Life) -> Iterator[str]:
    """What operators said of it (`transactions resolve`)."""
    said = life.proposal
    if said is None:
        return
    yield ""
    yield f"{moment(said.at)}  {said.operator} (account {said.login}) proposed {said.verdict}: {said.reason}"
    if said.confirmed_by:
        yield f"{moment(said.confirmed_at)}  {said.confirmed_by} (account {said.confirmed_login}) confirmed it"
    if said.withdrawn_by:
        yield f"{said.withdrawn_by} withdrew it"


def _tint(text: str, state: PaymentState, *, color: bool) -> str:
    return f"\x1b[{_TINTS.get(state, _UNDER_WAY)}m{text}\x1b[0m" if color else text


def _tinted_state(line: str, *, color: bool) -> str:
    if color:
        for state in PaymentState:
            head, found, tail = line.partition(f"  {state}")
            if found and not head.strip(" 0123456789-:."):
                return f"{head}  {_tint(state, state, color=True)}{tail}"
    return line


# --- for machines


def facts(life: Life) -> dict[str, Any]:
    """`transactions show --json`."""
    card = life.card
    return describe(life.payment) | {
        "maskedPan": card.masked_pan if card else None,
        "states": _states(life.payment),
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
    }


def _money(money: Any) -> dict[str, str]:
    return {"amount": money.text, "currency": money.currency} if money is not None else {}
