"""Durable numbers, reserved in blocks (ports/sequences.py has the contract)."""

from __future__ import annotations

import asyncio
from typing import Final

from unionhub.ports.store import Store

DEFAULT_BLOCK: Final = 1000


class _Supply:
    """What is left of one sequence in this host, and the reservation that is under way."""

    __slots__ = ("blocks", "refill")

    def __init__(self) -> None:
        self.blocks: list[range] = []
        self.refill: asyncio.Task[None] | None = None

    @property
    def left(self) -> int:
        return sum(map(len, self.blocks))

    def take(self) -> int:
        block = self.blocks[0]
        self.blocks[:1] = [block[1:]] if len(block) > 1 else []
        return block[0]


class BlockSequences:
    """Sequences in blocks of `block` numbers, each reserved in a transaction of its own.

    The next block is fetched in the background when half of one is left, so that a payment does not wait for it. Only the
    first number of a name waits, or one after the store was away for long: call `warm` at the start, since whoever waits
    here inside a unit of work may hold the very connection that the reservation needs.
    """

    def __init__(self, store: Store, *, block: int = DEFAULT_BLOCK) -> None:
        if block < 2:
            raise ValueError("a block of fewer than 2 numbers leaves nothing to go on with")
        self._store = store
        self._block = block
        self._supplies: dict[str, _Supply] = {}

    async def next(self, name: str) -> int:
        """The next number of `name`. Raises StoreUnavailable when none is left and none can be reserved."""
        supply = self._supplies.setdefault(name, _Supply())
        while not supply.blocks:
            await asyncio.shield(self._refilling(name, supply))
        number = supply.take()
        if supply.left <= self._block // 2:
            self._refilling(name, supply)
        return number

    async def warm(self, *names: str) -> None:
        """Reserve the first blocks, before anybody has to wait for them."""
        for name in names:
            supply = self._supplies.setdefault(name, _Supply())
            if not supply.blocks:
                await asyncio.shield(self._refilling(name, supply))

    async def close(self) -> None:
        """Give up reservations under way; their numbers may be lost, never given twice."""
        tasks = [supply.refill for supply in self._supplies.values() if supply.refill is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _refilling(self, name: str, supply: _Supply) -> asyncio.Task[None]:
        """One reservation at a time for each name: a later block never overtakes an earlier one."""
        if supply.refill is None:
            supply.refill = asyncio.create_task(self._refill(name, supply))
            supply.refill.add_done_callback(_heard)
        return supply.refill

    async def _refill(self, name: str, supply: _Supply) -> None:
        try:
            async with self._store.begin() as unit:
                first = await unit.reserve_numbers(name, self._block)
                await unit.commit()
            supply.blocks.append(range(first, first + self._block))
        finally:
            supply.refill = None


def _heard(task: asyncio.Task[None]) -> None:
    """A failure matters to those who wait. In the background, the next number tries again."""
    if not task.cancelled():
        task.exception()
