"""SQLite's way through a payment: one statement for each step. There is no network to save, and nobody else writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import sqlalchemy as sa

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import DayLimit, OnceKey, Payment

from .payments import INSERT_PAYMENT, Payments, day_values, once_values
from .rows import CLAIMS, NOTICES, PAYMENTS, Values
from .statement import Statement, done, insert, number, prefixed, store_now, text
from .tables import claims, day_counters, notices, once_keys, payments, uuids

_ADD_UUID = Statement(
    insert(uuids)
    .values(sender=text("sender"), uuid=text("uuid"), recorded_at=store_now())
    .on_conflict_do_nothing()
    .returning(done())
)
_ADD_CLAIM = Statement(
    insert(claims).values(**CLAIMS.parameters("claim_"), recorded_at=store_now()).on_conflict_do_nothing().returning(done())
)
_TAKE_ONCE_KEY = Statement(
    insert(once_keys).values(key=text("key"), payment_id=number("payment_id")).on_conflict_do_nothing().returning(done())
)


def take_day_share(prefix: str = "", *conditions: sa.ColumnElement[bool]) -> sa.Insert:
    """Add to the counter unless that passes the limit: the first share of a day (WHERE) as well as the next (DO UPDATE)."""
    share, limit = number(f"{prefix}amount_minor"), number(f"{prefix}limit_minor")
    first = sa.select(number(f"{prefix}card_id"), text(f"{prefix}day"), share).where(share <= limit, *conditions)
    add = insert(day_counters).from_select(["card_id", "day", "used_minor"], first)
    used = day_counters.c.used_minor + add.excluded.used_minor
    return add.on_conflict_do_update(index_elements=["card_id", "day"], set_={"used_minor": used}, where=used <= limit)


_TAKE_DAY_SHARE = Statement(take_day_share().returning(done()))

# A move writes everything but what the payment is found by, and the reservations, which only open_payment takes.
MOVED: Final = {
    **{name: value for name, value in PAYMENTS.parameters("to_").items() if name not in ("payment_id", "reservations")},
    "lease_owner": sa.null(),
    "lease_until": sa.null(),
}
MOVE: Final = (
    sa.update(payments)
    .where(
        payments.c.payment_id == number("to_payment_id"),
        payments.c.state == text("before"),
        payments.c.told_pending == sa.bindparam("before_told", type_=sa.Boolean()),
    )
    .values(MOVED)
    .returning(payments.c.reservations)
)
_MOVE = Statement(MOVE)


def move_values(before: Payment, after: Payment) -> Values:
    return prefixed("to_", PAYMENTS.values(after)) | {"before": before.state.value, "before_told": before.told_pending}


def notice_values(queued: Sequence[Notice]) -> Values:
    values: Values = {}
    for place, notice in enumerate(queued):
        values |= prefixed(f"notice{place}_", NOTICES.values(notice))
    return values


@cache
def _queue(notice_count: int) -> Statement:
    rows = [NOTICES.parameters(f"notice{place}_") for place in range(notice_count)]
    return Statement(sa.insert(notices).values(rows).returning(done()))


class StepwisePayments(Payments):
    async def _admit(self, values: Values, *, claiming: bool) -> tuple[bool, bool]:
        fresh = bool(await self._fetch(_ADD_UUID, values))
        return fresh, fresh and claiming and bool(await self._fetch(_ADD_CLAIM, values))

    async def _take(self, payment: Payment, wanted: Sequence[OnceKey | DayLimit], *, barred: bool) -> tuple[list[bool], bool]:
        taken = [await self._take_one(reservation, payment.payment_id) for reservation in wanted]
        if barred or not all(taken):
            return taken, False
        return taken, bool(await self._fetch(INSERT_PAYMENT, PAYMENTS.values(payment)))

    async def _take_one(self, reservation: OnceKey | DayLimit, payment_id: int) -> bool:
        if isinstance(reservation, OnceKey):
            return bool(await self._fetch(_TAKE_ONCE_KEY, once_values(reservation, payment_id)))
        return bool(await self._fetch(_TAKE_DAY_SHARE, day_values(reservation)))

    async def _move(self, before: Payment, after: Payment, notices: Sequence[Notice]) -> str | None:
        rows = await self._fetch(_MOVE, move_values(before, after))
        if not rows:
            return None
        if notices:
            await self._fetch(_queue(len(notices)), notice_values(notices))
        return str(rows[0][0])
