"""What is drawn of a run that broke an invariant: the life and the messages of every payment and order that a finding names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from simulation.host import START, LoopClock, settings
from simulation.inline_sqlite import AnyStore
from unionhub.domain.flows.invariants import Finding
from unionhub.domain.model.orders import Order
from unionhub.domain.model.transactions import Payment
from unionhub.hosts.commands.life_drawing import draw
from unionhub.hosts.commands.opening import Desk
from unionhub.hosts.commands.transactions import read_life
from unionhub.hosts.drawing import Drawing
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import PARTNERS

_DRAWN_AT_MOST: Final = 4
"""Transactions of one run: whoever wants more has the trace."""

_NAMED: Final = re.compile(r"\b(payment|order|enrolment|notice|act)s? (\d+)(?:(?:, (\d+))* and (\d+))?")
_WORD: Final = re.compile(r"[\w.]+")
_NOTHING_CAME: Final = "no answer came"


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the trace. `code` is `req` of a request, and empty of an answer without one."""

    at_s: float
    sender: str
    receiver: str
    message: str
    msg_id: str
    code: str

    @classmethod
    def read(cls, line: str) -> Passed:
        at, sender, receiver, *message, msg_id, code = line.lstrip().split(" ")
        return cls(at_s=float(at), sender=sender, receiver=receiver, message=" ".join(message), msg_id=msg_id, code=code)


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs together: payments by their numbers, and the numbers of all messages about them."""

    name: str
    payments: list[int] = []
    numbers: frozenset[str]


async def diagrams(store: AnyStore, findings: Sequence[Finding], trace: Sequence[str], about: Mapping[str, str]) -> list[str]:
    """One text for each transaction that the findings name, at most four. `about`: an inquiry's msgID -> the one it asks of."""
    passed = [Passed.read(line) for line in trace]
    drawn = []
    for each in _named(store, findings, {one.msg_id for one in passed})[:_DRAWN_AT_MOST]:
        mine = [one for one in passed if one.msg_id in each.numbers or about.get(one.msg_id) in each.numbers]
        drawn.append("\n".join((f"--- {each.name}", *[line async for line in _lives(store, each)], "", *sequence(mine))))
    return drawn


async def _lives(store: AnyStore, transaction: Transaction) -> Any:
    """As `unionhub transactions show` draws them."""
    desk = Desk(settings=settings(), store=store, clock=LoopClock(0.0))
    for payment_id in transaction.payments:
        for line in draw(await read_life(desk, str(payment_id)), color=False):
            yield line
        yield ""


# --- the messages


def sequence(passed: Sequence[Passed]) -> Iterator[str]:
    """As `unionhub run` draws them as they pass, with their numbers; and which request was never answered."""
    drawing = Drawing(_partners(), color=False)
    answers, asked_at_s = _answers(passed), dict[int, float]()
    for place, each in enumerate(passed):
        asked = each.code == "req"
        if asked and place in answers:
            asked_at_s[answers[place]] = each.at_s
        entry = {
            "at": (START + timedelta(seconds=each.at_s)).isoformat(),
            "kind": "req" if asked else "res",
            "from": each.sender,
            "to": each.receiver,
            "message": each.message,
            "code": each.code,
            "ms": 1000 * (each.at_s - asked_at_s.get(place, each.at_s)),
        }
        line = drawing.message(entry)
        yield f"{line:<106}  {each.msg_id}{f'  ({_NOTHING_CAME})' if asked and place not in answers else ''}"


def _answers(passed: Sequence[Passed]) -> dict[int, int]:
    """Place of a request -> place of its answer: the first that nobody else had, on the way back, under its number."""
    open_requests: dict[tuple[str, str, str, str], list[int]] = {}
    answers: dict[int, int] = {}
    for place, each in enumerate(passed):
        if each.code == "req":
            open_requests.setdefault((each.sender, each.receiver, each.message, each.msg_id), []).append(place)
        elif waiting := open_requests.get((each.receiver, each.sender, each.message, each.msg_id)):
            answers[waiting.pop(0)] = place
    return answers


