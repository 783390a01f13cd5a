"""The seeded offers, one of each kind, always valid: off parking, off what Harbour Life's users buy, and by a code."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR_CHANNEL, HKD, PARKING
from unionhub.ports.store import UnitOfWork

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

INSTANT: Final = MarketingOffer(
    offer_id="PARKING-5",
    kind=OfferKind.INSTANT,
    name="5 % off parking",
    owner=HUB,
    funders=(Funder(party=HUB, percent=100),),
    currency=HKD,
    off_percent=Decimal(5),
    cap_minor=20_00,
    budget_minor=1_000_000_00,
    valid_from=_FROM,
    valid_until=_UNTIL,
    industries=frozenset({PARKING}),
)

INCENTIVE: Final = MarketingOffer(
    offer_id="HARBOUR-5",
    kind=OfferKind.INCENTIVE,
    name="5 dollars from Harbour Life",
    owner=HARBOUR_CHANNEL,
    funders=(Funder(party=HARBOUR_CHANNEL, percent=60), Funder(party=HUB, percent=40)),
    currency=HKD,
    off_minor=5_00,
    minimum_minor=50_00,
    budget_minor=500_000_00,
    valid_from=_FROM,
    valid_until=_UNTIL,
    channels=frozenset({HARBOUR_CHANNEL}),
)

COUPON: Final = MarketingOffer(
    offer_id="PARK10",
    kind=OfferKind.COUPON,
    name="10 dollars off your first parking",
    owner=ACQUIRER,
    funders=(Funder(party=ACQUIRER, percent=100),),
    currency=HKD,
    off_minor=10_00,
    minimum_minor=80_00,
    per_user_max=1,
    budget_minor=100_000_00,
    valid_from=_FROM,
    valid_until=_UNTIL,
    industries=frozenset({PARKING}),
    code="PARK10",
)

OFFERS: Final = (INSTANT, INCENTIVE, COUPON)


async def put_offers(unit: UnitOfWork, parties: Collection[str]) -> None:
    """Offers that are not there, of `parties` (app_ids); those that are an operator may have changed."""
    known = {offer.offer_id for offer in await unit.offers()}
    for offer in OFFERS:
        if offer.offer_id not in known and _named(offer) <= {*parties, HUB}:
            await unit.put_offer(offer)


def _named(offer: MarketingOffer) -> set[str]:
    return {offer.owner, *(each.party for each in offer.funders), *offer.channels, *offer.industries}
