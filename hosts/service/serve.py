"""Running an app on uvicorn inside a loop that runs already: listen, serve, drain.

uvicorn's own `serve` installs signal handlers, exits the process when a port is taken, and logs a traceback for each message
that it cuts off at the end. Here signals are the caller's, who sets `stop`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import msgspec
import uvicorn
from litestar import Litestar
from litestar.types import Receive, Scope, Send

from .protocol import BoundedProtocol, sweep

BACKLOG: Final = 2048
ACCEPTING: Final = 16
_POLL_S: Final = 0.02
_LAST_WORDS_S: Final = 1.0  # for handlers that are cut off, to end

_log = logging.getLogger(__name__)


class ServeError(Exception):
    """The address cannot be listened on: one line for the operator."""


class ServePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`drain_s`: at the end, for finishing what is held. `keepalive_s`: an idle connection is closed after it; clients'
    pools should let go earlier. `patience_s`: for a client to end a head, to send what is left of a body after its answer,
    and to take an answer. `connections_max`: beyond it 503; 0 means no bound."""

    drain_s: float = 15.0
    keepalive_s: float = 75.0
    patience_s: float = 10.0
    connections_max: int = 0


def new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's loop where it is installed: `asyncio.Runner(loop_factory=new_event_loop)`."""
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def serve(
    app: Litestar,
    *,
    stop: asyncio.Event,
    host: str = "127.0.0.1",
    port: int = 0,
    policy: ServePolicy | None = None,
    started: Callable[[int], None] | None = None,
) -> int:
    """Serve until `stop` is set, finish what is held, run the app's shutdown hooks; returns the port.

    `started` is told the port (port 0 takes a free one) when requests are being answered. Raises ServeError before anything
    of the app has run; what a startup hook raises comes out as it is. Cancelled, it hangs up without draining.
    """
    policy = policy or ServePolicy()
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(await listener(host, port)))
        bound: int = sock.getsockname()[1]
        # uvloop takes one connection from each socket in a turn of the loop. When turns are long, which is when there is too
        # much to do, newcomers would wait for seconds to be told so: the same socket several times takes several.
        sockets = [sock, *(stack.enter_context(contextlib.closing(sock.dup())) for _ in range(ACCEPTING - 1))]
        async with app.lifespan():
            server = _Server(app, policy, stop, lambda: started(bound) if started is not None else None)
            try:
                await server.serve(sockets=sockets)
            finally:
                await server.hang_up()
    return bound


async def listener(host: str, port: int) -> socket.socket:
    """A socket bound to the first address of `host`, IPv4 before IPv6. Raises ServeError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        raise ServeError(f"cannot listen on {host}: no such host here") from None
    family, kind, protocol, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
    sock = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere it would let two servers share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ServeError(f"cannot listen on {host}, port {port}: {os.strerror(error.errno or 0)}") from None
    sock.settimeout(0)
    return sock


class _Server(uvicorn.Server):
    """uvicorn's server with another beginning and another end."""

    def __init__(self, app: Litestar, policy: ServePolicy, stop: asyncio.Event, started: Callable[[], None]) -> None:
        super().__init__(_config(app, policy))
        self._stop = stop
        self._tell_started = started
        self._policy = policy
        self.servers = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self.on_tick(0)  # the Date header, before the first answer
        self._tell_started()

    async def main_loop(self) -> None:
        """Once a second the Date header and the sweep; at once when told to stop."""
        while not self._stop.is_set():
            await self.on_tick(0)
            sweep(self.server_state.connections, asyncio.get_running_loop().time(), self._policy.patience_s)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), min(1.0, self._policy.patience_s))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, close what is idle, wait for the rest, at most `drain_s`."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._policy.drain_s):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(_POLL_S)

    async def hang_up(self) -> None:
        """Whatever is still open, without a word: for its client the outcome is unknown, which is the truth."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            # First the connection: uvicorn logs a handler that ends without an answer unless its client has gone.
            cast("Any", connection).transport.abort()
        await asyncio.sleep(0)
        if tasks := set(self.server_state.tasks):
            _log.warning("cut off %d requests that did not end in time", len(tasks))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_LAST_WORDS_S)


def _config(app: Litestar, policy: ServePolicy) -> uvicorn.Config:
    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            return  # by hang_up; uvicorn would log it as a crash

    return uvicorn.Config(
        cast("Any", guarded),
        http=BoundedProtocol,
        ws="none",
        interface="asgi3",
        lifespan="off",  # `serve` runs it, so that its exceptions arrive there
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=policy.connections_max + 1 if policy.connections_max else None,  # it counts the new one too
        timeout_keep_alive=cast("int", policy.keepalive_s),  # handed to call_later
        backlog=BACKLOG,
        workers=1,
    )
