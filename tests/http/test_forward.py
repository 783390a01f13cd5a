"""/sandbox/* in development: what goes to the sandbox's control server and comes back."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from support.http import Service, ask, chunked, client, get, request, run, service, until, writes_all_then_reads
from unionhub.hosts.service.forward import BODY_LIMIT_BYTES, Forward

PAGE = "<html><p>café 銀聯</p></html>"


class Sandbox:
    """A control server that shows what it was asked."""

    def __init__(self) -> None:
        self.streams = 0
        self.more = asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2 * BODY_LIMIT_BYTES)
        app.router.add_get("/sandbox/page", self.page)
        app.router.add_get("/sandbox/packed", self.packed)
        app.router.add_get("/sandbox/moved", self.moved)
        app.router.add_get("/sandbox/events", self.events)
        app.router.add_get("/sandbox/broken", self.broken)
        app.router.add_route("*", "/{tail:.*}", self.echo)
        return app

    async def echo(self, asked: web.Request) -> web.Response:
        body = await asked.read()
        told = {
            "method": asked.method,
            "target": asked.raw_path,
            "headers": {name.lower(): value for name, value in asked.headers.items()},
            "length": len(body),
        }
        return web.json_response(told, status=201, headers={"X-Sandbox": "1", "Set-Cookie": "a=b"})

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def packed(self, _: web.Request) -> web.Response:
        return web.Response(body=gzip.compress(PAGE.encode()), headers={"Content-Encoding": "gzip"}, content_type="text/html")

    async def moved(self, _: web.Request) -> web.Response:
        raise web.HTTPSeeOther("/sandbox/page")

    async def events(self, asked: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(asked)
        self.streams += 1
        try:
            for number in range(1000):
                await stream.write(b"data: %d\n\n" % number)
                await self.more.wait()
                self.more.clear()
        finally:
            self.streams -= 1
        return stream

    async def broken(self, asked: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(asked)
        await stream.write(b"half")
        assert asked.transport is not None
        asked.transport.abort()
        return stream


@asynccontextmanager
async def house() -> AsyncIterator[tuple[Service, Sandbox]]:
    """The hub in front of a sandbox."""
    sandbox = Sandbox()
    runner = web.AppRunner(sandbox.app(), handler_cancellation=True, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stop = asyncio.Event()
    try:
        host, port = runner.addresses[0][:2]
        async with service(stop=stop, forward=Forward(f"http://{host}:{port}/", stop)) as hub:
            yield hub, sandbox
    finally:
        await runner.cleanup()


TARGETS = ["/sandbox", "/sandbox/", "/sandbox/x?a=1&b=%26%20+c%3D&a=2", "/sandbox/a%2Fb//c/%25"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        *((method, "/sandbox/clock") for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")),
        *(("POST", target) for target in TARGETS),
    ],
)
def test_method_target_and_body_go_through_as_they_are(method: str, target: str) -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            answer = await ask(hub.port, request(b'{"x":1}', "X-Own: 1", "Content-Type: text/x", path=target, method=method))
            assert (answer.status, answer.header("x-sandbox"), answer.header("set-cookie")) == (201, "1", "a=b")
            assert (answer.json["method"], answer.json["target"], answer.json["length"]) == (method, target, 7)
            assert answer.json["headers"]["x-own"] == "1"
            assert answer.json["headers"]["content-type"] == "text/x"
            assert answer.json["headers"]["host"] != "hub"
            assert answer.header("server") is None

    run(scenario())


def test_headers_of_the_connection_stay_behind() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            data = chunked([b"x" * 10], "Connection: keep-alive, X-Mine", "X-Mine: 1", "TE: trailers", path="/sandbox/x")
            seen = (await ask(hub.port, data)).json
            assert seen["length"] == 10
            assert not {"x-mine", "te", "connection", "transfer-encoding", "user-agent"} & seen["headers"].keys()

    run(scenario())


def test_pages_packed_ones_and_redirects_come_back_as_they_are() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            page = await get(hub.port, "/sandbox/page")
            assert (page.body.decode(), page.header("content-type")) == (PAGE, "text/html; charset=utf-8")
            packed = await get(hub.port, "/sandbox/packed")
            assert (gzip.decompress(packed.body).decode(), packed.header("content-encoding")) == (PAGE, "gzip")
            moved = await get(hub.port, "/sandbox/moved")
            assert (moved.status, moved.header("location")) == (303, "/sandbox/page")

    run(scenario())


def test_head_has_the_length_and_no_body() -> None:
    async def scenario() -> None:
        async with house() as (hub, _), client(hub.port) as browser:
            await browser.say(
                request(path="/sandbox/page", method="HEAD", length=-1) + request(path="/sandbox/x", method="GET")
            )
            head = await browser.reader.readuntil(b"\r\n\r\n")
            assert b"content-length: %d\r\n" % len(PAGE.encode()) in head.lower()
            assert (await browser.answer()).json["target"] == "/sandbox/x"

    run(scenario())


def test_events_come_one_by_one_and_end_with_their_reader() -> None:
    async def scenario() -> None:
        async with house() as (hub, sandbox):
            async with client(hub.port) as browser:
                await browser.say(request(path="/sandbox/events", method="GET", length=-1))
                head = await browser.reader.readuntil(b"\r\n\r\n")
                assert b"content-type: text/event-stream" in head.lower()
                events = browser.chunks()
                for number in range(5):
                    async with asyncio.timeout(2):
                        assert await anext(events) == b"data: %d\n\n" % number
                    sandbox.more.set()
                await events.aclose()
                assert sandbox.streams == 1
            await until(lambda: sandbox.streams == 0)

    run(scenario())


def test_an_event_stream_does_not_hold_up_the_end() -> None:
    async def scenario() -> None:
        async with house() as (hub, _), client(hub.port) as browser:
            await browser.say(request(path="/sandbox/events", method="GET", length=-1))
            await browser.reader.readuntil(b"\r\n\r\n")
            events = browser.chunks()
            assert await anext(events) == b"data: 0\n\n"
            hub.stop.set()
            async with asyncio.timeout(1):
                assert [event async for event in events] == []
                await hub.serving

    run(scenario())


def test_an_answer_that_breaks_off() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            assert (await get(hub.port, "/sandbox/broken")).body == b"half"

    run(scenario())


def test_no_sandbox_is_502() -> None:
    async def scenario() -> None:
        stop = asyncio.Event()
        async with service(stop=stop, forward=Forward("http://127.0.0.1:9", stop)) as hub:
            answer = await get(hub.port, "/sandbox/page")
            assert (answer.status, answer.json) == (502, {"error": "bad gateway"})

    run(scenario())


def test_a_body_beyond_the_bound_is_413() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            assert (await ask(hub.port, request(b"x" * BODY_LIMIT_BYTES, path="/sandbox/x"))).json["length"] == BODY_LIMIT_BYTES
            too_long = request(b"x" * (BODY_LIMIT_BYTES + 1), path="/sandbox/x")
            assert (await asyncio.to_thread(writes_all_then_reads, hub.port, too_long)).startswith(b"HTTP/1.1 413 ")

    run(scenario())


def test_only_what_is_below_sandbox_goes_there() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            for path in ("/sandboxes", "/sandbox2/x", "//sandbox/x", "/x/sandbox", "/%73andbox/x"):
                assert (await get(hub.port, path)).status == 404, path

    run(scenario())


def test_the_bare_address_leads_to_the_walk_through_where_there_is_one() -> None:
    async def scenario() -> None:
        async with house() as (hub, _):
            answer = await get(hub.port, "/")
            assert (answer.status, answer.header("location")) == (302, "/sandbox/")
            assert (await ask(hub.port, request(b"{}", path="/"))).status == 405
        async with service() as hub:
            assert (await get(hub.port, "/")).status == 404

    run(scenario())
