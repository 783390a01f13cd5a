"""The worker: takes what is due, under a lease, and does it. Any number of them share one store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from unionhub.domain.flows.abandoned import AbandonedActs
from unionhub.domain.flows.invariants import Invariant, check
from unionhub.domain.flows.notify import Courier
from unionhub.domain.flows.open_new_account import OpeningAccounts
from unionhub.domain.flows.payment_result import ClosingOrders
from unionhub.domain.flows.unknown_outcome import UnknownOutcome
from unionhub.domain.flows.waiting import WaitingPayments
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry

from .slots import Slots

T = TypeVar("T")

_CALLS_NOBODY: Final = "order"
_KINDS: Final = ("payment", "opening", "notice", _CALLS_NOBODY)
_SETTLING_S: Final = 0.02
_PURGES_MAX: Final = 100
"""Batches in one housekeeping: what is due waits meanwhile."""


class WorkerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of real time, except the two retentions, which the store's clock counts."""

    poll_s: float = 0.5
    lease_s: float = 60.0  # must exceed the longest call to a partner, or two workers do the same work (harmless, wasteful)
    batch: int = 32  # taken at once, done side by side
    in_flight: int = 256  # of each kind of work
    share: int = 32  # of these for one partner, whose work is passed over then: others' is not held up by its silence
    claims_kept_s: float = 7 * 86_400.0
    uuids_kept_s: float = 600.0
    purge_batch: int = 2_000
    housekeeping_s: float = 60.0
    backlog_after_s: float = 120.0  # a payment open longer than this counts as unfinished backlog


class Taken(NamedTuple):
    """A piece of leased work, and the partner that it calls: "" for none."""

    partner: str
    work: Coroutine[Any, Any, None]


