"""The store's contract, part 3: work that is due, and who may do it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import msgspec
import pytest

from contracts.store_samples import NOW, SECOND, House, awaited, move, moved, notice, opened, payment
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState
from unionhub.ports.store import Store

LEASE = timedelta(seconds=60)
SHORT = timedelta(seconds=0.2)
LATER = NOW + 3600 * SECOND


async def payments_for(
    owner: str, store: Store, now: datetime = LATER, limit: int = 100, lease: timedelta = LEASE
) -> list[Payment]:
    async with store.begin() as unit:
        taken = await unit.lease_payments(owner, now, limit=limit, lease=lease)
        await unit.commit()
    return taken


async def notices_for(owner: str, store: Store, now: datetime = LATER, limit: int = 100, lease: timedelta = LEASE) -> list[int]:
    async with store.begin() as unit:
        taken = await unit.lease_notices(owner, now, limit=limit, lease=lease)
        await unit.commit()
    return [found.notice_id for found in taken]


async def attempt(store: Store, found: Notice, state: NoticeState, outcome: str = "", **changes: object) -> Notice:
    after = msgspec.structs.replace(found, state=state, attempts=found.attempts + 1, **changes)
    async with store.begin() as unit:
        await unit.record_attempt(after, Attempt(at=NOW, outcome=outcome, latency_ms=12))
        await unit.commit()
    return after


async def queue(store: Store, *notices: Notice) -> None:
    """Queue notices in the order given, each payment's with a move of its own."""
    for payment_id in dict.fromkeys(found.payment_id for found in notices):
        before = payment(payment_id)
        await opened(store, before)
        mine = [found for found in notices if found.payment_id == payment_id]
        assert await move(store, before, moved(before, PaymentEvent.APPROVE), *mine)


class PaymentLeasesContract:
    @awaited
    async def test_what_is_due_and_unfinished_oldest_first(self, house: House) -> None:
        async with house.store.begin() as unit:
            for number, due_s in enumerate((3, 1, 2, 2, 5)):
                await unit.record_payment(payment(number, due_at=NOW + due_s * SECOND))
            await unit.record_payment(payment(10, due_at=NOW, state=PaymentState.DECLINED))
            await unit.record_payment(payment(11, due_at=None))
            await unit.commit()
        taken = await payments_for("a", house.store, NOW + 3 * SECOND, limit=3)
        assert taken == [payment(n, due_at=NOW + s * SECOND) for n, s in ((1, 1), (2, 2), (3, 2))]
        assert [found.payment_id for found in await payments_for("a", house.store, NOW + 3 * SECOND)] == [0]

    @awaited
    async def test_two_owners_never_have_the_same(self, house: House) -> None:
        await opened(house.store, *(payment(number) for number in range(60)))

        async def work(number: int) -> list[int]:
            mine = []
            while taken := await payments_for(f"owner {number}", house.host(number), limit=3):
                mine += [found.payment_id for found in taken]
            return mine

        found = await asyncio.gather(*map(work, range(8)))
        assert sorted(chain(*found)) == list(range(60))

    @awaited
    async def test_other_issuers_go_before_those_that_are_passed_over(self, house: House) -> None:
        """However many of theirs are due, and for longer."""
        issuers = ("39990002", "39990002", "39990002", "39990012", "39990022", "39990012")
        await opened(house.store, *(payment(n, issuer=issuer, due_at=NOW + n * SECOND) for n, issuer in enumerate(issuers)))

        async def past(*passed: str, limit: int) -> list[int]:
            async with house.store.begin() as unit:  # rolled back
                taken = await unit.lease_payments("a", LATER, limit=limit, lease=LEASE, passing_over=passed)
            return [found.payment_id for found in taken]

        assert await past(limit=4) == [0, 1, 2, 3]
        assert await past("39990002", limit=2) == [3, 4]
        assert await past("39990012", "39990002", limit=9) == [4]
        assert await past("39990012", "nobody", "it's", limit=9) == [0, 1, 2, 4]
        assert await past(*set(issuers), limit=9) == []

    @awaited
    async def test_it_is_taken_over_when_the_lease_is_over_on_the_clock_of_the_store(self, house: House) -> None:
        await opened(house.store, payment())
        assert await payments_for("a", house.store, lease=SHORT) == [payment()]
        assert await payments_for("b", house.other, LATER + 9999 * SECOND) == []
        await house.wait(0.25)
        assert await payments_for("b", house.other) == [payment()]
        assert await payments_for("a", house.store) == []

    @awaited
    async def test_a_lease_that_is_rolled_back_is_none(self, house: House) -> None:
        await opened(house.store, payment())
        async with house.store.begin() as unit:
            assert await unit.lease_payments("a", LATER, limit=1, lease=LEASE) == [payment()]
        assert await payments_for("b", house.other) == [payment()]

    @awaited
    async def test_a_move_ends_it(self, house: House) -> None:
        await opened(house.store, payment())
        await payments_for("a", house.store)
        unknown = moved(payment(), PaymentEvent.LOSE_SIGHT)
        assert await move(house.store, payment(), unknown)
        assert await payments_for("b", house.other) == [unknown]

    @awaited
    async def test_postponing_ends_it(self, house: House) -> None:
        await opened(house.store, payment())
        (mine,) = await payments_for("a", house.store)
        later = msgspec.structs.replace(mine, due_at=NOW + 50 * SECOND, asks=1)
        async with house.store.begin() as unit:
            assert await unit.postpone_payment(later)
            await unit.commit()
        assert await payments_for("b", house.other, NOW + 49 * SECOND) == []
        assert await payments_for("b", house.other, NOW + 50 * SECOND) == [later]


