"""Keys, numbers, markers, the audit trail and housekeeping."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from unionhub.domain.model.audit import AuditEntry
from unionhub.ports.store import WrappedKey

from .rows import AUDIT, WRAPPED_KEYS, duration, micros
from .statement import Statement, done, insert, is_one_of, is_one_of_numbers, number, store_now, text
from .tables import (
    acts,
    audit,
    card_lists,
    claims,
    codes,
    logins,
    markers,
    once_keys,
    qr_inquiries,
    sequences,
    uuids,
    wrapped_keys,
)
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


_ADD_AUDIT = Statement(sa.insert(audit).values(AUDIT.parameters()).returning(done()))


@cache
def _audit(subject: bool) -> Statement:
    query = sa.select(*AUDIT.columns)
    if subject:
        query = query.where(audit.c.subject == text("subject"))
    return Statement(query.order_by(audit.c.position.desc()).limit(number("limit")))


def _purge(table: sa.Table, ended: sa.Column[int], before: sa.ColumnElement[int], *told: sa.Column[Any]) -> Statement:
    """Skips what another host is purging, so that two of them do not wait for each other. Returns keys, then `told`."""
    columns = table.primary_key.columns
    old = sa.select(*columns).where(ended < before).order_by(ended).limit(number("limit")).with_for_update(skip_locked=True)
    key = sa.tuple_(*columns) if len(columns) > 1 else next(iter(columns))
    return Statement(sa.delete(table).where(key.in_(old)).returning(*columns, *told))


_kept_since = store_now() - number("kept")
_PURGE_UUIDS = _purge(uuids, uuids.c.recorded_at, _kept_since)
_PURGE_CLAIMS = _purge(claims, claims.c.recorded_at, _kept_since, claims.c.record_id)
_DROP_ACTS = Statement(sa.delete(acts).where(is_one_of_numbers(acts.c.act_id, "ids")).returning(done()))
_PURGE_CODES = _purge(codes, codes.c.expires_at, number("before"))
_PURGE_QR_INQUIRIES = _purge(qr_inquiries, qr_inquiries.c.valid_until, number("before"))
_PURGE_LOGINS = _purge(logins, logins.c.ends_at, number("before"))
_PURGE_CARD_LISTS = _purge(card_lists, card_lists.c.ends_at, number("before"))
_DROP_ONCE_KEYS = Statement(sa.delete(once_keys).where(is_one_of(once_keys.c.key, "keys")).returning(done()))


class Upkeep(Transaction):
    """Keys, numbers, markers, the audit trail and housekeeping of the unit of work."""

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

    async def add_audit(self, entry: AuditEntry) -> None:
        await self._fetch(_ADD_AUDIT, AUDIT.values(entry))

    async def audit(self, *, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """What was written last first, whatever a moved clock says."""
        return await self._items(AUDIT, _audit(subject is not None), {"subject": subject, "limit": limit})

    async def purge(
        self,
        *,
        uuids_kept: timedelta,
        claims_kept: timedelta,
        codes_expired_before: datetime | None = None,
        limit: int = 10_000,
    ) -> int:
        """At most `limit` in all, a code's once key not counted."""
        gone = len(await self._fetch(_PURGE_UUIDS, {"kept": duration(uuids_kept), "limit": limit}))
        gone += await self._purge_claims(duration(claims_kept), limit - gone)
        if codes_expired_before is not None:
            before = micros(codes_expired_before)
            gone += await self._purge_codes(before, limit - gone)
            for statement in (_PURGE_QR_INQUIRIES, _PURGE_LOGINS, _PURGE_CARD_LISTS):
                gone += len(await self._fetch(statement, {"before": before, "limit": limit - gone}))
        return gone

    async def _purge_claims(self, kept: int, limit: int) -> int:
        """An act is only there to be told again: without its claim nobody can ask for it. Payments stay."""
        records = [int(row[-1]) for row in await self._fetch(_PURGE_CLAIMS, {"kept": kept, "limit": limit})]
        if records:
            await self._fetch(_DROP_ACTS, {"ids": msgspec.json.encode(records).decode()})
        return len(records)

    async def _purge_codes(self, before: int, limit: int) -> int:
        expired = [int(code_id) for (code_id,) in await self._fetch(_PURGE_CODES, {"before": before, "limit": limit})]
        if expired:
            keys = [f"code:{code_id}" for code_id in expired]  # OneTimeCode.once_key
            await self._fetch(_DROP_ONCE_KEYS, {"keys": msgspec.json.encode(keys).decode()})
        return len(expired)
