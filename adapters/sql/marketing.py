"""UCSP's offers, and what is reserved of allowances."""

from __future__ import annotations

import sqlalchemy as sa

from unionhub.domain.model.marketing import MarketingOffer

from .reference import putting
from .rows import OFFERS
from .statement import Statement, text
from .tables import counters, offers
from .transaction import Transaction

_OFFERS = Statement(sa.select(*OFFERS.columns).order_by(offers.c.offer_id))
_PUT_OFFER = putting(OFFERS, offers)
_USED = Statement(sa.select(counters.c.used_minor).where(counters.c.key == text("key")))


class Marketing(Transaction):
    """Of the unit of work. Budgets are counters, which payments take their shares of (`payments.py`)."""

    async def offers(self) -> list[MarketingOffer]:
        return await self._items(OFFERS, _OFFERS)

    async def put_offer(self, offer: MarketingOffer) -> None:
        await self._fetch(_PUT_OFFER, OFFERS.values(offer))

    async def used(self, key: str) -> int:
        rows = await self._fetch(_USED, {"key": key})
        return int(rows[0][0]) if rows else 0
