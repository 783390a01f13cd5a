"""The store in memory, for feature runs and the simulation: the whole contract of ports/store.py except that it forgets.

Units of work run one at a time, in the order in which they asked. No threads, no randomness: it is as deterministic as
the event loop that it runs on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec

from unionhub.domain.model.cards import Card, CardProduct, HolderState, IssuerBlock
from unionhub.domain.model.errors import IllegalMove, Replayed
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.parties import Party
from unionhub.domain.model.transactions import Barrier, DayLimit, OnceKey, Payment, PaymentState, Reservation
from unionhub.ports.store import StoreUnavailable, UnitOfWork, WrappedKey

K = TypeVar("K")
V = TypeVar("V")

_ABSENT: Final = object()
_GIVES_BACK: Final = (PaymentState.DECLINED, PaymentState.REVERSED)


class _Tables:
    """What the store knows. Values never change in place; a unit of work replaces them and can put the old ones back."""

    def __init__(self) -> None:
        self.uuids: dict[tuple[str, str], datetime] = {}
        self.claims: dict[tuple[str, str], tuple[Claim, datetime]] = {}
        self.payments: dict[int, Payment] = {}
        self.payment_ids: dict[tuple[str, str], int] = {}  # by (sender, msg_id)
        self.unfinished: dict[int, None] = {}
        self.payment_leases: dict[int, datetime] = {}
        self.once_keys: dict[str, int] = {}
        self.day_used: dict[tuple[int, date], int] = {}
        self.notices: dict[int, Notice] = {}  # none is ever removed: the dict's order is the order of writing
        self.queued: dict[int, None] = {}
        self.notice_leases: dict[int, datetime] = {}
        self.attempts: dict[int, tuple[Attempt, ...]] = {}
        self.parties: dict[str, Party] = {}
        self.products: dict[str, CardProduct] = {}
        self.cards: dict[int, Card] = {}
        self.card_ids: dict[bytes, int] = {}  # by token_index and by pan_index
        self.keys: dict[tuple[str, int], WrappedKey] = {}
        self.sequences: dict[str, int] = {}
        self.markers: dict[str, str] = {}


class MemoryStore:
    """`store_time` is the store's own time, for leases. A unit of work waits at most `busy_timeout_s` for its turn."""

    def __init__(self, store_time: Callable[[], datetime] = lambda: datetime.now(UTC), *, busy_timeout_s: float = 10.0) -> None:
        self.transactions_begun = 0
        self.store_time = store_time
        self.tables = _Tables()
        self._busy_timeout_s = busy_timeout_s
        self._turn = asyncio.Lock()

    def begin(self) -> UnitOfWork:
        return _Unit(self)

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        async with self.begin() as unit:
            moved = await unit.move_payment(before, after, notices)
            await unit.commit()
        return moved

    async def ready(self) -> bool:
        return True

    async def close(self) -> None:
        """Nothing to close: what it knows may be looked at afterwards."""

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


class _UnitBase:
    """Begin, commit, roll back; every write goes through `_put` and `_drop`, which remember what was there."""

    def __init__(self, store: MemoryStore) -> None:
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
    def _tables(self) -> _Tables:
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


