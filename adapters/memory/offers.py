"""Coupons from a fixed book."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from unionhub.domain.model.errors import Decline
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Discount, Merchant
from unionhub.ports.clock import Clock

_MAX_CODE_CHARS: Final = 30  # couponInfo (PROTOCOL 2.0)
_MAX_NOTE_CHARS: Final = 50  # discountNote


class Coupon(msgspec.Struct, frozen=True, kw_only=True):
    """One coupon. Its currency is that of `minimum`; it is valid from `valid_from` up to, not including, `valid_until`."""

    code: str
    off: Money | Decimal  # so much, or so many percent of the gross amount
    minimum: Money  # smallest gross amount that it can be used on
    funded_by: str  # who pays the merchant what the payer does not: an app_id or a merchant's name
    note: str  # discountNote: what the payer reads
    valid_from: datetime  # aware
    valid_until: datetime

    def __post_init__(self) -> None:
        """Raises ValueError for a coupon that could never be used as it is meant."""
        if not 1 <= len(self.code) <= _MAX_CODE_CHARS or not 1 <= len(self.note) <= _MAX_NOTE_CHARS:
            raise ValueError(f"coupon code: 1-{_MAX_CODE_CHARS} characters, note: 1-{_MAX_NOTE_CHARS}")
        if isinstance(self.off, Money):
            if self.off.minor == 0 or self.off.currency != self.minimum.currency:
                raise ValueError(f"coupon {self.code}: the amount off must be above 0, in the currency of the minimum")
        elif not 0 < self.off < 100:
            raise ValueError(f"coupon {self.code}: the percentage must lie between 0 and 100")
        if not self.valid_from < self.valid_until or self.valid_from.tzinfo is None:
            raise ValueError(f"coupon {self.code}: valid_until must follow valid_from, both with their zone")


class CouponBook:
    """ports.offers.Offers: a coupon is one discount, and what it cannot do is declined in words for the operator."""

    def __init__(self, coupons: Iterable[Coupon], clock: Clock) -> None:
        self._coupons = {coupon.code: coupon for coupon in coupons}
        self._clock = clock

    async def quote(self, coupon: str, gross: Money, merchant: Merchant) -> tuple[Discount, ...]:
        """What `coupon` takes off `gross`; nothing for an empty one. Raises Decline(`12`) for one that is not for this."""
        if not coupon:
            return ()
        found = self._coupons.get(coupon)
        if found is None:
            raise Decline("12", "coupon unknown")
        if not found.valid_from <= self._clock.now() < found.valid_until:
            raise Decline("12", "coupon not valid now")
        if found.minimum.currency != gross.currency:
            raise Decline("12", "coupon of another currency")
        if gross < found.minimum:
            raise Decline("12", "purchase below the coupon's minimum")
        amount = found.off if isinstance(found.off, Money) else gross.percent(found.off)
        # A coupon of no worth here, or one that would leave nothing to pay.
        if not 0 < amount.minor < gross.minor:
            raise Decline("12", "coupon does not fit the amount")
        return (Discount(amount=amount, note=found.note, funded_by=found.funded_by),)
