"""Partners and hub in one process: the same signed bytes, no sockets (ports.partners, adapters.http.transport)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from unionhub.adapters.http.transport import HttpReply
from unionhub.hosts.sandbox.faults import FaultTable
from unionhub.hosts.sandbox.partner import JWS_HEADER, NoAnswer
from unionhub.ports.partners import NotSent, NoWord

log = logging.getLogger(__name__)

MAX_REPLY_BYTES: Final = 1_048_576

Endpoint = Callable[[str, Mapping[str, str], bytes], Awaitable[HttpReply]]
"""(path, headers with names in lower case, body) -> reply: a partner's `receive`, or the hub's own end."""


Handle = Callable[[str, str | None, bytes], Awaitable[HttpReply]]
"""(path, UPI-JWS, body) -> reply: how the hub's own end is written."""


class _Route(NamedTuple):
    endpoint: Endpoint
    app_id: str


class LoopbackTransport:
    """An adapters.http.transport.Transport among the endpoints that were connected to it, the faults included.

    As behind a real network, the other side goes on when the caller has given up: a late debit books.
    """

    def __init__(self, faults: FaultTable) -> None:
        self._faults = faults
        self._routes: dict[str, _Route] = {}
        self._running: set[asyncio.Task[HttpReply]] = set()
        self._open: dict[str, set[asyncio.Future[None]]] = {}
        faults.on_refusal(self._drop)

    def connect(self, base_url: str, endpoint: Endpoint, app_id: str = "") -> None:
        """Answer for the origin of `base_url`. `app_id` names the party whose faults may refuse connections."""
        self._routes[_origin(base_url)] = _Route(endpoint, app_id)

    def connect_hub(self, base_url: str, handle: Handle) -> None:
        """Answer for the hub: `hosts.service.endpoint.MessageEndpoint.handle`."""

        async def endpoint(path: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
            return await handle(path, headers.get(JWS_HEADER.lower()), body)

        self.connect(base_url, endpoint)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> HttpReply:
        """Contract: adapters.http.transport.Transport."""
        route = self._routes.get(_origin(url))
        if route is None:
            raise NotSent("connection refused: nobody listens there")
        if self._faults.is_refusing(route.app_id):
            raise NotSent("connection refused")
        lower = {name.lower(): value for name, value in headers.items()}
        task = asyncio.ensure_future(route.endpoint(urlsplit(url).path, lower, bytes(body)))
        self._keep(task)
        dropped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connections = self._open.setdefault(route.app_id, set())
        connections.add(dropped)
        try:
            return await self._reply(task, dropped, timeout_s)
        finally:
            connections.discard(dropped)

    async def close(self) -> None:
        """End what nobody waits for any more."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _reply(self, task: asyncio.Task[HttpReply], dropped: asyncio.Future[None], timeout_s: float) -> HttpReply:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + timeout_s
        both: set[asyncio.Future[Any]] = {task, dropped}
        await asyncio.wait(both, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if task.done() and not task.cancelled() and isinstance(task.exception(), NoAnswer):
            await asyncio.wait({dropped}, timeout=max(0.0, due_s - loop.time()))  # the connection stays open
        if dropped.done() or task.cancelled():
            raise NoWord("connection reset")
        if not task.done() or isinstance(task.exception(), NoAnswer):
            raise NoWord(f"no answer within {timeout_s} s")
        if task.exception() is not None:  # logged where it happened; outside it is what a server says of it
            return HttpReply(status=500, headers={}, body=b"")
        reply = task.result()
        if len(reply.body) > MAX_REPLY_BYTES:
            raise NoWord(f"an answer above {MAX_REPLY_BYTES} bytes")
        return reply

    def _keep(self, task: asyncio.Task[HttpReply]) -> None:
        """Hold the task while it runs, and let no failure in it go unseen."""
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[HttpReply]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not isinstance(error, NoAnswer):
            log.error("an endpoint failed", exc_info=error)

    def _drop(self, app_id: str, _seconds: float) -> None:
        for connection in self._open.get(app_id, ()):
            if not connection.done():
                connection.set_result(None)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
