"""Messages, payments and what they hold, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from unionhub.domain.model.errors import IllegalMove, Replayed
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.transactions import Allowance, Barrier, OnceKey, Payment, PaymentState, Reservation

from .unit import UnitBase

_GIVES_BACK: Final = (PaymentState.DECLINED, PaymentState.REVERSED)


class Payments(UnitBase):
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
            case Allowance(key=key, amount_minor=share, limit_minor=limit):
                used = self._tables.used.get(key, 0) + share
                if used > limit:
                    return False
                self._put(self._tables.used, key, used)
            case Barrier():
                return False
        return True

    def _give_back(self, payment_id: int, reservations: Iterable[Reservation]) -> None:
        for reservation in reservations:
            if isinstance(reservation, OnceKey) and self._tables.once_keys.get(reservation.key) == payment_id:
                self._drop(self._tables.once_keys, reservation.key)
            elif isinstance(reservation, Allowance):
                left = self._tables.used[reservation.key] - reservation.amount_minor
                self._put(self._tables.used, reservation.key, left)

    async def record_payment(self, payment: Payment, notices: Sequence[Notice] = ()) -> None:
        self._insert(payment)
        self._queue(notices)

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

    async def payment_for_acquirer(self, acquirer: str, *, msg_id: str = "", settlement_key: str = "") -> Payment | None:
        """An empty name finds nothing."""
        found = (
            payment
            for payment in self._tables.payments.values()
            if acquirer in (payment.sender, payment.acquirer)
            and (
                (msg_id and payment.msg_id == msg_id)
                or (settlement_key and payment.settlement_key == settlement_key and payment.orig_payment_id is None)
            )
        )
        return min(found, key=_age, default=None)

    async def payment_of_additional(self, msg_id: str) -> Payment | None:
        found = (payment for payment in self._tables.payments.values() if msg_id and payment.additional_msg_id == msg_id)
        return min(found, key=_age, default=None)

    async def payments_undoing(self, payment_id: int) -> list[Payment]:
        found = (payment for payment in self._tables.payments.values() if payment.orig_payment_id == payment_id)
        return sorted(found, key=_age)

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
        self._queue(notices)
        if after.state in _GIVES_BACK:
            self._give_back(after.payment_id, (found for found in stored.reservations if not _is_kept(found)))
        return True

    def _queue(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if notice.notice_id in self._tables.notices:
                raise ValueError(f"notice {notice.notice_id} is there already")
            self._put(self._tables.notices, notice.notice_id, notice)
            self._mark(self._tables.queued, notice.notice_id, notice.state is NoticeState.QUEUED)

    async def postpone_payment(self, payment: Payment) -> bool:
        stored = self._tables.payments.get(payment.payment_id)
        if stored is None or stored.state is not payment.state or stored.is_final:
            return False
        later = {"due_at": payment.due_at, "asks": payment.asks, "reversal_msg_id": payment.reversal_msg_id}
        self._write(msgspec.structs.replace(stored, **later))
        return True

    async def lease_payments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Payment]:
        due = sorted(
            (found.due_at, found.payment_id)
            for found in map(self._tables.payments.__getitem__, self._tables.unfinished)
            if found.due_at is not None and found.due_at <= now and found.issuer not in passing_over
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
        return sorted(found, key=_age, reverse=True)[:limit]

    async def unfinished_before(self, opened_before: datetime, *, limit: int = 100) -> list[Payment]:
        unfinished = map(self._tables.payments.__getitem__, self._tables.unfinished)
        old = [payment for payment in unfinished if payment.opened_at < opened_before]
        return sorted(old, key=_age)[:limit]

    async def payments_page(self, after_payment_id: int, *, limit: int = 500) -> list[Payment]:
        ids = sorted(payment_id for payment_id in self._tables.payments if payment_id > after_payment_id)
        return [self._tables.payments[payment_id] for payment_id in ids[:limit]]


def _age(payment: Payment) -> tuple[datetime, int]:
    return payment.opened_at, payment.payment_id


def _is_kept(reservation: Reservation) -> bool:
    return isinstance(reservation, OnceKey) and reservation.kept


def _references(payment: Payment) -> tuple[str, ...]:
    return payment.msg_id, payment.bank_msg_id, payment.voucher_no, payment.retrieval_ref


def _check_distinct(reservations: Sequence[Reservation]) -> None:
    keys = [found.key for found in reservations if isinstance(found, OnceKey)]
    shares = [found.key for found in reservations if isinstance(found, Allowance)]
    if len(set(keys)) < len(keys) or len(set(shares)) < len(shares):
        raise ValueError("a payment reserves the same thing twice")
