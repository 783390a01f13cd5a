"""An industry service, simulated: is told who comes, and lets them in at its page (chart U1, steps 4 and 5)."""

from __future__ import annotations

import html
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.services import TICKET_PARAMETER
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import Partner
from unionhub.hosts.sandbox.services import START

_REMEMBERED: Final = 5_000
_WANTED: Final = ("channelCode", "userId", "ticket", "expiresAt")


class Visitor(msgspec.Struct, kw_only=True):
    """A user whom the hub has announced. `personal` is what encData held."""

    channel_code: str
    user_id: str
    expires_at: datetime
    language: str = ""
    personal: dict[str, str] = {}
    is_in: bool = False

    def __repr__(self) -> str:
        return f"Visitor({self.channel_code})"


class Industry(Partner):
    """`visitors` by their tickets, the newest `_REMEMBERED`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.visitors: OrderedDict[str, Visitor] = OrderedDict()
        self.handlers["INDUSTRY_LOGIN_INFO"] = self._announced

    def page(self, path: str, query: str) -> HttpReply | None:
        """The page where users land: a ticket lets its user in, once and while it lives (RULES section 12, U1, step 5)."""
        if not path.endswith(START):
            return None
        tickets = parse_qs(query).get(TICKET_PARAMETER, [])
        visitor = self.visitors.get(tickets[0]) if len(tickets) == 1 else None
        if visitor is None:
            return _page(403, "This way in is not known here.")
        if visitor.is_in:
            return _page(403, "This way in was used before.")
        if visitor.expires_at <= self._clock.now():
            return _page(403, "This way in was open too long ago.")
        visitor.is_in = True
        return _page(200, f"{self.identity.name}: {visitor.user_id} of {visitor.channel_code} is logged in.")

    def opened(self, url: str) -> HttpReply | None:
        """What a browser gets at `url`, without a socket."""
        parts = urlsplit(url)
        return self.page(parts.path, parts.query)

    async def _announced(self, received: Received) -> Answer:
        body = received.body
        if body.get("industryCode") != self.identity.industry_code:
            return Answer(code="A0")
        for name in _WANTED:
            if not isinstance(body.get(name), str) or not body[name]:
                return Answer(code="30", detail=name)
        try:
            expires_at = datetime.strptime(body["expiresAt"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
            personal = await self._personal(body)
        except SealedFieldError:
            return Answer(code="A0")
        except (ValueError, msgspec.MsgspecError):
            return Answer(code="30")
        self.visitors[body["ticket"]] = Visitor(
            channel_code=body["channelCode"],
            user_id=body["userId"],
            expires_at=expires_at,
            language=str(body.get("language", "")),
            personal=personal,
        )
        if len(self.visitors) > _REMEMBERED:
            self.visitors.popitem(last=False)
        return Answer(code="00")

    async def _personal(self, body: dict[str, Any]) -> dict[str, str]:
        sealed = body.get("encData")
        return msgspec.json.decode(await self.open_(sealed), type=dict[str, str]) if isinstance(sealed, str) else {}


def _page(status: int, line: str) -> HttpReply:
    """No script, nothing from elsewhere; and the address, which has the ticket in it, goes to nobody."""
    text = f'<!doctype html><meta charset="utf-8"><title>{html.escape(line)}</title><p>{html.escape(line)}</p>\n'
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'",
    }
    return HttpReply(status=status, headers=headers, body=text.encode())
