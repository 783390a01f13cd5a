"""Parties, products, services and grants in memory, read again from the store every second."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, Self

import msgspec

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.marketing import MarketingOffer, OfferState
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry

from .telemetry import NullTelemetry

REFRESH_TIMEOUT_S: Final = 2.0
"""One reading may take this long, waiting for another's included."""

MIN_INTERVAL_S: Final = 0.1
"""Messages that name strangers cause at most one reading in this time, however many come; they wait for it together."""


class _Snapshot(msgspec.Struct, frozen=True):
    parties: dict[str, Party]
    acquirers: dict[str, Party]  # by IIN
    products: dict[str, CardProduct]
    qr_platform: Party | None
    services: dict[str, IndustryService]  # by industry code
    grants: dict[tuple[str, str], Grant]  # by (channel, industry)
    channels: dict[str, Party]  # by channel code
    offers: tuple[MarketingOffer, ...] = ()

    @classmethod
    def of(
        cls,
        parties: Iterable[Party],
        products: Iterable[CardProduct],
        services: Iterable[IndustryService] = (),
        grants: Iterable[Grant] = (),
        offers: Iterable[MarketingOffer] = (),
    ) -> Self:
        known = {party.app_id: party for party in parties}
        acquirers: dict[str, Party] = {}
        channels: dict[str, Party] = {}
        # Where two share an IIN or a code, a live one counts, then the lower app_id: every host must choose the same.
        for party in sorted(known.values(), key=lambda each: (not each.is_live, each.app_id)):
            if party.role is Role.ACQUIRER and party.acquirer_iin:
                acquirers.setdefault(party.acquirer_iin, party)
            if party.role is Role.CHANNEL and party.channel_code:
                channels.setdefault(party.channel_code, party)
        platforms = [party for _, party in sorted(known.items()) if party.role is Role.QR_PLATFORM and party.is_live]
        return cls(
            known,
            acquirers,
            {product.product_id: product for product in sorted(products, key=lambda each: each.product_id)},
            platforms[0] if platforms else None,
            _by_industry_code(known, services),
            {(grant.channel, grant.industry): grant for grant in grants},
            channels,
            tuple(offer for offer in offers if offer.state is not OfferState.ENDED),
        )


def _by_industry_code(parties: Mapping[str, Party], services: Iterable[IndustryService]) -> dict[str, IndustryService]:
    """A live industry has its code alone (`launching.obstacles`); of others that claim the same, it counts."""
    owners = sorted(
        ((party, service) for service in services if (party := parties.get(service.app_id)) is not None),
        key=lambda pair: (not pair[0].is_live, pair[0].app_id),
    )
    found: dict[str, IndustryService] = {}
    for party, service in owners:
        if party.industry_code:
            found.setdefault(party.industry_code, service)
    return dict(sorted(found.items()))


class SnapshotDirectory:
    """ports.directory.Directory. Empty until the first `refresh`; `run` keeps it at most `interval_s` old."""

    def __init__(
        self,
        store: Store,
        telemetry: Telemetry | None = None,
        *,
        refresh_timeout_s: float = REFRESH_TIMEOUT_S,
        min_interval_s: float = MIN_INTERVAL_S,
    ) -> None:
        self._store = store
        self._telemetry = telemetry or NullTelemetry()
        self._refresh_timeout_s = refresh_timeout_s
        self._min_interval_s = min_interval_s
        self._snapshot = _Snapshot.of((), ())
        self._reading = asyncio.Lock()
        self._began_s = float("-inf")  # the loop's time when the latest reading that came to an end began

    def party(self, app_id: str) -> Party | None:
        return self._snapshot.parties.get(app_id)

    def acquirer(self, iin: str) -> Party | None:
        return self._snapshot.acquirers.get(iin)

    def product(self, product_id: str) -> CardProduct | None:
        return self._snapshot.products.get(product_id)

    def products(self, gateway: str) -> Sequence[CardProduct]:
        return [product for product in self._snapshot.products.values() if gateway in product.gateways]

    def service(self, industry_code: str) -> IndustryService | None:
        return self._snapshot.services.get(industry_code)

    def services(self) -> Sequence[IndustryService]:
        return list(self._snapshot.services.values())

    def grant(self, channel: str, industry: str) -> Grant | None:
        return self._snapshot.grants.get((channel, industry))

    def offers(self) -> Sequence[MarketingOffer]:
        return self._snapshot.offers

    def channel(self, channel_code: str) -> Party | None:
        return self._snapshot.channels.get(channel_code)

    def qr_platform(self) -> Party | None:
        return self._snapshot.qr_platform

    async def find_party(self, app_id: str) -> Party | None:
        """As `party`, but a stranger costs one `refresh_soon`."""
        if (known := self.party(app_id)) is not None:
            return known
        await self.refresh_soon()
        return self.party(app_id)

    async def refresh(self) -> None:
        """Read all of it now. Raises StoreUnavailable, also when it takes too long; the last snapshot then stays."""
        try:
            async with asyncio.timeout(self._refresh_timeout_s), self._reading:
                await self._read()
        except TimeoutError:
            raise StoreUnavailable("parties and products could not be read in time") from None

    async def refresh_soon(self) -> None:
        """For a message that names an unknown party or kid: see what the store held when it came in.

        Everybody who asks meanwhile shares one reading, and these begin at least `min_interval_s` apart. Keeps the last
        snapshot, and raises nothing, when the store cannot serve.
        """
        now = asyncio.get_running_loop().time
        asked_s = now()
        try:
            async with asyncio.timeout(self._refresh_timeout_s), self._reading:
                if self._began_s > asked_s:
                    return
                await asyncio.sleep(self._began_s + self._min_interval_s - now())
                await self._read()
        except (StoreUnavailable, TimeoutError) as error:
            self._telemetry.store_failed("directory", error)

    async def run(self, interval_s: float = 1.0) -> NoReturn:
        """Refresh for ever; while the store is away, the last snapshot stands."""
        while True:
            try:
                await self.refresh()
            except StoreUnavailable as error:
                self._telemetry.store_failed("directory", error)
            await asyncio.sleep(interval_s)

    async def _read(self) -> None:
        began_s = asyncio.get_running_loop().time()
        try:
            async with self._store.begin() as work:
                parties, products = await work.parties(), await work.products()
                services, grants = await work.services(), await work.grants()
                offers = await work.offers()
        except StoreUnavailable:
            self._began_s = began_s  # who waits learns as little from another try
            raise
        self._snapshot = _Snapshot.of(parties, products, services, grants, offers)
        self._began_s = began_s
