"""Whoever must hear of a payment hears of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import ClassVar

from unionhub.domain.flows.notify import receivers
from unionhub.domain.model.notices import NoticeState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

from .reading import all_payments


class EveryoneIsTold:
    """Each finished payment has exactly the notices that RULES section 11 gives it."""

    name: ClassVar[str] = "everyone_is_told"
    message: ClassVar[str] = "a notice of a finished payment is missing, or there is one too many"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            async with self._store.begin() as uow:
                notices = await uow.notices(payment_id=payment.payment_id)
            # A refund that SCIS saw of what paid an order: its two sides are told as well, unless the acquirer told it first.
            sides = [notice for notice in notices if notice.order_id is not None and not payment.does.downstream]
            told = Counter(notice.receiver for notice in notices if notice not in sides)
            if told != Counter(receivers(payment)) or len(sides) not in (0, 2):
                yield f"payment {payment.payment_id} is {payment.state}: told {dict(told)}, due {list(receivers(payment))}"


class NoticesArrive:
    """No notice is queued longer than the whole schedule takes, from when it was written or an operator queued it again."""

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
            if notice.created_at >= self._clock.now() - self._limit:
                continue
            async with self._store.begin() as uow:
                begun = [notice.created_at, *(each.at for each in await uow.attempts(notice.notice_id) if each.is_asked)]
            if max(begun) < self._clock.now() - self._limit:
                yield f"notice {notice.notice_id} to {notice.receiver} is queued since {max(begun):%Y-%m-%d %H:%M:%S}"
