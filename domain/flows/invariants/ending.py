"""Everything that waits has an owner and ends in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar

from unionhub.domain.model.enrolment import EnrolmentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

from .reading import Records, all_payments


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


class EveryWaitIsOwned:
    """Whatever is unfinished is due at some time, and not long ago: a worker will take it, or holds it now."""

    name: ClassVar[str] = "every_wait_is_owned"
    message: ClassVar[str] = "a payment waits, and nobody will take it"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        now = self._clock.now()
        async for payment in all_payments(self._store):
            if not payment.is_final and (payment.due_at is None or payment.due_at < now - self._limit):
                yield f"payment {payment.payment_id} is {payment.state}, due {payment.due_at or 'never'}"


class ActsEndInTime:
    """No act waits for an answer beyond its deadline: whoever was told 04 gets one. Of a live store; see EveryActEnds."""

    name: ClassVar[str] = "acts_end_in_time"
    message: ClassVar[str] = "an act was abandoned, and nobody ended it"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            late = await uow.acts_due(self._clock.now() - self._limit)
        for act in late:
            yield f"{act.kind} {act.act_id} is open since {act.opened_at:%Y-%m-%d %H:%M:%S}"


class EveryActEnds:
    """No act is open beyond its limit: whoever was told 04 gets an answer. One that has no limit is an enrolment's."""

    name: ClassVar[str] = "every_act_ends"
    message: ClassVar[str] = "an act has no answer, and nobody will give it one"

    def __init__(self, records: Records, clock: Clock, limit: timedelta) -> None:
        self._records = records
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        ending = {
            each.act_id
            async for each in self._records.enrolments()
            if each.state in (EnrolmentState.OPENING, EnrolmentState.STEP_UP)
        }
        latest = self._clock.now() - self._limit
        async for act in self._records.acts():
            late = act.due_at is None or act.due_at < latest
            if not act.code and late and act.act_id not in ending:
                yield f"{act.kind} {act.act_id} is open since {act.opened_at:%Y-%m-%d %H:%M:%S}"


class EveryOpeningEnds:
    """No account is being opened longer than it may be, and each is somebody's to end."""

    name: ClassVar[str] = "every_opening_ends"
    message: ClassVar[str] = "an account is being opened beyond its limit"

    def __init__(self, records: Records, clock: Clock, limit: timedelta) -> None:
        self._records = records
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async for each in self._records.enrolments():
            if each.state is not EnrolmentState.OPENING:
                continue
            if each.due_at is None or each.act_id is None or each.opened_at < self._clock.now() - self._limit:
                yield f"enrolment {each.enrolment_id} is OPENING since {each.opened_at:%Y-%m-%d %H:%M:%S}, due {each.due_at}"
