"""Who pays, and may he? The card checks that every money flow shares, in the order of RULES section 9, step 3."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from unionhub.domain.model.cards import Card, CardProduct, HolderState, IssuerBlock
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.messages import Payer
from unionhub.domain.model.transactions import Payment
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

    async def of_request(self, uow: UnitOfWork, draft: Payment, payer: Payer) -> tuple[Card, CardProduct]:
        """The payer's card of a gateway's message, fit to pay with it; raises Decline."""
        card, product = await self.named(uow, draft.sender, payer, draft.kind)
        self.fit(card, draft.opened_at)
        return card, product

    async def named(self, uow: UnitOfWork, gateway: str, payer: Payer, message: str) -> tuple[Card, CardProduct]:
        """As `of_request`, but the card may be in any state."""
        self.live(gateway)
        card = await self.of_token(uow, gateway, payer.token)
        product = self.product(card, message)
        match_payer(card, payer.user_id, payer.device_id)
        return card, product

    def live(self, app_id: str) -> None:
        """Admitted to testing, not yet to launch: it may ask, it may not pay (RULES section 5)."""
        party = self._directory.party(app_id)
        if party is None or not party.is_live:
            raise Decline("62")

    async def of_token(self, uow: UnitOfWork, gateway: str | None, token: Token) -> Card:
        """A token that is unknown and one of another gateway get the same `14`, before anything else about it is told."""
        card = await self.find(uow, token)
        if card is None or (gateway is not None and card.gateway != gateway):
            raise Decline("14")
        return card

    async def find(self, uow: UnitOfWork, token: Token) -> Card | None:
        return await uow.card_by_token(self._vault.index(token, TOKEN))

    def product(self, card: Card, message: str) -> CardProduct:
        """The card's product, if its issuer is here, authorised the gateway and does this message: `90`, `15`, `40`."""
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
    def fit(card: Card, now: datetime) -> None:
        """The card's own state: a blocked card must not be hidden by "suspended"."""
        blocked(card)
        if card.holder_state is not HolderState.ACTIVE:
            raise Decline("21")
        if now >= card.expiry:
            raise Decline("54")

    def token_of(self, card: Card) -> Token:
        """The card's token, opened. Raises VaultError."""
        return Token(self._vault.open(card.token_sealed, of_card(TOKEN, card.card_id)))


def match_payer(card: Card, user_id: str | None, device_id: str | None) -> None:
    """`57`, `55`; None is what the message need not say."""
    if user_id is not None and card.user_id != user_id:
        raise Decline("57")
    if device_id is not None and card.device_id != device_id:
        raise Decline("55")


def blocked(card: Card) -> None:
    """The issuer's block in its own code; RESTRICTED is `62`, which comes later in the order."""
    if code := _BLOCK_CODES.get(card.issuer_block):
        raise Decline(code)


def local_date(product: CardProduct, now: datetime) -> date:
    """The issuer's date: of the day limit and of settlement."""
    return (now + timedelta(minutes=product.utc_offset_minutes)).date()
