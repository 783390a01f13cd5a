"""The sandbox's coupons: who pays for them is the acquirer's marketing or the merchant."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from unionhub.adapters.memory.offers import Coupon
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.seeds import HKD

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def sample_coupons() -> tuple[Coupon, ...]:
    """TENOFF: 10.00 off from 50.00. FIVEPERCENT: 5 % off from 1.00. Both in Hong Kong dollars, always valid."""
    return (
        Coupon(
            code="TENOFF",
            off=Money(1000, HKD),
            minimum=Money(5000, HKD),
            funded_by="acquirer",
            note="10 off your purchase",
            valid_from=_FROM,
            valid_until=_UNTIL,
        ),
        Coupon(
            code="FIVEPERCENT",
            off=Decimal(5),
            minimum=Money(100, HKD),
            funded_by="merchant",
            note="5 % off",
            valid_from=_FROM,
            valid_until=_UNTIL,
        ),
    )
