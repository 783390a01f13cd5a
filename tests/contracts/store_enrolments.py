"""The store's contract, part 6: acts and enrolments."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import msgspec
import pytest

from contracts.store_samples import NOW, SECOND, House, act, awaited, enrolment, odd_enrolment
from unionhub.domain.model.acts import Act
from unionhub.domain.model.enrolment import Enrolment, EnrolmentEvent, EnrolmentState
from unionhub.ports.store import Store

LEASE = timedelta(seconds=60)
LATER = NOW + 3600 * SECOND


async def added(store: Store, *enrolments: Enrolment) -> None:
    async with store.begin() as unit:
        for found in enrolments:
            await unit.add_enrolment(found)
        await unit.commit()


async def move(store: Store, after: Enrolment) -> bool:
    async with store.begin() as unit:
        done = await unit.move_enrolment(after)
        await unit.commit()
    return done


async def leased(
    owner: str, store: Store, now: datetime = LATER, limit: int = 100, lease: timedelta = LEASE
) -> list[Enrolment]:
    async with store.begin() as unit:
        taken = await unit.lease_enrolments(owner, now, limit=limit, lease=lease)
        await unit.commit()
    return taken


async def stored(store: Store, enrolment_id: int = 1) -> Enrolment | None:
    async with store.begin() as unit:
        return await unit.enrolment(enrolment_id)


async def close(store: Store, found: Act) -> bool:
    async with store.begin() as unit:
        done = await unit.close_act(found)
        await unit.commit()
    return done


def closed(found: Act, **changes: Any) -> Act:
    return msgspec.structs.replace(found, **changes)


class ActsContract:
    @awaited
    async def test_an_act_comes_back_as_it_was(self, house: House) -> None:
        odd = act(2**62, due_at=NOW, code="00", subject_id=2**61, detail="ü'")
        async with house.store.begin() as unit:
            await unit.record_act(odd)
            await unit.record_act(act(2, sender="39990002", msg_id=odd.msg_id))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.act(odd.act_id) == odd
            assert await unit.act(2) == act(2, sender="39990002", msg_id=odd.msg_id)
            assert await unit.act(3) is None

    @awaited
    async def test_what_nobody_answered_in_time_is_listed_oldest_first(self, house: House) -> None:
        acts = [
            act(1, due_at=NOW + SECOND),
            act(2, due_at=NOW),
            act(3, due_at=NOW, code="00"),
            act(4, due_at=None),
            act(5, due_at=NOW + 2 * SECOND),
        ]
        async with house.store.begin() as unit:
            for found in acts:
                await unit.record_act(found)
            await unit.commit()
        async with house.other.begin() as unit:
            assert [found.act_id for found in await unit.acts_due(NOW + SECOND)] == [2, 1]
            assert [found.act_id for found in await unit.acts_due(NOW + SECOND, limit=1)] == [2]
            assert await unit.acts_due(NOW - SECOND) == []

    @pytest.mark.parametrize("twin", [act(1, msg_id="another"), act(2, msg_id=act(1).msg_id)], ids=["id", "message"])
    @awaited
    async def test_there_is_one_act_for_an_id_and_for_a_message(self, house: House, twin: Act) -> None:
        async with house.store.begin() as unit:
            await unit.record_act(act(1))
            with pytest.raises(ValueError, match="already"):
                await unit.record_act(twin)
            await unit.record_act(act(3))
            await unit.commit()
        async with house.other.begin() as unit:
            assert [await unit.act(number) for number in (1, 2, 3)] == [act(1), None, act(3)]

    @awaited
    async def test_closing_writes_three_fields_once(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.record_act(act(1, due_at=NOW))
            await unit.record_act(act(2))
            await unit.commit()
        done = closed(act(1), code="00", subject_id=7, detail="ü")
        assert await close(house.store, closed(done, kind="never", due_at=None))
        assert not await close(house.other, closed(done, code="96"))
        assert not await close(house.store, closed(done, act_id=3))
        async with house.other.begin() as unit:
            assert await unit.act(1) == closed(done, due_at=NOW)
            assert await unit.act(2) == act(2)

    @awaited
    async def test_of_20_that_close_it_at_once_one_does(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.record_act(act(1))
            await unit.commit()
        done = [closed(act(1), code="00", subject_id=number) for number in range(20)]
        won = await asyncio.gather(*(close(house.host(n), found) for n, found in enumerate(done)))
        assert sum(won) == 1
        async with house.store.begin() as unit:
            assert await unit.act(1) == done[won.index(True)]


class EnrolmentsContract:
    @pytest.mark.parametrize("sample", [enrolment(), odd_enrolment()], ids=["plain", "odd"])
    @awaited
    async def test_an_enrolment_comes_back_as_it_was(self, house: House, sample: Enrolment) -> None:
        await added(house.store, sample)
        async with house.other.begin() as unit:
            assert await unit.enrolment(1) == sample
            assert await unit.enrolment_of(sample.gateway, sample.msg_id) == sample
            assert await unit.enrolment_of("39990011", sample.msg_id) is None
            assert await unit.enrolment_of(sample.gateway, "another") is None
            assert await unit.enrolment(2) is None

    @pytest.mark.parametrize(
        "twin", [enrolment(1, msg_id="another"), enrolment(2, msg_id=enrolment(1).msg_id)], ids=["id", "message"]
    )
    @awaited
    async def test_there_is_one_enrolment_for_an_id_and_for_a_message(self, house: House, twin: Enrolment) -> None:
        async with house.store.begin() as unit:
            await unit.add_enrolment(enrolment(1))
            with pytest.raises(ValueError, match="already"):
                await unit.add_enrolment(twin)
            await unit.add_enrolment(enrolment(3, gateway="39990011", msg_id=enrolment(1).msg_id))
            await unit.commit()
        assert await stored(house.other, 2) is None

    @awaited
    async def test_a_move_writes_everything_from_the_version_before(self, house: House) -> None:
        before = enrolment(1, version=6)
        after = msgspec.structs.replace(odd_enrolment(), msg_id=before.msg_id)
        await added(house.store, before, enrolment(2, version=6))
        assert await move(house.store, after)
        assert await stored(house.other) == after
        assert await stored(house.other, 2) == enrolment(2, version=6)
        assert not await move(house.other, after)
        assert not await move(house.other, msgspec.structs.replace(after, version=9))
        assert not await move(house.other, enrolment(3, version=1))

    @awaited
    async def test_of_20_that_move_it_at_once_one_wins(self, house: House) -> None:
        await added(house.store, enrolment())
        afters = [enrolment().moved(EnrolmentEvent.ISSUE, due_at=None, card_id=number) for number in range(20)]
        won = await asyncio.gather(*(move(house.host(n), after) for n, after in enumerate(afters)))
        assert sum(won) == 1
        assert await stored(house.store) == afters[won.index(True)]

    @awaited
    async def test_what_is_opening_and_due_oldest_first(self, house: House) -> None:
        due = [enrolment(number, due_at=NOW + s * SECOND) for number, s in enumerate((3, 1, 2, 2, 5))]
        others = [
            enrolment(10 + n, state=state) for n, state in enumerate(EnrolmentState) if state is not EnrolmentState.OPENING
        ]
        await added(house.store, *due, *others, enrolment(20, due_at=None))
        taken = await leased("a", house.store, NOW + 3 * SECOND, limit=3)
        assert taken == [due[1], due[2], due[3]]
        assert await leased("a", house.store, NOW + 3 * SECOND) == [due[0]]

    @awaited
    async def test_other_issuers_go_before_those_that_are_passed_over(self, house: House) -> None:
        issuers = ("39990002", "39990002", "39990012", "39990022")
        await added(house.store, *(enrolment(n, issuer=each, due_at=NOW + n * SECOND) for n, each in enumerate(issuers)))

        async def past(*passed: str, limit: int) -> list[int]:
            async with house.store.begin() as unit:  # rolled back
                taken = await unit.lease_enrolments("a", LATER, limit=limit, lease=LEASE, passing_over=passed)
            return [found.enrolment_id for found in taken]

        assert await past(limit=2) == [0, 1]
        assert await past("39990002", limit=1) == [2]
        assert await past("39990012", "39990002", limit=9) == [3]
        assert await past(*set(issuers), limit=9) == []

    @awaited
    async def test_two_owners_never_have_the_same(self, house: House) -> None:
        await added(house.store, *(enrolment(number) for number in range(60)))

        async def work(number: int) -> list[int]:
            mine: list[int] = []
            while taken := await leased(f"owner {number}", house.host(number), limit=3):
                mine += [found.enrolment_id for found in taken]
            return mine

        found = await asyncio.gather(*map(work, range(8)))
        assert sorted(chain(*found)) == list(range(60))

    @awaited
    async def test_it_is_taken_over_when_the_lease_is_over_on_the_clock_of_the_store(self, house: House) -> None:
        await added(house.store, enrolment())
        assert await leased("a", house.store, lease=timedelta(seconds=0.2)) == [enrolment()]
        assert await leased("b", house.other, LATER + 9999 * SECOND) == []
        await house.wait(0.25)
        assert await leased("b", house.other) == [enrolment()]

    @awaited
    async def test_a_move_ends_the_lease(self, house: House) -> None:
        await added(house.store, enrolment())
        (mine,) = await leased("a", house.store)
        later = mine.changed(due_at=NOW + 50 * SECOND, asks=1)
        assert await move(house.store, later)
        assert await leased("b", house.other, NOW + 49 * SECOND) == []
        assert await leased("b", house.other, NOW + 50 * SECOND) == [later]
