"""What the samples of a run say: rates, percentiles, failures, and their course over time."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

NEVER: Final = math.inf
"""The latency of an arrival without a good answer. It stays in the percentiles: leaving it out would flatter them."""

SHARES: Final = (0.5, 0.95, 0.99)


class Sample(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """One step of one arrival. Times are seconds since the start of the run: when it was due, when the client turned to it,
    when it was handed to its connection (None where nothing was sent), when its answer was there.

    `failure` is empty for an answer that passed all its checks. `msg_id`, `sender` and `minor` (the amount in minor units,
    0 for a read) are for comparing with the books.
    """

    step: str
    due_s: float
    begun_s: float
    sent_s: float | None
    done_s: float
    failure: str = ""
    sender: str = ""
    msg_id: str = ""
    minor: int = 0

    @property
    def latency_s(self) -> float:
        """From the scheduled start: what a customer waits."""
        return NEVER if self.failure else self.done_s - self.due_s

    @property
    def service_s(self) -> float:
        """From the first byte sent: what the hub takes, once it was asked."""
        return NEVER if self.failure or self.sent_s is None else self.done_s - self.sent_s


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles in milliseconds; None means that so many arrivals never got a good answer."""

    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class StepFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One step, or all of them."""

    step: str
    count: int
    good: int
    failures: dict[str, int]  # cause -> how often
    per_s: float  # good answers a second
    latency: Spread  # from the scheduled start
    service: Spread  # from the first byte sent
    lag: Spread  # from the scheduled start until the client turned to it: the client's own delay

    @property
    def error_share(self) -> float:
        return 1 - self.good / self.count if self.count else 0.0


def percentile(ordered: Sequence[float], share: float) -> float:
    """The least value that `share` of all values do not exceed (nearest rank). `ordered` rises and is not empty."""
    if not 0 < share <= 1:
        raise ValueError("a share is above 0 and at most 1")
    # 0.95 * 20 is 19.000000000000004 or so: without the trimming that would be the rank after it.
    return ordered[max(math.ceil(round(share * len(ordered), 6)), 1) - 1]


def spread(values_s: Iterable[float]) -> Spread:
    """Percentiles of `values_s` (seconds), NEVER among them."""
    ordered = sorted(values_s)
    if not ordered:
        return Spread(p50_ms=None, p95_ms=None, p99_ms=None, max_ms=None)
    p50, p95, p99 = (milliseconds(percentile(ordered, share)) for share in SHARES)
    return Spread(p50_ms=p50, p95_ms=p95, p99_ms=p99, max_ms=milliseconds(ordered[-1]))


def milliseconds(value_s: float) -> float | None:
    return None if math.isinf(value_s) else round(value_s * 1000, 3)


def step_figures(step: str, samples: Sequence[Sample], seconds: float) -> StepFigures:
    """Figures of `samples`, which were due within `seconds`."""
    good = [sample for sample in samples if not sample.failure]
    return StepFigures(
        step=step,
        count=len(samples),
        good=len(good),
        failures=dict(Counter(sample.failure for sample in samples if sample.failure).most_common()),
        per_s=round(len(good) / seconds, 3),
        latency=spread(sample.latency_s for sample in samples),
        service=spread(sample.service_s for sample in good),
        lag=spread(sample.begun_s - sample.due_s for sample in samples),
    )


def by_step(samples: Sequence[Sample], seconds: float) -> list[StepFigures]:
    """Figures of each step, in the order of their names, which begin with the step's number."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.step].append(sample)
    return [step_figures(step, found[step], seconds) for step in sorted(found)]


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the run, by the scheduled start."""

    at_s: float
    due_per_s: float
    good_per_s: float
    p50_ms: float | None
    p99_ms: float | None


def course(samples: Sequence[Sample], *, since_s: float, until_s: float, slot_s: float = 1.0) -> list[Slot]:
    """The run as slots of `slot_s` seconds. The last one may be shorter and is left out then."""
    found: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[math.floor((sample.due_s - since_s) / slot_s)].append(sample)
    slots = []
    for place in range(math.floor(round((until_s - since_s) / slot_s, 6))):
        here = found.get(place, [])
        waits = spread(sample.latency_s for sample in here)
        slots.append(
            Slot(
                at_s=since_s + place * slot_s,
                due_per_s=len(here) / slot_s,
                good_per_s=sum(not sample.failure for sample in here) / slot_s,
                p50_ms=waits.p50_ms,
                p99_ms=waits.p99_ms,
            )
        )
    return slots


def histogram(values_ms: Sequence[float], *, per_decade: int = 20) -> list[tuple[float, float, int]]:
    """(from, to, how many) in logarithmic steps, `per_decade` for each factor of ten; empty steps between are kept."""
    counts = Counter(math.floor(math.log10(max(value, 0.01)) * per_decade) for value in values_ms)
    if not counts:
        return []
    places = range(min(counts), max(counts) + 1)
    return [(10 ** (place / per_decade), 10 ** ((place + 1) / per_decade), counts[place]) for place in places]
