"""The card lists that were given out."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from unionhub.domain.model.channel_cards import CardList

from .rows import CARD_LISTS, micros
from .statement import Statement, done, insert, number, text
from .tables import card_lists
from .transaction import Transaction

_PUT = Statement(insert(card_lists).values(CARD_LISTS.parameters()).on_conflict_do_nothing().returning(done()))
_LIVE = Statement(
    sa.select(*CARD_LISTS.columns)
    .where(
        card_lists.c.given_to == text("given_to"),
        card_lists.c.channel == text("channel"),
        card_lists.c.user_id == text("user_id"),
        card_lists.c.ends_at > number("now"),
    )
    .order_by(card_lists.c.ends_at.desc(), card_lists.c.list_id.desc())
    .limit(number("limit"))
)


class CardLists(Transaction):
    """Of the unit of work. `purge` is in `upkeep.py`."""

    async def put_card_list(self, card_list: CardList) -> None:
        if not await self._fetch(_PUT, CARD_LISTS.values(card_list)):
            raise ValueError(f"card list {card_list.list_id} is there already")

    async def card_lists(self, given_to: str, channel: str, user_id: str, now: datetime, *, limit: int = 20) -> list[CardList]:
        values = {"given_to": given_to, "channel": channel, "user_id": user_id, "now": micros(now), "limit": limit}
        return await self._items(CARD_LISTS, _LIVE, values)
