"""What a run leaves behind, and its table."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from loadgen.figures import Sample, Spread, StepFigures
from loadgen.schedule import Plan


class Times(msgspec.Struct, kw_only=True):
    """In seconds, of the system's monotonic clock, for whoever measures beside us; and what the client itself used."""

    started_s: float = 0.0
    measured_from_s: float = 0.0
    measured_to_s: float = 0.0  # the last sample is in
    client_cpu_s: float = 0.0  # within the measured part, signing included
    signing_cpu_s: float = 0.0  # the same, signing alone
    signed_ahead: int = 0  # arrivals signed before the start
    signed_ahead_cpu_s: float = 0.0


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was seen, warm-up included: that paid too."""

    plan: Plan
    times: Times
    samples: list[Sample]

    @property
    def measured(self) -> list[Sample]:
        """Steps of arrivals that were due in the measured part."""
        return [sample for sample in self.samples if self.plan.is_measured(sample.due_s)]

    @property
    def client_text(self) -> str:
        """What the client cost."""
        times, count = self.times, max(len(self.measured), 1)
        ahead_ms = 1000 * times.signed_ahead_cpu_s / max(times.signed_ahead, 1)
        return (
            f"client: {1000 * times.client_cpu_s / count:.2f} ms of CPU for each request; {times.signed_ahead} arrivals were "
            f"signed before the start ({ahead_ms:.2f} ms each), the rest on the way ({times.signing_cpu_s:.2f} s of CPU)"
        )


def table(steps: list[StepFigures], transactions: Mapping[str, float] | None = None) -> str:
    """The figures of each step, for a terminal. Milliseconds; `never`: so many got no good answer at all. `transactions`
    that a message needs stand beside it, where they were counted."""
    head = f"{'':34}{'count':>7}{'good/s':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>9}{'errors':>9}"
    lines = [head if transactions is None else f"{head}{'transactions':>14}"]
    for step in steps:
        start = f"{step.step:34}{step.count:>7}{step.per_s:>8.1f}"
        row = f"{start}{_columns(step.latency)}{step.error_share:>9.2%}"
        if transactions is not None:
            row += f"{transactions[step.step]:>14.2f}" if step.step in transactions else f"{'-':>14}"
        lines.append(row)
        lines.append(f"{'  from the sending':34}{'':15}{_columns(step.service)}")
        lines.append(f"{'  the client was late':34}{'':15}{_columns(step.lag)}")
        lines += [f"    {count} x {failure}" for failure, count in step.failures.items()]
    played = {step.step for step in steps}
    for name, value in (transactions or {}).items():
        if name not in played:
            lines.append(f"{name:34}{'':58}{value:>14.2f}")
    return "\n".join(lines)


def _columns(spread: Spread) -> str:
    values = (spread.p50_ms, spread.p95_ms, spread.p99_ms)
    return "".join(f"{text_of(value):>8}" for value in values) + f"{text_of(spread.max_ms):>9}"


def text_of(value_ms: float | None) -> str:
    return "never" if value_ms is None else f"{value_ms:.1f}"
