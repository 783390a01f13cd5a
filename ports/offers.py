"""Discounts: who grants them and who pays for them."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Discount, Merchant


class Offers(Protocol):
    """Contract: `quote` gives the discounts that `coupon` is worth on this purchase, at most 5, together below `gross`;
    none for an empty coupon; raises Decline(`12`) for a coupon that is unknown, expired or not for this purchase: a payer
    who presents one must not be charged in full in silence."""

    async def quote(self, coupon: str, gross: Money, merchant: Merchant) -> tuple[Discount, ...]: ...
