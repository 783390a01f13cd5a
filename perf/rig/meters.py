"""CPU time of process trees, read beside the run. CPU is what stays comparable on a machine that others use too."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psutil

MACHINE = "machine"


def waited(name: str) -> str:
    """The name of the other counter of a part: seconds that it was ready to run, but had no processor."""
    return f"{name} waited"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """Counters at one moment of the monotonic clock: CPU seconds used by each part so far, and what else was counted."""

    at_s: float
    values: dict[str, float]


class Meters:
    """Reads the trees under `pids`. A child that has ended counts on, in its parent."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._roots = {name: psutil.Process(pid) for name, pid in pids.items()}
        self.readings: list[Reading] = []

    def read(self, **counted: float) -> None:
        """Take a reading; `counted` goes with it."""
        last = self.readings[-1].values if self.readings else {}
        found = {name: _tree_s(root) for name, root in self._roots.items()}
        found |= {waited(name): tree_waited_s(root) for name, root in self._roots.items()}
        values = {name: max(value, last.get(name, 0.0)) for name, value in found.items()}  # it may have ended meanwhile
        machine = psutil.cpu_times()
        idle_s = machine.idle + getattr(machine, "iowait", 0.0)
        values[MACHINE] = sum(machine[:8]) - idle_s  # guest time is in user time already
        self.readings.append(Reading(at_s=time.monotonic(), values=values | counted))

    def used(self, name: str, since_s: float, until_s: float) -> float:
        """What `name` grew by between two moments."""
        return value_at(self.readings, name, until_s) - value_at(self.readings, name, since_s)


def value_at(readings: list[Reading], name: str, at_s: float) -> float:
    """The counter at a moment, on the straight line between the readings around it; before the first one, the first."""
    known = [reading for reading in readings if name in reading.values]
    if not known:
        raise LookupError(f"{name} was never read")
    place = bisect_left(known, at_s, key=lambda reading: reading.at_s)
    if place == 0 or place == len(known):
        return known[min(place, len(known) - 1)].values[name]
    before, after = known[place - 1], known[place]
    share = (at_s - before.at_s) / (after.at_s - before.at_s)
    return before.values[name] + share * (after.values[name] - before.values[name])


def tree_cpu_s(pid: int) -> float:
    """CPU seconds of a process and all below it, to the nanosecond where Linux tells; for short stretches.

    Threads and processes that have ended are not in it.
    """
    root = psutil.Process(pid)
    return sum(_running(process.pid)[0] for process in (root, *root.children(recursive=True)))


def tree_waited_s(root: psutil.Process) -> float:
    """How long a process and all below it were ready to run, but another one had the processor. 0 where nobody tells."""
    try:
        return sum(_running(process.pid)[1] for process in (root, *root.children(recursive=True)))
    except psutil.Error:
        return 0.0


def _running(pid: int) -> tuple[float, float]:
    """(seconds on a processor, seconds waiting for one), over all threads that are alive."""
    totals = [0, 0]
    try:
        for file in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            on_processor, waiting, _ = file.read_text().split()
            totals[0] += int(on_processor)
            totals[1] += int(waiting)
    except (OSError, ValueError):  # it has just ended
        pass
    if not totals[0]:
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system, 0.0
    return totals[0] / 1e9, totals[1] / 1e9


def _tree_s(root: psutil.Process) -> float:
    total_s = 0.0
    try:
        for process in (root, *root.children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.Error:  # it ended while we looked: its parent tells
                continue
            ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
            total_s += times.user + times.system + ended_s
    except psutil.Error:
        return total_s
    return total_s
