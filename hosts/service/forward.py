"""In development: /sandbox/* goes on to the sandbox's control server, and what that answers comes back as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

import aiohttp
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.response import Redirect
from litestar.types import HTTPScope, Receive, Send

from .bodies import BodyPolicy, BodyTooLarge, ClientGone, answer, answer_early, failure, read_body
from .deadlines import Deadlines

PREFIX: Final = "/sandbox"
BODY_LIMIT_BYTES: Final = 1024 * 1024
CONNECT_TIMEOUT_S: Final = 3.0

# Of one connection, not of the message (RFC 9110 section 7.6.1); the length of a body is told anew.
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_REQUEST_ONLY: Final = frozenset({b"host", b"content-length", b"expect"})
_RESPONSE_ONLY: Final = frozenset({b"date", b"server"})

Headers = Iterable[tuple[bytes, bytes]]


class Forward:
    """Sends requests below /sandbox to `base_url`, path and query as they are. Answers stream, server-sent events too; `stop`
    ends streams that would hold up the drain."""

    def __init__(self, base_url: str, stop: asyncio.Event, policy: BodyPolicy | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._stop = stop
        self._policy = policy or BodyPolicy()
        self._body_deadlines = Deadlines(self._policy.timeout_s)
        self._session: aiohttp.ClientSession | None = None

    def route(self) -> ASGIRouteHandler:
        """The mount, for every method."""
        return ASGIRouteHandler(PREFIX, name="sandbox", is_mount=True, copy_scope=False)(self._handle)

    def door(self) -> HTTPRouteHandler:
        """`GET /`: whoever opens the hub's bare address in a browser wants the walk-through."""

        @get("/", include_in_schema=False)
        async def walk_through() -> Redirect:
            return Redirect(path=f"{PREFIX}/")

        return walk_through

    async def close(self) -> None:
        """Close the connections to the sandbox."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _handle(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        raw_path = scope["raw_path"].decode("ascii")
        if raw_path != PREFIX and not raw_path.startswith(f"{PREFIX}/"):
            raise NotFoundException  # Litestar mounts a prefix of text, not of path segments
        try:
            body = await read_body(scope, receive, limit_bytes=BODY_LIMIT_BYTES, deadlines=self._body_deadlines)
        except BodyTooLarge:
            await answer_early(receive, send, failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE), self._policy)
        except TimeoutError:
            await answer(send, failure(HTTPStatus.REQUEST_TIMEOUT), close=True)
        except ClientGone:
            pass
        else:
            await self._relay(_Relay(send), scope, raw_path, body, receive)

    async def _relay(self, relay: _Relay, scope: HTTPScope, raw_path: str, body: bytes, receive: Receive) -> None:
        """Until its end, the client's, or ours."""
        passing = asyncio.create_task(self._pass_on(relay, scope, raw_path, body))
        stopping = asyncio.create_task(self._stop.wait())
        tasks = {passing, stopping, asyncio.create_task(_disconnect(receive))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if not passing.cancelled():
            passing.result()
        elif not stopping.cancelled():
            await relay.cut()

    async def _pass_on(self, relay: _Relay, scope: HTTPScope, raw_path: str, body: bytes) -> None:
        query = scope["query_string"].decode("latin-1")
        url = f"{self._base_url}{raw_path}" + (f"?{query}" if query else "")
        headers = _text(_passed(scope["headers"], _REQUEST_ONLY))
        method = scope["method"]
        try:
            response = await self._opened().request(method, url, data=body or None, headers=headers, allow_redirects=False)
        except (aiohttp.ClientError, OSError):
            await relay.refuse(HTTPStatus.BAD_GATEWAY)
            return
        async with response:
            await relay.pass_back(response)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),  # a page's event stream must not starve the others
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._session


class _Relay:
    """An answer on its way back."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False
        self._sized = False

    async def refuse(self, status: HTTPStatus) -> None:
        await answer(self._send, failure(status))

    async def pass_back(self, response: aiohttp.ClientResponse) -> None:
        """Each piece as soon as it is there. An answer without a length that breaks off ends here too: its readers (event
        streams) connect again."""
        head = _passed(response.raw_headers, _RESPONSE_ONLY)
        self._sized = any(name == b"content-length" for name, _ in head)
        self._begun = True
        await self._send({"type": "http.response.start", "status": response.status, "headers": head})
        try:
            async for chunk in response.content.iter_any():
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except (aiohttp.ClientError, OSError):
            if self._sized:
                return  # uvicorn closes the connection: the client must not take half for the whole
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def cut(self) -> None:
        """The hub stops."""
        if not self._begun:
            await self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
        elif not self._sized:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _passed(headers: Headers, dropped: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """The headers that are the message's own, names in lower case."""
    found = [(name.lower(), value) for name, value in headers]
    listed = {option.strip().lower() for name, value in found if name == b"connection" for option in value.split(b",")}
    return [(name, value) for name, value in found if name not in _HOP_BY_HOP | dropped | listed]


def _text(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
