"""SQLite's way through a payment: one statement for each step. There is no network to save, and nobody else writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Allowance, OnceKey, Payment

from .payments import INSERT_PAYMENT, Payments, once_values, share_values
from .rows import CLAIMS, PAYMENTS, Values
from .statement import Statement, done, insert, number, prefixed, store_now, text
from .tables import claims, counters, once_keys, payments, uuids

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


def take_share(prefix: str = "", *conditions: sa.ColumnElement[bool]) -> sa.Insert:
    """Add to the counter unless that passes the limit: the first share of it (WHERE) as well as the next (DO UPDATE)."""
    share, limit = number(f"{prefix}amount_minor"), number(f"{prefix}limit_minor")
    first = sa.select(text(f"{prefix}key"), share).where(share <= limit, *conditions)
    add = insert(counters).from_select(["key", "used_minor"], first)
    used = counters.c.used_minor + add.excluded.used_minor
    return add.on_conflict_do_update(index_elements=["key"], set_={"used_minor": used}, where=used <= limit)


_TAKE_SHARE = Statement(take_share().returning(done()))

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


class StepwisePayments(Payments):
    async def _admit(self, values: Values, *, claiming: bool) -> tuple[bool, bool]:
        fresh = bool(await self._fetch(_ADD_UUID, values))
        return fresh, fresh and claiming and bool(await self._fetch(_ADD_CLAIM, values))

    async def _take(self, payment: Payment, wanted: Sequence[OnceKey | Allowance], *, barred: bool) -> tuple[list[bool], bool]:
        taken = [await self._take_one(reservation, payment.payment_id) for reservation in wanted]
        if barred or not all(taken):
            return taken, False
        return taken, bool(await self._fetch(INSERT_PAYMENT, PAYMENTS.values(payment)))

    async def _take_one(self, reservation: OnceKey | Allowance, payment_id: int) -> bool:
        if isinstance(reservation, OnceKey):
            return bool(await self._fetch(_TAKE_ONCE_KEY, once_values(reservation, payment_id)))
        return bool(await self._fetch(_TAKE_SHARE, share_values(reservation)))

    async def _move(self, before: Payment, after: Payment, notices: Sequence[Notice]) -> str | None:
        rows = await self._fetch(_MOVE, move_values(before, after))
        if not rows:
            return None
        await self._queue(notices)
        return str(rows[0][0])
