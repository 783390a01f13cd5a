"""The store's contract, part 1: units of work, and the messages admitted in them."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import msgspec
import pytest

from contracts.store_samples import House, act, awaited, claim, notice, once, opened, payment, stored, try_open
from unionhub.domain.model.errors import Replayed
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.transactions import PaymentEvent
from unionhub.ports.store import Store, StoreUnavailable


async def admit(store: Store, uuid: str, wanted: Claim | None = None, *, sender: str = "39990001") -> Claim | None:
    async with store.begin() as unit:
        found = await unit.admit(sender, uuid, wanted)
        await unit.commit()
    return found


class UnitsContract:
    @awaited
    async def test_what_is_not_committed_never_was(self, house: House) -> None:
        await opened(house.store, payment(1))
        after = payment(1).moved(PaymentEvent.DECLINE, due_at=None)
        async with house.store.begin() as unit:
            await unit.admit("39990001", "u1", claim())
            assert await unit.open_payment(payment(2, reservations=(once("k"),))) == ""
            assert await unit.move_payment(payment(1), after, [notice()])
            await unit.put_marker("m", "v")
            assert await unit.reserve_numbers("n", 10) == 1
        assert await stored(house.other) == payment(1)
        assert await admit(house.other, "u1", claim()) is None
        assert await try_open(house.other, payment(3, reservations=(once("k"),))) == ""
        async with house.other.begin() as unit:
            assert await unit.payment(2) is None
            assert await unit.notices() == []
            assert await unit.marker("m") is None
            assert await unit.reserve_numbers("n", 1) == 1

    @awaited
    async def test_an_error_rolls_back(self, house: House) -> None:
        async def fail() -> None:
            async with house.store.begin() as unit:
                await unit.record_payment(payment())
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with house.other.begin() as unit:
            assert await unit.payment(1) is None

    @awaited
    async def test_what_is_committed_is_there_for_every_host(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.record_payment(payment())
            await unit.commit()
        assert await stored(house.other) == payment()

    @awaited
    async def test_a_unit_ends_with_its_commit(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.commit()
            with pytest.raises(RuntimeError):
                await unit.record_payment(payment())
            with pytest.raises(RuntimeError):
                await unit.commit()
        with pytest.raises(RuntimeError):
            await house.store.begin().payment(1)

    @awaited
    async def test_what_is_rolled_back_is_never_seen(self, house: House) -> None:
        async def look() -> bool:
            async with house.other.begin() as unit:
                return await unit.payment(1) is not None

        async with house.store.begin() as unit:
            await unit.record_payment(payment())
            looking = asyncio.create_task(look())
            await asyncio.sleep(0.02)
        assert not await looking

    @awaited
    async def test_whoever_waits_gets_a_turn(self, house: House) -> None:
        """Also among those who begin again as soon as they have ended."""
        turns = [0] * 12

        async def work(number: int) -> None:
            while max(turns) < 20:
                async with house.other.begin() as unit:
                    await asyncio.sleep(0)
                    await unit.payment(1)
                    await unit.commit()
                turns[number] += 1

        await asyncio.gather(*map(work, range(12)))
        assert min(turns) >= 10, turns

    @awaited
    async def test_each_unit_is_counted(self, house: House) -> None:
        counted = house.store.transactions_begun  # type: ignore[attr-defined]
        for _ in range(3):
            async with house.store.begin() as unit:
                await unit.payment(1)
        house.store.begin()
        assert house.store.transactions_begun - counted == 3  # type: ignore[attr-defined]

    @awaited
    async def test_cancelled_anywhere_it_is_whole_or_nothing_and_holds_nothing(self, house: House) -> None:
        """Cancelled after more and more time, until one gets through: in begin, in each statement, in commit."""

        async def work(number: int) -> None:
            async with house.store.begin() as unit:
                await unit.admit("39990001", f"u{number}", claim(number, msg_id=f"m{number}"))
                await unit.open_payment(payment(number, reservations=(once(f"k{number}"),)))
                await unit.commit()

        outcomes = []
        for number in range(60):
            task = asyncio.create_task(work(number))
            if number < 30:
                for _ in range(number):
                    await asyncio.sleep(0)
            else:
                await asyncio.sleep(0.0002 * 1.25 ** (number - 30))  # up to 0.13 s
            task.cancel()
            (result,) = await asyncio.gather(task, return_exceptions=True)
            # Nothing is locked: another host can do the same at once. It finds all of it done, or nothing.
            before = time.monotonic()
            async with house.other.begin() as unit:
                claimed = await unit.admit("39990001", f"again{number}", claim(number, msg_id=f"m{number}"))
                found = await unit.payment(number)
                code = await unit.open_payment(payment(1000 + number, reservations=(once(f"k{number}"),)))
                await unit.commit()
            assert time.monotonic() - before < 2
            done = claimed is not None
            assert (found is not None, code) == ((True, "02") if done else (False, ""))
            assert done or isinstance(result, asyncio.CancelledError)
            outcomes.append(done)
        assert (outcomes[0], outcomes[-1]) == (False, True)

    @awaited
    async def test_cancelled_while_it_waits_for_another_it_waits_no_more(self, house: House) -> None:
        async with house.store.begin() as first:
            await first.admit("39990001", "u1", claim())
            waiting = asyncio.create_task(admit(house.other, "u2", claim(2)))
            await asyncio.sleep(0.05)
            waiting.cancel()
            async with asyncio.timeout(1):
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        # Both are rolled back: the claim is free, and nobody still stands in the queue for it.
        assert await admit(house.other, "u3", claim(3)) is None
        assert await admit(house.store, "u2") is None

    @awaited
    async def test_ready(self, house: House) -> None:
        assert await house.store.ready()


class MessagesContract:
    @awaited
    async def test_a_uuid_is_accepted_once_for_each_sender(self, house: House) -> None:
        await admit(house.store, "u1")
        with pytest.raises(Replayed):
            await admit(house.other, "u1")
        await admit(house.other, "u1", sender="39990002")
        await admit(house.other, "u2")

    @awaited
    async def test_a_uuid_of_50_equal_messages_is_accepted_once(self, house: House) -> None:
        results = await asyncio.gather(*(admit(house.host(n), "u") for n in range(50)), return_exceptions=True)
        assert sum(result is None for result in results) == 1
        assert sum(isinstance(result, Replayed) for result in results) == 49

    @awaited
    async def test_a_replay_claims_nothing(self, house: House) -> None:
        await admit(house.store, "u1")
        async with house.store.begin() as unit:
            with pytest.raises(Replayed):
                await unit.admit("39990001", "u1", claim())
            await unit.commit()
        assert await admit(house.other, "u2", claim()) is None

    @awaited
    async def test_the_first_has_the_claim_and_the_next_gets_it_shown(self, house: House) -> None:
        assert await admit(house.store, "u1", claim(1)) is None
        assert await admit(house.other, "u2", claim(2, digest=b"other", message="REFUND")) == claim(1)
        assert await admit(house.store, "u3", claim(3, msg_id="another")) is None
        assert await admit(house.store, "u3", claim(4, sender="39990002"), sender="39990002") is None

    @awaited
    async def test_who_finds_a_claim_standing_has_used_its_uuid_all_the_same(self, house: House) -> None:
        await admit(house.store, "u1", claim(1))
        await admit(house.store, "u2", claim(2))
        with pytest.raises(Replayed):
            await admit(house.other, "u2", claim(2))

    @awaited
    async def test_of_50_equal_requests_at_once_one_owns_the_claim(self, house: House) -> None:
        committed = 0

        async def ask(number: int) -> Claim | None:
            nonlocal committed
            async with house.host(number).begin() as unit:
                found = await unit.admit("39990001", f"u{number}", claim(number))
                if found is None:
                    await asyncio.sleep(0.05)
                    committed = number + 1
                else:
                    assert committed == found.record_id + 1  # it waited for the first
                await unit.commit()
            return found

        found = await asyncio.gather(*map(ask, range(50)))
        owners = [number for number, stood in enumerate(found) if stood is None]
        assert len(owners) == 1
        assert {stood for stood in found if stood is not None} == {claim(owners[0])}

    @awaited
    async def test_when_the_owner_fails_the_claim_goes_to_one_who_waited(self, house: House) -> None:
        first = True

        async def ask(number: int) -> Claim | None:
            nonlocal first
            async with house.host(number).begin() as unit:
                found = await unit.admit("39990001", f"u{number}", claim(number))
                if first:
                    first = False
                    await asyncio.sleep(0.02)
                    raise StoreUnavailable("the owner fails")
                await unit.commit()
            return found

        found = await asyncio.gather(*map(ask, range(20)), return_exceptions=True)
        assert sum(isinstance(result, StoreUnavailable) for result in found) == 1
        assert sum(result is None for result in found) == 1

    @awaited
    async def test_uuids_and_claims_are_purged_by_the_time_of_the_store(self, house: House) -> None:
        long = timedelta(days=36_500)
        await admit(house.store, "old", claim(1, msg_id="old"))
        await house.wait(0.4)
        await admit(house.store, "new", claim(2, msg_id="new"))

        async with house.store.begin() as unit:
            assert await unit.purge(uuids_kept=long, claims_kept=long) == 0
            assert await unit.purge(uuids_kept=timedelta(seconds=0.3), claims_kept=long) == 1
            assert await unit.purge(uuids_kept=timedelta(seconds=0.3), claims_kept=timedelta(seconds=0.3)) == 1
            await unit.commit()
        assert await admit(house.store, "old", claim(3, msg_id="old")) is None
        with pytest.raises(Replayed):
            await admit(house.store, "new")
        assert await admit(house.store, "newer", claim(4, msg_id="new")) == claim(2, msg_id="new")

    @awaited
    async def test_an_act_goes_with_its_claim(self, house: House) -> None:
        """Nobody can ask for it any more; and its message, should it come again, is a new one."""
        first, second = act(1), act(2)
        for number, found in enumerate((first, second)):
            await admit(house.store, f"u{number}", claim(found.act_id, sender=found.sender, msg_id=found.msg_id))
            async with house.store.begin() as unit:
                await unit.record_act(found)
                await unit.commit()
            if found is first:
                await house.wait(0.4)
        async with house.store.begin() as unit:
            assert await unit.purge(uuids_kept=timedelta(days=9), claims_kept=timedelta(seconds=0.3)) == 1
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.act(1) is None
            assert await unit.act(2) == second
            await unit.record_act(msgspec.structs.replace(first, act_id=3))

    @awaited
    async def test_a_purge_takes_no_more_than_its_limit(self, house: House) -> None:
        for number in range(6):
            await admit(house.store, f"u{number}", claim(number, msg_id=f"m{number}"))
        for expected in (5, 5, 2, 0):
            async with house.store.begin() as unit:
                assert await unit.purge(uuids_kept=-timedelta(days=1), claims_kept=-timedelta(days=1), limit=5) == expected
                await unit.commit()
