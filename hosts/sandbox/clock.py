"""Business time in the sandbox: real time plus an offset that only grows (`POST /sandbox/clock`)."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from unionhub.hosts.sandbox.files import write_atomically

OFFSET_FILE: Final = "clock-offset"
MAX_OFFSET_S: Final = 100 * 366 * 86_400.0
"""Together at most about a century ahead: far from where dates end, and nobody waits for more."""


class ClockError(ValueError):
    """Not a number of seconds that business time can be moved by."""


def _real_now() -> datetime:
    return datetime.now(UTC)


class FileClock:
    """A ports.clock.Clock shared by processes: hub, worker and sandbox read the same offset from one file.

    The file holds seconds as text. It is replaced, never rewritten, so its identity tells when to read it again: one
    `stat` a call. Without a file, or with one that nobody can read, the offset is what it was before (at first 0).
    """

    def __init__(self, path: Path, real_now: Callable[[], datetime] = _real_now) -> None:
        self._path = path
        self._real_now = real_now
        self._seen: tuple[int, int, int] | None = None
        self._offset_s = 0.0
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        self._refresh()
        # A step back of the system clock, or a deleted file, must not take business time back.
        self._last = max(self._last, self._real_now() + timedelta(seconds=self._offset_s))
        return self._last

    def advance(self, seconds: float) -> datetime:
        """Move business time forward for everybody who shares the file; the new now. Raises ClockError."""
        self._refresh()
        offset_s = self._offset_s + _step(seconds)
        if offset_s > MAX_OFFSET_S:
            raise ClockError("business time is a century ahead already")
        write_atomically(self._path, f"{offset_s!r}\n")
        return self.now()

    def _refresh(self) -> None:
        try:
            found = os.stat(self._path)
            identity = (found.st_ino, found.st_mtime_ns, found.st_size)
            if identity == self._seen:
                return
            offset_s = float(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return
        if 0 <= offset_s <= MAX_OFFSET_S:
            self._seen, self._offset_s = identity, offset_s


class ManualClock:
    """A ports.clock.Clock that stands still until it is moved; `tick` adds seconds that pass by themselves (loop.time)."""

    def __init__(
        self, start: datetime = datetime(2026, 3, 2, 4, 0, tzinfo=UTC), tick: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._start = start
        self._tick = tick
        self._from_s = tick()
        self._offset_s = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._offset_s + self._tick() - self._from_s)

    def advance(self, seconds: float) -> datetime:
        """Move the time forward; the new now. Raises ClockError."""
        self._offset_s += _step(seconds)
        return self.now()


def _step(seconds: float) -> float:
    if not math.isfinite(seconds) or not 0 < seconds <= MAX_OFFSET_S:
        raise ClockError(f"business time moves forward only, by more than 0 and at most {MAX_OFFSET_S:.0f} seconds")
    return float(seconds)
