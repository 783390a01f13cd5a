"""The store's contract, part 11: everything of a kind, page by page, by its id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from contracts.store_orders import order
from contracts.store_samples import House, act, awaited, card, enrolment
from unionhub.ports.store import UnitOfWork

Put = Callable[[UnitOfWork, int], Awaitable[object]]

KINDS: dict[str, tuple[Put, Callable[[int], Any]]] = {
    "acts_page": (lambda unit, number: unit.record_act(act(number)), act),
    "enrolments_page": (lambda unit, number: unit.add_enrolment(enrolment(number)), enrolment),
    "cards_page": (lambda unit, number: unit.put_card(card(number)), card),
    "orders_page": (lambda unit, number: unit.add_order(order(number)), order),
}


class PagesContract:
    @pytest.mark.parametrize("pages", KINDS)
    @awaited
    async def test_all_are_listed_by_id_page_by_page(self, house: House, pages: str) -> None:
        put, sample = KINDS[pages]

        async def page(after: int, **limit: int) -> Sequence[Any]:
            async with house.other.begin() as unit:
                found: Sequence[Any] = await getattr(unit, pages)(after, **limit)
                return found

        assert await page(0) == []
        async with house.store.begin() as unit:
            for number in (3, 1, 2, 200, 5):
                await put(unit, number)
            await unit.commit()
        assert await page(0, limit=2) == [sample(1), sample(2)]
        assert await page(2, limit=2) == [sample(3), sample(5)]
        assert await page(5, limit=2) == [sample(200)]
        assert await page(200) == []
