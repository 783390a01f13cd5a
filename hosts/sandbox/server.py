"""A simulated partner on a loopback port of its own, failing at the connection where the fault table wants it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Final

from aiohttp import web

from unionhub.hosts.sandbox.faults import FaultTable
from unionhub.hosts.sandbox.partner import NoAnswer, Partner, Visit

LOOPBACK: Final = "127.0.0.1"
MAX_BODY_BYTES: Final = 4 * 1_048_576  # OPEN_ACCOUNT forwards pictures of documents
GRACE_S: Final = 5.0
FORM: Final = "application/x-www-form-urlencoded"
_BACKLOG: Final = 1_024
_LOOK_S: Final = 0.05


class PartnerServer:
    """Serves `partner.receive` to POSTs on any path."""

    def __init__(self, partner: Partner, faults: FaultTable) -> None:
        self._partner = partner
        self._faults = faults
        self._port = 0
        self._stopping = asyncio.Event()
        self._server = web.Server(self._handle, access_log=None)
        self._listener: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._reopening: asyncio.Task[None] | None = None
        faults.on_refusal(self._on_refusal)

    async def start(self, port: int = 0) -> str:
        """Listen, at `port` unless that is somebody else's now; returns the base URL."""
        try:
            bound = _bound(port)
        except OSError:
            bound = _bound(0)
        await self._listen(bound)
        return f"http://{LOOPBACK}:{self._port}"

    async def stop(self) -> None:
        """Take nothing new, finish what is held (silent connections are dropped), at most `GRACE_S` seconds."""
        self._stopping.set()
        if self._reopening is not None:
            self._reopening.cancel()
            await asyncio.gather(self._reopening, return_exceptions=True)
        self._close_listener()
        if self._reserved is not None:
            self._reserved.close()
        self._server.pre_shutdown()
        await self._server.shutdown(GRACE_S)

    async def _listen(self, bound: socket.socket) -> None:
        self._port = bound.getsockname()[1]
        self._listener = await asyncio.get_running_loop().create_server(self._server, sock=bound, backlog=_BACKLOG)

    def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._faults.is_refusing(self._partner.app_id):  # accepted in the moment the listener closed
            return _dropped(request)
        if request.method == "GET":
            return await self._browsed(request, b"") or web.Response(status=405, headers={"Allow": "POST"})
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        try:
            body = await _bounded_body(request)
        except (ConnectionError, web.RequestPayloadError):  # the caller went away, or its body is cut off
            return _dropped(request)
        if body is None:
            return web.Response(status=413)
        if request.content_type == FORM and (page := await self._browsed(request, body)) is not None:
            return page
        try:
            reply = await self._partner.receive(request.path, request.headers, body)
        except NoAnswer:
            await self._hold(request)
            return _dropped(request)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    async def _browsed(self, request: web.BaseRequest, form: bytes) -> web.Response | None:
        """The partner's page for a browser, if it has one there."""
        visit = Visit(method=request.method, path=request.path, query=request.query_string, cookies=request.cookies, form=form)
        page = await self._partner.browse(visit)
        return None if page is None else web.Response(status=page.status, headers=page.headers, body=page.body)

    async def _hold(self, request: web.BaseRequest) -> None:
        """Keep the connection open and silent until the caller gives up or we stop."""
        while request.transport is not None and not request.transport.is_closing() and not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _LOOK_S)

    # --- refuse_connection

    def _on_refusal(self, app_id: str, seconds: float) -> None:
        if app_id != self._partner.app_id or self._stopping.is_set():
            return
        if self._reopening is not None:
            self._reopening.cancel()
        self._close_listener()
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        if self._reserved is None:
            # Bound but not listening: callers are refused, and nobody else gets the port that the hub knows us by.
            self._reserved = _bound(self._port)
        self._reopening = asyncio.get_running_loop().create_task(self._reopen(seconds))

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        bound, self._reserved = self._reserved, None
        if bound is not None:
            await self._listen(bound)


def _bound(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.settimeout(0)
        made.bind((LOOPBACK, port))
    except OSError:
        made.close()
        raise
    return made


async def _bounded_body(request: web.BaseRequest) -> bytes | None:
    """The body; None above the bound. What is left of it aiohttp drains after the answer, for a bounded time."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _dropped(request: web.BaseRequest) -> web.Response:
    """Cut the connection: the response goes nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
