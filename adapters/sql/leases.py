"""Taking what is due, so that nobody else takes it too: one statement, of payments, enrolments and notices alike."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from .rows import Values, duration, micros
from .statement import Statement, is_one_of, number, store_now, text, texts


def leasing(
    key: sa.Column[int],
    partner: sa.Column[str],
    *wanted: sa.ColumnElement[bool] | sa.TextClause,
    returning: Sequence[sa.ColumnElement[Any]],
    passing_over: bool,
) -> Statement:
    """Of the rows of `key`'s table that are `wanted` and due, the first that nobody holds. `passing_over`: not those of some
    partners; a statement of its own, since idle workers ask all the time, and shall not pay for it."""
    table = key.table
    due = (
        sa.select(key)
        .where(
            *([~is_one_of(partner, "passing_over")] if passing_over else ()),
            *wanted,
            table.c.due_at <= number("now"),
            sa.or_(table.c.lease_until.is_(None), table.c.lease_until <= store_now()),
        )
        .order_by(table.c.due_at, key)
        .limit(number("limit"))
        .with_for_update(skip_locked=True, of=table)
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    return Statement(
        sa.update(table)
        .where(key.in_(sa.select(due.c[key.name])))
        .values(lease_owner=text("owner"), lease_until=store_now() + number("lease"))
        .returning(*returning)
    )


def lease_values(owner: str, now: datetime, limit: int, lease: timedelta, passing_over: Collection[str]) -> Values:
    """The parameters of `leasing`."""
    return {
        "owner": owner,
        "now": micros(now),
        "limit": limit,
        "lease": duration(lease),
        "passing_over": texts(passing_over),
    }
