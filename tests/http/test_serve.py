"""Listening, draining, ending."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import time

import pytest

from support.http import (
    REPLY,
    FakeEndpoint,
    app_of,
    ask,
    client,
    get,
    listening,
    request,
    run,
    service,
    until,
)
from unionhub.hosts.service.serve import ServeError, ServePolicy, listener, serve


def test_port_zero_takes_a_free_one_and_tells_it() -> None:
    async def scenario() -> None:
        async with service() as hub:
            assert (await get(hub.port, "/healthz")).status == 200
        assert hub.serving.result() == hub.port > 0

    run(scenario())


def test_a_port_in_use_is_one_line_and_nothing_of_the_app_has_run() -> None:
    ran = []

    async def hook() -> None:
        ran.append("hook")

    async def scenario() -> None:
        async with service() as hub:
            app = app_of(FakeEndpoint(), on_startup=[hook], on_shutdown=[hook])
            with pytest.raises(ServeError) as refused:
                await serve(app, stop=asyncio.Event(), port=hub.port)
            assert str(refused.value) == f"cannot listen on 127.0.0.1, port {hub.port}: Address already in use"
        assert ran == []

    run(scenario())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1", "a" * 300])
def test_an_address_that_is_not_ours_is_one_line(host: str) -> None:
    async def scenario() -> None:
        with pytest.raises(ServeError) as refused:
            await serve(app_of(FakeEndpoint()), stop=asyncio.Event(), host=host)
        assert str(refused.value).startswith("cannot listen on")
        assert "\n" not in str(refused.value)

    run(scenario())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0"])
def test_hosts_that_are_ours(host: str) -> None:
    async def scenario() -> None:
        with await listener(host, 0) as sock:
            assert sock.family == socket.AF_INET

    run(scenario())


def test_the_port_is_free_again_at_once() -> None:
    async def scenario() -> None:
        async with service() as hub:
            await get(hub.port, "/healthz")
        stop = asyncio.Event()
        stop.set()
        assert await serve(app_of(FakeEndpoint()), stop=stop, port=hub.port) == hub.port

    run(scenario())


def test_signals_are_the_callers() -> None:
    async def scenario() -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        async with service():
            assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    run(scenario())


def test_told_to_stop_it_finishes_what_it_holds(caplog: pytest.LogCaptureFixture) -> None:
    ended = []

    async def hook() -> None:
        ended.append(endpoint.finished)

    endpoint = FakeEndpoint()

    async def scenario() -> None:
        async with service(endpoint, on_shutdown=[hook]) as hub, client(hub.port) as held, client(hub.port) as idle:
            assert (await idle.ask(request(b"{}"))).status == 200
            endpoint.hold = True
            await held.say(request(b"held"))
            await until(lambda: len(endpoint.seen) == 2)
            hub.stop.set()
            assert await idle.ended(timeout_s=1.0) == b"", "an idle connection ends at once"
            with pytest.raises(ConnectionError):
                await ask(hub.port, request(b"new"))
            assert not hub.serving.done()
            endpoint.release.set()
            answer = await held.answer()
            assert (answer.status, answer.body, answer.header("connection")) == (200, REPLY.body, "close")
            started_s = time.monotonic()
            await hub.serving
            assert time.monotonic() - started_s < 0.5
            assert ended == [2], "the app ends after what it holds"

    run(scenario())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_draining_waits_for_a_body_that_is_under_way() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            await partner.say(request(b"{", length=2))
            await asyncio.sleep(0.02)
            hub.stop.set()
            await asyncio.sleep(0.02)
            answer = await partner.ask(b"}")
            assert (answer.status, answer.header("connection")) == (200, "close")
            await hub.serving

    run(scenario())


def test_draining_has_its_bound_and_then_hangs_up_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with service(policy=ServePolicy(drain_s=0.2)) as hub, client(hub.port) as partner:
            hub.endpoint.hold = True
            await partner.say(request(b"{}"))
            await until(lambda: len(hub.endpoint.seen) == 1)
            hub.stop.set()
            started_s = time.monotonic()
            assert await partner.ended() == b""
            await hub.serving
            assert 0.1 < time.monotonic() - started_s < 1.5
            assert hub.endpoint.finished == 0

    run(scenario())
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert warned == ["cut off 1 requests that did not end in time"]


def test_work_that_its_flow_shields_goes_on_when_the_drain_is_over() -> None:
    """As MoneyRunner does between its two transactions."""
    ended = asyncio.Event()

    class Shielding(FakeEndpoint):
        async def handle(self, path: str, signature: str | None, body: bytes) -> object:  # type: ignore[override]
            self.work = asyncio.create_task(self._work())
            return await asyncio.shield(self.work)

        async def _work(self) -> object:
            self.seen.append(("", None, b""))
            await asyncio.sleep(0.4)
            ended.set()
            return REPLY

    async def scenario() -> None:
        async with service(Shielding(), policy=ServePolicy(drain_s=0.05)) as hub, client(hub.port) as partner:
            await partner.say(request(b"{}"))
            await until(lambda: bool(hub.endpoint.seen))
            hub.stop.set()
            await hub.serving
            assert not ended.is_set()
            await hub.endpoint.work
            assert ended.is_set()

    run(scenario())


def test_a_startup_hook_that_fails_comes_out_as_it_is() -> None:
    async def hook() -> None:
        raise LookupError("no store")

    async def scenario() -> None:
        stop = asyncio.Event()
        with pytest.raises(LookupError, match="no store"):
            async with listening(app_of(FakeEndpoint(), on_startup=[hook]), stop=stop):
                pass

    run(scenario())


def test_cancelled_it_leaves_nothing_behind() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            hub.endpoint.hold = True
            await partner.say(request(b"{}"))
            await until(lambda: len(hub.endpoint.seen) == 1)
            hub.serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hub.serving
            assert await partner.ended() == b""
            with await listener("127.0.0.1", hub.port):
                pass

    run(scenario())


def test_beyond_its_connections_it_says_503() -> None:
    async def scenario() -> None:
        async with service(policy=ServePolicy(connections_max=2)) as hub, client(hub.port) as one, client(hub.port) as two:
            for partner in (one, two):
                assert (await partner.ask(request(b"{}"))).status == 200
            assert (await get(hub.port, "/healthz")).status == 503
            assert (await one.ask(request(b"{}"))).status == 200

    run(scenario())


def test_each_answer_has_a_date_and_names_no_server() -> None:
    async def scenario() -> None:
        async with service() as hub:
            for path in ("/healthz", "/nothing", "/schema"):
                answer = await get(hub.port, path)
                assert answer.header("date")
                assert answer.header("server") is None

    run(scenario())


def test_newcomers_are_let_in_by_the_dozen_though_turns_of_the_loop_are_long() -> None:
    """uvloop takes one connection from a socket in a turn; under overload turns are long, and so was the wait for a 503."""

    async def scenario() -> None:
        count, turns = 96, 0
        async with service() as hub:
            callers = [socket.create_connection(("127.0.0.1", hub.port)) for _ in range(count)]
            for caller in callers:
                caller.sendall(request(b"{}"))
            while len(hub.endpoint.seen) < count:
                turns += 1
                assert turns < count / 2, f"{len(hub.endpoint.seen)} of {count} were heard in {turns} turns"
                await asyncio.sleep(0)
            for caller in callers:
                caller.close()

    run(scenario())
