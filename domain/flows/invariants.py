"""What must hold whenever the hub is at rest (DESIGN section 3). Written once: the simulation, the tests, `unionhub
invariants` and the worker run the same classes.

Each reads the live store page by page and yields what it found wrong, with bounded evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar, Final, Protocol

import msgspec

from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.transactions import UNDOES, Allowance, OnceKey, Payment, PaymentState
from unionhub.ports.books import BankBooks, Booked
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

from .notify import receivers

MAX_EVIDENCE: Final = 20
"""Findings of one invariant beyond this are counted, not listed."""

_MOVED_NOTHING: Final = frozenset({PaymentState.DECLINED, PaymentState.REVERSED})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: the invariant's name, and which record shows it."""

    invariant: str
    evidence: str
    message: str = ""  # what does not hold, in an operator's words


class Invariant(Protocol):
    """`message` says what does not hold, in an operator's words."""

    name: ClassVar[str]
    message: ClassVar[str]

    def findings(self) -> AsyncIterator[str]: ...


async def check(invariants: tuple[Invariant, ...]) -> list[Finding]:
    """Run them all; at most MAX_EVIDENCE findings each."""
    found = []
    for invariant in invariants:
        count = 0
        async for evidence in invariant.findings():
            count += 1
            if count <= MAX_EVIDENCE:
                found.append(Finding(invariant=invariant.name, evidence=evidence, message=invariant.message))
        if count > MAX_EVIDENCE:
            found.append(Finding(invariant=invariant.name, evidence=f"and {count - MAX_EVIDENCE} more"))
    return found


async def all_payments(store: Store) -> AsyncIterator[Payment]:
    """Every payment, oldest first, one short unit of work a page."""
    last = 0
    while True:
        async with store.begin() as uow:
            page = await uow.payments_page(last)
        for payment in page:
            yield payment
        if not page:
            return
        last = page[-1].payment_id


class EveryPaymentEnds:
    """No payment is unfinished longer than it may be: everything that waits has an owner."""

    name: ClassVar[str] = "every_payment_ends"
    message: ClassVar[str] = "a payment is unfinished beyond its limit"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            late = await uow.unfinished_before(self._clock.now() - self._limit)
        for payment in late:
            yield f"payment {payment.payment_id} is {payment.state} since {payment.opened_at:%Y-%m-%d %H:%M:%S}"


class BookedIsApproved:
    """What the banks booked is what we call approved, message by message: nothing lost, nothing twice."""

    name: ClassVar[str] = "booked_is_approved"
    message: ClassVar[str] = "the bank's books and our record of a payment differ"

    def __init__(self, store: Store, books: BankBooks) -> None:
        self._store = store
        self._books = books

    async def findings(self) -> AsyncIterator[str]:
        by_issuer: dict[str, list[Payment]] = defaultdict(list)
        states: dict[int, PaymentState] = {}
        async for payment in all_payments(self._store):
            states[payment.payment_id] = payment.state
            if payment.bank_msg_id:
                by_issuer[payment.issuer].append(payment)
        for issuer, payments in by_issuer.items():
            booked = dict(await self._books.booked(issuer))
            for payment in payments:
                moved = booked.pop(payment.bank_msg_id, Booked())
                back = booked.pop(payment.reversal_msg_id, Booked())
                if payment.is_final and (wrong := _compare(payment, states, moved, back)):  # unfinished: another's
                    yield wrong
            for msg_id, found in sorted(booked.items()):
                yield f"the bank booked {found} for {msg_id}, which is no message of a payment here"


def _compare(payment: Payment, states: dict[int, PaymentState], moved: Booked, back: Booked) -> str:
    """What is wrong with a final payment: `moved` is what its message booked, `back` what its REVERSAL booked."""
    ours = Booked()
    if payment.state is PaymentState.APPROVED and payment.bill is not None and _moves_money(payment, states):
        minor = payment.bill.minor
        ours = Booked(taken=minor if payment.does.takes else 0, given=minor if payment.does.gives else 0)
        if payment.kind == "P2P_TRANSFER" and payment.payee_card_id is None:
            ours = Booked(taken=minor, given=moved.given)  # a payee with no card here may bank elsewhere
    theirs = moved if back == Booked() else Booked(taken=moved.taken - back.given, given=moved.given - back.taken)
    if theirs == ours:
        return ""
    return f"payment {payment.payment_id} is {payment.state}: the bank booked {theirs}, ours {ours}"


def _moves_money(payment: Payment, states: dict[int, PaymentState]) -> bool:
    """A REVERSAL of what was never approved moves nothing."""
    if payment.kind not in UNDOES:
        return True
    return states.get(payment.orig_payment_id or 0) is PaymentState.APPROVED


class NoPurchaseTwice:
    """At most one approved payment holds a business key: a one-time code, an order, a settlement key."""

    name: ClassVar[str] = "no_purchase_twice"
    message: ClassVar[str] = "one purchase was paid twice"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        holders: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in _MOVED_NOTHING:
                continue
            for key in (found.key for found in payment.reservations if isinstance(found, OnceKey)):
                if key in holders:
                    yield f"{key} is held by payments {holders[key]} and {payment.payment_id}"
                holders[key] = payment.payment_id


class NoLimitOverspent:
    """Nothing bounded is overspent: no card's day beyond its limit, no refunds beyond what was paid."""

    name: ClassVar[str] = "no_limit_overspent"
    message: ClassVar[str] = "more was taken of something than there was"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        spent: Counter[str] = Counter()
        limits: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in _MOVED_NOTHING:
                continue
            for share in (found for found in payment.reservations if isinstance(found, Allowance)):
                spent[share.key] += share.amount_minor
                limits[share.key] = max(limits.get(share.key, 0), share.limit_minor)
        for key, used in spent.items():
            if used > limits[key]:
                yield f"{key}: {used} of {limits[key]} minor units"


class EveryoneIsTold:
    """Each finished payment has exactly the notices that RULES section 11 gives it."""

    name: ClassVar[str] = "everyone_is_told"
    message: ClassVar[str] = "a notice of a finished payment is missing, or there is one too many"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            async with self._store.begin() as uow:
                told = Counter(notice.receiver for notice in await uow.notices(payment_id=payment.payment_id))
            if told != Counter(receivers(payment)):
                yield f"payment {payment.payment_id} is {payment.state}: told {dict(told)}, due {list(receivers(payment))}"


class NoticesArrive:
    """No notice is queued longer than the whole schedule takes."""

    name: ClassVar[str] = "notices_arrive"
    message: ClassVar[str] = "a notice is neither confirmed nor parked in time"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            queued = await uow.notices(state=NoticeState.QUEUED, limit=1000)
        for notice in queued:
            if notice.created_at < self._clock.now() - self._limit:
                yield f"notice {notice.notice_id} to {notice.receiver} is queued since {notice.created_at:%Y-%m-%d %H:%M:%S}"
