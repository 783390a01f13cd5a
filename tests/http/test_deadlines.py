"""Deadlines does what asyncio.timeout does: the same cases for both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from support.http import run
from unionhub.hosts.service.deadlines import Deadlines

Block = Callable[[], AbstractAsyncContextManager[Any]]


def one_timer() -> Block:
    deadlines = Deadlines(0.1)
    return lambda: deadlines


def a_timer_each() -> Block:
    return lambda: asyncio.timeout(0.1)


both = pytest.mark.parametrize("make", [one_timer, a_timer_each])


@both
def test_a_wait_that_is_too_long_ends_in_a_timeout_error(make: Callable[[], Block]) -> None:
    async def scenario() -> None:
        block = make()
        for _ in range(2):
            started_s = time.monotonic()
            with pytest.raises(TimeoutError):
                async with block():
                    await asyncio.sleep(10)
            assert 0.09 < time.monotonic() - started_s < 1
            await asyncio.sleep(0.15)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    run(scenario())


@both
def test_waits_end_one_by_one(make: Callable[[], Block]) -> None:
    ended = []

    async def wait(block: Block, number: int) -> None:
        await asyncio.sleep(number * 0.02)
        started_s = time.monotonic()
        try:
            async with block():
                await asyncio.sleep(0.01 if number % 2 else 10)
        except TimeoutError:
            assert 0.09 < time.monotonic() - started_s < 1
            ended.append(number)

    async def scenario() -> None:
        block = make()
        await asyncio.gather(*(wait(block, number) for number in range(10)))

    run(scenario())
    assert ended == [0, 2, 4, 6, 8]


@both
def test_a_cancellation_from_outside_stays_one(make: Callable[[], Block]) -> None:
    async def wait(block: Block) -> None:
        async with block():
            await asyncio.sleep(10)

    async def scenario() -> None:
        block = make()
        task = asyncio.create_task(wait(block))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with block():
            await asyncio.sleep(0.02)

    run(scenario())


@both
def test_both_at_a_time_are_a_cancellation(make: Callable[[], Block]) -> None:
    async def wait(block: Block) -> None:
        async with block():
            try:
                await asyncio.sleep(10)
            finally:
                asyncio.current_task().cancel()  # type: ignore[union-attr]

    async def scenario() -> None:
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(wait(make()))

    run(scenario())


@both
def test_other_errors_come_out_as_they_are(make: Callable[[], Block]) -> None:
    async def scenario() -> None:
        with pytest.raises(LookupError):
            async with make()():
                raise LookupError

    run(scenario())


def test_nothing_is_kept_of_waits_that_are_over() -> None:
    async def scenario() -> None:
        deadlines = Deadlines(0.05)
        for _ in range(100):
            async with deadlines:
                await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with deadlines:
                await asyncio.sleep(10)
        assert (len(deadlines._ends_s), len(deadlines._late)) == (0, 0)

    run(scenario())
