"""How invariants read a store: page by page, in short units of work; so whatever it holds, little is held here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeVar

from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.orders import Order
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.store import Store, UnitOfWork

T = TypeVar("T")
MOVED_NOTHING: Final = frozenset({PaymentState.DECLINED, PaymentState.REVERSED})


def all_payments(store: Store) -> AsyncIterator[Payment]:
    """Every payment, oldest first."""
    return _paged(store, lambda uow, last: uow.payments_page(last), lambda payment: payment.payment_id)


def all_orders(store: Store) -> AsyncIterator[Order]:
    """Every order of UCSP, oldest first."""
    return _paged(store, lambda uow, last: uow.orders_page(last), lambda order: order.order_id)


class Records(Protocol):
    """Everything that is not a payment, in any order."""

    def acts(self) -> AsyncIterator[Act]: ...

    def enrolments(self) -> AsyncIterator[Enrolment]: ...

    def cards(self) -> AsyncIterator[Card]: ...


class StoredRecords:
    """Records of a store, by id; one short unit of work a page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def acts(self) -> AsyncIterator[Act]:
        return _paged(self._store, lambda uow, last: uow.acts_page(last), lambda act: act.act_id)

    def enrolments(self) -> AsyncIterator[Enrolment]:
        return _paged(self._store, lambda uow, last: uow.enrolments_page(last), lambda each: each.enrolment_id)

    def cards(self) -> AsyncIterator[Card]:
        return _paged(self._store, lambda uow, last: uow.cards_page(last), lambda card: card.card_id)


async def _paged(
    store: Store, page_after: Callable[[UnitOfWork, int], Awaitable[Sequence[T]]], id_of: Callable[[T], int]
) -> AsyncIterator[T]:
    """By id, one short unit of work a page."""
    last = 0
    while True:
        async with store.begin() as uow:
            page = await page_after(uow, last)
        for item in page:
            yield item
        if not page:
            return
        last = id_of(page[-1])
