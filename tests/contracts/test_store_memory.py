"""MemoryStore keeps the store's contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from contracts.store_contract import StoreContract
from contracts.store_samples import NOW, House, awaited
from support.loop import running
from unionhub.adapters.memory.store import MemoryStore
from unionhub.ports.store import StoreUnavailable


@pytest.fixture
def house() -> Iterator[House]:
    now = [NOW]

    async def store_time() -> datetime:
        return now[0]

    async def wait(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    with running() as run:
        store = MemoryStore(lambda: now[0], busy_timeout_s=2)
        yield House(run, store, store, store_time, wait)


class TestMemoryStore(StoreContract):
    @awaited
    async def test_a_unit_inside_of_a_unit_ends_in_an_error_not_in_silence(self, house: House) -> None:
        store = MemoryStore(busy_timeout_s=0.01)
        async with store.begin():
            with pytest.raises(StoreUnavailable):
                async with store.begin():
                    pass
        async with store.begin():
            pass
