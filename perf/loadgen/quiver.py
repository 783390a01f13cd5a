"""Journeys signed ahead of time, so that the cost of the client's RSA does not show as the hub's latency."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from loadgen.messages import Journey
from loadgen.schedule import Plan

AHEAD_S: Final = 120.0
"""How long before it is due a journey may be signed: well below the 300 s in which a signature is fresh."""


class Arrival(NamedTuple):
    due_s: float  # since the start
    journey: Journey


class Quiver:
    """The arrivals of a plan, in order. `fill` signs, `take` hands out; both know the same clock, the run's."""

    def __init__(self, plan: Plan, draw: Callable[[Random], Journey], *, ahead_s: float = AHEAD_S) -> None:
        self._due_times = plan.due_times()
        self._draw = draw
        self._dice = Random(plan.seed ^ 0x5EED)  # not the schedule's own: the mix must not move the arrivals
        self._ahead_s = ahead_s
        self._signed: deque[Arrival] = deque()
        self._next_due_s: float | None = next(self._due_times, None)
        self.signed_count = 0
        self.signing_cpu_s = 0.0

    def fill(self, now_s: float, *, at_most: int | None = None) -> int:
        """Sign what is due within `ahead_s` from `now_s`; returns how many arrivals that were."""
        before = self.signed_count
        while self._next_due_s is not None and self._next_due_s < now_s + self._ahead_s:
            if at_most is not None and self.signed_count - before >= at_most:
                break
            self._sign(self._next_due_s)
            self._next_due_s = next(self._due_times, None)
        return self.signed_count - before

    def take(self) -> Arrival | None:
        """The next arrival; None after the last one. Signs it now if nobody did before."""
        if not self._signed and self._next_due_s is not None:
            self._sign(self._next_due_s)
            self._next_due_s = next(self._due_times, None)
        return self._signed.popleft() if self._signed else None

    def _sign(self, due_s: float) -> None:
        started_s = time.thread_time()
        self._signed.append(Arrival(due_s, self._draw(self._dice)))
        self.signing_cpu_s += time.thread_time() - started_s
        self.signed_count += 1
