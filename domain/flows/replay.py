"""Beyond the charts: a receiver of notices was away, or lost what it had. What it misses since a time is queued again.

Same msgID, same content, in the order of their writing for each receiver and payment or order; the attempts that were made
are kept and counted, so a notice that was parked is sent once more and then parked again. What a QR platform REFUSED is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.notices import Notice, NoticeState, asked
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, UnitOfWork

from .launch import subject_of

BATCH: Final = 100
"""Notices in one unit of work: SQLite has one writer at a time, and partners wait for it."""

UNCONFIRMED: Final = frozenset({NoticeState.PARKED, NoticeState.QUEUED})
PARKED: Final = frozenset({NoticeState.PARKED})
EVERYTHING: Final = UNCONFIRMED | {NoticeState.CONFIRMED}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which notices: written at `since` or later (business time), to `receiver` (app_id) or to all, of these states."""

    since: datetime
    receiver: str | None = None
    states: frozenset[NoticeState] = UNCONFIRMED


class Replay:
    """Queues notices again for an operator. Each batch and its lines in the audit trail are one unit of work."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def wanted(self, wish: Wish, *, limit: int) -> list[Notice]:
        """What would be queued again, in the order of their writing."""
        async with self._store.begin() as uow:
            return await uow.notices_since(wish.since, wish.states, receiver=wish.receiver, limit=limit)

    async def queue(self, wish: Wish, notices: Sequence[Notice], actor: str) -> list[Notice]:
        """Those of `notices` that are queued now. Not: what somebody is sending at this moment, or has moved meanwhile."""
        queued: list[Notice] = []
        for start in range(0, len(notices), BATCH):
            now = self._clock.now()
            async with self._store.begin() as uow:
                done = [
                    each
                    for each in notices[start : start + BATCH]
                    if await uow.requeue_notice(each, asked("replay", actor, now))
                ]
                await self._record(uow, wish, done, actor, now)
                await uow.commit()
            queued += [msgspec.structs.replace(each, state=NoticeState.QUEUED, due_at=now) for each in done]
        return queued

    @staticmethod
    async def _record(uow: UnitOfWork, wish: Wish, done: Sequence[Notice], actor: str, now: datetime) -> None:
        """A line for each receiver: what it gets a second time has to be accounted for."""
        for receiver in dict.fromkeys(each.receiver for each in done):
            mine = [each for each in done if each.receiver == receiver]
            confirmed = sum(each.state is NoticeState.CONFIRMED for each in mine)
            what = f"{len(mine)} since {wish.since:%Y-%m-%d %H:%M:%S}, {confirmed} of them confirmed before"
            subject = subject_of(receiver)
            await uow.add_audit(AuditEntry(at=now, actor=actor, action="notices.replay", subject=subject, detail=what))
