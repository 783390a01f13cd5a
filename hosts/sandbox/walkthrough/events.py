"""The journal as a page sees it: arrows between lifelines, as server-sent events, and one message in full (masked)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.catalog import platform
from unionhub.hosts.sandbox.journal import HUB, Entry, Journal
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.walkthrough.charts import PARTY, Step, step_of, words_of
from unionhub.hosts.sandbox.walkthrough.masking import shown

HEARTBEAT_S: Final = 15.0
BATCH: Final = 200
"""So many messages are written at once. Who reads slower than they come reads them from the journal, which forgets."""

RETRY_MS: Final = 1_000
_LAST: Final = "Last-Event-ID"


class Arrow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One message between two lifelines. `at` is business time in seconds since 1970, `ms` as in the journal."""

    seq: int
    at: float
    left: str = msgspec.field(name="from")
    right: str = msgspec.field(name="to")
    partner: str
    message: str
    kind: str
    msg_id: str
    code: str
    ms: float
    fault: str
    chart: str
    number: str
    words: str


class Events:
    """Whoever listens gets every message; nobody who listens holds up another, or the sandbox's end."""

    def __init__(self, journal: Journal, identities: Mapping[str, Identity], *, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._journal = journal
        self._identities = identities
        self._heartbeat_s = heartbeat_s
        # A number means something in the journal that gave it: after a restart it is another one.
        self._boot = secrets.token_hex(4)
        self._news = asyncio.Event()
        self._stopping = False
        self._forget = journal.listen(lambda _: self._news.set())

    async def stop(self, _app: web.Application | None = None) -> None:
        """End every stream."""
        if not self._stopping:
            self._stopping = True
            self._forget()
            self._news.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """GET /sandbox/events: from `after` on, or from where this reader left off."""
        after = self._after(request)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            hello = msgspec.json.encode({"boot": self._boot, "last": self._journal.last_seq}).decode()
            await response.write(f"retry: {RETRY_MS}\nevent: hello\ndata: {hello}\n\n".encode())
            await self._follow(response, after)
        return response

    async def message(self, request: web.Request) -> web.Response:
        """GET /sandbox/journal/{seq}: one message with its body, masked."""
        seq = request.match_info["seq"]
        entry = self._journal.entry(int(seq)) if seq.isdecimal() and len(seq) < 19 else None
        if entry is None:
            raise web.HTTPNotFound(reason="no such message, or it is forgotten")
        content = {"arrow": self.arrow(entry), "body": shown(self._journal.body(entry.seq))}
        return web.Response(
            body=msgspec.json.encode(content), content_type="application/json", headers={"Cache-Control": "no-store"}
        )

    def arrow(self, entry: Entry) -> Arrow:
        """The entry in the charts' words."""
        asked = entry.kind == "req"
        partner = entry.receiver if entry.sender == HUB else entry.sender
        identity = self._identities.get(partner)
        role = identity.role if identity else Role.APP_GATEWAY
        # Of an answer the sides are changed: who asked is what makes it this message.
        hub_asks = (entry.sender == HUB) is asked
        hub, other = platform(role, entry.message, from_hub=hub_asks), PARTY[role]
        asker, called = (hub, other) if hub_asks else (other, hub)
        step = step_of(asker, called, entry.message) or Step("", "", "", "")
        return Arrow(
            seq=entry.seq,
            at=entry.at.timestamp(),
            left=asker if asked else called,
            right=called if asked else asker,
            partner=identity.name if identity else partner,
            message=entry.message,
            kind=entry.kind,
            msg_id=entry.msg_id,
            code=entry.code,
            ms=entry.ms,
            fault=entry.fault,
            chart=step.chart,
            number=step.number if asked else step.answered,
            words=step.asks if asked else words_of(step, entry.code),
        )

    def _after(self, request: web.Request) -> int:
        """A reader that comes again knows the journal it read from: of another one, and of numbers that this one has not given
        yet, it has seen nothing."""
        boot, _, seq = request.headers.get(_LAST, "").partition(".")
        if seq:
            return int(seq) if boot == self._boot and _is_number(seq) else 0
        after = request.query.get("after", "0")
        if not _is_number(after):
            raise web.HTTPBadRequest(reason="after must be a number: the seq of the last message that you have")
        return int(after) if int(after) <= self._journal.last_seq else 0

    async def _follow(self, response: web.StreamResponse, after: int) -> None:
        while not self._stopping:
            news = self._news
            entries = self._journal.entries(after)[:BATCH]
            if entries:
                after = entries[-1].seq
                await response.write(b"".join(self._event(entry) for entry in entries))
                continue
            if news.is_set():  # what it told of is read; the next message sets a new one
                self._news = news = asyncio.Event()
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    await news.wait()
            except TimeoutError:
                await response.write(b": still here\n\n")

    def _event(self, entry: Entry) -> bytes:
        data = msgspec.json.encode(self.arrow(entry)).decode()
        return f"id: {self._boot}.{entry.seq}\nevent: message\ndata: {data}\n\n".encode()


def describe_parties(identities: Mapping[str, Identity]) -> dict[str, list[dict[str, Any]]]:
    """By the charts' names, who there is."""
    found: dict[str, list[dict[str, Any]]] = {}
    for identity in identities.values():
        found.setdefault(PARTY[identity.role], []).append({"appId": identity.app_id, "name": identity.name})
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
