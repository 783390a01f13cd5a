"""Charts as inline SVG: no script, no font, no file beside the page. Colours are the page's classes `c0`, `c1`, ..."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from loadgen.figures import Sample, Slot, milliseconds, percentile
from loadgen.schedule import Plan

WIDTH: Final = 720
HEIGHT: Final = 260
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 28, 36
_STEPS: Final = (1, 2, 5)

Point = tuple[float, float | None]


class Chart:
    """Axes and what is drawn between them, in the units of the data."""

    def __init__(self, title: str, x: tuple[float, float], y: tuple[float, float], *, log_y: bool = False) -> None:
        self._title = title
        self._x, self._y, self._log_y = x, y, log_y
        self._parts: list[str] = []
        self._legend: list[tuple[str, str]] = []

    def at_x(self, value: float) -> float:
        low, high = self._x
        return LEFT + (value - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def at_y(self, value: float) -> float:
        low, high = self._y
        if self._log_y:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        share = min(max((value - low) / ((high - low) or 1), 0.0), 1.0)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def ticks_x(self, ticks: Sequence[tuple[float, str]], unit: str) -> None:
        for value, label in ticks:
            x = self.at_x(value)
            self._parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            self._parts.append(f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{label}</text>')
        self._parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(unit)}</text>')

    def ticks_y(self, values: Sequence[float], unit: str) -> None:
        for value in values:
            y = self.at_y(value)
            self._parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            self._parts.append(f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        self._parts.append(f'<text class="tick" x="2" y="{TOP - 12}">{escape(unit)}</text>')

    def shade(self, since: float, until: float, label: str) -> None:
        x, end = self.at_x(since), self.at_x(until)
        if end > x:
            self._parts.append(
                f'<rect class="shade" x="{x:.1f}" y="{TOP}" width="{end - x:.1f}" height="{HEIGHT - TOP - BOTTOM}"/>'
                f'<text class="tick" x="{x + 5:.1f}" y="{HEIGHT - BOTTOM - 6}">{escape(label)}</text>'
            )

    def line(self, points: Sequence[Point], css: str, label: str) -> None:
        """A line that breaks where there is no value."""
        runs: list[list[str]] = [[]]
        for x, y in points:
            if y is None:
                runs.append([])
            else:
                runs[-1].append(f"{self.at_x(x):.1f},{self.at_y(y):.1f}")
        for run in runs:
            if run:
                self._parts.append(f'<polyline class="line {css}" points="{" ".join(run)}"/>')
        self._legend.append((css, label))

    def band(self, points: Sequence[tuple[float, float, float]], css: str, label: str) -> None:
        """The area between two lines."""
        upper = [f"{self.at_x(x):.1f},{self.at_y(high):.1f}" for x, _, high in points]
        lower = [f"{self.at_x(x):.1f},{self.at_y(low):.1f}" for x, low, _ in reversed(points)]
        self._parts.append(f'<polygon class="area {css}" points="{" ".join(upper + lower)}"/>')
        self._legend.append((css, label))

    def bar(self, since: float, until: float, height: float, css: str, hint: str) -> None:
        x, y = self.at_x(since), self.at_y(height)
        width = max(self.at_x(until) - x - 1, 1)
        self._parts.append(
            f'<rect class="area {css}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{HEIGHT - BOTTOM - y:.1f}">'
            f"<title>{escape(hint)}</title></rect>"
        )

    def svg(self) -> str:
        legend, x = [], WIDTH - RIGHT
        for css, label in reversed(self._legend):
            x -= 7 * len(label) + 26
            legend.append(
                f'<rect class="area {css}" x="{x}" y="6" width="12" height="10"/>'
                f'<text class="tick" x="{x + 17}" y="15">{escape(label)}</text>'
            )
        frame = f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>'
        body = "".join((*self._parts, frame, *legend))
        return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(self._title)}">{body}</svg>'


def curve(samples: Sequence[Sample]) -> list[tuple[float, float | None, float | None]]:
    """(share, latency from the schedule, latency from the sending) in milliseconds, denser towards the slowest."""
    if not samples:
        return []
    waits = sorted(sample.latency_s for sample in samples)
    served = sorted(sample.service_s for sample in samples)
    nines = math.log10(len(samples))
    shares = [1 - 10 ** -(place / 20) for place in range(1, max(math.ceil(nines * 20), 2))]
    return [(share, milliseconds(percentile(waits, share)), milliseconds(percentile(served, share))) for share in shares]


def percentile_curve(points: Sequence[tuple[float, float | None, float | None]]) -> str:
    """How slow the slowest are: each tick to the right is a rarer customer."""
    known = [value for _, *values in points for value in values if value is not None]
    if not known:
        return ""
    low, high = log_range(known)
    chart = Chart("Latency by percentile", (0, max(_nines(share) for share, *_ in points)), (low, high), log_y=True)
    marks = [(share, f"{share * 100:g} %") for share in (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)]
    chart.ticks_x([(_nines(share), label) for share, label in marks if share <= points[-1][0]], "of customers wait no longer")
    chart.ticks_y(log_ticks(low, high), "ms")
    chart.line([(_nines(share), wait) for share, wait, _ in points], "c0", "from the scheduled start")
    chart.line([(_nines(share), service) for share, _, service in points], "c1", "from the sending")
    return chart.svg()


def latency_histogram(bins: Sequence[tuple[float, float, int]]) -> str:
    """How many payments took how long."""
    if not bins:
        return ""
    chart = Chart("Latency histogram", (math.log10(bins[0][0]), math.log10(bins[-1][1])), (0, max(n for *_, n in bins)))
    chart.ticks_x([(math.log10(tick), f"{tick:g}") for tick in log_ticks(bins[0][0], bins[-1][1])], "ms, logarithmic")
    chart.ticks_y(even_ticks(max(count for *_, count in bins)), "payments")
    for low, high, count in bins:
        chart.bar(math.log10(low), math.log10(high), count, "c0", f"{low:.1f} to {high:.1f} ms: {count}")
    return chart.svg()


def rates(slots: Sequence[Slot], plan: Plan) -> str:
    """What was asked for and what came, over time."""
    top = max((slot.due_per_s for slot in slots), default=1)
    chart = _over_time("Rates", plan, top, "requests/s")
    chart.line([(slot.at_s, slot.due_per_s) for slot in slots], "c3 under", "due")
    chart.line([(slot.at_s, slot.good_per_s) for slot in slots], "c0", "answered rightly")
    return chart.svg()


def latencies(slots: Sequence[Slot], plan: Plan) -> str:
    """Percentiles over time, from the scheduled start. A gap: too many got no good answer."""
    top = max((value for slot in slots for value in (slot.p50_ms, slot.p99_ms) if value is not None), default=1)
    chart = _over_time("Latency over time", plan, top, "ms")
    chart.line([(slot.at_s, slot.p99_ms) for slot in slots], "c1", "p99")
    chart.line([(slot.at_s, slot.p50_ms) for slot in slots], "c0", "p50")
    return chart.svg()


def cpu(slots: Sequence[tuple[float, dict[str, float]]], plan: Plan) -> str:
    """Cores in use over time, stacked."""
    if not slots:
        return ""
    chart = _over_time("CPU over time", plan, max(sum(cores.values()) for _, cores in slots), "cores")
    below = [0.0] * len(slots)
    for place, name in enumerate(slots[0][1]):
        above = [base + cores[name] for base, (_, cores) in zip(below, slots, strict=True)]
        points = [(at_s, low, high) for (at_s, _), low, high in zip(slots, below, above, strict=True)]
        chart.band(points, f"c{place}", name.partition(":")[0] if name.startswith(("sandbox", "client")) else name)
        below = above
    return chart.svg()


def _over_time(title: str, plan: Plan, top: float, unit: str) -> Chart:
    chart = Chart(title, (0, plan.total_s), (0, top * 1.05 or 1))
    chart.shade(0, plan.warmup_s, "warm-up")
    chart.ticks_x([(tick, f"{tick:g}") for tick in even_ticks(plan.total_s, 8)], "seconds since the start")
    chart.ticks_y(even_ticks(top), unit)
    return chart


def even_ticks(top: float, about: int = 5) -> list[float]:
    """Round numbers from 0 to `top`."""
    if top <= 0:
        return [0.0]
    rough = top / about
    unit = 10 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (*_STEPS, 10) if factor * unit >= rough)
    return [round(place * step, 10) for place in range(math.floor(round(top / step, 6)) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... between the bounds."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        tick for decade in decades for tick in (step * 10.0**decade for step in _STEPS) if low <= tick * 1.0001 and tick <= high
    ]


def log_range(values: Sequence[float]) -> tuple[float, float]:
    """Bounds of 1, 2, 5, 10, ... around the values."""
    low, high = max(min(values), 0.01), max(max(values), 0.02)
    return max(_ticks_where(low, lambda tick: tick <= low)), min(_ticks_where(high, lambda tick: tick >= high))


def _ticks_where(near: float, holds: Callable[[float], bool]) -> list[float]:
    decade = math.floor(math.log10(near))
    return [
        tick for power in (decade - 1, decade, decade + 1) for tick in (step * 10.0**power for step in _STEPS) if holds(tick)
    ]


def _nines(share: float) -> float:
    return -math.log10(1 - share)
