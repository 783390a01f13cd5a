"""Keys, numbers, the audit trail and housekeeping, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from unionhub.domain.model.audit import AuditEntry
from unionhub.ports.store import WrappedKey

from .enrolments import code_names
from .unit import K, UnitBase


class Upkeep(UnitBase):
    async def wrapped_keys(self) -> list[WrappedKey]:
        return [key for _, key in sorted(self._tables.keys.items())]

    async def add_wrapped_key(self, key: WrappedKey) -> bool:
        if (key.kind, key.version) in self._tables.keys:
            return False
        self._put(self._tables.keys, (key.kind, key.version), key)
        return True

    async def reserve_numbers(self, name: str, count: int) -> int:
        if count < 1:
            raise ValueError(f"{count} numbers")
        first = self._tables.sequences.get(name, 1)
        self._put(self._tables.sequences, name, first + count)
        return first

    async def marker(self, name: str) -> str | None:
        return self._tables.markers.get(name)

    async def put_marker(self, name: str, value: str) -> None:
        self._put(self._tables.markers, name, value)

    async def add_audit(self, entry: AuditEntry) -> None:
        self._put(self._tables.audit, len(self._tables.audit), entry)

    async def audit(self, *, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """What was written last first, whatever a moved clock says."""
        newest = reversed(self._tables.audit.values())
        return [entry for entry in newest if subject is None or entry.subject == subject][:limit]

    async def purge(
        self,
        *,
        uuids_kept: timedelta,
        claims_kept: timedelta,
        codes_expired_before: datetime | None = None,
        limit: int = 10_000,
    ) -> int:
        """At most `limit` in all, a code's once key not counted."""
        now, tables = self._store.store_time(), self._tables
        uuids = [key for key, at in tables.uuids.items() if at < now - uuids_kept]
        claims = [key for key, (_, at) in tables.claims.items() if at < now - claims_kept]
        gone = self._drop_all(tables.uuids, uuids[:limit])
        claims = claims[: limit - gone]
        # An act is only there to be told again: without its claim nobody can ask for it. Payments stay.
        self._drop_all(tables.acts, [tables.claims[key][0].record_id for key in claims])
        self._drop_all(tables.act_ids, claims)
        gone += self._drop_all(tables.claims, claims)
        if codes_expired_before is not None:
            gone += self._purge_codes(codes_expired_before, limit - gone)
            ended = [key for key, found in tables.qr_inquiries.items() if found.valid_until < codes_expired_before]
            gone += self._drop_all(tables.qr_inquiries, ended[: limit - gone])
            logins = [key for key, login in tables.logins.items() if login.ends_at < codes_expired_before]
            gone += self._drop_all(tables.logins, logins[: limit - gone])
            lists = [key for key, given in tables.card_lists.items() if given.ends_at < codes_expired_before]
            gone += self._drop_all(tables.card_lists, lists[: limit - gone])
        return gone

    def _purge_codes(self, expired_before: datetime, limit: int) -> int:
        expired = [code for code in self._tables.codes.values() if code.expires_at < expired_before][:limit]
        for code in expired:
            self._drop_all(self._tables.code_ids, code_names(code))
            self._drop(self._tables.once_keys, code.once_key)
            self._drop(self._tables.codes, code.code_id)
        return len(expired)

    def _drop_all(self, table: dict[K, Any], keys: Sequence[K]) -> int:
        for key in keys:
            self._drop(table, key)
        return len(keys)
