"""A user's cards as his channel shows them, and what is told of the one he chose (RULES section 6, chart U2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from .identifiers import Pan, Secret, Token

CARDS_MAX: Final = 50
"""Cards of one user in one list. A channel that says more has said nothing."""


class ListedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card in a list: enough for a user to know it again, too little for anybody to pay with it."""

    card_id: str  # the channel's own name for it, no number
    masked_pan: str  # at most the first 6 and the last 4 digits
    card_type: str = ""  # the channel's word: DEBIT, CREDIT, ...
    issuer_name: str = ""


class CardList(msgspec.Struct, frozen=True, kw_only=True):
    """The cards that `given_to` was shown of a user (channel, user_id). It may ask for their payloads until `ends_at`
    (exclusive, business time)."""

    list_id: int
    channel: str  # app_id
    user_id: str
    given_to: str  # an industry's app_id, or `for_order(...)`: the cashier
    cards: tuple[ListedCard, ...]
    given_at: datetime
    ends_at: datetime

    def card(self, card_id: str) -> ListedCard | None:
        return next((card for card in self.cards if card.card_id == card_id), None)


class CardPayload(msgspec.Struct, frozen=True, kw_only=True):
    """GET_CARD_PAYLOAD's content, opened: a token or a PAN, never both. It passes through the hub and is kept nowhere."""

    token: Token | None = None
    pan: Pan | None = None
    expiry: str  # YYMM
    cardholder_name: Secret = Secret("")


class CardListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """GET_CARD_LIST of an industry. The user is (channel, user_id)."""

    channel_code: str
    user_id: str


class CardPayloadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """GET_CARD_PAYLOAD of an industry: of a card that it was shown."""

    channel_code: str
    user_id: str
    card_id: str


def for_order(order_id: int) -> str:
    """The `given_to` of a list that the cashier showed for an order. No app_id looks like it."""
    return f"order:{order_id}"
