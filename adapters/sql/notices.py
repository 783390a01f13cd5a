"""The outbox: notices in the order of their writing, for each receiver and payment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from unionhub.domain.model.notices import Attempt, Notice, NoticeState

from .leases import lease_values, leasing
from .rows import ATTEMPTS, NOTICES, Values, micros
from .statement import Statement, done, number, store_now, text
from .tables import OF_ORDER, attempts, notices
from .transaction import Transaction

_earlier = notices.alias("earlier")
_QUEUED: sa.ColumnClause[str] = sa.literal_column(f"'{NoticeState.QUEUED}'")  # as the partial index has it


@cache
def _lease(passing_over: bool) -> Statement:
    """In order: none that has an earlier one of its receiver before it, of the same payment or order."""
    first = (
        ~sa.exists().where(
            of_earlier == of_this,
            _earlier.c.receiver == notices.c.receiver,
            _earlier.c.position < notices.c.position,
            _earlier.c.state == _QUEUED,
        )
        for of_earlier, of_this in (
            (_earlier.c.payment_id, notices.c.payment_id),
            (_earlier.c.order_id, notices.c.order_id),
        )
    )
    return leasing(
        notices.c.position,
        notices.c.receiver,
        notices.c.state == _QUEUED,
        *first,
        returning=(*NOTICES.columns, notices.c.position),
        passing_over=passing_over,
    )


_ATTEMPTED = Statement(
    sa.update(notices)
    .where(notices.c.notice_id == number("id"))
    .values(
        state=text("state"),
        attempts=number("attempts"),
        due_at=number("due_at"),
        lease_owner=None,
        lease_until=None,
    )
    .returning(done())
)
_REQUEUED = Statement(
    sa.update(notices)
    .where(
        notices.c.notice_id == number("id"),
        notices.c.state == text("before"),
        notices.c.attempts == number("attempts"),
        sa.or_(notices.c.lease_until.is_(None), notices.c.lease_until <= store_now()),
    )
    .values(state=_QUEUED, due_at=number("due_at"), lease_owner=None, lease_until=None)
    .returning(done())
)
_ADD_ATTEMPT = Statement(sa.insert(attempts).values(**ATTEMPTS.parameters(), notice_id=number("notice_id")).returning(done()))
_NOTICE = Statement(sa.select(*NOTICES.columns).where(notices.c.notice_id == number("notice_id")))
_ATTEMPTS = Statement(
    sa.select(*ATTEMPTS.columns).where(attempts.c.notice_id == number("notice_id")).order_by(attempts.c.position)
)


@cache
def _listed(payment_id: bool, order_id: bool, receiver: bool, state: bool) -> Statement:
    query = sa.select(*NOTICES.columns)
    if payment_id:
        query = query.where(notices.c.payment_id == number("payment_id"))
    if order_id:
        query = query.where(notices.c.order_id == number("order_id"), OF_ORDER)
    if receiver:
        query = query.where(notices.c.receiver == text("receiver"))
    if state:
        query = query.where(notices.c.state == text("state"))
    return Statement(query.order_by(notices.c.position).limit(number("limit")))


# The plus keeps both from walking through all that was ever written, in the order that is wanted: the index on created_at
# leads to those since a time, and these are sorted.
_position = sa.literal_column("+notices.position", sa.BigInteger)


@cache
def _since(states: frozenset[NoticeState], receiver: bool) -> Statement:
    wanted = sa.or_(*(notices.c.state == sa.literal_column(f"'{state}'") for state in sorted(states)))
    query = sa.select(*NOTICES.columns).where(notices.c.created_at >= number("since"), wanted)
    if receiver:
        query = query.where(notices.c.receiver == text("receiver"))
    return Statement(query.order_by(_position).limit(number("limit")))


class Notices(Transaction):
    """Notices of the unit of work; `move_payment` writes them."""

    async def lease_notices(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Notice]:
        values = lease_values(owner, now, limit, lease, passing_over)
        rows: Sequence[Sequence[object]] = await self._fetch(_lease(bool(passing_over)), values)
        leased = [(row[-1], NOTICES.item(row)) for row in rows]
        return [notice for _, notice in sorted(leased, key=lambda pair: (pair[1].due_at, pair[0]))]

    async def record_attempt(self, notice: Notice, attempt: Attempt) -> None:
        values: Values = {
            "id": notice.notice_id,
            "state": notice.state.value,
            "attempts": notice.attempts,
            "due_at": micros(notice.due_at),
        }
        if not await self._fetch(_ATTEMPTED, values):
            raise ValueError(f"no notice {notice.notice_id}")
        await self._fetch(_ADD_ATTEMPT, ATTEMPTS.values(attempt) | {"notice_id": notice.notice_id})

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
        statement = _listed(payment_id is not None, order_id is not None, receiver is not None, state is not None)
        values: Values = {
            "payment_id": payment_id,
            "order_id": order_id,
            "receiver": receiver,
            "state": state,
            "limit": limit,
        }
        return await self._items(NOTICES, statement, values)

    async def notices_since(
        self, since: datetime, states: Collection[NoticeState], *, receiver: str | None = None, limit: int = 100
    ) -> list[Notice]:
        if not states:
            return []
        values: Values = {"since": micros(since), "receiver": receiver, "limit": limit}
        return await self._items(NOTICES, _since(frozenset(states), receiver is not None), values)

    async def requeue_notice(self, before: Notice, attempt: Attempt) -> bool:
        values: Values = {
            "id": before.notice_id,
            "before": before.state.value,
            "attempts": before.attempts,
            "due_at": micros(attempt.at),
        }
        if not await self._fetch(_REQUEUED, values):
            return False
        await self._fetch(_ADD_ATTEMPT, ATTEMPTS.values(attempt) | {"notice_id": before.notice_id})
        return True

    async def notice(self, notice_id: int) -> Notice | None:
        return await self._item(NOTICES, _NOTICE, {"notice_id": notice_id})

    async def attempts(self, notice_id: int) -> list[Attempt]:
        return await self._items(ATTEMPTS, _ATTEMPTS, {"notice_id": notice_id})