class _Payments(_UnitBase):
    async def admit(self, sender: str, uuid: str, claim: Claim | None = None) -> Claim | None:
        if (sender, uuid) in self._tables.uuids:
            raise Replayed(uuid)
        now = self._store.store_time()
        self._put(self._tables.uuids, (sender, uuid), now)
        if claim is None:
            return None
        if stood := self._tables.claims.get((claim.sender, claim.msg_id)):
            return stood[0]
        self._put(self._tables.claims, (claim.sender, claim.msg_id), (claim, now))
        return None

    async def open_payment(self, payment: Payment) -> str:
        _check_distinct(payment.reservations)
        taken: list[Reservation] = []
        for reservation in payment.reservations:
            if not self._take(reservation, payment.payment_id):
                self._give_back(payment.payment_id, taken)
                return reservation.code
            taken.append(reservation)
        try:
            self._insert(payment)
        except ValueError:
            self._give_back(payment.payment_id, taken)
            raise
        return ""

    def _take(self, reservation: Reservation, payment_id: int) -> bool:
        match reservation:
            case OnceKey(key=key):
                if key in self._tables.once_keys:
                    return False
                self._put(self._tables.once_keys, key, payment_id)
            case DayLimit(card_id=card_id, day=day, amount_minor=share, limit_minor=limit):
                used = self._tables.day_used.get((card_id, day), 0) + share
                if used > limit:
                    return False
                self._put(self._tables.day_used, (card_id, day), used)
            case Barrier():
                return False
        return True

    def _give_back(self, payment_id: int, reservations: Iterable[Reservation]) -> None:
        for reservation in reservations:
            if isinstance(reservation, OnceKey) and self._tables.once_keys.get(reservation.key) == payment_id:
                self._drop(self._tables.once_keys, reservation.key)
            elif isinstance(reservation, DayLimit):
                counter = (reservation.card_id, reservation.day)
                self._put(self._tables.day_used, counter, self._tables.day_used[counter] - reservation.amount_minor)

    async def record_payment(self, payment: Payment) -> None:
        self._insert(payment)

    def _insert(self, payment: Payment) -> None:
        message = (payment.sender, payment.msg_id)
        if payment.payment_id in self._tables.payments or message in self._tables.payment_ids:
            raise ValueError(f"payment {payment.payment_id} of message {payment.msg_id} is there already")
        self._put(self._tables.payment_ids, message, payment.payment_id)
        self._write(payment)

    def _write(self, payment: Payment) -> None:
        self._put(self._tables.payments, payment.payment_id, payment)
        self._mark(self._tables.unfinished, payment.payment_id, not payment.is_final)
        self._drop(self._tables.payment_leases, payment.payment_id)

    async def payment(self, payment_id: int) -> Payment | None:
        return self._tables.payments.get(payment_id)

    async def payment_of(self, sender: str, msg_id: str) -> Payment | None:
        return self._tables.payments.get(self._tables.payment_ids.get((sender, msg_id), -1))

    async def tell_pending(self, payment_id: int) -> Payment | None:
        stored = self._tables.payments.get(payment_id)
        if stored is None or stored.is_final or stored.code or stored.told_pending:
            return stored
        told = msgspec.structs.replace(stored, told_pending=True)
        self._put(self._tables.payments, payment_id, told)
        return told

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        if before.is_final:
            raise IllegalMove(f"payment {after.payment_id}: {before.state} is final")
        stored = self._tables.payments.get(after.payment_id)
        if stored is None or (stored.state, stored.told_pending) != (before.state, before.told_pending):
            return False
        self._write(msgspec.structs.replace(after, reservations=stored.reservations))
        for notice in notices:
            if notice.notice_id in self._tables.notices:
                raise ValueError(f"notice {notice.notice_id} is there already")
            self._put(self._tables.notices, notice.notice_id, notice)
            self._mark(self._tables.queued, notice.notice_id, notice.state is NoticeState.QUEUED)
        if after.state in _GIVES_BACK:
            self._give_back(after.payment_id, stored.reservations)
        return True

    async def postpone_payment(self, payment: Payment) -> bool:
        stored = self._tables.payments.get(payment.payment_id)
        if stored is None or stored.state is not payment.state or stored.is_final:
            return False
        later = {"due_at": payment.due_at, "asks": payment.asks, "reversal_msg_id": payment.reversal_msg_id}
        self._write(msgspec.structs.replace(stored, **later))
        return True

    async def lease_payments(self, owner: str, now: datetime, *, limit: int, lease: timedelta) -> list[Payment]:
        due = sorted(
            (found.due_at, found.payment_id)
            for found in map(self._tables.payments.__getitem__, self._tables.unfinished)
            if found.due_at is not None and found.due_at <= now
        )
        taken = self._lease(self._tables.payment_leases, (payment_id for _, payment_id in due), limit, lease)
        return [self._tables.payments[payment_id] for payment_id in taken]

    async def payments(
        self,
        *,
        state: PaymentState | None = None,
        card_id: int | None = None,
        reference: str | None = None,
        limit: int = 100,
    ) -> list[Payment]:
        found = [
            payment
            for payment in self._tables.payments.values()
            if (state is None or payment.state is state)
            and (card_id is None or payment.card_id == card_id)
            and (reference is None or reference in _references(payment))
        ]
        return sorted(found, key=lambda payment: (payment.opened_at, payment.payment_id), reverse=True)[:limit]

    async def unfinished_before(self, opened_before: datetime, *, limit: int = 100) -> list[Payment]:
        unfinished = map(self._tables.payments.__getitem__, self._tables.unfinished)
        old = [payment for payment in unfinished if payment.opened_at < opened_before]
        return sorted(old, key=lambda payment: (payment.opened_at, payment.payment_id))[:limit]

    async def payments_page(self, after_payment_id: int, *, limit: int = 500) -> list[Payment]:
        ids = sorted(payment_id for payment_id in self._tables.payments if payment_id > after_payment_id)
        return [self._tables.payments[payment_id] for payment_id in ids[:limit]]


