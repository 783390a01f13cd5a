"""Payments and what they hold, and the messages that asked for them: what both databases do alike.

Three steps of a payment differ, and are in `stepwise.py` (SQLite) and `fused.py` (PostgreSQL). On both, locks are taken in
one order, so that no two units of work can wait for each other: claim, payment to be moved, once-keys, counters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Final

import sqlalchemy as sa

from unionhub.domain.model.cards import Card
from unionhub.domain.model.errors import IllegalMove, Replayed
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Allowance, Barrier, OnceKey, Payment, PaymentState, Reservation
from unionhub.ports.store import StoreUnavailable

from .leases import lease_values, leasing
from .rows import CARDS, CLAIMS, NOTICES, PAYMENTS, Values, micros, reservations_from
from .statement import Statement, done, insert, number, prefixed, text
from .tables import HAS_ADDITIONAL, HAS_SETTLEMENT_KEY, UNFINISHED, cards, claims, counters, notices, once_keys, payments
from .transaction import Transaction

GIVES_BACK: Final = frozenset({PaymentState.DECLINED, PaymentState.REVERSED})

_CLAIM = Statement(sa.select(*CLAIMS.columns).where(claims.c.sender == text("sender"), claims.c.msg_id == text("msg_id")))
_CARD = Statement(sa.select(*CARDS.columns).where(cards.c.card_id == number("card_id")))
_CARD_BY_TOKEN = Statement(
    sa.select(*CARDS.columns).where(cards.c.token_index == sa.bindparam("token_index", type_=sa.LargeBinary()))
)
_PAYMENT = Statement(sa.select(*PAYMENTS.columns).where(payments.c.payment_id == number("payment_id")))
_PAYMENT_OF = Statement(
    sa.select(*PAYMENTS.columns).where(payments.c.msg_id == text("msg_id"), payments.c.sender == text("sender"))
)
_OLDEST_FIRST: Final = (payments.c.opened_at, payments.c.payment_id)
_PAYMENT_OF_ADDITIONAL = Statement(
    sa.select(*PAYMENTS.columns)
    .where(payments.c.additional_msg_id == text("msg_id"), HAS_ADDITIONAL)
    .order_by(*_OLDEST_FIRST)
    .limit(sa.literal_column("1"))
)
_PAYMENTS_UNDOING = Statement(
    sa.select(*PAYMENTS.columns).where(payments.c.orig_payment_id == number("payment_id")).order_by(*_OLDEST_FIRST)
)
INSERT_PAYMENT: Final = Statement(insert(payments).values(PAYMENTS.parameters()).on_conflict_do_nothing().returning(done()))
_RETURN_ONCE_KEY = Statement(
    sa.delete(once_keys).where(once_keys.c.key == text("key"), once_keys.c.payment_id == number("payment_id"))
)
_RETURN_SHARE = Statement(
    sa.update(counters)
    .where(counters.c.key == text("of_key"))
    .values(used_minor=counters.c.used_minor - number("amount_minor"))
)
_POSTPONE = Statement(
    sa.update(payments)
    .where(payments.c.payment_id == number("id"), payments.c.state == text("in_state"), UNFINISHED)
    .values(
        due_at=number("due_at"),
        asks=number("asks"),
        reversal_msg_id=text("reversal_msg_id"),
        lease_owner=None,
        lease_until=None,
    )
    .returning(done())
)
_TELL_PENDING = Statement(
    sa.update(payments)
    .where(
        payments.c.payment_id == number("payment_id"),
        UNFINISHED,
        payments.c.code == "",
        payments.c.told_pending.is_(sa.false()),
    )
    .values(told_pending=sa.true())
    .returning(done())
)


@cache
def _lease(passing_over: bool) -> Statement:
    return leasing(payments.c.payment_id, payments.c.issuer, UNFINISHED, returning=PAYMENTS.columns, passing_over=passing_over)


# The plus keeps SQLite from reading the whole past by the index on opened_at; the one of what is unfinished is short.
_opened_at = sa.literal_column("+payments.opened_at", sa.BigInteger)
_UNFINISHED_BEFORE = Statement(
    sa.select(*PAYMENTS.columns)
    .where(UNFINISHED, _opened_at < number("opened_before"))
    .order_by(_opened_at, payments.c.payment_id)
    .limit(number("limit"))
)
_PAGE = Statement(
    sa.select(*PAYMENTS.columns)
    .where(payments.c.payment_id > number("after"))
    .order_by(payments.c.payment_id)
    .limit(number("limit"))
)


@cache
def _for_acquirer(msg_id: bool, settlement_key: bool) -> Statement:
    """By the names that are given, each through its index."""
    names: list[sa.ColumnElement[bool]] = []
    if msg_id:
        names.append(payments.c.msg_id == text("msg_id"))
    if settlement_key:
        key = payments.c.settlement_key == text("settlement_key")
        names.append(sa.and_(key, HAS_SETTLEMENT_KEY, payments.c.orig_payment_id.is_(None)))
    its = sa.or_(payments.c.sender == text("acquirer"), payments.c.acquirer == text("acquirer"))
    query = sa.select(*PAYMENTS.columns).where(sa.or_(*names), its)
    return Statement(query.order_by(*_OLDEST_FIRST).limit(sa.literal_column("1")))


@cache
def _listed(state: bool, card_id: bool, reference: bool) -> Statement:
    """The list with the filters that are given: OR-ing absent ones in would cost the database its indexes."""
    query = sa.select(*PAYMENTS.columns)
    if state:
        query = query.where(payments.c.state == text("state"))
    if card_id:
        query = query.where(payments.c.card_id == number("card_id"))
    if reference:
        columns = (payments.c.msg_id, payments.c.bank_msg_id, payments.c.voucher_no, payments.c.retrieval_ref)
        query = query.where(sa.or_(*(column == text("reference") for column in columns)))
    return Statement(query.order_by(payments.c.opened_at.desc(), payments.c.payment_id.desc()).limit(number("limit")))


def in_lock_order(reservations: Sequence[Reservation]) -> list[OnceKey | Allowance]:
    """Once-keys, then allowances, each in the order of their keys: everybody locks them so."""
    keys = {found.key: found for found in reservations if isinstance(found, OnceKey)}
    shares = {found.key: found for found in reservations if isinstance(found, Allowance)}
    if len(keys) + len(shares) < sum(not isinstance(found, Barrier) for found in reservations):
        raise ValueError("a payment reserves the same thing twice")
    return [*(keys[key] for key in sorted(keys)), *(shares[key] for key in sorted(shares))]


def once_values(reservation: OnceKey, payment_id: int) -> Values:
    return {"key": reservation.key, "payment_id": payment_id}


def share_values(reservation: Allowance) -> Values:
    return {
        "key": reservation.key,
        "amount_minor": reservation.amount_minor,
        "limit_minor": reservation.limit_minor,
    }


def notice_values(queued: Sequence[Notice]) -> Values:
    values: Values = {}
    for place, notice in enumerate(queued):
        values |= prefixed(f"notice{place}_", NOTICES.values(notice))
    return values


@cache
def queueing(notice_count: int) -> Statement:
    rows = [NOTICES.parameters(f"notice{place}_") for place in range(notice_count)]
    return Statement(sa.insert(notices).values(rows).returning(done()))


def _is_kept(reservation: Reservation) -> bool:
    return isinstance(reservation, OnceKey) and reservation.kept


class Payments(Transaction, ABC):
    """Messages and payments of the unit of work."""

    @abstractmethod
    async def _admit(self, values: Values, *, claiming: bool) -> tuple[bool, bool]:
        """Record a UUID and, only if it is new, a claim. Returns which of the two are new."""

    @abstractmethod
    async def _take(self, payment: Payment, wanted: Sequence[OnceKey | Allowance], *, barred: bool) -> tuple[list[bool], bool]:
        """Take each of `wanted` in turn, whether or not the one before could be taken; if all could, and unless `barred`,
        insert the payment. Returns which were taken, and whether it was inserted."""

    @abstractmethod
    async def _move(self, before: Payment, after: Payment, notices: Sequence[Notice]) -> str | None:
        """Compare-and-set, with the notices. Returns the stored reservations, None if the state is another."""

    async def admit(self, sender: str, uuid: str, claim: Claim | None = None) -> Claim | None:
        values = {"sender": sender, "uuid": uuid}
        if claim is not None:
            values |= {f"claim_{name}": value for name, value in CLAIMS.values(claim).items()}
        fresh, ours = await self._admit(values, claiming=claim is not None)
        if not fresh:
            raise Replayed(uuid)
        if claim is None or ours:
            return None
        stood = await self._item(CLAIMS, _CLAIM, {"sender": claim.sender, "msg_id": claim.msg_id})
        if stood is None:  # purged this very moment; None would say that it is ours
            raise StoreUnavailable("a claim was purged while it was asked for")
        return stood

    async def card_by_token(self, token_index: bytes) -> Card | None:
        return await self._item(CARDS, _CARD_BY_TOKEN, {"token_index": token_index})

    async def card(self, card_id: int) -> Card | None:
        return await self._item(CARDS, _CARD, {"card_id": card_id})

    async def open_payment(self, payment: Payment) -> str:
        """A reservation does not depend on the one before it. So all are tried in the order of locks, and whose code is
        answered is decided afterwards, in the payment's own order."""
        reachable = list(takewhile(lambda found: not isinstance(found, Barrier), payment.reservations))
        wanted = in_lock_order(reachable)
        taken, inserted = await self._take(payment, wanted, barred=len(reachable) < len(payment.reservations))
        if inserted:
            return ""
        held = [reservation for reservation, could in zip(wanted, taken, strict=True) if could]
        await self._give_back(payment.payment_id, held)
        for reservation in payment.reservations:
            if reservation not in held:
                return reservation.code
        raise ValueError(f"payment {payment.payment_id} of message {payment.msg_id} is there already")

    async def _give_back(self, payment_id: int, reservations: Sequence[Reservation]) -> None:
        for found in in_lock_order(reservations):
            if isinstance(found, OnceKey):
                await self._fetch(_RETURN_ONCE_KEY, once_values(found, payment_id))
            else:
                await self._fetch(_RETURN_SHARE, {"of_key": found.key, "amount_minor": found.amount_minor})

    async def record_payment(self, payment: Payment, notices: Sequence[Notice] = ()) -> None:
        if not await self._fetch(INSERT_PAYMENT, PAYMENTS.values(payment)):
            raise ValueError(f"payment {payment.payment_id} of message {payment.msg_id} is there already")
        await self._queue(notices)

    async def _queue(self, notices: Sequence[Notice]) -> None:
        if notices:
            await self._fetch(queueing(len(notices)), notice_values(notices))

    async def payment(self, payment_id: int) -> Payment | None:
        return await self._item(PAYMENTS, _PAYMENT, {"payment_id": payment_id})

    async def payment_of(self, sender: str, msg_id: str) -> Payment | None:
        return await self._item(PAYMENTS, _PAYMENT_OF, {"sender": sender, "msg_id": msg_id})

    async def payment_for_acquirer(self, acquirer: str, *, msg_id: str = "", settlement_key: str = "") -> Payment | None:
        """An empty name finds nothing."""
        if not (msg_id or settlement_key):
            return None
        values = {"acquirer": acquirer, "msg_id": msg_id, "settlement_key": settlement_key}
        return await self._item(PAYMENTS, _for_acquirer(bool(msg_id), bool(settlement_key)), values)

    async def payment_of_additional(self, msg_id: str) -> Payment | None:
        return await self._item(PAYMENTS, _PAYMENT_OF_ADDITIONAL, {"msg_id": msg_id})

    async def payments_undoing(self, payment_id: int) -> list[Payment]:
        return await self._items(PAYMENTS, _PAYMENTS_UNDOING, {"payment_id": payment_id})

    async def tell_pending(self, payment_id: int) -> Payment | None:
        await self._fetch(_TELL_PENDING, {"payment_id": payment_id})
        return await self.payment(payment_id)

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        if before.is_final:
            raise IllegalMove(f"payment {after.payment_id}: {before.state} is final")
        reservations = await self._move(before, after, notices)
        if reservations is not None and after.state in GIVES_BACK:
            stored = reservations_from(reservations)
            await self._give_back(after.payment_id, [found for found in stored if not _is_kept(found)])
        return reservations is not None

    async def postpone_payment(self, payment: Payment) -> bool:
        values = {
            "id": payment.payment_id,
            "in_state": payment.state.value,
            "due_at": None if payment.due_at is None else micros(payment.due_at),
            "asks": payment.asks,
            "reversal_msg_id": payment.reversal_msg_id,
        }
        return bool(await self._fetch(_POSTPONE, values))

    async def lease_payments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Payment]:
        values = lease_values(owner, now, limit, lease, passing_over)
        leased = await self._items(PAYMENTS, _lease(bool(passing_over)), values)
        return sorted(leased, key=lambda payment: (payment.due_at or now, payment.payment_id))

    async def payments(
        self,
        *,
        state: PaymentState | None = None,
        card_id: int | None = None,
        reference: str | None = None,
        limit: int = 100,
    ) -> list[Payment]:
        statement = _listed(state is not None, card_id is not None, reference is not None)
        values = {"state": state, "card_id": card_id, "reference": reference, "limit": limit}
        return await self._items(PAYMENTS, statement, values)

    async def unfinished_before(self, opened_before: datetime, *, limit: int = 100) -> list[Payment]:
        values = {"opened_before": micros(opened_before), "limit": limit}
        return await self._items(PAYMENTS, _UNFINISHED_BEFORE, values)

    async def payments_page(self, after_payment_id: int, *, limit: int = 500) -> list[Payment]:
        return await self._items(PAYMENTS, _PAGE, {"after": after_payment_id, "limit": limit})
