"""The card lists that were given out, in memory."""

from __future__ import annotations

from datetime import datetime

from unionhub.domain.model.channel_cards import CardList

from .unit import UnitBase


class CardLists(UnitBase):
    async def put_card_list(self, card_list: CardList) -> None:
        if card_list.list_id in self._tables.card_lists:
            raise ValueError(f"card list {card_list.list_id} is there already")
        self._put(self._tables.card_lists, card_list.list_id, card_list)

    async def card_lists(self, given_to: str, channel: str, user_id: str, now: datetime, *, limit: int = 20) -> list[CardList]:
        found = [
            given
            for given in self._tables.card_lists.values()
            if (given.given_to, given.channel, given.user_id) == (given_to, channel, user_id) and given.ends_at > now
        ]
        return sorted(found, key=lambda given: (given.ends_at, given.list_id), reverse=True)[:limit]
