"""Reference data in memory."""

from __future__ import annotations

import msgspec

from unionhub.domain.model.cards import Card, CardFace, CardProduct
from unionhub.domain.model.parties import Party

from .unit import UnitBase


class Reference(UnitBase):
    async def parties(self) -> list[Party]:
        return [party for _, party in sorted(self._tables.parties.items())]

    async def put_party(self, party: Party) -> None:
        self._put(self._tables.parties, party.app_id, party)

    async def products(self) -> list[CardProduct]:
        return [product for _, product in sorted(self._tables.products.items())]

    async def put_product(self, product: CardProduct) -> None:
        self._put(self._tables.products, product.product_id, product)

    async def put_card(self, card: Card) -> bool:
        numbers = (b"token" + card.token_index, b"pan" + card.pan_index)
        if card.card_id in self._tables.cards or any(number in self._tables.card_ids for number in numbers):
            raise ValueError(f"card {card.card_id}, or its token or PAN, is there already")
        if self._has_another(card):
            return False
        self._put(self._tables.cards, card.card_id, card)
        for number in numbers:
            self._put(self._tables.card_ids, number, card.card_id)
        return True

    def _has_another(self, card: Card) -> bool:
        """Whether `card` would be a second usable one of its user."""
        return card.is_usable and any(
            other.is_usable and other.card_id != card.card_id and _for_whom(other) == _for_whom(card)
            for other in self._tables.cards.values()
        )

    async def card(self, card_id: int) -> Card | None:
        return self._tables.cards.get(card_id)

    async def card_by_token(self, token_index: bytes) -> Card | None:
        return self._tables.cards.get(self._tables.card_ids.get(b"token" + token_index, -1))

    async def move_card(self, before: Card, after: Card) -> bool:
        stored = self._tables.cards.get(after.card_id)
        if stored is None or _what_moves(stored) != _what_moves(before):
            return False
        moved = msgspec.structs.replace(stored, **_what_moves(after))
        if self._has_another(moved):
            return False
        self._put(self._tables.cards, moved.card_id, moved)
        return True

    async def cards(
        self,
        *,
        gateway: str | None = None,
        user_id: str | None = None,
        pan_index: bytes | None = None,
        account_index: bytes | None = None,
        limit: int = 100,
    ) -> list[Card]:
        found = [
            card
            for _, card in sorted(self._tables.cards.items())
            if (gateway is None or card.gateway == gateway)
            and (user_id is None or card.user_id == user_id)
            and (pan_index is None or card.pan_index == pan_index)
            and (account_index is None or card.account_index == account_index)
        ]
        return found[:limit]

    async def card_face(self, face_id: str) -> CardFace | None:
        return self._tables.card_faces.get(face_id)

    async def card_faces(self) -> list[CardFace]:
        """By face_id."""
        return [face for _, face in sorted(self._tables.card_faces.items())]

    async def put_card_face(self, face: CardFace) -> None:
        self._put(self._tables.card_faces, face.face_id, face)


def _for_whom(card: Card) -> tuple[object, ...]:
    return card.gateway, card.user_id, card.product_id, card.account_index, card.device_id


def _what_moves(card: Card) -> dict[str, object]:
    names = ("holder_state", "issuer_block", "reason", "replaced_by", "collected", "account_tier")
    return {name: getattr(card, name) for name in names}
