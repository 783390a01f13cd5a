"""A card as operators find and see it. No number of a card is ever printed in full."""

from __future__ import annotations

import sys
from typing import Any

from unionhub.domain.flows.payers import TOKEN
from unionhub.domain.model.cards import Card
from unionhub.domain.model.identifiers import Token

from .console import echo_facts, moment
from .failures import CommandError
from .opening import Desk


def subject_of(card_id: int) -> str:
    """How the audit trail names a card."""
    return f"card {card_id}"


async def find(desk: Desk, card_id: int | None, token: str | None) -> Card:
    """The one card that is named, by its id or by its token (`-` reads that from stdin). Raises CommandError."""
    if (card_id is None) == (token is None):
        raise CommandError("name one card: its CARD_ID, or --token")
    index = await _token_index(desk, token) if token is not None else b""
    async with desk.store.begin() as uow:
        card = await uow.card_by_token(index) if card_id is None else await uow.card(card_id)
    if card is None:
        unknown = f"no card {card_id}: `unionhub cards list` shows them"
        raise CommandError("no card has this token" if card_id is None else unknown)
    return card


async def _token_index(desk: Desk, text: str) -> bytes:
    from .vaults import open_vault  # only this needs the master key

    given = sys.stdin.readline().strip() if text == "-" else text
    try:
        token = Token.parse(given)
    except ValueError:
        raise CommandError("that is no token: 16 to 19 digits with a right check digit are") from None
    vault = await open_vault(desk)
    if vault is None:
        raise CommandError("no card has this token")
    return vault.index(token, TOKEN)


def describe(card: Card) -> dict[str, Any]:
    """A card for machines, without any of its numbers."""
    return {
        "cardId": card.card_id,
        "maskedPan": card.masked_pan,
        "issuer": card.issuer,
        "productId": card.product_id,
        "gateway": card.gateway,
        "userID": card.user_id,
        "deviceID": card.device_id,
        "currency": card.currency,
        "holderState": card.holder_state,
        "issuerBlock": card.issuer_block,
        "reason": card.reason,
        "replacedBy": card.replaced_by,
        "collected": card.collected,
        "tokenExpiry": card.token_expiry,
        "panExpiry": card.pan_expiry,
        "createdAt": card.created_at,
    }


def tell(card: Card) -> None:
    """Print it."""
    echo_facts(
        [
            (f"card {card.card_id}", card.masked_pan),
            ("holder's state", card.holder_state),
            ("issuer's block", card.issuer_block),
            ("reason", card.reason),
            ("replaced by", f"card {card.replaced_by}" if card.replaced_by else ""),
            ("collected", "" if card.collected else "not yet: the app takes it when it enrols"),
            ("issuer", card.issuer),
            ("product", card.product_id),
            ("gateway", card.gateway),
            ("user", card.user_id),
            ("device", card.device_id),
            ("account in", card.currency),
            ("token expires", moment(card.token_expiry)[:10]),
            ("issued", moment(card.created_at)),
        ]
    )
