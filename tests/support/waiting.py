"""Waiting for what another task does, without guessing how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], timeout_s: float = 5.0) -> None:
    """Return as soon as `holds()`; raises TimeoutError after `timeout_s`."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - whatever the test looks at has no event to wait for
            await asyncio.sleep(0.001)
