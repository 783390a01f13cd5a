"""After the load: is what customers were told what the hub recorded, and what the hub recorded what the bank booked?

This is the check that makes the other figures worth anything: a hub that loses payments is fast.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec

from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentState

DEBIT: Final = "-"
CREDIT: Final = "+"
_PAGE: Final = 500
_POLL_S: Final = 0.25
_EXAMPLES: Final = 5


class Booking(NamedTuple):
    """One debit or credit of a customer's account. `ref` is the msgID of the hub's message."""

    ref: str
    sign: str
    money: Money


class Told(NamedTuple):
    """A payment that a customer was told is approved."""

    sender: str
    msg_id: str
    minor: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of what was compared, and what is wrong: nothing, or the run has failed.

    Amounts are in minor units: `_minor` what was taken from customers' accounts, `_given_minor` what was given to them.
    `booked` are messages; a transfer has two bookings, one that was taken back counts no more.
    """

    told: int
    approved: int
    booked: int
    approved_minor: int
    booked_minor: int
    approved_given_minor: int = 0
    booked_given_minor: int = 0
    lost: int  # approved, but not booked
    twice: int  # booked more often than approved
    differ: int = 0  # booked with another amount
    unexplained: int  # booked, but neither approved nor taken back
    untrue: int  # told approved, but the hub's record says otherwise
    unfinished: int  # payments without an outcome at the end
    undelivered: int  # notices that did not reach their receiver
    examples: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        wrong = (self.lost, self.twice, self.differ, self.unexplained, self.untrue, self.unfinished, self.undelivered)
        totals = (self.approved_minor, self.approved_given_minor) == (self.booked_minor, self.booked_given_minor)
        return not any(wrong) and totals


def compare(told: Iterable[Told], payments: Iterable[Payment], bookings: Iterable[Booking], undelivered: int = 0) -> Verdict:
    """Hold customers' answers, the hub's records and the bank's bookings against each other."""
    told, payments = list(told), list(payments)
    ledger = _Ledger(bookings)
    states = {p.payment_id: p.state for p in payments}
    approved = [p for p in payments if p.state is PaymentState.APPROVED and _moves_money(p, states)]
    for payment in approved:
        ledger.explain(payment)
    ledger.find_repeats(approved)
    for payment in payments:
        if payment.state is PaymentState.REVERSED:
            ledger.take_back(payment)
    records = {(p.sender, p.msg_id): p for p in payments}
    wrong = {
        "lost": ledger.lost,
        "twice": ledger.twice,
        "differ": ledger.differ,
        "unexplained": [*ledger.unexplained, *(f"{ref} {sign}" for (ref, sign), left in ledger.left.items() for _ in left)],
        "untrue": [f"{each.sender} {each.msg_id}" for each in told if not _is_true(each, records)],
        "unfinished": [f"{p.sender} {p.msg_id}" for p in payments if not p.is_final],
    }
    return Verdict(
        told=len(told),
        approved=len(approved),
        booked=ledger.messages,
        approved_minor=ledger.wanted[DEBIT],
        booked_minor=ledger.booked[DEBIT],
        approved_given_minor=ledger.wanted[CREDIT],
        booked_given_minor=ledger.booked[CREDIT],
        undelivered=undelivered,
        examples=tuple(f"{kind}: {name}" for kind, names in wrong.items() for name in names[:_EXAMPLES]),
        **{kind: len(names) for kind, names in wrong.items()},
    )