class _Notices(_UnitBase):
    async def lease_notices(self, owner: str, now: datetime, *, limit: int, lease: timedelta) -> list[Notice]:
        first: dict[tuple[str, int], Notice] = {}
        for notice in self._tables.notices.values() if self._tables.queued else ():
            if notice.notice_id in self._tables.queued:
                first.setdefault((notice.receiver, notice.payment_id), notice)
        # Stable: of those due at the same time, the one written first.
        due = sorted((notice for notice in first.values() if notice.due_at <= now), key=lambda notice: notice.due_at)
        taken = self._lease(self._tables.notice_leases, (notice.notice_id for notice in due), limit, lease)
        return [self._tables.notices[notice_id] for notice_id in taken]

    async def record_attempt(self, notice: Notice, attempt: Attempt) -> None:
        stored = self._tables.notices.get(notice.notice_id)
        if stored is None:
            raise ValueError(f"no notice {notice.notice_id}")
        after = msgspec.structs.replace(stored, state=notice.state, attempts=notice.attempts, due_at=notice.due_at)
        self._put(self._tables.notices, notice.notice_id, after)
        self._mark(self._tables.queued, notice.notice_id, notice.state is NoticeState.QUEUED)
        self._drop(self._tables.notice_leases, notice.notice_id)
        earlier = self._tables.attempts.get(notice.notice_id, ())
        self._put(self._tables.attempts, notice.notice_id, (*earlier, attempt))

    async def notices(
        self,
        *,
        payment_id: int | None = None,
        receiver: str | None = None,
        state: NoticeState | None = None,
        limit: int = 100,
    ) -> list[Notice]:
        """In the order of their writing."""
        found = [
            notice
            for notice in self._tables.notices.values()
            if (payment_id is None or notice.payment_id == payment_id)
            and (receiver is None or notice.receiver == receiver)
            and (state is None or notice.state is state)
        ]
        return found[:limit]

    async def notice(self, notice_id: int) -> Notice | None:
        return self._tables.notices.get(notice_id)

    async def attempts(self, notice_id: int) -> list[Attempt]:
        return list(self._tables.attempts.get(notice_id, ()))


class _Reference(_UnitBase):
    async def parties(self) -> list[Party]:
        return [party for _, party in sorted(self._tables.parties.items())]

    async def put_party(self, party: Party) -> None:
        self._put(self._tables.parties, party.app_id, party)

    async def products(self) -> list[CardProduct]:
        return [product for _, product in sorted(self._tables.products.items())]

    async def put_product(self, product: CardProduct) -> None:
        self._put(self._tables.products, product.product_id, product)

    async def put_card(self, card: Card) -> None:
        numbers = (b"token" + card.token_index, b"pan" + card.pan_index)
        if card.card_id in self._tables.cards or any(number in self._tables.card_ids for number in numbers):
            raise ValueError(f"card {card.card_id}, or its token or PAN, is there already")
        self._put(self._tables.cards, card.card_id, card)
        for number in numbers:
            self._put(self._tables.card_ids, number, card.card_id)

    async def card(self, card_id: int) -> Card | None:
        return self._tables.cards.get(card_id)

    async def card_by_token(self, token_index: bytes) -> Card | None:
        return self._tables.cards.get(self._tables.card_ids.get(b"token" + token_index, -1))

    async def set_card_state(
        self, card_id: int, *, holder: HolderState | None = None, block: IssuerBlock | None = None
    ) -> bool:
        card = self._tables.cards.get(card_id)
        if card is None:
            return False
        states = {"holder_state": holder or card.holder_state, "issuer_block": block or card.issuer_block}
        self._put(self._tables.cards, card_id, msgspec.structs.replace(card, **states))
        return True

    async def cards(
        self, *, gateway: str | None = None, user_id: str | None = None, pan_index: bytes | None = None, limit: int = 100
    ) -> list[Card]:
        found = [
            card
            for _, card in sorted(self._tables.cards.items())
            if (gateway is None or card.gateway == gateway)
            and (user_id is None or card.user_id == user_id)
            and (pan_index is None or card.pan_index == pan_index)
        ]
        return found[:limit]


class _Upkeep(_UnitBase):
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

    async def purge(self, *, uuids_kept: timedelta, claims_kept: timedelta, limit: int = 10_000) -> int:
        """At most `limit` in all."""
        now = self._store.store_time()
        uuids_before, claims_before = now - uuids_kept, now - claims_kept
        uuids = [key for key, at in self._tables.uuids.items() if at < uuids_before][:limit]
        claims = [key for key, (_, at) in self._tables.claims.items() if at < claims_before][: limit - len(uuids)]
        for key in uuids:
            self._drop(self._tables.uuids, key)
        for key in claims:
            self._drop(self._tables.claims, key)
        return len(uuids) + len(claims)


class _Unit(_Payments, _Notices, _Reference, _Upkeep):
    """One unit of work."""


def _references(payment: Payment) -> tuple[str, ...]:
    return payment.msg_id, payment.bank_msg_id, payment.voucher_no, payment.retrieval_ref


def _check_distinct(reservations: Sequence[Reservation]) -> None:
    keys = [found.key for found in reservations if isinstance(found, OnceKey)]
    days = [(found.card_id, found.day) for found in reservations if isinstance(found, DayLimit)]
    if len(set(keys)) < len(keys) or len(set(days)) < len(days):
        raise ValueError("a payment reserves the same thing twice")
