"""The outbox in memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec

from unionhub.domain.model.notices import Attempt, Notice, NoticeState

from .unit import UnitBase


class Notices(UnitBase):
    async def lease_notices(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Notice]:
        first: dict[int, Notice] = {}
        lines: set[tuple[str, str, int]] = set()
        for notice in self._tables.notices.values() if self._tables.queued else ():
            if notice.notice_id in self._tables.queued:
                its = _lines(notice)
                if lines.isdisjoint(its):
                    first[notice.notice_id] = notice
                lines.update(its)
        # Stable: of those due at the same time, the one written first.
        wanted = (notice for notice in first.values() if notice.due_at <= now and notice.receiver not in passing_over)
        due = sorted(wanted, key=lambda notice: notice.due_at)
        taken = self._lease(self._tables.notice_leases, (notice.notice_id for notice in due), limit, lease)
        return [self._tables.notices[notice_id] for notice_id in taken]

    async def record_attempt(self, notice: Notice, attempt: Attempt) -> None:
        stored = self._tables.notices.get(notice.notice_id)
        if stored is None:
            raise ValueError(f"no notice {notice.notice_id}")
        after = msgspec.structs.replace(stored, state=notice.state, attempts=notice.attempts, due_at=notice.due_at)
        self._put(self._tables.notices, notice.notice_id, after)
        self._mark(self._tables.queued, notice.notice_id, notice.state is NoticeState.QUEUED)
        self._drop(self._tables.notice_leases, notice.notice_id)
        earlier = self._tables.attempts.get(notice.notice_id, ())
        self._put(self._tables.attempts, notice.notice_id, (*earlier, attempt))

    async def notices(
        self,
        *,
        payment_id: int | None = None,
        order_id: int | None = None,
        receiver: str | None = None,
        state: NoticeState | None = None,
        limit: int = 100,
    ) -> list[Notice]:
        """In the order of their writing."""
        found = [
            notice
            for notice in self._tables.notices.values()
            if (payment_id is None or notice.payment_id == payment_id)
            and (order_id is None or notice.order_id == order_id)
            and (receiver is None or notice.receiver == receiver)
            and (state is None or notice.state is state)
        ]
        return found[:limit]

    async def notices_since(
        self, since: datetime, states: Collection[NoticeState], *, receiver: str | None = None, limit: int = 100
    ) -> list[Notice]:
        found = [
            notice
            for notice in self._tables.notices.values()
            if notice.created_at >= since and notice.state in states and receiver in (None, notice.receiver)
        ]
        return found[:limit]

    async def requeue_notice(self, before: Notice, attempt: Attempt) -> bool:
        stored = self._tables.notices.get(before.notice_id)
        if stored is None or (stored.state, stored.attempts) != (before.state, before.attempts):
            return False
        held_until = self._tables.notice_leases.get(before.notice_id)
        if held_until is not None and held_until > self._store.store_time():
            return False
        await self.record_attempt(msgspec.structs.replace(stored, state=NoticeState.QUEUED, due_at=attempt.at), attempt)
        return True

    async def notice(self, notice_id: int) -> Notice | None:
        return self._tables.notices.get(notice_id)

    async def attempts(self, notice_id: int) -> list[Attempt]:
        return list(self._tables.attempts.get(notice_id, ()))


def _lines(notice: Notice) -> set[tuple[str, str, int]]:
    """Where it has to stand in line: of its receiver's payment, and of its receiver's order."""
    of_payment = (notice.receiver, "payment", notice.payment_id)
    return {of_payment} if notice.order_id is None else {of_payment, (notice.receiver, "order", notice.order_id)}
