"""Who pays, and may he? The card checks that every money flow shares, in the order of RULES section 9, step 3."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from unionhub.domain.model.cards import Card, CardProduct, HolderState, IssuerBlock
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Token
from unionhub.ports.directory import Directory
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

TOKEN, PAN, ACCOUNT = "token", "pan", "account"
"""The vault's purposes: what is indexed for one is not found for another."""


def of_card(purpose: str, card_id: int) -> str:
    """The purpose of a card's own ciphertext: whoever can write to the database cannot put one card's account on another."""
    return f"{purpose} of card {card_id}"


_BLOCK_CODES = {IssuerBlock.FRAUD: "34", IssuerBlock.LOST: "41", IssuerBlock.STOLEN: "43", IssuerBlock.CLOSED: "21"}


class Payers:
    """Find the payer's card and check it: 90, 15, 40, 14, 57, 55, 34/41/43, 21, 54 (RESTRICTED is `62`, later)."""

    def __init__(self, directory: Directory, vault: Vault) -> None:
        self._directory = directory
        self._vault = vault

    async def card(
        self, uow: UnitOfWork, *, gateway: str, token: Token, user_id: str, device_id: str, message: str, now: datetime
    ) -> tuple[Card, CardProduct]:
        """The card behind `token`, fit to pay with `message`; raises Decline.

        A token that is unknown and one of another gateway get the same `14`, before anything else about it is told.
        """
        party = self._directory.party(gateway)
        if party is None or not party.is_live:
            raise Decline("62")  # admitted to testing, not yet to launch: it may ask, it may not pay (RULES section 5)
        card = await uow.card_by_token(self._vault.index(token, TOKEN))
        if card is None or card.gateway != gateway:
            raise Decline("14")
        product = self._product(card, message)
        if card.user_id != user_id:
            raise Decline("57")
        if card.device_id != device_id:
            raise Decline("55")
        self._state(card, now)
        return card, product

    def _product(self, card: Card, message: str) -> CardProduct:
        product = self._directory.product(card.product_id)
        issuer = self._directory.party(card.issuer)
        if product is not None and product.cut_off:
            raise Decline("90")
        if product is None or issuer is None or not issuer.is_live or card.gateway not in product.gateways:
            raise Decline("15")
        if message not in product.messages:
            raise Decline("40")
        return product

    @staticmethod
    def _state(card: Card, now: datetime) -> None:
        # A blocked card must not be hidden by "suspended".
        if code := _BLOCK_CODES.get(card.issuer_block):
            raise Decline(code)
        if card.holder_state is not HolderState.ACTIVE:
            raise Decline("21")
        if now >= min(card.token_expiry, card.pan_expiry):
            raise Decline("54")


def local_date(product: CardProduct, now: datetime) -> date:
    """The issuer's date: of the day limit and of settlement."""
    return (now + timedelta(minutes=product.utc_offset_minutes)).date()
