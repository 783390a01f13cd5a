"""The worker: takes what is due, under a lease, and does it. Any number of them share one store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

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

T = TypeVar("T")

_KINDS: Final = ("payment", "opening", "notice", "order")
_SETTLING_S: Final = 0.02


class WorkerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of real time, except the two retentions, which the store's clock counts."""

    poll_s: float = 0.5
    lease_s: float = 60.0  # must exceed the longest call to a partner, or two workers do the same work (harmless, wasteful)
    batch: int = 32  # taken at once, done side by side
    in_flight: int = 128  # of each kind of work: what one partner's silence holds must leave room for the others'
    claims_kept_s: float = 7 * 86_400.0
    uuids_kept_s: float = 600.0
    housekeeping_s: float = 60.0
    backlog_after_s: float = 120.0  # a payment open longer than this counts as unfinished backlog


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
        under_way: dict[str, list[asyncio.Task[None]]] = {kind: [] for kind in _KINDS}
        while not stop.is_set():
            for kind, tasks in under_way.items():
                under_way[kind] = [task for task in tasks if not task.done()]
            try:
                taken = await self._take({kind: self._policy.in_flight - len(tasks) for kind, tasks in under_way.items()})
                for kind, work in taken.items():
                    under_way[kind] += [loop.create_task(do) for do in work]
                if loop.time() >= housekeeping_at_s:
                    await self.keep_house()
                    housekeeping_at_s = loop.time() + self._policy.housekeeping_s
            except StoreUnavailable as error:
                self._telemetry.store_failed("worker", error)
                taken = {}
            if not any(taken.values()):
                await _first_of([ending, *(task for tasks in under_way.values() for task in tasks)], self._policy.poll_s)
            else:
                await asyncio.sleep(_SETTLING_S)  # most of it ends now, and what follows from it is taken together
        ending.cancel()
        await asyncio.gather(*(task for tasks in under_way.values() for task in tasks))

    async def turn(self) -> int:
        """Take what is due now and do it; returns how much that was."""
        work = [do for found in (await self._take(dict.fromkeys(_KINDS, self._policy.batch))).values() for do in found]
        await asyncio.gather(*work)
        return len(work)

    async def _take(self, room: Mapping[str, int]) -> dict[str, list[Coroutine[Any, Any, None]]]:
        """Lease what is due, at most a batch of each kind and no more than there is room for."""
        lease, now = timedelta(seconds=self._policy.lease_s), self._clock.now()
        limits = {kind: min(left, self._policy.batch) for kind, left in room.items()}
        payments, enrolments, notices = [], [], []
        async with self._store.begin() as uow:
            if limits["payment"] > 0:
                payments = await uow.lease_payments(self._owner, now, limit=limits["payment"], lease=lease)
            if limits["opening"] > 0:
                enrolments = await uow.lease_enrolments(self._owner, now, limit=limits["opening"], lease=lease)
            if limits["notice"] > 0:
                notices = await uow.lease_notices(self._owner, now, limit=limits["notice"], lease=lease)
            expired = await uow.orders_due(now, limit=limits["order"]) if limits["order"] > 0 else []
            if payments or enrolments or notices:
                await uow.commit()
        return {
            "payment": [self._guard("payment", self._step, payment) for payment in payments],
            "opening": [self._guard("opening", self._opening.step, enrolment) for enrolment in enrolments],
            "notice": [self._guard("notice", self._courier.deliver, notice) for notice in notices],
            "order": [self._guard("order", self._closing.close, order) for order in expired],
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
        async with self._store.begin() as uow:
            await uow.purge(
                uuids_kept=timedelta(seconds=self._policy.uuids_kept_s),
                claims_kept=timedelta(seconds=self._policy.claims_kept_s),
                codes_expired_before=now - timedelta(seconds=self._policy.claims_kept_s),
            )
            backlog = await uow.unfinished_before(now - timedelta(seconds=self._policy.backlog_after_s), limit=1000)
            await uow.commit()
        for finding in await check(self._watch):
            self._telemetry.alarm("invariant_broken", invariant=finding.invariant, evidence=finding.evidence)
        oldest_s = max(((now - payment.opened_at).total_seconds() for payment in backlog), default=0.0)
        self._telemetry.unfinished(len(backlog), oldest_s)

    async def _guard(self, what: str, do: Callable[[T], Awaitable[object]], item: T) -> None:
        """One item's trouble must not stop the others: it keeps its lease, and is tried again when that runs out."""
        try:
            await do(item)
        except StoreUnavailable as error:
            self._telemetry.store_failed(what, error)
        except Exception as error:
            self._telemetry.crashed(what, error)


async def _first_of(tasks: list[asyncio.Task[Any]], seconds: float) -> None:
    """Until one of them has ended, at most so long."""
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
