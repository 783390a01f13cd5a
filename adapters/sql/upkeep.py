"""Keys, numbers, markers and housekeeping."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from unionhub.ports.store import WrappedKey

from .rows import WRAPPED_KEYS, duration
from .statement import Statement, done, insert, number, store_now, text
from .tables import claims, markers, sequences, uuids, wrapped_keys
from .transaction import Transaction

_KEYS = Statement(sa.select(*WRAPPED_KEYS.columns).order_by(wrapped_keys.c.kind, wrapped_keys.c.version))
_ADD_KEY = Statement(insert(wrapped_keys).values(WRAPPED_KEYS.parameters()).on_conflict_do_nothing().returning(done()))
_RESERVE = Statement(
    insert(sequences)
    .values(name=text("name"), next_value=1 + number("count"))
    .on_conflict_do_update(index_elements=["name"], set_={"next_value": sequences.c.next_value + number("count")})
    .returning(sequences.c.next_value)
)
_MARKER = Statement(sa.select(markers.c.value).where(markers.c.name == text("name")))
_PUT_MARKER = Statement(
    insert(markers)
    .values(name=text("name"), value=text("value"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": text("value")})
    .returning(done())
)


def _purge(table: sa.Table) -> Statement:
    """Skips what another host is purging, so that two of them do not wait for each other."""
    key = sa.tuple_(*table.primary_key.columns)
    old = (
        sa.select(*table.primary_key.columns)
        .where(table.c.recorded_at < store_now() - number("kept"))
        .order_by(table.c.recorded_at)
        .limit(number("limit"))
        .with_for_update(skip_locked=True)
    )
    return Statement(sa.delete(table).where(key.in_(old)).returning(done()))


_PURGE_UUIDS = _purge(uuids)
_PURGE_CLAIMS = _purge(claims)


class Upkeep(Transaction):
    """Keys, numbers, markers and housekeeping of the unit of work."""

    async def wrapped_keys(self) -> list[WrappedKey]:
        return await self._items(WRAPPED_KEYS, _KEYS)

    async def add_wrapped_key(self, key: WrappedKey) -> bool:
        return bool(await self._fetch(_ADD_KEY, WRAPPED_KEYS.values(key)))

    async def reserve_numbers(self, name: str, count: int) -> int:
        if count < 1:
            raise ValueError(f"{count} numbers")
        ((after_last,),) = await self._fetch(_RESERVE, {"name": name, "count": count})
        return int(after_last) - count

    async def marker(self, name: str) -> str | None:
        rows = await self._fetch(_MARKER, {"name": name})
        return str(rows[0][0]) if rows else None

    async def put_marker(self, name: str, value: str) -> None:
        await self._fetch(_PUT_MARKER, {"name": name, "value": value})

    async def purge(self, *, uuids_kept: timedelta, claims_kept: timedelta, limit: int = 10_000) -> int:
        """At most `limit` in all."""
        gone = len(await self._fetch(_PURGE_UUIDS, {"kept": duration(uuids_kept), "limit": limit}))
        gone += len(await self._fetch(_PURGE_CLAIMS, {"kept": duration(claims_kept), "limit": limit - gone}))
        return gone
