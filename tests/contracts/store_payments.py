"""The store's contract, part 2: payments, what they hold, and how they move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import permutations

import pytest

from contracts.store_samples import (
    NOW,
    SECOND,
    House,
    awaited,
    day,
    move,
    move_alone,
    moved,
    notice,
    odd_payment,
    once,
    opened,
    payment,
    stored,
    try_open,
)
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Barrier, Payment, PaymentEvent, PaymentState, Reservation
from unionhub.ports.store import Store

E = PaymentEvent

Mover = Callable[..., Awaitable[bool]]
both_ways = pytest.mark.parametrize("move_", [move, move_alone], ids=["in a unit", "alone"])


async def free_share(store: Store, of: int, limit_minor: int) -> int:
    """What is left of a day limit, found by trying."""
    async with store.begin() as unit:
        for share in range(limit_minor, 0, -1):
            if await unit.open_payment(payment(9999, reservations=(day(share, of, limit_minor),))) == "":
                return share
    return 0


async def is_free(store: Store, key: str) -> bool:
    async with store.begin() as unit:
        return await unit.open_payment(payment(9999, reservations=(once(key),))) == ""


class RecordsContract:
    @pytest.mark.parametrize("sample", [payment(), odd_payment()], ids=["plain", "odd"])
    @awaited
    async def test_a_payment_comes_back_as_it_was(self, house: House, sample: Payment) -> None:
        await opened(house.store, sample)
        async with house.other.begin() as unit:
            assert await unit.payment(sample.payment_id) == sample
            assert await unit.payment_of(sample.sender, sample.msg_id) == sample
            assert await unit.payments() == [sample]
            assert await unit.payments_page(0) == [sample]

    @awaited
    async def test_what_is_not_there_is_none(self, house: House) -> None:
        await opened(house.store, payment())
        async with house.store.begin() as unit:
            assert await unit.payment(2) is None
            assert await unit.payment_of("39990002", payment().msg_id) is None
            assert await unit.payment_of(payment().sender, "another") is None
            assert await unit.card(1) is None
            assert await unit.card_by_token(b"token") is None

    @awaited
    async def test_a_declined_payment_is_recorded_in_the_unit_that_could_not_open_it(self, house: House) -> None:
        await opened(house.store, payment(1, reservations=(once("k"),)))
        wanted = payment(2, reservations=(day(5, 1, 10), once("k")))
        declined = moved(wanted, E.DECLINE, code="02", reservations=())
        async with house.store.begin() as unit:
            assert await unit.open_payment(wanted) == "02"
            await unit.record_payment(declined)
            await unit.commit()
        assert await stored(house.store, 2) == declined
        assert await free_share(house.store, 1, 10) == 10

    @pytest.mark.parametrize(
        "twin", [payment(1, msg_id="another"), payment(2, msg_id=payment(1).msg_id)], ids=["id", "message"]
    )
    @awaited
    async def test_there_is_one_payment_for_an_id_and_for_a_message(self, house: House, twin: Payment) -> None:
        await opened(house.store, payment(1))
        async with house.store.begin() as unit:
            with pytest.raises(ValueError, match="already"):
                await unit.record_payment(twin)
            holding = payment(twin.payment_id, msg_id=twin.msg_id, reservations=(once("k"), day(5, 1, 10)))
            with pytest.raises(ValueError, match="already"):
                await unit.open_payment(holding)
            await unit.commit()
        assert await is_free(house.store, "k")
        assert await free_share(house.store, 1, 10) == 10

    @awaited
    async def test_lists(self, house: House) -> None:
        names = ("msg_id", "bank_msg_id", "voucher_no", "retrieval_ref")
        several = [payment(n, opened_at=NOW + (n % 4) * SECOND, card_id=n % 2, **{names[n % 4]: "ref"}) for n in range(1, 5)]
        several.append(payment(5, state=PaymentState.APPROVED, due_at=None, opened_at=NOW - SECOND))
        async with house.store.begin() as unit:
            for found in several:
                await unit.record_payment(found)
            await unit.commit()

        async with house.store.begin() as unit:
            assert [found.payment_id for found in await unit.payments()] == [3, 2, 1, 4, 5]
            assert [found.payment_id for found in await unit.payments(limit=2)] == [3, 2]
            assert [found.payment_id for found in await unit.payments(card_id=1)] == [3, 1]
            assert [found.payment_id for found in await unit.payments(state=PaymentState.APPROVED)] == [5]
            assert [found.payment_id for found in await unit.payments(reference="ref")] == [3, 2, 1, 4]
            assert [found.payment_id for found in await unit.payments(reference="ref", card_id=0)] == [2, 4]
            assert await unit.payments(reference="re") == []
            assert await unit.payments(reference="ref", card_id=1, state=PaymentState.APPROVED) == []

    @awaited
    async def test_pages_and_what_is_unfinished(self, house: House) -> None:
        async with house.store.begin() as unit:
            for number in range(1, 7):
                final = {"state": PaymentState.APPROVED, "due_at": None} if number % 2 else {}
                await unit.record_payment(payment(number, opened_at=NOW - number * SECOND, **final))
            await unit.record_payment(payment(7, due_at=None))
            await unit.commit()

        async with house.store.begin() as unit:
            assert [found.payment_id for found in await unit.payments_page(0, limit=4)] == [1, 2, 3, 4]
            assert [found.payment_id for found in await unit.payments_page(4, limit=4)] == [5, 6, 7]
            assert await unit.payments_page(7) == []
            assert [found.payment_id for found in await unit.unfinished_before(NOW)] == [6, 4, 2]
            assert [found.payment_id for found in await unit.unfinished_before(NOW + SECOND)] == [6, 4, 2, 7]
            assert [found.payment_id for found in await unit.unfinished_before(NOW, limit=1)] == [6]
            assert [found.payment_id for found in await unit.unfinished_before(NOW - 4 * SECOND)] == [6]


class ReservationsContract:
    @awaited
    async def test_the_first_that_cannot_be_taken_answers_and_nothing_is_left(self, house: House) -> None:
        """Every order of reservations that can and cannot be taken, against the rule read word for word."""
        await opened(house.store, payment(1, reservations=(once("taken"), day(8, 0, 10))))
        can = (once("free"), day(10, 1, 10))
        cannot = (once("taken", "02"), day(3, 0, 10, code="61"), Barrier(code="57"))
        number = 10
        for length in range(6):
            chosen: tuple[Reservation, ...]
            for chosen in permutations((*can, *cannot), length):
                number += 1
                expected = next((found.code for found in chosen if found in cannot), "")
                async with house.store.begin() as unit:
                    assert await unit.open_payment(payment(number, reservations=chosen)) == expected, chosen
                    if expected:
                        assert await unit.payment(number) is None
                        assert await unit.open_payment(payment(number, reservations=can)) == "", chosen

    @awaited
    async def test_it_is_taken_for_everybody(self, house: House) -> None:
        await opened(house.store, payment(1, reservations=(once("k"), day(7, 1, 10))))
        assert await try_open(house.other, payment(2, reservations=(once("k"),))) == "02"
        assert await try_open(house.other, payment(2, reservations=(day(4, 1, 10),))) == "61"
        assert await try_open(house.other, payment(2, reservations=(day(4, 2, 10), day(10, 1, 10, card_id=2)))) == ""
        assert await try_open(house.other, payment(3, reservations=(day(3, 1, 10), once("K")))) == ""

    @awaited
    async def test_a_limit_holds_for_the_first_share_and_as_it_is_now(self, house: House) -> None:
        assert await try_open(house.store, payment(1, reservations=(day(11, 1, 10),))) == "61"
        assert await try_open(house.store, payment(1, reservations=(day(10, 1, 10),))) == ""
        assert await try_open(house.store, payment(2, reservations=(day(1, 1, 9),))) == "61"
        assert await try_open(house.store, payment(2, reservations=(day(1, 1, 11),))) == ""

    @awaited
    async def test_50_at_once_do_not_pass_a_limit_for_10(self, house: House) -> None:
        wanted = [payment(n, reservations=(day(7, 1, 70),)) for n in range(50)]
        codes = await asyncio.gather(*(try_open(house.host(found.payment_id), found) for found in wanted))
        assert sorted(codes) == [""] * 10 + ["61"] * 40
        assert await free_share(house.store, 1, 77) == 7

    @awaited
    async def test_50_at_once_and_one_has_the_key(self, house: House) -> None:
        wanted = [payment(n, reservations=(once("k"),)) for n in range(50)]
        codes = await asyncio.gather(*(try_open(house.host(found.payment_id), found) for found in wanted))
        assert sorted(codes) == [""] + ["02"] * 49

    @pytest.mark.parametrize(
        ("events", "is_kept"),
        [
            ([], True),
            ([E.APPROVE], True),
            ([E.LOSE_SIGHT], True),
            ([E.LOSE_SIGHT, E.APPROVE], True),
            ([E.REVERSE], True),
            ([E.DECLINE], False),
            ([E.LOSE_SIGHT, E.DECLINE], False),
            ([E.REVERSE, E.CONFIRM_REVERSAL], False),
        ],
        ids=str,
    )
    @both_ways
    @awaited
    async def test_it_is_held_until_the_money_is_known_not_to_have_moved(
        self, house: House, events: list[PaymentEvent], is_kept: bool, move_: Mover
    ) -> None:
        now = payment(1, reservations=(once("k"), day(6, 1, 10), day(1, 1, 10, card_id=0)))
        await opened(house.store, now, payment(2, reservations=(day(3, 1, 10),)))
        for event in events:
            before, now = now, moved(now, event)
            assert await move_(house.store, before, now)
        assert await is_free(house.other, "k") is not is_kept
        assert await free_share(house.other, 1, 10) == (1 if is_kept else 7)

    @both_ways
    @awaited
    async def test_what_was_taken_is_given_back_whatever_the_later_record_says(self, house: House, move_: Mover) -> None:
        """The reservations are the first transaction's: a move neither adds to them nor forgets any."""
        before = payment(1, reservations=(once("k"), day(6, 1, 10)))
        await opened(house.store, before, payment(2, reservations=(once("another"), day(3, 1, 10))))
        after = moved(before, E.DECLINE, reservations=(once("another"), day(9, 1, 10)))
        assert await move_(house.store, before, after)
        assert (await stored(house.store)).reservations == before.reservations
        assert await is_free(house.store, "k")
        assert not await is_free(house.store, "another")
        assert await free_share(house.store, 1, 10) == 7

    @pytest.mark.parametrize("twice", [(once("k"), once("k", "94")), (day(1, 1, 10), day(2, 1, 10))], ids=["key", "day"])
    @awaited
    async def test_nothing_is_reserved_twice_for_one_payment(self, house: House, twice: tuple[Reservation, ...]) -> None:
        async with house.store.begin() as unit:
            with pytest.raises(ValueError, match="twice"):
                await unit.open_payment(payment(reservations=twice))

    @awaited
    async def test_nobody_waits_in_a_circle(self, house: House) -> None:
        """Payments that want the same things in opposite orders, while others give them back."""
        things = [once("a"), once("b"), day(1, 1, 1000), day(1, 1, 1000, card_id=2), day(1, 2, 1000)]

        async def pay(number: int) -> None:
            order = things[number % 5 :] + things[: number % 5]
            wanted = payment(number, reservations=tuple(order if number % 2 else reversed(order)))
            if await try_open(house.host(number), wanted) == "":
                assert await move(house.host(number), wanted, moved(wanted, E.DECLINE))

        for start in range(0, 200, 40):
            await asyncio.gather(*map(pay, range(start, start + 40)))
        assert await is_free(house.store, "a")
        assert await free_share(house.store, 1, 3) == 3


