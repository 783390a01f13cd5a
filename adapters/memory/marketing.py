"""UCSP's offers in memory, and what is reserved of allowances."""

from __future__ import annotations

from unionhub.domain.model.marketing import MarketingOffer

from .unit import UnitBase


class Marketing(UnitBase):
    async def offers(self) -> list[MarketingOffer]:
        return [offer for _, offer in sorted(self._tables.offers.items())]

    async def put_offer(self, offer: MarketingOffer) -> None:
        self._put(self._tables.offers, offer.offer_id, offer)

    async def used(self, key: str) -> int:
        return self._tables.used.get(key, 0)
