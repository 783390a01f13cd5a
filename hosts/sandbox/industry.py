"""An industry service, simulated: is told who comes, and lets them in at its page (chart U1, steps 4 and 5)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.domain.model.services import TICKET_PARAMETER
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubRequest, Visit
from unionhub.hosts.sandbox.services import START, page_url
from unionhub.hosts.sandbox.storefront import REMEMBERED, Storefront, Visitor
from unionhub.hosts.sandbox.walkthrough import shop

__all__ = ["Industry", "Visitor"]

_WANTED: Final = ("channelCode", "userId", "ticket", "expiresAt")
_NO_COOKIES: Final[Mapping[str, str]] = MappingProxyType({})


class Industry(Storefront):
    """`visitors` by their tickets, the newest `REMEMBERED`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.visitors: OrderedDict[str, Visitor] = OrderedDict()
        self.handlers["INDUSTRY_LOGIN_INFO"] = self._announced

    async def browse(self, visit: Visit) -> HttpReply | None:
        if visit.method == "GET" and visit.path.endswith(START):
            return self.page(visit.path, visit.query, visit.cookies)
        return await super().browse(visit)

    def page(self, path: str, query: str, cookies: Mapping[str, str] = _NO_COOKIES) -> HttpReply | None:
        """The page where users land: a ticket lets its user in, once and while it lives (RULES section 12, U1, step 5). Whoever
        was let in by it may load the page again."""
        if not path.endswith(START):
            return None
        tickets = parse_qs(query).get(TICKET_PARAMETER, [])
        visitor = self.visitors.get(tickets[0]) if len(tickets) == 1 else None
        if visitor is None:
            return self.refused("This way in is not known here.")
        if visitor.is_in and visitor is self.visits.get(cookies.get(self.cookie_name, "")):
            return shop.see_other(page_url(self.identity.base_url, "/shop"))
        if visitor.is_in:
            return self.refused("This way in was used before.")
        if visitor.expires_at <= self._clock.now():
            return self.refused("This way in was open too long ago.")
        visitor.is_in = True
        return self.let_in(visitor)

    def opened(self, url: str) -> HttpReply | None:
        """What a browser gets at `url`, without a socket."""
        parts = urlsplit(url)
        return self.page(parts.path, parts.query)

    def get_card_list(self, channel_code: str, user_id: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """GET_CARD_LIST: which cards has this user of that channel? `changes` as everywhere: None leaves a member out."""
        members = {"channelCode": channel_code, "userId": user_id}
        return self.request("GET_CARD_LIST", {**members, **changes}, msg_id=msg_id)

    def get_card_payload(
        self, channel_code: str, user_id: str, card_id: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """GET_CARD_PAYLOAD: the token or PAN of the card that the user chose."""
        members = {"channelCode": channel_code, "userId": user_id, "cardId": card_id}
        return self.request("GET_CARD_PAYLOAD", {**members, **changes}, msg_id=msg_id)

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
        if len(self.visitors) > REMEMBERED:
            self.visitors.popitem(last=False)
        return Answer(code="00")

    async def _personal(self, body: dict[str, Any]) -> dict[str, str]:
        sealed = body.get("encData")
        return msgspec.json.decode(await self.open_(sealed), type=dict[str, str]) if isinstance(sealed, str) else {}
