"""The worker: takes what is due, under a lease, and does it. Any number of them share one store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import msgspec

from unionhub.domain.flows.abandoned import AbandonedActs
from unionhub.domain.flows.invariants import Invariant, check
from unionhub.domain.flows.notify import Courier
from unionhub.domain.flows.open_new_account import OpeningAccounts
from unionhub.domain.flows.unknown_outcome import UnknownOutcome
from unionhub.domain.flows.waiting import WaitingPayments
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry

T = TypeVar("T")


class WorkerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of real time, except the two retentions, which the store's clock counts."""

    poll_s: float = 0.5
    lease_s: float = 60.0  # must exceed the longest call to a partner, or two workers do the same work (harmless, wasteful)
    batch: int = 32  # taken at once, done side by side
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
        self._courier = courier
        self._watch = watch
        self._clock = clock
        self._telemetry = telemetry
        self._policy = policy

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what was taken by then is finished first."""
        loop = asyncio.get_running_loop()
        housekeeping_at_s = loop.time()
        while not stop.is_set():
            try:
                done = await self.turn()
                if loop.time() >= housekeeping_at_s:
                    await self.keep_house()
                    housekeeping_at_s = loop.time() + self._policy.housekeeping_s
            except StoreUnavailable as error:
                self._telemetry.store_failed("worker", error)
                done = 0
            if not done:
                await _wait(stop, self._policy.poll_s)

    async def turn(self) -> int:
        """Take what is due now and do it; returns how much that was."""
        lease = timedelta(seconds=self._policy.lease_s)
        now = self._clock.now()
        async with self._store.begin() as uow:
            payments = await uow.lease_payments(self._owner, now, limit=self._policy.batch, lease=lease)
            enrolments = await uow.lease_enrolments(self._owner, now, limit=self._policy.batch, lease=lease)
            notices = await uow.lease_notices(self._owner, now, limit=self._policy.batch, lease=lease)
            if payments or enrolments or notices:
                await uow.commit()
        await asyncio.gather(
            *(self._guard("payment", self._step, payment) for payment in payments),
            *(self._guard("opening", self._opening.step, enrolment) for enrolment in enrolments),
            *(self._guard("notice", self._courier.deliver, notice) for notice in notices),
        )
        return len(payments) + len(enrolments) + len(notices)

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


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass
