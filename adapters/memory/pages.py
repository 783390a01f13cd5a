"""Everything of a kind in memory, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.orders import Order

from .unit import UnitBase

T = TypeVar("T")


class Pages(UnitBase):
    async def acts_page(self, after_act_id: int, *, limit: int = 500) -> list[Act]:
        return _page(self._tables.acts, after_act_id, limit)

    async def enrolments_page(self, after_enrolment_id: int, *, limit: int = 500) -> list[Enrolment]:
        return _page(self._tables.enrolments, after_enrolment_id, limit)

    async def cards_page(self, after_card_id: int, *, limit: int = 500) -> list[Card]:
        return _page(self._tables.cards, after_card_id, limit)

    async def orders_page(self, after_order_id: int, *, limit: int = 500) -> list[Order]:
        return _page(self._tables.orders, after_order_id, limit)


def _page(table: Mapping[int, T], after: int, limit: int) -> list[T]:
    return [table[key] for key in sorted(key for key in table if key > after)[:limit]]
