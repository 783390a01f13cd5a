"""Who and what is known: parties and card products, read from memory on the hot path."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.parties import Party


class Directory(Protocol):
    """Contract: a snapshot of the store, at most a second or so old; an unknown party costs one bounded refresh."""

    def party(self, app_id: str) -> Party | None: ...

    async def find_party(self, app_id: str) -> Party | None:
        """As `party`, after one refresh: for a party or key that may be new. Refreshes are bounded however often asked."""
        ...

    def acquirer(self, iin: str) -> Party | None:
        """The acquirer of a merchant QR's acquirer IIN."""
        ...

    def product(self, product_id: str) -> CardProduct | None: ...
