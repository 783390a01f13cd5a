"""Bodies that are too long, too slow, or cut off."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus

import pytest

from support.http import (
    LIMIT_BYTES,
    PATH,
    ask,
    chunked,
    client,
    parse_head,
    request,
    run,
    service,
    until,
    writes_all_then_reads,
)
from unionhub.hosts.service.bodies import BodyPolicy

LONG = b"x" * 300_000
LARGE = {"error": HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase.lower()}  # its words changed in Python 3.13


def test_the_bound_is_the_messages_own() -> None:
    async def scenario() -> None:
        async with service() as hub:
            assert (await ask(hub.port, request(b"x" * LIMIT_BYTES))).status == 200
            assert (await ask(hub.port, chunked([b"x" * LIMIT_BYTES]))).status == 200
            assert (await ask(hub.port, request(b"x" * (LIMIT_BYTES + 1)))).status == 413
            assert (await ask(hub.port, chunked([b"x" * LIMIT_BYTES, b"x"]))).status == 413
            assert len(hub.endpoint.seen) == 2
            assert hub.turned_away == ["body_too_large"] * 2

    run(scenario())


@pytest.mark.parametrize(
    "data",
    [
        request(LONG),
        chunked([LONG[:1000]] * 300),
        chunked([LONG]),
        request(LONG, "Expect: 100-continue"),
        chunked([LONG], "Expect: 100-continue"),
        request(LONG, length=100_000_000),
    ],
    ids=["length", "chunks", "one chunk", "length, expecting", "chunked, expecting", "far more announced"],
)
def test_who_writes_everything_before_reading_still_reads_413(data: bytes) -> None:
    async def scenario() -> None:
        async with service(body=BodyPolicy(drain_s=0.3)) as hub:
            received = await asyncio.to_thread(writes_all_then_reads, hub.port, data)
            received = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
            head, _, body = received.partition(b"\r\n\r\n")
            status, headers = parse_head(head)
            assert (status, dict(headers)["connection"]) == (413, "close")
            assert body == b'{"error":"%b"}' % LARGE["error"].encode()
            assert hub.endpoint.seen == []

    run(scenario())


def test_who_announces_too_much_is_answered_before_the_body_and_need_not_send_it() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            await partner.say(request(b"", "Expect: 100-continue", length=10_000_000_000))
            answer = await partner.answer(timeout_s=1.0)
            assert (answer.status, answer.json, answer.header("connection")) == (413, LARGE, "close")
            await partner.close()
            await until(lambda: hub.turned_away == ["body_too_large"])

    run(scenario())


def test_an_endless_body_is_read_up_to_a_bound() -> None:
    async def scenario() -> None:
        async with service(body=BodyPolicy(drain_bytes=200_000, drain_s=30)) as hub, client(hub.port) as partner:
            await partner.say(request(b"", "Transfer-Encoding: chunked", length=-1))
            written = 0

            async def write_on() -> None:
                nonlocal written
                while True:
                    await partner.say(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                    written += 65_536

            with pytest.raises(ConnectionError):
                await asyncio.wait_for(write_on(), 10)
            assert written < 100_000_000, "socket buffers take some megabytes"

    run(scenario())


def test_after_413_a_silent_client_is_waited_for_up_to_a_bound() -> None:
    async def scenario() -> None:
        async with service(body=BodyPolicy(drain_s=0.2)) as hub, client(hub.port) as partner:
            started_s = time.monotonic()
            assert (await partner.ask(request(b"x", length=LIMIT_BYTES + 1))).status == 413
            assert await partner.ended() == b""
            assert 0.1 < time.monotonic() - started_s < 2

    run(scenario())


@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "trickling"])
def test_a_slow_body_gets_408_and_the_connection_ends(*, trickle: bool) -> None:
    async def scenario() -> None:
        async with service(body=BodyPolicy(timeout_s=0.3)) as hub, client(hub.port) as partner:
            await partner.say(request(b"{", length=1000))
            for _ in range(5 if trickle else 0):
                await asyncio.sleep(0.04)
                await partner.say(b" ")
            answer = await partner.answer()
            assert (answer.status, answer.header("connection")) == (408, "close")
            assert answer.json == {"error": "request timeout"}
            assert await partner.ended() == b""
            assert (hub.endpoint.seen, hub.turned_away) == ([], ["body_slow"])

    run(scenario())


def test_a_body_within_its_time_may_take_it() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            await partner.say(request(b"", length=2))
            await asyncio.sleep(0.1)
            assert (await partner.ask(b"{}")).status == 200
            assert hub.endpoint.seen == [(PATH, None, b"{}")]

    run(scenario())


@pytest.mark.parametrize("data", [request(b"{", length=100), chunked([b"{"])[:-5]], ids=["length", "chunked"])
@pytest.mark.parametrize("abort", [False, True], ids=["closed", "reset"])
def test_a_client_that_hangs_up_amid_its_body_costs_nothing(
    data: bytes, *, abort: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with service() as hub:
            async with client(hub.port) as partner:
                await partner.say(data)
                await asyncio.sleep(0.02)
                if abort:
                    partner.writer.transport.abort()
            await until(lambda: hub.turned_away == ["body_cut"])
            assert hub.endpoint.seen == []

    run(scenario())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_who_expects_100_continue_gets_it() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            await partner.say(request(b"", "Expect: 100-continue", length=2))
            assert (await partner.answer()).status == 100
            answer = await partner.ask(b"{}")
            assert (answer.status, answer.header("connection")) == (200, None)
            assert hub.endpoint.seen == [(PATH, None, b"{}")]

    run(scenario())


def test_who_expects_100_continue_at_a_wrong_path_gets_an_end() -> None:
    """The body will not come: what the client sends next would be taken for it."""

    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            answer = await partner.ask(request(b"", "Expect: 100-continue", length=2, path="/nothing"))
            assert (answer.status, answer.header("connection")) == (404, "close")
            assert await partner.ended() == b""

    run(scenario())


def test_an_empty_body_and_none_at_all() -> None:
    async def scenario() -> None:
        async with service() as hub:
            assert (await ask(hub.port, request(b""))).status == 200
            assert (await ask(hub.port, request(b"", length=-1))).status == 200
            assert [body for _, _, body in hub.endpoint.seen] == [b"", b""]

    run(scenario())
