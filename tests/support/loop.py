"""Running coroutines in synchronous tests: there is no pytest-asyncio here, and nothing may pass green unawaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine to its end, in the same event loop each time."""

    def __call__(self, coro: Coroutine[Any, Any, T], /) -> T: ...


@contextmanager
def running() -> Iterator[Run]:
    """One event loop for a test with its fixtures. Fails when a task is still there at the end: somebody lost it."""
    with asyncio.Runner() as runner:
        yield runner.run
        lost = asyncio.all_tasks(runner.get_loop())
        assert not lost, f"tasks that nobody waits for: {lost}"


def run(coro: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine in a loop of its own."""
    with running() as run_here:
        return run_here(coro)


async def eventually(condition: Callable[[], bool], *, timeout_s: float = 5.0) -> None:
    """Wait until `condition` holds; TimeoutError if it never does."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what the test waits for knows nothing of an event
            await asyncio.sleep(0.001)
