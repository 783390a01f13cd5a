"""An event loop whose time is virtual: it never waits, it jumps to the next thing that is due.

Nothing outside can reach it: no sockets, no threads. A loop with nothing left to do while somebody waits is a deadlock,
which is an error here and not a hang.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class Deadlock(Exception):  # noqa: N818
    """Everybody waits and nothing is due."""


class _Instant(selectors.BaseSelector):
    """A selector that lets time pass instead of waiting."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Deadlock
        self.now_s += max(timeout, 0.0)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` starts at 0 and moves only when all is quiet."""

    def __init__(self) -> None:
        self._instant = _Instant()
        super().__init__(self._instant)
        # Two timers a hair apart are two instants here: rounding them into one would hide an order of events.
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._instant.now_s
