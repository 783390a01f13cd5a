"""Reference data: parties and card products."""

from __future__ import annotations

import sqlalchemy as sa

from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.parties import Party

from .rows import PARTIES, PRODUCTS, Mapper, T
from .statement import Statement, done, insert
from .tables import card_products, parties
from .transaction import Transaction


def putting(mapper: Mapper[T], table: sa.Table) -> Statement:
    """Insert, or replace what has the same key."""
    add = insert(table).values(mapper.parameters())
    keys = list(table.primary_key.columns)
    others = {column.name: add.excluded[column.name] for column in mapper.columns if column not in keys}
    return Statement(add.on_conflict_do_update(index_elements=keys, set_=others).returning(done()))


_PARTIES = Statement(sa.select(*PARTIES.columns).order_by(parties.c.app_id))
_PUT_PARTY = putting(PARTIES, parties)
_PRODUCTS = Statement(sa.select(*PRODUCTS.columns).order_by(card_products.c.product_id))
_PUT_PRODUCT = putting(PRODUCTS, card_products)


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