class _Ledger:
    """The bank's bookings, from which what the hub's records explain is crossed out. `left` is what nothing explains."""

    def __init__(self, bookings: Iterable[Booking]) -> None:
        self.left: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.wanted: Counter[str] = Counter()
        self.booked: Counter[str] = Counter()
        self.lost: list[str] = []
        self.twice: list[str] = []
        self.differ: list[str] = []
        self.unexplained: list[str] = []
        for booking in bookings:
            self.left[booking.ref, booking.sign].append(booking.money.minor)
            self.booked[booking.sign] += booking.money.minor
        copies: Counter[str] = Counter()
        for (ref, _), minor in self.left.items():
            copies[ref] = max(copies[ref], len(minor))
        self.messages = copies.total()

    def explain(self, payment: Payment) -> None:
        """An approved payment: each leg is booked once, with the bill's amount."""
        minor = payment.bill.minor if payment.bill else 0
        for sign in _signs(payment):
            found = self._take(payment.bank_msg_id, sign)
            if found is None and sign == CREDIT and _may_bank_elsewhere(payment):
                continue
            self.wanted[sign] += minor
            if found is None:
                self.lost.append(f"{payment.bank_msg_id} {sign}")
            elif found != minor:
                self.differ.append(f"{payment.bank_msg_id} {sign}: {found}, not {minor}")

    def find_repeats(self, approved: Iterable[Payment]) -> None:
        """What is left of messages that were approved."""
        for key in {(p.bank_msg_id, sign) for p in approved for sign in _signs(p)}:
            self.twice += [f"{key[0]} {key[1]}" for _ in self.left.pop(key, ())]

    def take_back(self, payment: Payment) -> None:
        """A reversed payment: whatever it booked is booked back, by its REVERSAL, in full. It may have booked nothing."""
        reached = False
        for sign in _signs(payment):
            found = self._take(payment.bank_msg_id, sign)
            back = self._take(payment.reversal_msg_id, CREDIT if sign == DEBIT else DEBIT)
            if found != back:
                self.unexplained.append(f"{payment.bank_msg_id} {sign}: {found} booked, {back} back")
            for minor in (found, back):
                reached = reached or minor is not None
            self.booked[sign] -= found or 0
            self.booked[CREDIT if sign == DEBIT else DEBIT] -= back or 0
        self.messages -= 2 if reached else 0

    def _take(self, ref: str, sign: str) -> int | None:
        found = self.left.get((ref, sign))
        return found.pop(0) if found else None


def _signs(payment: Payment) -> tuple[str, ...]:
    """What its message does to customers' accounts (Payment.does): a transfer takes and gives."""
    return tuple(sign for sign, does in ((DEBIT, payment.does.takes), (CREDIT, payment.does.gives)) if does)


def _may_bank_elsewhere(payment: Payment) -> bool:
    """A transfer to an account that has no card here need not be to a customer of this bank."""
    return payment.does.takes and payment.does.gives and payment.payee_card_id is None


def _moves_money(payment: Payment, states: Mapping[int, PaymentState]) -> bool:
    """A CANCELLATION or REVERSAL of what was never approved is approved, and moves nothing."""
    return payment.kind not in UNDOES or states.get(payment.orig_payment_id or 0) is PaymentState.APPROVED


def _is_true(told: Told, records: Mapping[tuple[str, str], Payment]) -> bool:
    payment = records.get((told.sender, told.msg_id))
    return (
        payment is not None
        and payment.state is PaymentState.APPROVED
        and payment.amount is not None
        and payment.amount.minor == told.minor
    )


async def all_payments(store: SqlStore) -> list[Payment]:
    found: list[Payment] = []
    while True:
        async with store.begin() as unit:
            page = await unit.payments_page(found[-1].payment_id if found else 0, limit=_PAGE)
        if not page:
            return found
        found += page


async def bookings_of(control_url: str, issuer: str) -> list[Booking]:
    """What the simulated core bank has booked, as GET /sandbox/bank/<issuer>/accounts tells."""
    async with aiohttp.ClientSession() as session, session.get(f"{control_url}/sandbox/bank/{issuer}/accounts") as answer:
        answer.raise_for_status()
        accounts = msgspec.json.decode(await answer.read(), type=list[dict[str, Any]])
    return [
        Booking(each["ref"], each["sign"], Money.parse(each["amount"], each["currency"]))
        for account in accounts
        for each in account["bookings"]
    ]


async def settle(store: SqlStore, *, timeout_s: float) -> int:
    """Wait until nothing is unfinished and every notice is delivered; returns how many notices are still queued."""
    until_s = time.monotonic() + timeout_s
    while True:
        async with store.begin() as unit:
            open_payments = await unit.unfinished_before(datetime.now(UTC) + timedelta(days=1), limit=1)
            queued = await unit.notices(state=NoticeState.QUEUED, limit=100_000)
        if not open_payments and not queued:
            break
        if time.monotonic() > until_s:
            return len(queued)
        await asyncio.sleep(_POLL_S)
    async with store.begin() as unit:
        return len(await unit.notices(state=NoticeState.PARKED, limit=100_000))
