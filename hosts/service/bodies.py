"""Bytes in and out at the ASGI level: bodies within their bound and their time, answers, and early answers.

Litestar's own limit answers 413 and stops reading, which a client that is still writing sees as a connection reset. What
is read here is what was on the wire: Content-Encoding is not undone, since the signature is over those bytes.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import msgspec
from litestar.types import Receive, Scope, Send

from unionhub.adapters.http.partners import CONTENT_TYPE
from unionhub.adapters.http.transport import HttpReply

from .deadlines import Deadlines

_CLOSE: Final = (b"connection", b"close")


class BodyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`timeout_s` is for a whole body. After an early answer so much, and for so long, is read and thrown away."""

    timeout_s: float = 10.0
    drain_bytes: int = 1024 * 1024
    drain_s: float = 5.0


class BodyTooLarge(Exception):  # noqa: N818
    """The body is, or says that it is, longer than its bound."""


class ClientGone(Exception):  # noqa: N818
    """The client hung up before its body was complete."""


async def read_body(scope: Scope, receive: Receive, *, limit_bytes: int, deadlines: Deadlines) -> bytes:
    """The whole body as it came. Raises BodyTooLarge as soon as that is known, TimeoutError, ClientGone."""
    if (declared_length(scope) or 0) > limit_bytes:
        raise BodyTooLarge
    async with deadlines:
        event = await receive()
        if event["type"] == "http.request" and not event["more_body"] and len(event["body"]) <= limit_bytes:
            return event["body"]  # as good as always: one packet
        body = bytearray()
        while event["type"] == "http.request":
            body += event["body"]
            if len(body) > limit_bytes:
                raise BodyTooLarge
            if not event["more_body"]:
                return bytes(body)
            event = await receive()
    raise ClientGone


def declared_length(scope: Scope) -> int | None:
    """Content-Length, None for a chunked body. The server has refused what is not a number already."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


def expects_continue(scope: Scope) -> bool:
    """The client waits for `100 Continue` before it sends the body: an answer without it leaves the connection undefined."""
    return any(name == b"expect" for name, _ in scope["headers"])


def failure(status: HTTPStatus, **headers: str) -> HttpReply:
    """A small JSON answer that says no more than its status does. `retry_after="1"` is the header Retry-After."""
    body = b'{"error":"%s"}' % status.phrase.lower().encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status=status, headers={"content-type": CONTENT_TYPE, **named}, body=body)


async def answer(send: Send, reply: HttpReply, *, close: bool = False) -> None:
    """Send the reply; with `close` the connection ends after it."""
    head = reply_head(reply, close=close)
    await send({"type": "http.response.start", "status": reply.status, "headers": head})
    await send({"type": "http.response.body", "body": reply.body, "more_body": False})


async def answer_early(receive: Receive, send: Send, reply: HttpReply, policy: BodyPolicy) -> None:
    """Answer before the body was read, then read on within the policy's bounds, then close.

    The whole answer leaves at once; only the end of the message is held back, which keeps the connection open. So a client
    that writes everything before it reads finds the answer and no reset, and one that reads early, or waits for
    `100 Continue`, need not send its body at all.
    """
    head = reply_head(reply, close=True)
    await send({"type": "http.response.start", "status": reply.status, "headers": head})
    await send({"type": "http.response.body", "body": reply.body, "more_body": True})
    await _drain(receive, policy)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive, policy: BodyPolicy) -> None:
    left = policy.drain_bytes
    try:
        async with asyncio.timeout(policy.drain_s):
            while left > 0:
                event = await receive()
                if event["type"] != "http.request" or not event["more_body"]:
                    return
                left -= len(event["body"])
    except TimeoutError:
        return


def reply_head(reply: HttpReply, *, close: bool) -> list[tuple[bytes, bytes]]:
    """The reply's headers as ASGI has them, with Content-Length."""
    head = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    head.append((b"content-length", b"%d" % len(reply.body)))
    if close:
        head.append(_CLOSE)
    return head
