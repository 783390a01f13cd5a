"""The store's contract, part 5: cards, of which a user has one usable for each product, account and device."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from contracts.store_samples import House, awaited, card, face, usable_card
from unionhub.domain.model.cards import Card, HolderState, IssuerBlock
from unionhub.ports.store import Store


async def put(store: Store, *cards: Card) -> list[bool]:
    async with store.begin() as unit:
        done = [await unit.put_card(found) for found in cards]
        await unit.commit()
    return done


async def move_card(store: Store, before: Card, after: Card) -> bool:
    async with store.begin() as unit:
        done = await unit.move_card(before, after)
        await unit.commit()
    return done


async def all_cards(store: Store) -> list[Card]:
    async with store.begin() as unit:
        return await unit.cards()


def changed(before: Card, **changes: Any) -> Card:
    return msgspec.structs.replace(before, **changes)


class CardsContract:
    @awaited
    async def test_a_card_is_found_by_its_token_and_in_lists(self, house: House) -> None:
        several = [card(1), card(2, gateway="39990011"), card(3, user_id=card(1).user_id, account_index=b"\0a")]
        assert await put(house.store, *several) == [True] * 3
        async with house.other.begin() as unit:
            assert await unit.card(1) == card(1)
            assert await unit.card_by_token(card(1).token_index) == card(1)
            assert await unit.card_by_token(card(1).pan_index) is None
            assert await unit.cards() == several
            assert await unit.cards(limit=1) == several[:1]
            assert await unit.cards(gateway="39990011") == [several[1]]
            assert await unit.cards(gateway="39990001", user_id=card(1).user_id) == [several[0], several[2]]
            assert await unit.cards(pan_index=card(3).pan_index) == [several[2]]
            assert await unit.cards(pan_index=card(3).pan_index, gateway="39990011") == []
            assert await unit.cards(account_index=b"\0a") == [several[2]]
            assert await unit.cards(account_index=card(1).account_index, gateway="39990001") == [several[0]]
            assert await unit.cards(account_index=b"none") == []

    @pytest.mark.parametrize(
        "twin",
        [
            card(1, token_index=b"t", pan_index=b"p"),
            card(2, token_index=card(1).token_index),
            card(2, pan_index=card(1).pan_index),
            usable_card(2, user_id=card(1).user_id, pan_index=card(1).pan_index),
        ],
        ids=["id", "token", "pan", "pan of a second usable card"],
    )
    @awaited
    async def test_numbers_are_never_used_again(self, house: House, twin: Card) -> None:
        async with house.store.begin() as unit:
            assert await unit.put_card(usable_card(1, user_id=card(1).user_id))
            with pytest.raises(ValueError, match="already"):
                await unit.put_card(twin)
            assert await unit.put_card(card(3, token_index=card(1).pan_index))  # the one is no token, the other no PAN
            await unit.commit()
        assert [found.card_id for found in await all_cards(house.other)] == [1, 3]

    @pytest.mark.parametrize(
        ("first", "second", "may"),
        [
            ({}, {}, False),
            ({"holder_state": HolderState.SUSPENDED}, {}, False),
            ({"issuer_block": IssuerBlock.LOST}, {}, False),
            ({}, {"issuer_block": IssuerBlock.FRAUD}, False),
            ({"collected": True}, {"collected": False}, False),
            ({"holder_state": HolderState.DELETED}, {}, True),
            ({"issuer_block": IssuerBlock.CLOSED}, {}, True),
            ({"replaced_by": 2}, {}, True),
            ({}, {"holder_state": HolderState.DELETED}, True),
            ({}, {"replaced_by": 7}, True),
            ({}, {"gateway": "39990011"}, True),
            ({}, {"user_id": "another"}, True),
            ({}, {"product_id": "gold"}, True),
            ({}, {"account_index": b"another"}, True),
            ({}, {"device_id": "another"}, True),
        ],
        ids=str,
    )
    @awaited
    async def test_a_user_has_one_usable_card(
        self, house: House, first: dict[str, Any], second: dict[str, Any], may: bool
    ) -> None:
        cards = usable_card(1, **first), usable_card(2, **second)
        assert await put(house.store, cards[0]) == [True]
        assert await put(house.other, cards[1]) == [may]
        assert await all_cards(house.store) == list(cards[: 1 + may])

    @awaited
    async def test_a_card_that_was_refused_leaves_its_numbers_free_and_the_unit_goes_on(self, house: House) -> None:
        assert await put(house.store, usable_card(1), usable_card(2), usable_card(2, user_id="another")) == [True, False, True]
        assert [found.card_id for found in await all_cards(house.other)] == [1, 2]

    @awaited
    async def test_of_30_added_at_once_one_is_the_users(self, house: House) -> None:
        done = await asyncio.gather(*(put(house.host(n), usable_card(n)) for n in range(30)))
        assert sorted(done) == [[False]] * 29 + [[True]]
        assert [found.card_id for found in await all_cards(house.store)] == [done.index([True])]

    @pytest.mark.parametrize(
        "changes",
        [
            {"holder_state": HolderState.DELETED},
            {"issuer_block": IssuerBlock.FRAUD},
            {"reason": "found again ü"},
            {"replaced_by": 9},
            {"replaced_by": None},
            {"collected": True},
            {"account_tier": "2"},
            {"holder_state": HolderState.ACTIVE, "issuer_block": IssuerBlock.NONE, "reason": "", "replaced_by": None},
        ],
        ids=str,
    )
    @awaited
    async def test_a_move_writes_what_may_change_if_it_knows_what_is_there(self, house: House, changes: dict[str, Any]) -> None:
        before, after = card(1), changed(card(1), **changes)
        await put(house.store, before, card(2))
        assert await move_card(house.store, before, changed(after, masked_pan="never", refer_no="never", currency="000"))
        assert await all_cards(house.other) == [after, card(2)]
        assert not await move_card(house.store, before, changed(before, reason="too late"))
        assert await move_card(house.store, after, before)
        assert await all_cards(house.other) == [before, card(2)]

    @awaited
    async def test_a_card_that_is_not_there_does_not_move(self, house: House) -> None:
        assert not await move_card(house.store, card(1), changed(card(1), reason="x"))

    @awaited
    async def test_of_20_that_move_it_at_once_one_wins(self, house: House) -> None:
        await put(house.store, card(1))
        afters = [changed(card(1), reason=str(number)) for number in range(20)]
        won = await asyncio.gather(*(move_card(house.host(n), card(1), after) for n, after in enumerate(afters)))
        assert sum(won) == 1
        assert await all_cards(house.store) == [afters[won.index(True)]]

    @awaited
    async def test_a_move_makes_no_second_usable_card(self, house: House) -> None:
        gone = usable_card(1, replaced_by=2)
        back = changed(gone, replaced_by=None)
        await put(house.store, gone, usable_card(2))
        async with house.store.begin() as unit:
            assert not await unit.move_card(gone, back)
            assert await unit.move_card(usable_card(2), usable_card(2, holder_state=HolderState.DELETED))
            assert await unit.move_card(gone, back)
            await unit.commit()
        assert await all_cards(house.other) == [back, usable_card(2, holder_state=HolderState.DELETED)]

    @awaited
    async def test_of_cards_that_become_usable_or_are_added_at_once_one_is(self, house: House) -> None:
        await put(house.store, *(usable_card(n, replaced_by=99) for n in range(15)))

        async def want(number: int) -> bool:
            if number < 15:
                return await move_card(house.host(number), usable_card(number, replaced_by=99), usable_card(number))
            return (await put(house.host(number), usable_card(number)))[0]

        assert sum(await asyncio.gather(*map(want, range(30)))) == 1
        assert sum(found.is_usable for found in await all_cards(house.store)) == 1

    @awaited
    async def test_faces_are_put_and_replaced(self, house: House) -> None:
        async with house.store.begin() as unit:
            for found in (face(), face("another"), face(data=b"", kind="PNG")):
                await unit.put_card_face(found)
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.card_faces() == [face("another"), face(data=b"", kind="PNG")]
            assert await unit.card_face("another") == face("another")
            assert await unit.card_face("none") is None
