"""Acts, which are claimed like payments but move no money, and enrolments."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa

from unionhub.domain.model.acts import Act
from unionhub.domain.model.enrolment import Enrolment

from .leases import lease_values, leasing
from .rows import ACTS, ENROLMENTS, micros
from .statement import Statement, done, insert, number, prefixed, text
from .tables import OPEN_ACT, OPENING, acts, enrolments
from .transaction import Transaction

_RECORD_ACT = Statement(insert(acts).values(ACTS.parameters()).on_conflict_do_nothing().returning(done()))
_ACT = Statement(sa.select(*ACTS.columns).where(acts.c.act_id == number("act_id")))
_closed = ACTS.parameters("to_")
_CLOSE_ACT = Statement(
    sa.update(acts)
    .where(acts.c.act_id == _closed["act_id"], acts.c.code == sa.literal_column("''"))
    .values({name: _closed[name] for name in ("code", "subject_id", "detail")})
    .returning(done())
)
_ACTS_DUE = Statement(
    sa.select(*ACTS.columns)
    .where(OPEN_ACT, acts.c.due_at <= number("now"))
    .order_by(acts.c.due_at, acts.c.act_id)
    .limit(number("limit"))
)

_ADD = Statement(insert(enrolments).values(ENROLMENTS.parameters()).on_conflict_do_nothing().returning(done()))
_ENROLMENT = Statement(sa.select(*ENROLMENTS.columns).where(enrolments.c.enrolment_id == number("enrolment_id")))
_ENROLMENT_OF = Statement(
    sa.select(*ENROLMENTS.columns).where(enrolments.c.gateway == text("gateway"), enrolments.c.msg_id == text("msg_id"))
)
# A move writes everything but what the enrolment is found by.
_to = ENROLMENTS.parameters("to_")
_MOVE = Statement(
    sa.update(enrolments)
    .where(enrolments.c.enrolment_id == _to["enrolment_id"], enrolments.c.version == _to["version"] - sa.literal_column("1"))
    .values(
        {name: value for name, value in _to.items() if name not in ("enrolment_id", "gateway", "msg_id")}
        | {"lease_owner": sa.null(), "lease_until": sa.null()}
    )
    .returning(done())
)


@cache
def _lease(passing_over: bool) -> Statement:
    return leasing(
        enrolments.c.enrolment_id, enrolments.c.issuer, OPENING, returning=ENROLMENTS.columns, passing_over=passing_over
    )


class Acts(Transaction):
    """Acts of the unit of work."""

    async def record_act(self, act: Act) -> None:
        if not await self._fetch(_RECORD_ACT, ACTS.values(act)):
            raise ValueError(f"act {act.act_id} of message {act.msg_id} is there already")

    async def act(self, act_id: int) -> Act | None:
        return await self._item(ACTS, _ACT, {"act_id": act_id})

    async def acts_due(self, now: datetime, *, limit: int = 100) -> list[Act]:
        return await self._items(ACTS, _ACTS_DUE, {"now": micros(now), "limit": limit})

    async def close_act(self, act: Act) -> bool:
        return bool(await self._fetch(_CLOSE_ACT, prefixed("to_", ACTS.values(act))))


class Enrolments(Transaction):
    """Enrolments of the unit of work."""

    async def add_enrolment(self, enrolment: Enrolment) -> None:
        if not await self._fetch(_ADD, ENROLMENTS.values(enrolment)):
            raise ValueError(f"enrolment {enrolment.enrolment_id} of message {enrolment.msg_id} is there already")

    async def enrolment(self, enrolment_id: int) -> Enrolment | None:
        return await self._item(ENROLMENTS, _ENROLMENT, {"enrolment_id": enrolment_id})

    async def enrolment_of(self, gateway: str, msg_id: str) -> Enrolment | None:
        return await self._item(ENROLMENTS, _ENROLMENT_OF, {"gateway": gateway, "msg_id": msg_id})

    async def move_enrolment(self, after: Enrolment) -> bool:
        return bool(await self._fetch(_MOVE, prefixed("to_", ENROLMENTS.values(after))))

    async def lease_enrolments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Enrolment]:
        values = lease_values(owner, now, limit, lease, passing_over)
        leased = await self._items(ENROLMENTS, _lease(bool(passing_over)), values)
        return sorted(leased, key=lambda found: (found.due_at or now, found.enrolment_id))
