"""Ports of a host that may die at any await, on a database that may refuse a commit or not tell.

A dead host's tasks are frozen: they wait for ever and stay referenced, since cancelling or collecting them would run their
`finally` blocks, which no `kill -9` does. What its connection held is rolled back, as a database does when a client is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from simulation.inline_sqlite import InlineUnit
from simulation.loop import running_loop
from simulation.network import Network
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party
from unionhub.ports.store import Store, StoreUnavailable


class Life:
    """Alive until killed; `breath` is the await at which death is noticed."""

    def __init__(self, name: str, network: Network) -> None:
        self.name = name
        self.network = network
        self.dead = False
        self.units: set[MortalUnit] = set()
        self._frozen: list[asyncio.Future[None]] = []

    async def breath(self, *, may_stall: bool = False) -> None:
        """Let time pass; a dead host goes no further. In a calm nothing can strike, and time is not spent.

        `may_stall`: nothing of the store is held here, so a host that stands still for long (its machine swaps, its process
        was stopped) stops nobody else, and finds the world changed when it goes on.
        """
        if not self.dead and not self.network.calm:
            await running_loop().after(0.0001 + 0.0029 * self.network.rng.random())
            if self.network.strikes("kill"):
                self.kill()
            elif may_stall and self.network.strikes("stall"):
                await asyncio.sleep(self.network.rng.uniform(0.2, 45))
            elif may_stall and self.network.strikes("slow"):
                await asyncio.sleep(self.network.rng.uniform(0.05, 3))
        if self.dead or self.network.over:
            await self.freeze()

    async def freeze(self) -> None:
        """Never goes on; only the end of the run, when all is judged, takes the frozen away."""
        if self.network.over:
            raise asyncio.CancelledError
        for_ever: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frozen.append(for_ever)
        await for_ever

    def kill(self) -> None:
        self.dead = True
        for unit in tuple(self.units):
            unit.connection_lost()


class MortalStore:
    """The shared store as one host sees it."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store = store
        self._life = life

    def begin(self) -> Any:
        return MortalUnit(self._store.begin(), self._life)

    async def move_payment(self, *arguments: Any) -> bool:
        async with self.begin() as unit:
            moved: bool = await unit.move_payment(*arguments)
            await unit.commit()
        return moved

    async def ready(self) -> bool:
        return await self._store.ready()

    async def close(self) -> None:
        """The store is everybody's."""


class MortalUnit:
    """A unit of work whose every step is an await at which its host may die."""

    def __init__(self, unit: Any, life: Life) -> None:
        self._unit = unit
        self._life = life
        self._lost = False

    async def __aenter__(self) -> Self:
        await self._life.breath(may_stall=True)
        await self._unit.__aenter__()
        self._life.units.add(self)
        if self._life.dead:
            self.connection_lost()
        await self._life.breath()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._life.dead:
            await self._life.freeze()
        self._life.units.discard(self)
        await self._unit.__aexit__(kind, error, trace)

    async def commit(self) -> None:
        await self._life.breath()
        if self._life.network.strikes("store_refuses"):
            raise StoreUnavailable("the commit was refused")
        await self._unit.commit()
        self._life.units.discard(self)
        if self._life.network.strikes("store_mute"):
            raise StoreUnavailable("the commit may have happened")
        await self._life.breath(may_stall=True)

    def connection_lost(self) -> None:
        """The server sees the client gone and rolls back; nothing of the client runs."""
        if not self._lost:
            self._lost = True
            self._life.units.discard(self)
            if isinstance(self._unit, InlineUnit):
                self._unit.vanish()
            else:
                _run_now(self._unit.__aexit__(None, None, None))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._unit, name)

        async def step(*arguments: Any, **options: Any) -> Any:
            await self._life.breath()  # who dies after the step dies before the next, or before the commit: that is the same
            return await method(*arguments, **options)

        return step


def _run_now(coroutine: Any) -> None:
    """Run a coroutine that awaits nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("a roll-back must not wait")


class MortalPartners:
    """The partners port of one host."""

    def __init__(self, life: Life) -> None:
        self._life = life

    async def call(self, party: Party, outgoing: Outgoing, *, timeout_s: float) -> Answer:
        await self._life.breath(may_stall=True)
        try:
            answer = await self._life.network.call(self._life.name, party, outgoing, timeout_s)
        except Exception:
            await self._life.breath(may_stall=True)
            raise
        await self._life.breath(may_stall=True)
        return answer
