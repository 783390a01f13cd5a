"""Moving bytes: one POST to a partner. Over HTTP in production, in process for tests and the simulation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class HttpReply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Contract: `post` sends once and waits at most `timeout_s` seconds. Raises ports.partners.NotSent only when no byte
    of the request left (refused, name or TLS failure); NoWord for silence, a reset, a half answer or one too large."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> HttpReply: ...
