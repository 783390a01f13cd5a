"""What the memory store knows, and how a unit of work changes it: in turn, and undone unless it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from unionhub.domain.model.acts import Act
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import Card, CardFace, CardProduct
from unionhub.domain.model.channel_cards import CardList
from unionhub.domain.model.codes import OneTimeCode
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.login import Login
from unionhub.domain.model.marketing import MarketingOffer
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.notices import Attempt, Notice
from unionhub.domain.model.orders import Order
from unionhub.domain.model.parties import Party
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.domain.model.transactions import Payment
from unionhub.ports.store import StoreUnavailable, WrappedKey

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Final = object()


class Tables:
    """What the store knows. Values never change in place; a unit of work replaces them and can put the old ones back."""

    def __init__(self) -> None:
        self.uuids: dict[tuple[str, str], datetime] = {}
        self.claims: dict[tuple[str, str], tuple[Claim, datetime]] = {}
        self.payments: dict[int, Payment] = {}
        self.payment_ids: dict[tuple[str, str], int] = {}  # by (sender, msg_id)
        self.unfinished: dict[int, None] = {}
        self.payment_leases: dict[int, datetime] = {}
        self.once_keys: dict[str, int] = {}
        self.used: dict[str, int] = {}  # of allowances, by their key
        self.notices: dict[int, Notice] = {}  # none is ever removed: the dict's order is the order of writing
        self.queued: dict[int, None] = {}
        self.notice_leases: dict[int, datetime] = {}
        self.attempts: dict[int, tuple[Attempt, ...]] = {}
        self.acts: dict[int, Act] = {}
        self.act_ids: dict[tuple[str, str], int] = {}  # by (sender, msg_id)
        self.enrolments: dict[int, Enrolment] = {}
        self.enrolment_ids: dict[tuple[str, str], int] = {}  # by (gateway, msg_id)
        self.opening: dict[int, None] = {}
        self.enrolment_leases: dict[int, datetime] = {}
        self.codes: dict[int, OneTimeCode] = {}
        self.code_ids: dict[tuple[str, bytes], int] = {}  # by index and by barcode_index
        self.qr_inquiries: dict[tuple[str, str], QrInquiry] = {}  # by (sender, msg_id)
        self.parties: dict[str, Party] = {}
        self.products: dict[str, CardProduct] = {}
        self.cards: dict[int, Card] = {}
        self.card_ids: dict[bytes, int] = {}  # by token_index and by pan_index
        self.card_faces: dict[str, CardFace] = {}
        self.services: dict[str, IndustryService] = {}
        self.grants: dict[tuple[str, str], Grant] = {}  # by (channel, industry)
        self.logins: dict[int, Login] = {}
        self.orders: dict[int, Order] = {}
        self.order_ids: dict[tuple[str, str], int] = {}  # by (industry, reference)
        self.card_lists: dict[int, CardList] = {}
        self.offers: dict[str, MarketingOffer] = {}
        self.audit: dict[int, AuditEntry] = {}  # by its place in the trail, from 0
        self.keys: dict[tuple[str, int], WrappedKey] = {}
        self.sequences: dict[str, int] = {}
        self.markers: dict[str, str] = {}


class Turns:
    """The tables, and whose turn it is. `store_time` is the store's own time, for leases. A unit of work waits at most
    `busy_timeout_s` for its turn."""

    def __init__(self, store_time: Callable[[], datetime] = lambda: datetime.now(UTC), *, busy_timeout_s: float = 10.0) -> None:
        self.transactions_begun = 0
        self.store_time = store_time
        self.tables = Tables()
        self._busy_timeout_s = busy_timeout_s
        self._turn = asyncio.Lock()

    async def take_turn(self) -> None:
        try:
            async with asyncio.timeout(self._busy_timeout_s):
                await self._turn.acquire()
        except TimeoutError:
            # Whoever begins a unit of work inside of another one ends here, too.
            raise StoreUnavailable("busy") from None
        self.transactions_begun += 1

    def end_turn(self) -> None:
        self._turn.release()


class UnitBase:
    """Begin, commit, roll back; every write goes through `_put` and `_drop`, which remember what was there."""

    def __init__(self, store: Turns) -> None:
        self._store = store
        self._open = False
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []

    async def __aenter__(self) -> Self:
        await self._store.take_turn()
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._open:
            for table, key, old in reversed(self._undo):
                if old is _ABSENT:
                    del table[key]
                else:
                    table[key] = old
            self._end()

    async def commit(self) -> None:
        _ = self._tables
        self._end()

    def _end(self) -> None:
        self._open = False
        self._store.end_turn()

    @property
    def _tables(self) -> Tables:
        if not self._open:
            raise RuntimeError("this unit of work is not open")
        return self._store.tables

    def _put(self, table: dict[K, V], key: K, value: V) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def _drop(self, table: dict[K, Any], key: K) -> None:
        if key in table:
            self._undo.append((table, key, table.pop(key)))

    def _mark(self, table: dict[K, None], key: K, marked: bool) -> None:
        if marked:
            self._put(table, key, None)
        else:
            self._drop(table, key)

    def _lease(self, leases: dict[int, datetime], due: Iterable[int], limit: int, lease: timedelta) -> list[int]:
        """The first `limit` of `due` that nobody holds."""
        now = self._store.store_time()
        taken = [found for found in due if found not in leases or leases[found] <= now][:limit]
        for found in taken:
            self._put(leases, found, now + lease)
        return taken
