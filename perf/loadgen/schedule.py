"""When requests are due. An open model: arrivals follow a schedule and never wait for answers, as customers do not wait
for each other. What a slow hub delays is then measured as delay, not left out (coordinated omission)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final, Literal

import msgspec

Pattern = Literal["poisson", "constant"]

MAX_ARRIVALS: Final = 1_000_000
"""Of one run: it ends by itself, and its samples fit into memory."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A run: `warmup_s` that is driven but not counted, then `seconds` that are. The same seed, the same arrivals."""

    rate_per_s: float
    seconds: float
    warmup_s: float = 0.0
    pattern: Pattern = "poisson"
    seed: int = 1

    def __post_init__(self) -> None:
        if self.rate_per_s <= 0 or self.seconds <= 0 or self.warmup_s < 0:
            raise ValueError("rate and seconds must be above 0, the warm-up not below")
        if self.rate_per_s * self.total_s > MAX_ARRIVALS:
            raise ValueError(f"more than {MAX_ARRIVALS} arrivals: lower the rate or the seconds")

    @property
    def total_s(self) -> float:
        return self.warmup_s + self.seconds

    def due_times(self) -> Iterator[float]:
        """Seconds since the start, rising, below `total_s`. `poisson`: independent customers, gaps differ and bursts come;
        `constant`: a metronome, kinder to the hub and to percentiles."""
        if self.pattern == "constant":
            count = round(self.rate_per_s * self.total_s)
            yield from (place / self.rate_per_s for place in range(count))
            return
        dice = Random(self.seed)
        due_s = dice.expovariate(self.rate_per_s)
        while due_s < self.total_s:
            yield due_s
            due_s += dice.expovariate(self.rate_per_s)

    def is_measured(self, due_s: float) -> bool:
        return due_s >= self.warmup_s