def _partners() -> dict[str, Identity]:
    return {
        each.app_id: Identity(
            app_id=each.app_id, role=each.role, name=each.name, profile=each.profile, signing={}, encryption={}, base_url=""
        )
        for each in PARTNERS
    }


# --- what a finding names


def _named(store: AnyStore, findings: Sequence[Finding], passed: set[str]) -> list[Transaction]:
    """In the order in which findings name them, each once."""
    tables = store.tables
    found: dict[str, Transaction] = {}
    for finding in findings:
        for kind, number in _numbered(finding.evidence):
            for each in _transactions(tables, kind, number):
                found.setdefault(each.name, each)
        for word in _WORD.findall(finding.evidence):
            if word in passed and not any(word in each.numbers for each in found.values()):
                each = _of_message(tables, word)
                found.setdefault(each.name, each)
    return list(found.values())


def _numbered(evidence: str) -> Iterator[tuple[str, int]]:
    for match in _NAMED.finditer(evidence):
        kind, *numbers = match.groups()
        yield from ((kind, int(number)) for number in numbers if number)


def _transactions(tables: Any, kind: str, number: int) -> Iterator[Transaction]:
    if kind == "payment" and number in tables.payments:
        yield _of_payment(tables, tables.payments[number])
    elif kind == "order" and number in tables.orders:
        yield _of_order(tables, tables.orders[number])
    elif kind == "notice" and number in tables.notices:
        notice = tables.notices[number]
        about, about_number = ("order", notice.order_id) if notice.payment_id is None else ("payment", notice.payment_id)
        yield from _transactions(tables, about, about_number or 0)
    elif kind in ("enrolment", "act"):
        each = (tables.enrolments if kind == "enrolment" else tables.acts).get(number)
        if each is not None:
            numbers = (each.msg_id, getattr(each, "bank_msg_id", ""))
            yield Transaction(name=f"{kind} {number}", numbers=frozenset(filter(None, numbers)))


def _of_message(tables: Any, msg_id: str) -> Transaction:
    """The payment that it is about; or the message alone."""
    for payment in tables.payments.values():
        if msg_id in _numbers(payment):
            return _of_payment(tables, payment)
    return Transaction(name=f"message {msg_id}", numbers=frozenset({msg_id}))


def _of_payment(tables: Any, payment: Payment) -> Transaction:
    """With what gives it back, or what it gives back; of an order, with all of the order."""
    if payment.order_id is not None and payment.order_id in tables.orders:
        return _of_order(tables, tables.orders[payment.order_id])
    first = payment.orig_payment_id or payment.payment_id
    together = [each for each in tables.payments.values() if first in (each.payment_id, each.orig_payment_id)]
    return _together(tables, f"payment {first}", together, set())


def _of_order(tables: Any, order: Order) -> Transaction:
    together = [each for each in tables.payments.values() if each.order_id == order.order_id]
    told = {notice.msg_id for notice in tables.notices.values() if notice.order_id == order.order_id}
    return _together(tables, f"order {order.order_id}", together, {order.ucsp_order_id, *told})


def _together(tables: Any, name: str, payments: Sequence[Payment], numbers: set[str]) -> Transaction:
    ids = {payment.payment_id for payment in payments}
    told = {notice.msg_id for notice in tables.notices.values() if notice.payment_id in ids}
    ours = {number for payment in payments for number in _numbers(payment)}
    return Transaction(name=name, payments=sorted(ids), numbers=frozenset(numbers | told | ours))


def _numbers(payment: Payment) -> set[str]:
    numbers = (payment.msg_id, payment.bank_msg_id, payment.reversal_msg_id, payment.additional_msg_id)
    return {number for number in numbers if number}
