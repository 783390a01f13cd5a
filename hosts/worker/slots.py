"""Work of one kind that a worker has under way, and on whom each piece waits: one partner's silence fills its share only."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any


class Slots:
    """At most `total` pieces at a time. A partner that holds `share` of them is passed over when more is taken; so it holds
    `share - 1` and whatever is taken at once, at most."""

    def __init__(self, total: int, share: int) -> None:
        self._total = total
        self._share = share
        self._waits_on: dict[asyncio.Task[None], str] = {}

    @property
    def room(self) -> int:
        return self._total - len(self._waits_on)

    @property
    def full(self) -> tuple[str, ...]:
        """Partners that hold their share, by appId."""
        held = Counter(partner for partner in self._waits_on.values() if partner)
        return tuple(sorted(partner for partner, count in held.items() if count >= self._share))

    @property
    def under_way(self) -> tuple[asyncio.Task[None], ...]:
        return tuple(self._waits_on)

    def begin(self, partner: str, work: Coroutine[Any, Any, None]) -> None:
        """Do it, in a task of its own; `partner` is whom it calls, "" for nobody."""
        task = asyncio.get_running_loop().create_task(work)
        self._waits_on[task] = partner
        task.add_done_callback(self._waits_on.pop)
