"""Running a host as a process: until SIGINT or SIGTERM, then to the end of what it holds."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import click

from unionhub.hosts.service.serve import new_event_loop

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `main` with the event that the first signal sets. Further signals change nothing: a drain is never cut short.

    Handlers are set explicitly, since a shell starts its background jobs with SIGINT ignored.
    """
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_heeding(main))


async def _heeding(main: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        await main(stop)
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)  # the process is ending: with its own exit code, not the signal's


def announce(line: str) -> None:
    """To stdout; a reader that has gone away must not end a host that moves money."""
    with suppress(OSError):
        click.echo(line)
