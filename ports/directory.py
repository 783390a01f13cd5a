"""Who and what is known: parties and card products, read from memory on the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.marketing import MarketingOffer
from unionhub.domain.model.parties import Party
from unionhub.domain.model.services import Grant, IndustryService


class Directory(Protocol):
    """Contract: a snapshot of the store, at most a second or so old; an unknown party costs one bounded refresh."""

    def party(self, app_id: str) -> Party | None: ...

    async def find_party(self, app_id: str) -> Party | None:
        """As `party`, after one refresh: for a party or key that may be new. Refreshes are bounded however often asked."""
        ...

    async def refresh_soon(self) -> None:
        """One bounded refresh, shared by everybody who asks meanwhile: for what was changed a moment ago."""
        ...

    def acquirer(self, iin: str) -> Party | None:
        """The acquirer of a merchant QR's acquirer IIN."""
        ...

    def product(self, product_id: str) -> CardProduct | None: ...

    def products(self, gateway: str) -> Sequence[CardProduct]:
        """Those that this app gateway may have issued, by product_id (S-43)."""
        ...

    def service(self, industry_code: str) -> IndustryService | None:
        """The industry service of that code (UCSP)."""
        ...

    def services(self) -> Sequence[IndustryService]:
        """All of them, by industry code."""
        ...

    def grant(self, channel: str, industry: str) -> Grant | None:
        """What the two, by their app_ids, agreed on, in whatever state it is."""
        ...

    def offers(self) -> Sequence[MarketingOffer]:
        """All that have not ENDED, by offer_id."""
        ...

    def channel(self, channel_code: str) -> Party | None:
        """The channel of that code (UCSP). A live one counts."""
        ...

    def qr_platform(self) -> Party | None:
        """The live QR platform behind URL-mode codes; the lowest app_id if there are several."""
        ...