class Worker:
    """One worker in one event loop. `owner` names it in leases."""

    def __init__(
        self,
        owner: str,
        store: Store,
        unknown_outcome: UnknownOutcome,
        waiting: WaitingPayments,
        opening: OpeningAccounts,
        abandoned: AbandonedActs,
        closing: ClosingOrders,
        courier: Courier,
        watch: tuple[Invariant, ...],
        clock: Clock,
        telemetry: Telemetry,
        policy: WorkerPolicy,
    ) -> None:
        self._owner = owner
        self._store = store
        self._unknown_outcome = unknown_outcome
        self._waiting = waiting
        self._opening = opening
        self._abandoned = abandoned
        self._closing = closing
        self._courier = courier
        self._watch = watch
        self._clock = clock
        self._telemetry = telemetry
        self._policy = policy

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what was taken by then is finished first.

        What is due next is taken while the slow is still under way: a bank that hangs holds its own payments only.
        """
        loop = asyncio.get_running_loop()
        housekeeping_at_s = loop.time()
        ending = loop.create_task(stop.wait())
        slots = self._slots()
        while not stop.is_set():
            try:
                taken = await self._take(slots)
                for kind, found in taken.items():
                    for each in found:
                        slots[kind].begin(each.partner, each.work)
                if loop.time() >= housekeeping_at_s:
                    await self.keep_house()
                    housekeeping_at_s = loop.time() + self._policy.housekeeping_s
            except StoreUnavailable as error:
                self._telemetry.store_failed("worker", error)
                taken = {}
            if not any(taken.values()):
                await _first_of([ending, *_under_way(slots)], self._policy.poll_s)
            else:
                await asyncio.sleep(_SETTLING_S)  # most of it ends now, and what follows from it is taken together
        ending.cancel()
        await asyncio.gather(*_under_way(slots))

    async def turn(self) -> int:
        """Take what is due now and do it; returns how much that was."""
        found = [each.work for kind in (await self._take(self._slots())).values() for each in kind]
        await asyncio.gather(*found)
        return len(found)

    def _slots(self) -> dict[str, Slots]:
        return {kind: Slots(self._policy.in_flight, self._policy.share) for kind in _KINDS}

    async def _take(self, slots: Mapping[str, Slots]) -> dict[str, list[Taken]]:
        """Lease what is due, at most a batch of each kind, no more than there is room for, and nothing that waits on a partner
        which holds its share: so much of one partner's is taken at once at most, too."""
        lease, now = timedelta(seconds=self._policy.lease_s), self._clock.now()
        at_once = {kind: self._policy.batch if kind == _CALLS_NOBODY else self._policy.share for kind in slots}
        limits = {kind: min(each.room, self._policy.batch, at_once[kind]) for kind, each in slots.items()}
        full = {kind: each.full for kind, each in slots.items()}
        payments, enrolments, notices = [], [], []
        async with self._store.begin() as uow:
            if (limit := limits["payment"]) > 0:
                payments = await uow.lease_payments(self._owner, now, limit=limit, lease=lease, passing_over=full["payment"])
            if (limit := limits["opening"]) > 0:
                enrolments = await uow.lease_enrolments(
                    self._owner, now, limit=limit, lease=lease, passing_over=full["opening"]
                )
            if (limit := limits["notice"]) > 0:
                notices = await uow.lease_notices(self._owner, now, limit=limit, lease=lease, passing_over=full["notice"])
            expired = await uow.orders_due(now, limit=limits["order"]) if limits["order"] > 0 else []
            if payments or enrolments or notices:
                await uow.commit()
        return {
            "payment": [Taken(each.issuer, self._guard("payment", self._step, each)) for each in payments],
            "opening": [Taken(each.issuer, self._guard("opening", self._opening.step, each)) for each in enrolments],
            "notice": [Taken(each.receiver, self._guard("notice", self._courier.deliver, each)) for each in notices],
            "order": [Taken("", self._guard("order", self._closing.close, each)) for each in expired],
        }

    async def _step(self, payment: Payment) -> None:
        """Whatever this payment waits for."""
        waits = payment.state in (PaymentState.AWAITING_CARDHOLDER, PaymentState.READY)
        await (self._waiting if waits else self._unknown_outcome).step(payment)

    async def keep_house(self) -> None:
        """End what was abandoned, purge what has had its life, report the backlog, and check what can be checked at any
        time: `unionhub invariants` checks all of it, which reads every payment."""
        await self._abandoned.end()
        now = self._clock.now()
        await self._purge(now)
        async with self._store.begin() as uow:
            backlog = await uow.unfinished_before(now - timedelta(seconds=self._policy.backlog_after_s), limit=1000)
        for finding in await check(self._watch):
            self._telemetry.alarm("invariant_broken", invariant=finding.invariant, evidence=finding.evidence)
        oldest_s = max(((now - payment.opened_at).total_seconds() for payment in backlog), default=0.0)
        self._telemetry.unfinished(len(backlog), oldest_s)

    async def _purge(self, now: datetime) -> None:
        """A batch in each unit of work, since partners wait for SQLite's one writer; and batch after batch, or the UUIDs of a
        busy minute would leave no room for all the rest."""
        for _ in range(_PURGES_MAX):
            async with self._store.begin() as uow:
                gone = await uow.purge(
                    uuids_kept=timedelta(seconds=self._policy.uuids_kept_s),
                    claims_kept=timedelta(seconds=self._policy.claims_kept_s),
                    codes_expired_before=now - timedelta(seconds=self._policy.claims_kept_s),
                    limit=self._policy.purge_batch,
                )
                await uow.commit()
            if gone < self._policy.purge_batch:
                return

    async def _guard(self, what: str, do: Callable[[T], Awaitable[object]], item: T) -> None:
        """One item's trouble must not stop the others: it keeps its lease, and is tried again when that runs out."""
        try:
            await do(item)
        except StoreUnavailable as error:
            self._telemetry.store_failed(what, error)
        except Exception as error:
            self._telemetry.crashed(what, error)


def _under_way(slots: Mapping[str, Slots]) -> list[asyncio.Task[None]]:
    return [task for each in slots.values() for task in each.under_way]


async def _first_of(tasks: list[asyncio.Task[Any]], seconds: float) -> None:
    """Until one of them has ended, at most so long."""
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
