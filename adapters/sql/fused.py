"""PostgreSQL's way through a payment: each step is one statement, since each costs a round trip.

The parts of such a statement (data-modifying CTEs) do not see each other's rows, only what they RETURN; every condition
between them is therefore on a count of what another part returned, which also makes PostgreSQL run them in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import sqlalchemy as sa

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Allowance, OnceKey, Payment

from .payments import Payments, notice_values, once_values, share_values
from .rows import CLAIMS, NOTICES, PAYMENTS, Values
from .statement import Statement, count, done, insert, number, prefixed, store_now, text
from .stepwise import MOVE, move_values, take_share
from .tables import claims, notices, once_keys, payments, uuids

_NONE: Final = sa.literal_column("0", sa.Integer)
_ONE: Final = sa.literal_column("1", sa.Integer)


@cache
def _admitting(claiming: bool) -> Statement:
    fresh = (
        insert(uuids)
        .values(sender=text("sender"), uuid=text("uuid"), recorded_at=store_now())
        .on_conflict_do_nothing()
        .returning(done().label("done"))
        .cte("fresh")
    )
    if not claiming:
        return Statement(sa.select(count(fresh), _NONE))
    row = {**CLAIMS.parameters("claim_"), "recorded_at": store_now()}
    ours = (
        insert(claims)
        .from_select(list(row), sa.select(*row.values()).select_from(fresh))
        .on_conflict_do_nothing()
        .returning(done().label("done"))
        .cte("ours")
    )
    return Statement(sa.select(count(fresh), count(ours)))


@cache
def _opening(once_count: int, share_count: int, barred: bool) -> Statement:
    """Reservations in the order of locks, then the payment if all were taken. Returns one count for each."""
    taken: list[sa.CTE] = []
    for place in range(once_count):
        key = sa.select(text(f"once{place}_key"), number(f"once{place}_payment_id")).where(*_after(taken))
        take = insert(once_keys).from_select(["key", "payment_id"], key).on_conflict_do_nothing()
        taken.append(take.returning(done().label("done")).cte(f"once{place}"))
    for place in range(share_count):
        share = take_share(f"share{place}_", *_after(taken))
        taken.append(share.returning(done().label("done")).cte(f"share{place}"))
    if barred:
        return Statement(sa.select(*map(count, taken), _NONE))
    row = PAYMENTS.parameters("new_")
    opened = (
        insert(payments)
        .from_select(list(row), sa.select(*row.values()).where(*(count(part) == _ONE for part in taken)))
        .on_conflict_do_nothing()
        .returning(done().label("done"))
        .cte("opened")
    )
    return Statement(sa.select(*map(count, taken), count(opened)))


def _after(taken: list[sa.CTE]) -> list[sa.ColumnElement[bool]]:
    """True always, but known only when the part before has run, whatever came of it."""
    return [count(taken[-1]) >= _NONE] if taken else []


@cache
def _moving(notice_count: int) -> Statement:
    moved = MOVE.cte("moved")
    query = sa.select(moved.c.reservations)
    if notice_count:
        rows = [NOTICES.parameters(f"notice{place}_") for place in range(notice_count)]
        parts = sa.union_all(*(sa.select(*row.values()).select_from(moved) for row in rows))
        query = query.add_cte(sa.insert(notices).from_select(list(rows[0]), parts).cte("queued"))
    return Statement(query)


class FusedPayments(Payments):
    async def _admit(self, values: Values, *, claiming: bool) -> tuple[bool, bool]:
        ((fresh, ours),) = await self._fetch(_admitting(claiming), values)
        return bool(fresh), bool(ours)

    async def _take(self, payment: Payment, wanted: Sequence[OnceKey | Allowance], *, barred: bool) -> tuple[list[bool], bool]:
        keys = [found for found in wanted if isinstance(found, OnceKey)]
        shares = [found for found in wanted if isinstance(found, Allowance)]
        values = prefixed("new_", PAYMENTS.values(payment))
        for place, key in enumerate(keys):
            values |= prefixed(f"once{place}_", once_values(key, payment.payment_id))
        for place, share in enumerate(shares):
            values |= prefixed(f"share{place}_", share_values(share))
        ((*taken, opened),) = await self._fetch(_opening(len(keys), len(shares), barred), values)
        return [bool(found) for found in taken], bool(opened)

    async def _move(self, before: Payment, after: Payment, notices: Sequence[Notice]) -> str | None:
        values = move_values(before, after) | notice_values(notices)
        rows = await self._fetch(_moving(len(notices)), values)
        return str(rows[0][0]) if rows else None
