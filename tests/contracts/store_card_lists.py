"""The store's contract, part 9: the card lists that were given out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contracts.store_samples import NOW, ODD_TEXT, SECOND, House, awaited
from contracts.store_services import CHANNEL, INDUSTRY
from unionhub.domain.model.channel_cards import CardList, ListedCard, for_order

USER = "user ü'"
CARD = ListedCard(card_id=ODD_TEXT, masked_pan="623456******7890", card_type="ü", issuer_name=ODD_TEXT[::-1])


def card_list(list_id: int = 1, **changes: Any) -> CardList:
    plain = CardList(
        list_id=list_id,
        channel=CHANNEL,
        user_id=USER,
        given_to=INDUSTRY,
        cards=(CARD, ListedCard(card_id="2", masked_pan="")),
        given_at=NOW,
        ends_at=NOW + 600 * SECOND,
    )
    return msgspec.structs.replace(plain, **changes)


class CardListsContract:
    @awaited
    async def test_a_card_list_comes_back_as_it_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.put_card_list(card_list(2**62))
            with pytest.raises(ValueError, match="already"):
                await unit.put_card_list(card_list(2**62, user_id="another"))
            await unit.put_card_list(card_list(1, given_to=for_order(5), cards=()))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW) == [card_list(2**62)]
            assert await unit.card_lists(for_order(5), CHANNEL, USER, NOW) == [card_list(1, given_to=for_order(5), cards=())]

    @awaited
    async def test_card_lists_of_one_receiver_and_user_that_last_the_last_first(self, house: House) -> None:
        first = card_list(9)
        later = [card_list(number, ends_at=NOW + 601 * SECOND) for number in (3, 2)]
        others = [
            card_list(4, given_to="39990049"),
            card_list(5, given_to=for_order(1)),
            card_list(6, channel="39990032"),
            card_list(7, user_id="user u'"),
        ]
        async with house.store.begin() as unit:
            for each in (first, *others, *reversed(later)):
                await unit.put_card_list(each)
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW) == [*later, first]
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW, limit=1) == later[:1]
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW + 600 * SECOND) == later
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW + 601 * SECOND) == []
            for other in others:
                assert await unit.card_lists(other.given_to, other.channel, other.user_id, NOW) == [other]

    @awaited
    async def test_a_card_list_that_is_not_committed_never_was(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.put_card_list(card_list())
        async with house.other.begin() as unit:
            assert await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW) == []

    @awaited
    async def test_card_lists_that_ended_are_purged(self, house: House) -> None:
        long, before = 3600 * SECOND, NOW + 2 * SECOND
        async with house.store.begin() as unit:
            for number in range(4):
                await unit.put_card_list(card_list(number, ends_at=NOW + number * SECOND))
            assert await unit.purge(uuids_kept=long, claims_kept=long) == 0
            assert await unit.purge(uuids_kept=long, claims_kept=long, codes_expired_before=before, limit=1) == 1
            assert await unit.purge(uuids_kept=long, claims_kept=long, codes_expired_before=before, limit=9) == 1
            kept = await unit.card_lists(INDUSTRY, CHANNEL, USER, NOW - SECOND)
            assert [found.list_id for found in kept] == [3, 2]
