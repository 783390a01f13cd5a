"""One payment's life, drawn: its facts, its states, who was asked and who was told, what operators said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from unionhub.domain.flows.notify import UNWANTED
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Payment, PaymentState

from .amounts import amount_text
from .console import clean, moment
from .life import Life
from .life_course import course
from .life_facts import facts_of

_TINTS: Final = {PaymentState.APPROVED: "32", PaymentState.DECLINED: "31", PaymentState.REVERSED: "31"}
_UNDER_WAY: Final = "33"


def draw(life: Life, *, color: bool) -> Iterator[str]:
    """The drawing, line by line."""
    payment = life.payment
    title = f"payment {payment.payment_id}  {payment.kind}  {amount_text(payment.amount)}".rstrip()
    if life.original is not None:
        title += f" of payment {life.original.payment_id}"
    if life.payee is not None:
        title += f" to user {life.payee.user_id}"
    if payment.merchant.name:
        title += f" {'at' if payment.does.takes else 'from'} {payment.merchant.name}"
    yield clean(title)
    yield _tint(f"{payment.state}{_verdict(payment)}", payment.state, color=color)
    yield ""
    for name, value in facts_of(life):
        yield f"  {name:<11} {clean(value)}"
    yield ""
    for line in course(life):
        yield _tinted_state(line, color=color)
    for line in _decisions(life):
        yield f"  {clean(line)}"


def _verdict(payment: Payment) -> str:
    if payment.code:
        text = f"  {payment.code} {RESPONSE_TEXTS.get(payment.code, '')}"
    elif payment.does.downstream:
        text = "  the user was told that it is accepted, the rest hear of it when it is final"
    else:
        text = "  the sender is told 04 until it is final"
    if payment.does.downstream and payment.code == UNWANTED:
        return text + (
            "  (no news: it was told before)" if payment.state is PaymentState.APPROVED else "  (its order was paid, or closed)"
        )
    mover = "acquirer" if payment.does.downstream else "bank"
    return text + (f"  (the {mover} said {payment.bank_code})" if payment.bank_code not in ("", "00") else "")


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