class MovesContract:
    @both_ways
    @awaited
    async def test_a_move_writes_everything_and_queues_its_notices(self, house: House, move_: Mover) -> None:
        before = payment(1)
        await opened(house.store, before, payment(2))
        after = odd_payment(1)
        assert await move_(house.store, before, after, notice(1), notice(2))
        assert await stored(house.other) == Payment(**{**_fields(after), "reservations": ()})
        assert await stored(house.other, 2) == payment(2)
        async with house.store.begin() as unit:
            assert await unit.notices() == [notice(1), notice(2)]

    @both_ways
    @awaited
    async def test_from_another_state_nothing_moves(self, house: House, move_: Mover) -> None:
        now = moved(payment(1, reservations=(once("k"),)), E.LOSE_SIGHT)
        await opened(house.store, now)
        assert not await move_(house.store, payment(1), moved(payment(1), E.DECLINE, code="51"), notice())
        assert await stored(house.store) == now
        assert not await is_free(house.store, "k")
        async with house.store.begin() as unit:
            assert await unit.notices() == []

    @both_ways
    @awaited
    async def test_a_payment_that_is_not_there_does_not_move(self, house: House, move_: Mover) -> None:
        assert not await move_(house.store, payment(1), moved(payment(1), E.APPROVE), notice())

    @pytest.mark.parametrize("event", [E.APPROVE, E.DECLINE])
    @awaited
    async def test_what_is_final_never_moves(self, house: House, event: PaymentEvent) -> None:
        final = moved(payment(1), event)
        await opened(house.store, payment(1))
        assert await move(house.store, payment(1), final)
        async with house.store.begin() as unit:
            with pytest.raises(IllegalMove):
                await unit.move_payment(final, payment(1))
            assert not await unit.move_payment(payment(1), moved(payment(1), E.REVERSE))
            assert not await unit.postpone_payment(final)
        assert await stored(house.store) == final

    @both_ways
    @awaited
    async def test_of_30_that_move_it_at_once_one_wins_and_its_notices_alone_are_queued(
        self, house: House, move_: Mover
    ) -> None:
        before = payment(1, reservations=(once("k"), day(6, 1, 10)))
        await opened(house.store, before)
        events = (E.APPROVE, E.DECLINE, E.LOSE_SIGHT, E.REVERSE)
        afters = [moved(before, events[n % 4], bank_code=f"{n:02d}") for n in range(30)]

        won = await asyncio.gather(
            *(move_(house.host(n), before, after, notice(2 * n), notice(2 * n + 1)) for n, after in enumerate(afters))
        )

        assert sum(won) == 1
        winner = won.index(True)
        assert await stored(house.store) == afters[winner]
        async with house.store.begin() as unit:
            assert [found.notice_id for found in await unit.notices()] == [2 * winner, 2 * winner + 1]

    @awaited
    async def test_who_was_told_04_is_noted_and_a_move_that_does_not_know_it_fails(self, house: House) -> None:
        before = payment(1)
        await opened(house.store, before)
        async with house.store.begin() as unit:
            told = await unit.tell_pending(1)
            await unit.commit()
        assert told is not None
        assert told.told_pending
        assert await stored(house.store) == told
        after = moved(before, E.APPROVE, code="00")
        assert not await move(house.store, before, after)
        assert await move(house.store, told, moved(told, E.APPROVE, code="00"))

    @awaited
    async def test_a_payment_that_has_its_answer_is_not_pending_for_anybody(self, house: House) -> None:
        await opened(house.store, payment(1), payment(2))
        assert await move(house.store, payment(1), moved(payment(1), E.APPROVE, code="00"))
        assert await move(house.store, payment(2), moved(payment(2), E.REVERSE, code="71"))
        async with house.store.begin() as unit:
            for number in (1, 2):
                found = await unit.tell_pending(number)
                assert found is not None
                assert not found.told_pending
            assert await unit.tell_pending(3) is None

    @awaited
    async def test_postponing_writes_three_fields_of_what_is_still_there(self, house: House) -> None:
        before = odd_payment()
        await opened(house.store, before)
        other = payment(1, state=PaymentState.UNKNOWN, due_at=NOW + SECOND, asks=9, reversal_msg_id="R", gross=Money(1, "344"))
        async with house.store.begin() as unit:
            assert await unit.postpone_payment(other)
            assert not await unit.postpone_payment(payment(1, state=PaymentState.PENDING, asks=10))
            assert not await unit.postpone_payment(payment(2, state=PaymentState.UNKNOWN))
            await unit.commit()
        expected = Payment(**{**_fields(before), "due_at": NOW + SECOND, "asks": 9, "reversal_msg_id": "R"})
        assert await stored(house.other) == expected


def _fields(found: Payment) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__struct_fields__}
