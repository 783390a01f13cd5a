"""A message over HTTP: what reaches the endpoint, and that its answer comes back unchanged."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging

import pytest

from support.gate import good_members, signed
from support.http import (
    LIMIT_BYTES,
    PATH,
    REPLY,
    FakeEndpoint,
    Service,
    ask,
    chunked,
    client,
    request,
    run,
    service,
    until,
)
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.causes import GateRefusal
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY
from unionhub.adapters.jose.header import parse_header
from unionhub.adapters.wire.inbound import INBOUND
from unionhub.domain.model.parties import JoseProfile


@pytest.mark.parametrize(
    "reply",
    [REPLY, HttpReply(status=401, headers={"content-type": "application/json;charset=UTF-8"}, body=UNAUTHORIZED_BODY)],
    ids=["200", "401"],
)
def test_the_answer_is_the_endpoints(reply: HttpReply) -> None:
    async def scenario() -> None:
        async with service(FakeEndpoint(reply)) as hub:
            answer = await ask(hub.port, request(b'{"x":1}', "UPI-JWS: a..b"))
            assert (answer.status, answer.body) == (reply.status, reply.body)
            own = [(name, value) for name, value in answer.headers if name not in ("date", "content-length")]
            assert own == list(reply.headers.items())
            assert answer.header("content-length") == str(len(reply.body))
            assert hub.endpoint.seen == [(PATH, "a..b", b'{"x":1}')]

    run(scenario())


def test_every_message_has_its_route() -> None:
    async def scenario() -> None:
        async with service() as hub:
            for row in INBOUND:
                assert (await ask(hub.port, request(b"{}", path=row.path))).status == 200
            assert [path for path, _, _ in hub.endpoint.seen] == [row.path for row in INBOUND]

    run(scenario())


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ([], None),
        (["UPI-JWS:"], ""),
        (["UPI-JWS:   a..b  "], "a..b"),
        (["upi-jws: a..b"], "a..b"),
        ([b"UPI-JWS: a..\xff\xc3(\x80"], "a..\xff\xc3(\x80"),
        ([b"X-Other: \xff\xfe", "UPI-JWS: a..b"], "a..b"),
    ],
    ids=["absent", "empty", "blanks around", "lower case", "not UTF-8", "another not UTF-8"],
)
def test_the_signature_as_it_came(headers: list[str | bytes], seen: str | None) -> None:
    async def scenario() -> None:
        async with service() as hub:
            assert (await ask(hub.port, request(b"{}", *headers))).status == 200
            assert hub.endpoint.seen == [(PATH, seen, b"{}")]

    run(scenario())


GOOD = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT))
HALVES = (GOOD.partition("..")[0] + ".", "." + GOOD.partition("..")[2])


@pytest.mark.parametrize("values", [(GOOD, GOOD), (GOOD, ""), ("", GOOD), ("", ""), HALVES, (GOOD, "x", "y")])
def test_a_doubled_signature_is_what_the_gate_refuses(values: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with service() as hub:
            await ask(hub.port, request(b"{}", f"UPI-JWS: {GOOD}"))
            await ask(hub.port, request(b"{}", *(f"UPI-JWS: {value}" for value in values)))
            (_, one, _), (_, two, _) = hub.endpoint.seen
            assert parse_header(one)
            with pytest.raises(GateRefusal):
                parse_header(two)

    run(scenario())


def test_compressed_bodies_stay_as_they_are() -> None:
    async def scenario() -> None:
        body = gzip.compress(b'{"x":1}')
        async with service() as hub:
            await ask(hub.port, request(body, "Content-Encoding: gzip", "UPI-JWS: a..b"))
            assert hub.endpoint.seen == [(PATH, "a..b", body)]

    run(scenario())


def test_a_chunked_body_is_one_body_and_its_trailers_are_no_headers() -> None:
    async def scenario() -> None:
        async with service() as hub:
            data = chunked([b"a" * 5000, b"b", b"c" * 5000], trailers=b"UPI-JWS: a..b\r\n")
            assert (await ask(hub.port, data)).status == 200
            assert hub.endpoint.seen == [(PATH, None, b"a" * 5000 + b"b" + b"c" * 5000)]

    run(scenario())


def test_a_body_in_many_packets() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            for byte in request(b'{"x":"caf\xc3\xa9"}', "UPI-JWS: a..b"):
                await partner.say(bytes([byte]))
                await asyncio.sleep(0)
            assert (await partner.answer()).status == 200
            assert hub.endpoint.seen == [(PATH, "a..b", b'{"x":"caf\xc3\xa9"}')]

    run(scenario())


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/", f"{PATH}/", f"/{PATH}", PATH.upper(), PATH.replace("q", "%71"), f"{PATH}/more", "/%ff", "/caf\xe9"],
)
def test_another_path_is_404(path: str) -> None:
    async def scenario() -> None:
        async with service() as hub:
            answer = await ask(hub.port, request(b"{}", path=path))
            # Bytes that are no ASCII make no path at all.
            assert answer.status == (404 if path.isascii() else 400)
            assert answer.json == {"error": "not found" if path.isascii() else "bad request"}
            assert hub.endpoint.seen == []

    run(scenario())


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_another_method_is_405(method: str) -> None:
    async def scenario() -> None:
        async with service() as hub:
            answer = await ask(hub.port, request(b"{}", method=method))
            assert (answer.status, answer.header("allow")) == (405, "POST")
            assert answer.json == {"error": "method not allowed"}
            assert answer.header("server") is None
            assert hub.endpoint.seen == []

    run(scenario())


def test_a_crash_tells_the_operator_and_not_the_partner(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeEndpoint):
        async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
            raise RuntimeError("a secret")

    async def scenario() -> None:
        async with service(Broken()) as hub:
            answer = await ask(hub.port, request(b"{}"))
            assert (answer.status, answer.json) == (500, {"error": "internal server error"})

    run(scenario())
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage() == f"{PATH} crashed"
    assert record.exc_info is not None
    caplog.clear()


def test_two_hundred_clients_at_a_time() -> None:
    async def partner(hub: Service, number: int) -> None:
        async with client(hub.port) as connection:
            for turn in range(3):
                body = json.dumps({"partner": number, "turn": turn, "fill": "x" * (number * 40)}).encode()
                assert (await connection.ask(request(body, f"UPI-JWS: {number}..{turn}"))).body == REPLY.body
                assert (PATH, f"{number}..{turn}", body) in hub.endpoint.seen

    async def scenario() -> None:
        async with service() as hub, asyncio.TaskGroup() as group:
            for number in range(200):
                group.create_task(partner(hub, number))
        assert len(hub.endpoint.seen) == hub.endpoint.finished == 600

    run(scenario())


def test_one_connection_carries_many_messages_also_pipelined() -> None:
    async def scenario() -> None:
        async with service() as hub, client(hub.port) as partner:
            for number in range(3):
                assert (await partner.ask(request(b"%d" % number))).header("connection") is None
            await partner.say(b"".join(request(b"%d" % number) for number in range(3, 6)))
            for _ in range(3):
                assert (await partner.answer()).status == 200
            assert [body for _, _, body in hub.endpoint.seen] == [b"0", b"1", b"2", b"3", b"4", b"5"]

    run(scenario())


def test_beyond_the_bound_a_message_gets_503_at_once() -> None:
    async def scenario() -> None:
        async with service(in_flight_max=2) as hub:
            hub.endpoint.hold = True
            held = [asyncio.create_task(ask(hub.port, request(b"held"))) for _ in range(2)]
            await until(lambda: len(hub.endpoint.seen) == 2)
            async with client(hub.port) as partner:
                refused = await partner.ask(request(b"x" * LIMIT_BYTES))
                assert (refused.status, refused.header("retry-after")) == (503, "1")
                assert refused.json == {"error": "service unavailable"}
                assert (await partner.ask(request(method="GET", path="/healthz", length=-1))).status == 200
                hub.endpoint.hold = False
                hub.endpoint.release.set()
                assert [(await task).status for task in held] == [200, 200]
                assert (await partner.ask(request(b"again"))).status == 200
        assert hub.turned_away == ["overloaded"]

    run(scenario())


def test_more_than_is_at_work_gets_503_at_once_but_what_waits_for_a_partner_does_not_count() -> None:
    async def scenario() -> None:
        waiting = 0
        async with service(at_work_max=2, elsewhere=lambda: waiting) as hub:
            hub.endpoint.hold = True
            held = [asyncio.create_task(ask(hub.port, request(b"held"))) for _ in range(2)]
            await until(lambda: len(hub.endpoint.seen) == 2)
            assert (await ask(hub.port, request(b"too much"))).status == 503
            waiting = 2  # both are at a bank that hangs: others are served meanwhile
            held += [asyncio.create_task(ask(hub.port, request(b"held"))) for _ in range(2)]
            await until(lambda: len(hub.endpoint.seen) == 4)
            assert (await ask(hub.port, request(b"too much"))).status == 503
            waiting = 0  # the bank has answered: now all four are ours
            assert (await ask(hub.port, request(b"too much"))).status == 503
            hub.endpoint.hold = False
            hub.endpoint.release.set()
            assert [(await task).status for task in held] == [200] * 4
            assert (await ask(hub.port, request(b"again"))).status == 200
        assert hub.turned_away == ["overloaded"] * 3

    run(scenario())


def test_of_messages_that_may_be_large_few_are_held_and_the_others_pass() -> None:
    """Whoever sends documents has not been verified yet: memory must not be his to take."""

    async def scenario() -> None:
        async with service(large_max=1) as hub:
            hub.endpoint.hold = True
            held = asyncio.create_task(ask(hub.port, request(b"x" * 200_000, path="/scis/switch/openaccount")))
            await until(lambda: len(hub.endpoint.seen) == 1)
            assert (await ask(hub.port, request(b"x" * 200_000, path="/scis/switch/openaccount"))).status == 503
            assert hub.turned_away == ["overloaded"]
            small = asyncio.create_task(ask(hub.port, request(b"no documents", path="/scis/switch/openaccount")))
            await until(lambda: len(hub.endpoint.seen) == 2)  # it says its length, and holds no place of the large ones
            hub.endpoint.release.set()
            assert ((await held).status, (await small).status) == (200, 200)
            assert (await ask(hub.port, request(b"small"))).status == 200
            assert (await ask(hub.port, request(b"x" * 200_000, path="/scis/switch/openaccount"))).status == 200

    run(scenario())


def test_a_message_is_handled_to_its_end_when_its_client_hangs_up(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with service(in_flight_max=1) as hub:
            hub.endpoint.hold = True
            async with client(hub.port) as partner:
                await partner.say(request(b"{}"))
                await until(lambda: len(hub.endpoint.seen) == 1)
            await asyncio.sleep(0.02)
            assert hub.endpoint.finished == 0
            hub.endpoint.release.set()
            await until(lambda: hub.endpoint.finished == 1)
            assert (await ask(hub.port, request(b"next"))).status == 200, "its place is free again"

    run(scenario())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


class TestUpgradeOffers:
    """Java's HttpClient offers h2c on each POST over plain HTTP; httptools would drop the body."""

    OFFER = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABk", "UPI-JWS: a..b")

    @pytest.mark.parametrize("piece_bytes", [1, 7, 100_000])
    @pytest.mark.parametrize("framing", ["length", "chunked", "no body"])
    def test_are_ignored(self, framing: str, piece_bytes: int, caplog: pytest.LogCaptureFixture) -> None:
        body = b"" if framing == "no body" else b'{"x":1}' * 100
        data = chunked([body[:10], body[10:]], *self.OFFER) if framing == "chunked" else request(body, *self.OFFER)

        async def scenario() -> None:
            async with service() as hub, client(hub.port) as partner:
                for _ in range(2):
                    for start in range(0, len(data), piece_bytes):
                        await partner.say(data[start : start + piece_bytes])
                        await asyncio.sleep(0)
                    answer = await partner.answer()
                    assert (answer.status, answer.header("connection")) == (200, None)
                assert hub.endpoint.seen == [(PATH, "a..b", body)] * 2

        run(scenario())
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []

    def test_of_a_websocket_too(self) -> None:
        async def scenario() -> None:
            async with service() as hub:
                offer = ("Connection: close, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
                answer = await ask(hub.port, request(b"{}", *offer))
                assert (answer.status, answer.header("connection")) == (200, "close")

        run(scenario())

    def test_but_connect_is_refused(self) -> None:
        async def scenario() -> None:
            async with service() as hub:
                answer = await ask(hub.port, request(path="elsewhere:443", method="CONNECT", length=-1))
                assert answer.status in (400, 404)

        run(scenario())
