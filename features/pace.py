"""How acquirers wait in scenarios: for business time, which steps move on. Nobody waits for real."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.world import World


class Pace:
    """Of what the acquirers of one world do by themselves: pay an order, ask SCIS, tell UCSP again."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        self._acquirers = [partner for partner in world.partners.values() if isinstance(partner, Acquirer)]
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []
        for acquirer in self._acquirers:
            acquirer.orders.work.wait = self._wait

    async def _wait(self, seconds: float) -> None:
        until: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._clock.now() + timedelta(seconds=seconds), until))
        await until

    def go_on(self) -> None:
        """Whoever has waited long enough."""
        now = self._clock.now()
        over = [each for each in self._waiting if each[0] <= now]
        self._waiting = [each for each in self._waiting if each[0] > now]
        for _, until in over:
            if not until.done():
                until.set_result(None)

    def is_still(self) -> bool:
        """Nothing happens until time passes."""
        return self._under_way == len(self._waiting)

    def is_at_rest(self) -> bool:
        """Nothing will happen by itself."""
        return not self._under_way

    @property
    def _under_way(self) -> int:
        return sum(len(acquirer._under_way) for acquirer in self._acquirers)
