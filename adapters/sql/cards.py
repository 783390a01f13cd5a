"""Cards and their faces. `card` and `card_by_token`, which every payment needs, are in `payments.py`."""

from __future__ import annotations

from functools import cache
from typing import Final

import sqlalchemy as sa

from unionhub.domain.model.cards import Card, CardFace

from .reference import putting
from .rows import CARD_FACES, CARDS, Values
from .statement import Statement, done, insert, number, octets, prefixed, text
from .tables import card_faces, cards
from .transaction import Transaction

_MOVES: Final = ("holder_state", "issuer_block", "reason", "replaced_by", "collected", "account_tier")

_ADD = Statement(insert(cards).values(CARDS.parameters()).on_conflict_do_nothing().returning(done()))
_NUMBERS_TAKEN = Statement(
    sa.select(done()).where(
        sa.or_(
            cards.c.card_id == number("card_id"),
            cards.c.token_index == octets("token_index"),
            cards.c.pan_index == octets("pan_index"),
        )
    )
)
_before, _after = CARDS.parameters("before_"), CARDS.parameters("after_")
_MOVE = Statement(
    sa.update(cards)
    .where(
        cards.c.card_id == _after["card_id"],
        *(cards.c[name].is_not_distinct_from(_before[name]) for name in _MOVES),  # replaced_by may be NULL
    )
    .values({name: _after[name] for name in _MOVES})
    .returning(done())
)
_FACE = Statement(sa.select(*CARD_FACES.columns).where(card_faces.c.face_id == text("face_id")))
_FACES = Statement(sa.select(*CARD_FACES.columns).order_by(card_faces.c.face_id))
_PUT_FACE = putting(CARD_FACES, card_faces)


@cache
def _listed(gateway: bool, user_id: bool, pan_index: bool, account_index: bool) -> Statement:
    query = sa.select(*CARDS.columns)
    if gateway:
        query = query.where(cards.c.gateway == text("gateway"))
    if user_id:
        query = query.where(cards.c.user_id == text("user_id"))
    if pan_index:
        query = query.where(cards.c.pan_index == octets("pan_index"))
    if account_index:
        query = query.where(cards.c.account_index == octets("account_index"))
    return Statement(query.order_by(cards.c.card_id).limit(number("limit")))


class Cards(Transaction):
    """Cards of the unit of work."""

    async def put_card(self, card: Card) -> bool:
        values = CARDS.values(card)
        if await self._fetch(_ADD, values):
            return True
        # Something stood in the way: a number that is used, else the user's usable card, which has an index of its own.
        if await self._fetch(_NUMBERS_TAKEN, values):
            raise ValueError(f"card {card.card_id}, or its token or PAN, is there already")
        return False

    async def move_card(self, before: Card, after: Card) -> bool:
        values = prefixed("before_", CARDS.values(before)) | prefixed("after_", CARDS.values(after))
        if after.is_usable and not before.is_usable:  # it may meet another usable card
            return bool(await self._fetch_unless_taken(_MOVE, values))
        return bool(await self._fetch(_MOVE, values))

    async def cards(
        self,
        *,
        gateway: str | None = None,
        user_id: str | None = None,
        pan_index: bytes | None = None,
        account_index: bytes | None = None,
        limit: int = 100,
    ) -> list[Card]:
        values: Values = {"gateway": gateway, "user_id": user_id, "pan_index": pan_index, "account_index": account_index}
        statement = _listed(*(value is not None for value in values.values()))
        return await self._items(CARDS, statement, values | {"limit": limit})

    async def card_face(self, face_id: str) -> CardFace | None:
        return await self._item(CARD_FACES, _FACE, {"face_id": face_id})

    async def card_faces(self) -> list[CardFace]:
        """By face_id."""
        return await self._items(CARD_FACES, _FACES)

    async def put_card_face(self, face: CardFace) -> None:
        await self._fetch(_PUT_FACE, CARD_FACES.values(face))
