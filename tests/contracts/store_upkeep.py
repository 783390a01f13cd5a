"""The store's contract, part 4: reference data, keys, numbers."""

from __future__ import annotations

import asyncio

import pytest

from contracts.store_samples import NOW, House, awaited, opened, party, payment, product
from support.loop import eventually
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.store import Store, StoreUnavailable, UnitOfWork, WrappedKey


class ReferenceContract:
    @awaited
    async def test_parties_are_put_and_replaced(self, house: House) -> None:
        plain = Party(app_id="39990000", role=Role.ISSUER, name="bank")
        async with house.store.begin() as unit:
            await unit.put_party(party())
            await unit.put_party(party("39990009"))
            await unit.put_party(plain)
            await unit.put_party(party(name="replaced", paths={}))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.parties() == [plain, party(name="replaced", paths={}), party("39990009")]

    @awaited
    async def test_products_are_put_and_replaced(self, house: House) -> None:
        async with house.store.begin() as unit:
            await unit.put_product(product())
            await unit.put_product(product("gold", messages=frozenset()))
            await unit.put_product(product(trx_limit_minor=5))
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.products() == [product(trx_limit_minor=5), product("gold", messages=frozenset())]


class UpkeepContract:
    @awaited
    async def test_the_first_host_adds_a_key(self, house: House) -> None:
        async def add(number: int) -> bool:
            key = WrappedKey(kind="data", version=1, wrapped=bytes([number]), created_at=NOW)
            async with house.host(number).begin() as unit:
                added = await unit.add_wrapped_key(key)
                await unit.commit()
            return added

        added = await asyncio.gather(*map(add, range(10)))
        assert sum(added) == 1
        second = WrappedKey(kind="data", version=2, wrapped=b"", created_at=NOW)
        async with house.other.begin() as unit:
            assert await unit.add_wrapped_key(second)
            first = WrappedKey(kind="data", version=1, wrapped=bytes([added.index(True)]), created_at=NOW)
            assert await unit.wrapped_keys() == [first, second]

    @awaited
    async def test_markers(self, house: House) -> None:
        async with house.store.begin() as unit:
            assert await unit.marker("story") is None
            await unit.put_marker("story", "played")
            await unit.put_marker("story", "played again ü")
            await unit.commit()
        async with house.other.begin() as unit:
            assert await unit.marker("story") == "played again ü"
            assert await unit.marker("another") is None

    @awaited
    async def test_numbers_are_reserved_once_from_1_on(self, house: House) -> None:
        async def reserve(number: int) -> range:
            async with house.host(number).begin() as unit:
                first = await unit.reserve_numbers("payment", number + 1)
                await unit.commit()
            return range(first, first + number + 1)

        blocks = await asyncio.gather(*map(reserve, range(20)))
        assert sorted(number for block in blocks for number in block) == list(range(1, 211))
        async with house.store.begin() as unit:
            assert await unit.reserve_numbers("notice", 1) == 1
            with pytest.raises(ValueError, match="0 numbers"):
                await unit.reserve_numbers("notice", 0)


class SequencesContract:
    """BlockSequences on this store."""

    @awaited
    async def test_two_hosts_never_give_the_same_number(self, house: House) -> None:
        hosts = [BlockSequences(house.store, block=7), BlockSequences(house.other, block=10)]
        given: list[list[int]] = [[], []]

        async def take(number: int) -> None:
            for _ in range(20):
                given[number % 2].append(await hosts[number % 2].next("payment"))

        await asyncio.gather(*map(take, range(10)))
        for host in hosts:
            await host.close()
        assert all(mine == sorted(set(mine)) for mine in given)
        assert len({*given[0], *given[1]}) == 200

    @awaited
    async def test_after_a_crash_it_goes_on_behind_what_was_reserved(self, house: House) -> None:
        crashed = BlockSequences(house.store, block=10)
        assert [await crashed.next("payment"), await crashed.next("notice")] == [1, 1]
        await crashed.close()
        again = BlockSequences(house.other, block=10)
        assert [await again.next("payment"), await again.next("notice")] == [11, 11]
        await again.close()

    @awaited
    async def test_the_next_block_is_there_before_it_is_needed(self, house: House) -> None:
        sequences = BlockSequences(house.store, block=10)
        await sequences.warm("payment", "notice")
        counted = house.store.transactions_begun  # type: ignore[attr-defined]
        for expected in range(1, 5):
            assert await sequences.next("payment") == expected
        assert house.store.transactions_begun == counted  # type: ignore[attr-defined]

        async with house.store.begin():  # a unit of work that needs numbers: none of them waits
            async with asyncio.timeout(0.2):
                assert [await sequences.next("payment") for _ in range(6)] == list(range(5, 11))
        await eventually(lambda: sequences._supplies["payment"].left == 10)
        assert house.store.transactions_begun == counted + 2  # type: ignore[attr-defined]
        await sequences.close()

    @awaited
    async def test_it_recovers_when_the_store_comes_back(self, house: House) -> None:
        moody = MoodyStore(house.store)
        sequences = BlockSequences(moody, block=4)
        await sequences.warm("payment")
        moody.down = True
        assert [await sequences.next("payment") for _ in range(4)] == [1, 2, 3, 4]
        with pytest.raises(StoreUnavailable):
            await sequences.next("payment")
        waiting = asyncio.create_task(sequences.next("payment"))
        await asyncio.sleep(0)
        waiting.cancel()
        moody.down = False
        assert await sequences.next("payment") in (5, 9)
        await sequences.close()
        with pytest.raises(ValueError, match="block"):
            BlockSequences(house.store, block=1)

    @awaited
    async def test_reserving_is_no_part_of_a_payments_transactions(self, house: House) -> None:
        sequences = BlockSequences(house.store)
        await sequences.warm("payment")
        counted = house.store.transactions_begun  # type: ignore[attr-defined]
        await opened(house.store, payment(await sequences.next("payment")))
        assert house.store.transactions_begun == counted + 1  # type: ignore[attr-defined]
        await sequences.close()


class MoodyStore:
    """A store that is away while `down`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.down = False

    def begin(self) -> UnitOfWork:
        if self.down:
            raise StoreUnavailable("down")
        return self._store.begin()

    async def ready(self) -> bool:
        return not self.down

    async def close(self) -> None: ...
