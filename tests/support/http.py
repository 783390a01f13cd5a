"""The HTTP host on a loopback port, and a client that says exactly the bytes it is told to."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from litestar import Litestar

from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.wire.inbound import INBOUND, Row
from unionhub.hosts.service.app import AppPolicy, create_app
from unionhub.hosts.service.bodies import BodyPolicy
from unionhub.hosts.service.serve import ServePolicy, new_event_loop, serve

T = TypeVar("T")

PATH = "/scis/switch/qremvpayment"
LIMIT_BYTES = next(row.body_limit_bytes for row in INBOUND if row.path == PATH)
REPLY = HttpReply(
    status=200, headers={"content-type": "application/json;charset=UTF-8", "upi-jws": "e30..c2ln"}, body=b'{"a":1}'
)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run in a loop as the hub has it (uvloop). Fails when a task is still there at the end."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        result = runner.run(work)
        lost = asyncio.all_tasks(runner.get_loop())
        assert not lost, f"tasks that nobody waits for: {lost}"
        return result


class FakeEndpoint:
    """Keeps what it is handed and gives `reply`; while `hold` is set, not before `release` is."""

    def __init__(self, reply: HttpReply = REPLY, rows: tuple[Row, ...] = INBOUND) -> None:
        self.rows = rows
        self.reply = reply
        self.seen: list[tuple[str, str | None, bytes]] = []
        self.hold = False
        self.release = asyncio.Event()
        self.finished = 0

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        self.seen.append((path, signature, body))
        if self.hold:
            await self.release.wait()
        self.finished += 1
        return self.reply


@dataclass
class Service:
    """The app on its port, with what it was told and what it told."""

    port: int
    endpoint: Any
    stop: asyncio.Event
    serving: asyncio.Task[int]
    turned_away: list[str] = field(default_factory=list)


async def holds() -> bool:
    return True


def app_of(endpoint: Any, **changes: Any) -> Litestar:
    """`endpoint` in an app with made-up surroundings; `changes` are arguments of create_app."""
    surroundings = {"jwks": lambda: {"keys": []}, "metrics": lambda: b"up 1\n", "ready": {"store": holds}}
    return create_app(endpoint, **(surroundings | changes))


@asynccontextmanager
async def service(
    endpoint: Any = None,
    *,
    body: BodyPolicy | None = None,
    in_flight_max: int = 0,
    at_work_max: int = 0,
    large_max: int = 16,
    policy: ServePolicy | None = None,
    stop: asyncio.Event | None = None,
    **changes: Any,
) -> AsyncIterator[Service]:
    """The app, served until the end of the block."""
    endpoint = endpoint if endpoint is not None else FakeEndpoint()
    stop = stop or asyncio.Event()
    turned_away: list[str] = []
    app_policy = AppPolicy(body=body or BodyPolicy(), in_flight_max=in_flight_max, at_work_max=at_work_max, large_max=large_max)
    app = app_of(endpoint, policy=app_policy, turned_away=turned_away.append, **changes)
    async with listening(app, stop=stop, policy=policy) as (port, serving):
        yield Service(port, endpoint, stop, serving, turned_away)


@asynccontextmanager
async def listening(
    app: Litestar, *, stop: asyncio.Event, policy: ServePolicy | None = None
) -> AsyncIterator[tuple[int, asyncio.Task[int]]]:
    """`serve` as a task, with its port; stopped at the end of the block."""
    started = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(app, stop=stop, policy=policy, started=started.set_result))
    await asyncio.wait({serving, started}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        serving.result()
    try:
        yield started.result(), serving
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await serving


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        found = [value for header, value in self.headers if header == name]
        assert len(found) <= 1, f"{name} came {len(found)} times"
        return found[0] if found else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(
    body: bytes = b"", *headers: str | bytes, path: str = PATH, method: str = "POST", length: int | None = None
) -> bytes:
    """A request's bytes; `length` is another Content-Length than the truth, -1 none."""
    declared = len(body) if length is None else length
    lines: list[bytes] = [f"{method} {path} HTTP/1.1".encode("latin-1"), b"Host: hub"]
    lines += [header if isinstance(header, bytes) else header.encode() for header in headers]
    if declared >= 0:
        lines.append(b"Content-Length: %d" % declared)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def chunked(chunks: Iterable[bytes], *headers: str, trailers: bytes = b"", path: str = PATH) -> bytes:
    head = request(b"", *headers, "Transfer-Encoding: chunked", length=-1, path=path)
    return head + b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n" + trailers + b"\r\n"


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, timeout_s: float = 10.0) -> Answer:
        """The next answer, its body after its framing."""
        async with asyncio.timeout(timeout_s):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, headers = parse_head(head)
            named = dict(headers)
            if named.get("transfer-encoding") == "chunked":
                body = b"".join([chunk async for chunk in self.chunks()])
            else:
                body = await self.reader.readexactly(int(named.get("content-length", "0")))
            return Answer(status, headers, body)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The chunks of a body, each as soon as it is there."""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)

    async def ask(self, data: bytes) -> Answer:
        await self.say(data)
        return await self.answer()

    async def ended(self, timeout_s: float = 10.0) -> bytes:
        """What came until the hub closed the connection."""
        async with asyncio.timeout(timeout_s):
            with suppress(ConnectionError):
                return await self.reader.read()
            return b""

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


@asynccontextmanager
async def client(port: int) -> AsyncIterator[Client]:
    made = await Client.open(port)
    try:
        yield made
    finally:
        await made.close()


async def ask(port: int, data: bytes) -> Answer:
    """One request on a connection of its own."""
    async with client(port) as made:
        return await made.ask(data)


async def get(port: int, path: str) -> Answer:
    return await ask(port, request(path=path, method="GET", length=-1))


def parse_head(head: bytes) -> tuple[int, list[tuple[str, str]]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return int(first.split(" ")[1]), [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def writes_all_then_reads(port: int, data: bytes, timeout_s: float = 10.0) -> bytes:
    """A client that does not look at the answer before it has written everything: a reset loses it the answer.

    Blocking, for a thread: an asyncio stream would read meanwhile.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(65_536):
            received += piece
        return received


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - what tests wait for has no event
            await asyncio.sleep(0.002)