class NoticesContract:
    @awaited
    async def test_a_notice_comes_back_as_it_was(self, house: House) -> None:
        odd = notice(
            2**62, message="ü", msg_id="'", attempts=4, created_at=NOW - SECOND, state=NoticeState.PARKED, to_payee=True
        )
        await queue(house.store, odd, notice(2, receiver="39990009"), notice(3, payment_id=2))
        async with house.other.begin() as unit:
            assert await unit.notices() == [odd, notice(2, receiver="39990009"), notice(3, payment_id=2)]
            assert await unit.notices(limit=1) == [odd]
            assert await unit.notices(payment_id=2) == [notice(3, payment_id=2)]
            assert await unit.notices(receiver="39990009") == [notice(2, receiver="39990009")]
            assert await unit.notices(state=NoticeState.PARKED) == [odd]
            assert await unit.notices(state=NoticeState.QUEUED, payment_id=1, receiver=odd.receiver) == []

    @awaited
    async def test_what_is_due_oldest_first(self, house: House) -> None:
        due = {1: 3, 2: 1, 3: 2, 4: 9}
        await queue(house.store, *(notice(n, payment_id=n, due_at=NOW + s * SECOND) for n, s in due.items()))
        assert await notices_for("a", house.store, NOW + 3 * SECOND, limit=2) == [2, 3]
        assert await notices_for("a", house.store, NOW + 3 * SECOND) == [1]

    @awaited
    async def test_other_receivers_go_before_those_that_are_passed_over(self, house: House) -> None:
        receivers = ("39990003", "39990003", "39990001", "39990009", "39990001")
        rows = [notice(n, payment_id=n, receiver=each, due_at=NOW + n * SECOND) for n, each in enumerate(receivers, 1)]
        await queue(house.store, *rows)

        async def past(*passed: str, limit: int) -> list[int]:
            async with house.store.begin() as unit:  # rolled back
                taken = await unit.lease_notices("a", LATER, limit=limit, lease=LEASE, passing_over=passed)
            return [found.notice_id for found in taken]

        assert await past(limit=3) == [1, 2, 3]
        assert await past("39990003", limit=2) == [3, 4]
        assert await past("39990003", "39990001", limit=9) == [4]
        assert await past(*set(receivers), limit=9) == []

    @pytest.mark.parametrize("end", [NoticeState.CONFIRMED, NoticeState.PARKED, NoticeState.REFUSED])
    @awaited
    async def test_in_order_for_each_receiver_and_payment(self, house: House, end: NoticeState) -> None:
        first, second, third = notice(30), notice(20, due_at=NOW - SECOND), notice(10)
        await queue(house.store, first, second, third)
        assert await notices_for("a", house.store) == [30]
        assert await notices_for("b", house.other) == []
        first = await attempt(house.store, first, NoticeState.QUEUED, due_at=NOW + 60 * SECOND)
        assert await notices_for("b", house.other, NOW + 59 * SECOND) == []
        assert await notices_for("b", house.other, NOW + 60 * SECOND) == [30]
        await attempt(house.store, first, end)
        assert await notices_for("a", house.store) == [20]

    @awaited
    async def test_in_order_over_several_moves(self, house: House) -> None:
        """The order of writing counts, not the numbers, which come from every host's own block."""
        pending = payment()
        unknown = moved(pending, PaymentEvent.LOSE_SIGHT)
        await opened(house.store, pending)
        await move(house.store, pending, unknown, notice(900))
        await move(house.other, unknown, moved(unknown, PaymentEvent.APPROVE), notice(5))
        assert await notices_for("a", house.store) == [900]

    @awaited
    async def test_one_that_is_never_confirmed_blocks_nobody_else(self, house: House) -> None:
        poison = notice(1, payment_id=1)
        await queue(house.store, poison, notice(2, payment_id=1), notice(3, payment_id=1, receiver="39990009"))
        await queue(house.store, notice(4, payment_id=2))
        assert await notices_for("a", house.store) == [1, 3, 4]
        await attempt(house.store, poison, NoticeState.QUEUED)
        assert await notices_for("a", house.store, limit=1) == [1]
        assert await notices_for("a", house.store) == []

    @awaited
    async def test_two_owners_never_have_the_same(self, house: House) -> None:
        await queue(house.store, *(notice(n, payment_id=n) for n in range(40)))

        async def work(number: int) -> list[int]:
            mine: list[int] = []
            while taken := await notices_for(f"owner {number}", house.host(number), limit=3):
                mine += taken
            return mine

        found = await asyncio.gather(*map(work, range(6)))
        assert sorted(chain(*found)) == list(range(40))

    @awaited
    async def test_it_is_taken_over_when_the_lease_is_over(self, house: House) -> None:
        await queue(house.store, notice())
        assert await notices_for("a", house.store, lease=SHORT) == [1]
        assert await notices_for("b", house.other) == []
        await house.wait(0.25)
        assert await notices_for("b", house.other) == [1]

    @awaited
    async def test_attempts_are_kept_and_each_ends_the_lease(self, house: House) -> None:
        await queue(house.store, notice(1), notice(2, payment_id=2))
        assert await notices_for("a", house.store) == [1, 2]
        after = await attempt(house.store, notice(1), NoticeState.QUEUED, "no answer ü", due_at=NOW + SECOND)
        assert await notices_for("b", house.other) == [1]
        after = await attempt(house.store, after, NoticeState.CONFIRMED, "00")
        async with house.other.begin() as unit:
            assert await unit.notices(payment_id=1) == [after]
            assert (await unit.notice(1), await unit.notice(3)) == (after, None)
            assert after.attempts == 2
            assert [found.outcome for found in await unit.attempts(1)] == ["no answer ü", "00"]
            assert (await unit.attempts(1))[0] == Attempt(at=NOW, outcome="no answer ü", latency_ms=12)
            assert await unit.attempts(2) == []
            with pytest.raises(ValueError, match="no notice"):
                await unit.record_attempt(notice(3), Attempt(at=NOW, outcome="00", latency_ms=1))

    @awaited
    async def test_those_since_a_time_of_some_states_in_the_order_of_their_writing(self, house: House) -> None:
        parked, waiting = NoticeState.PARKED, NoticeState.QUEUED
        rows = [
            notice(9, created_at=NOW - SECOND, state=parked),
            notice(8, created_at=NOW, state=parked),
            notice(7, created_at=NOW + 2 * SECOND, state=NoticeState.CONFIRMED),
            notice(6, created_at=NOW + 3 * SECOND),
            notice(5, created_at=NOW + SECOND, state=parked, receiver="39990009"),
        ]
        await queue(house.store, *rows)
        async with house.other.begin() as unit:

            async def since(seconds: int, *states: NoticeState, **options: Any) -> list[int]:
                return [each.notice_id for each in await unit.notices_since(NOW + seconds * SECOND, states, **options)]

            assert await since(0, parked, waiting) == [8, 6, 5]
            assert await since(-1, waiting, parked, limit=2) == [9, 8]
            assert await since(-1, parked, receiver=notice().receiver) == [9, 8]
            assert await since(0, NoticeState.CONFIRMED, parked, receiver="39990009") == [5]
            assert await since(4, *NoticeState) == []
            assert await since(-9) == []

    @pytest.mark.parametrize("state", [NoticeState.PARKED, NoticeState.CONFIRMED, NoticeState.QUEUED])
    @awaited
    async def test_one_is_queued_again_as_it_was(self, house: House, state: NoticeState) -> None:
        before = notice(attempts=3, state=state, order_id=5, to_payee=True, due_at=NOW - 9 * SECOND)
        await queue(house.store, before)
        asked = Attempt(at=NOW + SECOND, outcome="replay asked by jo", latency_ms=0)
        async with house.store.begin() as unit:
            assert await unit.requeue_notice(before, asked)
            await unit.commit()
        after = msgspec.structs.replace(before, state=NoticeState.QUEUED, due_at=asked.at)
        async with house.other.begin() as unit:
            assert await unit.notice(1) == after
            assert await unit.attempts(1) == [asked]
        assert await notices_for("a", house.other, NOW) == []
        assert await notices_for("a", house.other, asked.at) == [1]

    @awaited
    async def test_one_that_is_being_sent_or_moved_on_is_not_queued_again(self, house: House) -> None:
        await queue(house.store, notice(1), notice(2, payment_id=2, state=NoticeState.PARKED, attempts=6))
        (first, second) = (notice(1), notice(2, payment_id=2, state=NoticeState.PARKED, attempts=6))
        asked = Attempt(at=NOW, outcome="replay asked by jo", latency_ms=0)

        async def again(before: Notice) -> bool:
            async with house.other.begin() as unit:
                done = await unit.requeue_notice(before, asked)
                await unit.commit()
            return done

        assert await notices_for("a", house.store, lease=SHORT) == [1]
        assert not await again(first)  # it is being sent
        await house.wait(0.25)
        assert await again(first)
        assert not await again(msgspec.structs.replace(second, attempts=5))
        assert not await again(msgspec.structs.replace(second, state=NoticeState.CONFIRMED))
        assert not await again(notice(3))
        assert await again(second)
        assert not await again(second)  # somebody else asked first
        async with house.store.begin() as unit:
            assert [len(await unit.attempts(number)) for number in (1, 2, 3)] == [1, 1, 0]

    @awaited
    async def test_what_is_queued_again_goes_before_what_waits_behind_it(self, house: House) -> None:
        """In the order of their writing, for each receiver and order, whichever were confirmed before."""
        rows = [
            notice(30, payment_id=1, order_id=1, state=NoticeState.CONFIRMED),
            notice(20, payment_id=2, order_id=1, state=NoticeState.PARKED),
            notice(10, payment_id=3, order_id=1),
        ]
        await queue(house.store, *rows)
        asked = Attempt(at=NOW, outcome="replay asked by jo", latency_ms=0)
        async with house.store.begin() as unit:
            assert [await unit.requeue_notice(each, asked) for each in (rows[1], rows[0])] == [True, True]
            await unit.commit()
        for each in rows:
            assert await notices_for("a", house.other) == [each.notice_id]
            await attempt(house.store, each, NoticeState.CONFIRMED)
