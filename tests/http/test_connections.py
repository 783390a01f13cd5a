"""What is no good HTTP, and clients that keep the hub waiting."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from support.http import REPLY, ask, client, request, run, service, until
from unionhub.adapters.http.transport import HttpReply
from unionhub.hosts.service.serve import ServePolicy

IMPATIENT = ServePolicy(patience_s=0.2, keepalive_s=0.3)


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        request(b"{}", "Transfer-Encoding: chunked"),
        request(b"{}", "Content-Length: 2"),
        request(b"{}", "Content-Length: 9" + "9" * 30, length=-1),
        request(b"{}", "Content-Length: -1", length=-1),
        request(b"{}", "Transfer-Encoding: gzip", length=-1),
        request(b"zz\r\n", "Transfer-Encoding: chunked", length=-1),
        request(b"{}", "UPI-JWS : a..b"),
        request(b"{}", "UPI-JWS: a\x00b"),
    ],
    ids=[
        "TLS", "half a line", "HTTP/2", "both framings", "two lengths", "huge length", "negative length",
        "unknown coding", "bad chunk", "blank before colon", "NUL",
    ],
)  # fmt: skip
def test_no_http_is_400_in_few_words(data: bytes) -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            answer = await partner.ask(data)
            assert (answer.status, answer.header("connection"), answer.json) == (400, "close", {"error": "bad request"})
            assert await partner.ended() == b""
            assert hub.endpoint.seen == []

    run(scenario())


BAD = [b"rubbish\r\n\r\n", request(b"zz\r\n", "Transfer-Encoding: chunked", length=-1)]


@pytest.mark.parametrize("bad", BAD, ids=["no request", "bad body"])
@pytest.mark.parametrize("good", [1, 2, 3])
def test_a_bad_request_is_refused_after_the_good_ones_before_it(good: int, bad: bytes) -> None:
    """Or its 400 would be taken for the answer of one of them."""

    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            hub.endpoint.hold = True
            await partner.say(request(b"{}") * good + bad)
            await until(lambda: len(hub.endpoint.seen) == 1)
            await partner.say(b"more\r\n" * 1000)
            await asyncio.sleep(0.02)
            hub.endpoint.release.set()
            assert [(await partner.answer()).status for _ in range(good + 1)] == [200] * good + [400]
            assert await partner.ended() == b""
            assert len(hub.endpoint.seen) == good

    run(scenario())


def test_a_host_header_that_is_none() -> None:
    async def scenario() -> None:
        async with service() as hub:
            data = request(b"{}").replace(b"Host: hub", b"Host: hub\xff<script>")
            answer = await ask(hub.port, data)
            assert (answer.status, answer.json) == (400, {"error": "bad request"})

    run(scenario())


@pytest.mark.parametrize(
    "line", [b"X-Long: " + b"x" * 1000, b"X: y", b"GET", b""], ids=["long", "short", "first line", "empty"]
)
def test_a_head_without_end_is_431(line: bytes) -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            answering = asyncio.create_task(partner.answer())
            if line.startswith(b"X"):
                await partner.say(b"GET /healthz HTTP/1.1\r\n")
            separator = b"" if line == b"GET" else b"\r\n"
            sent = 0
            try:
                while not answering.done() and sent < 10_000_000:
                    await partner.say((line + separator) * 20)
                    sent += 20 * len(line + separator)
                    await asyncio.sleep(0)
            except ConnectionError:
                pass
            assert (await answering).status in (400, 431)
            assert sent < 1_000_000

    run(scenario())


def test_a_long_head_is_fine() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            data = request(b"{}", *(f"X-{number}: {'x' * 100}" for number in range(150)))
            for start in range(0, len(data), 1000):
                await partner.say(data[start : start + 1000])
                await asyncio.sleep(0)
            assert (await partner.answer()).status == 200

    run(scenario())


@pytest.mark.parametrize(
    "data",
    [b"", b"P", b"\r\n", request(b"{}")[:40], request(b"{}")[:-4], request(b"{}", path="/nothing", length=100)],
    ids=["nothing", "one byte", "line end", "half a head", "head but its end", "rest of an answered body"],
)
@pytest.mark.parametrize("trickle", [False, True], ids=["silent", "trickling"])
def test_who_keeps_us_waiting_is_dropped(data: bytes, *, trickle: bool) -> None:
    async def scenario() -> None:
        async with service(policy=IMPATIENT) as hub, client(hub.port) as partner:
            started_s = time.monotonic()
            await partner.say(data)
            ended = asyncio.create_task(partner.ended())
            while trickle and data and not ended.done():
                await asyncio.sleep(0.03)
                with_no_end = b"\r\n" if data == b"\r\n" else b"P" if data == b"P" else b"x"
                try:
                    await partner.say(with_no_end)
                except ConnectionError:
                    break
            assert (await ended)[:12] in (b"", b"HTTP/1.1 404", b"HTTP/1.1 400")
            assert time.monotonic() - started_s < 3
            assert hub.endpoint.seen == []

    run(scenario())


def test_an_idle_connection_is_closed_after_its_time_also_after_a_body_that_came_late() -> None:
    async def scenario() -> None:
        async with service(policy=IMPATIENT) as hub, client(hub.port) as partner:
            assert (await partner.ask(request(b"{}"))).status == 200
            await asyncio.sleep(0.1)
            assert (await partner.ask(request(b"", path="/nothing", length=2))).status == 404
            await partner.say(b"{}")
            started_s = time.monotonic()
            assert await partner.ended() == b""
            assert 0.2 < time.monotonic() - started_s < 2

    run(scenario())


def test_who_waits_for_a_slow_answer_is_not_dropped() -> None:
    async def scenario() -> None:
        async with service(policy=IMPATIENT) as hub, client(hub.port) as partner:
            hub.endpoint.hold = True
            await partner.say(request(b"{}"))
            await until(lambda: len(hub.endpoint.seen) == 1)
            await partner.say(b"\r\n")  # as some old clients do
            await asyncio.sleep(0.7)
            hub.endpoint.release.set()
            assert (await partner.answer()).status == 200

    run(scenario())


def test_who_does_not_take_its_answer_is_dropped() -> None:
    async def scenario() -> None:
        large = HttpReply(status=200, headers=dict(REPLY.headers), body=b"x" * 30_000_000)
        async with service(policy=IMPATIENT) as hub:
            hub.endpoint.reply = large
            with socket.socket() as partner:
                partner.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                partner.setblocking(False)
                await asyncio.get_running_loop().sock_connect(partner, ("127.0.0.1", hub.port))
                await asyncio.get_running_loop().sock_sendall(partner, request(b"{}"))
                await until(lambda: hub.endpoint.finished == 1)
                await asyncio.sleep(0.8)
                received = 0
                try:
                    while piece := await asyncio.get_running_loop().sock_recv(partner, 1_000_000):
                        received += len(piece)
                except ConnectionError:
                    pass
                assert received < len(large.body)

    run(scenario())
