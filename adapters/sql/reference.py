"""Reference data: parties, card products and cards."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from unionhub.domain.model.cards import Card, CardProduct, HolderState, IssuerBlock
from unionhub.domain.model.parties import Party

from .rows import CARDS, PARTIES, PRODUCTS, Mapper, T, Values
from .statement import Statement, done, insert, number, text
from .tables import card_products, cards, parties
from .transaction import Transaction


def _put(mapper: Mapper[T], table: sa.Table) -> Statement:
    """Insert, or replace what has the same key."""
    add = insert(table).values(mapper.parameters())
    keys = list(table.primary_key.columns)
    others = {column.name: add.excluded[column.name] for column in mapper.columns if column not in keys}
    return Statement(add.on_conflict_do_update(index_elements=keys, set_=others).returning(done()))


_PARTIES = Statement(sa.select(*PARTIES.columns).order_by(parties.c.app_id))
_PUT_PARTY = _put(PARTIES, parties)
_PRODUCTS = Statement(sa.select(*PRODUCTS.columns).order_by(card_products.c.product_id))
_PUT_PRODUCT = _put(PRODUCTS, card_products)
_ADD_CARD = Statement(insert(cards).values(CARDS.parameters()).on_conflict_do_nothing().returning(done()))
# A parameter that is NULL leaves its column as it is.
_SET_CARD_STATE = Statement(
    sa.update(cards)
    .where(cards.c.card_id == number("id"))
    .values(
        holder_state=sa.func.coalesce(text("holder"), cards.c.holder_state),
        issuer_block=sa.func.coalesce(text("block"), cards.c.issuer_block),
    )
    .returning(done())
)


@cache
def _listed(gateway: bool, user_id: bool, pan_index: bool) -> Statement:
    query = sa.select(*CARDS.columns)
    if gateway:
        query = query.where(cards.c.gateway == text("gateway"))
    if user_id:
        query = query.where(cards.c.user_id == text("user_id"))
    if pan_index:
        query = query.where(cards.c.pan_index == sa.bindparam("pan_index", type_=sa.LargeBinary()))
    return Statement(query.order_by(cards.c.card_id).limit(number("limit")))


class Reference(Transaction):
    """Reference data of the unit of work."""

    async def parties(self) -> list[Party]:
        return await self._items(PARTIES, _PARTIES)

    async def put_party(self, party: Party) -> None:
        await self._fetch(_PUT_PARTY, PARTIES.values(party))

    async def products(self) -> list[CardProduct]:
        return await self._items(PRODUCTS, _PRODUCTS)

    async def put_product(self, product: CardProduct) -> None:
        await self._fetch(_PUT_PRODUCT, PRODUCTS.values(product))

    async def put_card(self, card: Card) -> None:
        if not await self._fetch(_ADD_CARD, CARDS.values(card)):
            raise ValueError(f"card {card.card_id}, or its token or PAN, is there already")

    async def set_card_state(
        self, card_id: int, *, holder: HolderState | None = None, block: IssuerBlock | None = None
    ) -> bool:
        return bool(await self._fetch(_SET_CARD_STATE, {"id": card_id, "holder": holder, "block": block}))

    async def cards(
        self, *, gateway: str | None = None, user_id: str | None = None, pan_index: bytes | None = None, limit: int = 100
    ) -> list[Card]:
        statement = _listed(gateway is not None, user_id is not None, pan_index is not None)
        values: Values = {"gateway": gateway, "user_id": user_id, "pan_index": pan_index, "limit": limit}
        return await self._items(CARDS, statement, values)
