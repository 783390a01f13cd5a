"""The Transport over real HTTP (aiohttp)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import aiohttp

from unionhub.ports.partners import NotSent, NoWord

from .transport import HttpReply

MAX_ANSWER_BYTES: Final = 256 * 1024


class AiohttpTransport:
    """POSTs over pooled connections; `close()` it when done. No redirects, no cookies, no environment proxies.

    A pooled connection that the partner closed while idle looks like a lost answer: since a POST that moves money must
    not be sent twice by a library, aiohttp's own retry is off and such a call is a NoWord; the outcome is then asked for.
    """

    def __init__(
        self, *, connections_per_partner: int = 128, keepalive_s: float = 15.0, connect_timeout_s: float = 3.0
    ) -> None:
        self._limit = connections_per_partner
        self._connect_timeout_s = connect_timeout_s
        self._keepalive_s = keepalive_s
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> HttpReply:
        """See Transport."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._post(url, headers, body)
        except TimeoutError:
            raise NoWord("timeout") from None

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpReply:
        try:
            async with self._opened().post(url, data=body, headers=headers, allow_redirects=False) as response:
                received = await _bounded(response)
                return HttpReply(
                    status=response.status,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=received,
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            # Raised while connecting: refused, no answer, no such name, TLS failure. No byte of the request has left.
            raise NotSent(_cause(error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NoWord(_cause(error)) from None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # The bound on calls in flight is the lanes'; the pool must not queue behind it.
            connector = aiohttp.TCPConnector(limit=0, limit_per_host=self._limit, keepalive_timeout=self._keepalive_s)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout_s),
                auto_decompress=False,  # the signature is over the bytes on the wire (PROTOCOL 1.3)
                skip_auto_headers=("User-Agent", "Accept-Encoding"),
            )
        return self._session

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    received = bytearray()
    async for chunk in response.content.iter_any():
        received += chunk
        if len(received) > MAX_ANSWER_BYTES:
            raise NoWord("answer_too_large")
    return bytes(received)


def _cause(error: Exception) -> str:
    return type(error).__name__
