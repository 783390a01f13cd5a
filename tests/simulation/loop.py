"""An event loop whose time is virtual: it never waits, it jumps to the next thing that is due.

Nothing outside can reach it: no sockets, no threads, no selector. A loop with nothing left to do while somebody waits is a
deadlock, which is an error here and not a hang. A run is some ten thousand timers and little else, so what asyncio's loop
does for debuggers, other threads and sockets is left out: it costs as much as all that the hosts do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import Any


class Deadlock(Exception):  # noqa: N818
    """Everybody waits and nothing is due."""


class _Due(asyncio.TimerHandle):
    """Something to call, now or at its time."""

    __slots__ = ()

    def __init__(self, when_s: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> None:
        self._when = when_s
        self._callback: Any = callback
        self._args: Any = args
        self._context = context or copy_context()
        self._cancelled = False

    def cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None


class VirtualLoop(asyncio.BaseEventLoop):
    """`time()` starts at 0 and moves only when all is quiet. What is due at the same instant is done in the order in which it
    was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._soon: deque[_Due] = deque()
        self._later: list[tuple[float, int, _Due | asyncio.Future[None]]] = []
        self._asked = 0

    def time(self) -> float:
        return self._now_s

    def get_debug(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        due = _Due(self._now_s, callback, args, context)
        self._soon.append(due)
        return due

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        due = _Due(when, callback, args, context)
        self._asked += 1
        heappush(self._later, (when, self._asked, due))
        return due

    def after(self, seconds: float) -> asyncio.Future[None]:
        """asyncio.sleep for whoever sleeps ten thousand times in a run: done then."""
        future: asyncio.Future[None] = asyncio.Future(loop=self)
        self._asked += 1
        heappush(self._later, (self._now_s + seconds, self._asked, future))
        return future

    def _run_once(self) -> None:
        """asyncio's hook: all that can be done now, then the next instant."""
        soon, later = self._soon, self._later
        while soon:
            due = soon.popleft()
            if due._cancelled:
                continue
            try:
                due._context.run(due._callback, *due._args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:
                self.call_exception_handler({"message": f"{due._callback} failed", "exception": error, "handle": due})
        if self._stopping:
            return
        while later and later[0][2].cancelled():
            heappop(later)
        if not later:
            raise Deadlock
        self._now_s = max(later[0][0], self._now_s)
        while later and later[0][0] <= self._now_s:
            what = heappop(later)[2]
            if isinstance(what, _Due):
                soon.append(what)
            elif not what.done():
                what.set_result(None)


def running_loop() -> VirtualLoop:
    """The one that this runs on."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop
