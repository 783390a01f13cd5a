"""Two versions side by side: the reports of several runs of each, made in turn on the same machine.

    python perf/compare_runs.py before/ after/

Each folder holds reports of `make perf` (report.json, at any depth). Shown are medians, how far a version's own runs lie
apart, and the ratio. A ratio within that spread says nothing: make more runs.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from rig.report import Report


class Line(NamedTuple):
    """One figure of both versions. `spread` is the larger one of (max - min) / median."""

    name: str
    before: float
    after: float
    ratio: float
    spread: float

    @property
    def is_plain(self) -> bool:
        """The difference is larger than what each version differs from itself by."""
        return abs(self.ratio - 1) > self.spread


def reports(folder: Path) -> list[Report]:
    """Raises ValueError if there is none."""
    found = [msgspec.json.decode(path.read_bytes(), type=Report) for path in sorted(folder.rglob("report.json"))]
    if not found:
        raise ValueError(f"no report.json in {folder}")
    return found


def figures(report: Report) -> dict[str, float]:
    """What is compared; figures that a report does not have are left out."""
    found: dict[str, float | None] = {"payments/s": report.achieved_per_s}
    for step in report.steps:
        message = step.step.partition(" ")[2]
        found |= {
            f"{message}, p50 ms": step.latency.p50_ms,
            f"{message}, p95 ms": step.latency.p95_ms,
            f"{message}, p99 ms": step.latency.p99_ms,
            f"{message}, p50 from the sending": step.service.p50_ms,
        }
    found |= {
        **{f"CPU {part.name}, ms/payment": part.ms_per_payment for part in report.parts},
        "transactions/payment": report.transactions_per_payment,
    }
    return {name: value for name, value in found.items() if value}


def compare(before: Iterable[Report], after: Iterable[Report]) -> list[Line]:
    """One line for each figure that every report has."""
    ours, theirs = [figures(report) for report in before], [figures(report) for report in after]
    common = [name for name in ours[0] if all(name in each for each in (*ours, *theirs))]
    lines = []
    for name in common:
        first, second = [each[name] for each in ours], [each[name] for each in theirs]
        old, new = statistics.median(first), statistics.median(second)
        lines.append(Line(name, old, new, new / old, max(map(_spread, (first, second)))))
    return lines


def _spread(values: list[float]) -> float:
    return (max(values) - min(values)) / statistics.median(values)


def main(say: Callable[[str], None] = print) -> int:
    """The command line; exit code 2 where there is nothing to compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    chosen = parser.parse_args()
    try:
        before, after = reports(chosen.before), reports(chosen.after)
    except (OSError, ValueError) as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    say(f"{'':48}{'before':>10}{'after':>10}{'ratio':>8}{'spread':>9}   ({len(before)} and {len(after)} runs)")
    for line in compare(before, after):
        mark = "" if line.is_plain else "   within the noise"
        say(f"{line.name:48}{line.before:>10.2f}{line.after:>10.2f}{line.ratio:>8.2f}{line.spread:>9.0%}{mark}")
    bad = sum(not report.is_good for report in (*before, *after))
    if bad:
        say(f"{bad} of these runs had wrong answers or books that differ: their figures are worth nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
