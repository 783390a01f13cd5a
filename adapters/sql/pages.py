"""Everything of a kind, page by page: what checks the whole store reads it so."""

from __future__ import annotations

import sqlalchemy as sa

from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.orders import Order

from .rows import ACTS, CARDS, ENROLMENTS, ORDERS, Mapper, T
from .statement import Statement, number
from .tables import acts, cards, enrolments, orders
from .transaction import Transaction


def _pages(mapper: Mapper[T], key: sa.Column[int]) -> Statement:
    after = sa.select(*mapper.columns).where(key > number("after"))
    return Statement(after.order_by(key).limit(number("limit")))


_ACTS = _pages(ACTS, acts.c.act_id)
_ENROLMENTS = _pages(ENROLMENTS, enrolments.c.enrolment_id)
_CARDS = _pages(CARDS, cards.c.card_id)
_ORDERS = _pages(ORDERS, orders.c.order_id)


class Pages(Transaction):
    """By primary key."""

    async def acts_page(self, after_act_id: int, *, limit: int = 500) -> list[Act]:
        return await self._items(ACTS, _ACTS, {"after": after_act_id, "limit": limit})

    async def enrolments_page(self, after_enrolment_id: int, *, limit: int = 500) -> list[Enrolment]:
        return await self._items(ENROLMENTS, _ENROLMENTS, {"after": after_enrolment_id, "limit": limit})

    async def cards_page(self, after_card_id: int, *, limit: int = 500) -> list[Card]:
        return await self._items(CARDS, _CARDS, {"after": after_card_id, "limit": limit})

    async def orders_page(self, after_order_id: int, *, limit: int = 500) -> list[Order]:
        return await self._items(ORDERS, _ORDERS, {"after": after_order_id, "limit": limit})
