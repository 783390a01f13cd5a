"""uvicorn's HTTP/1.1 protocol (httptools), with the bounds that it lacks and without its trouble with Java clients.

uvicorn waits for ever for a head that does not end, takes heads of any length, reads on for ever what is left of a body after
the answer, and keeps a connection that never says a word. `sweep` looks after the times, once a second for all
connections: that costs a message nothing.

httptools drops the body of a request that offers `Upgrade: h2c`, as Java's HttpClient does by default over plain HTTP
(MagicStack/httptools#124, Kludex/uvicorn#2722). RFC 9110 section 7.8 lets us go on as if it had not been offered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from .bodies import failure, reply_head

HEAD_MAX_BYTES: Final = 32 * 1024

_UPGRADE_OFFER: Final = frozenset({b"upgrade", b"http2-settings", b"connection"})
_KEPT_OPTIONS: Final = frozenset({b"close", b"keep-alive"})


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `_owed_since_s` is the loop's time since which the client owes us something, None if it does not.

    The body of a request under way is not counted here: its time is the app's to bound.
    """

    _owed_since_s: float | None = None
    _head_open = True  # the next bytes belong to a head
    _head_bytes = 0
    _messages = 0
    _refusal: HTTPStatus | None = None  # to come after the answers before it

    # --- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._keep_alive()

    def data_received(self, data: bytes) -> None:
        """uvicorn's, but for the upgrade and the bounds of a head."""
        self._unset_keepalive_if_required()
        messages, head_open = self._messages, self._head_open
        if head_open and self._owed_since_s is None:
            self._owed_since_s = self.loop.time()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._go_on_without_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        # A head that goes on over several reads; what the first of them brings is bounded by the read buffer.
        if head_open and self._head_open and messages == self._messages:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._owed_since_s = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._owed_since_s = None

    def overdue(self, now_s: float, patience_s: float) -> bool:
        """The client has owed us something for too long: a head's end, what is left of a body, taking an answer."""
        if self._answering() and not self.flow.write_paused:
            self._owed_since_s = None  # it is our turn
        elif self._owed_since_s is None and self.transport.is_closing():
            self._owed_since_s = now_s  # what was written last has not left yet
        return self._owed_since_s is not None and now_s - self._owed_since_s > patience_s

    # --- the parser's callbacks

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._messages += 1
        self._head_bytes = 0
        self._owed_since_s = self.loop.time()

    def on_headers_complete(self) -> None:
        if self._is_upgrade():
            return
        self._head_open = False
        self._owed_since_s = None
        super().on_headers_complete()
        self.headers = []  # for the trailers of a chunked body: they are no headers of the request (RFC 9110 section 6.5)

    def on_message_complete(self) -> None:
        if self._is_upgrade():
            return
        self._head_open = True
        self._owed_since_s = None
        if self.cycle.response_complete:
            self._keep_alive()  # these last bytes stopped the timer that the answer had started
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self._head_open:
            self._owed_since_s = self.loop.time()
        super().on_response_complete()
        if self._refusal is not None and not self.transport.is_closing():
            self._refuse(self._refusal)

    # --- our own

    def _keep_alive(self) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _answering(self) -> bool:
        """A whole request waits for its answer."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _is_upgrade(self) -> bool:
        """An offer, and not CONNECT, which llhttp counts as one and uvicorn refuses."""
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """The same head without the offer, and what came after it, to a new parser: this one is at its end."""
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)]
        for name, value in self.headers:
            if name not in _UPGRADE_OFFER:
                lines.append(name + b": " + value)
            elif name == b"connection":
                options = {option.strip().lower() for option in value.split(b",")} & _KEPT_OPTIONS
                lines += [b"connection: " + option for option in options]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.data_received(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _refuse(self, status: HTTPStatus) -> None:
        """Bytes that are no request: answer in few words, and hang up. Good requests before them are answered first, or this
        would be taken for their answer."""
        if self.pipeline or self._answering():
            self._refusal = status
            self.flow.pause_reading()
            return
        reply = failure(status)
        head = b"".join(b"%b: %b\r\n" % line for line in reply_head(reply, close=True))
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + reply.body)
        self.transport.close()


def sweep(connections: Iterable[Any], now_s: float, patience_s: float) -> None:
    """Drop the connections whose clients keep us waiting."""
    for connection in list(connections):
        if isinstance(connection, BoundedProtocol) and connection.overdue(now_s, patience_s):
            connection.transport.abort()
