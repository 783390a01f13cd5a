"""A channel app, simulated: its users open industry services (chart U1).

Every builder takes `**changes`: members of the body that replace its own; None leaves a member out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from unionhub.hosts.sandbox.numbers import timestamp
from unionhub.hosts.sandbox.partner import HubRequest, Partner


class Channel(Partner):
    """Asks for logins, and which services there are."""

    async def channel_login_info(
        self,
        industry_code: str,
        user_id: str,
        personal: Mapping[str, str] | None = None,
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """CHANNEL_LOGIN_INFO: `user_id` wants to open the service `industry_code`. `personal` (mobile, email, idType, idNo)
        becomes encData, sealed for the hub."""
        members = {
            "channelName": self.identity.name,
            "clientType": "0",
            "industryCode": industry_code,
            "userId": user_id,
            "encData": await self.seal(msgspec.json.encode(personal)) if personal is not None else None,
        }
        return self.request("CHANNEL_LOGIN_INFO", {**members, **changes}, msg_id=msg_id or self._msg_id(industry_code))

    def get_industry_list(self, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """GET_INDUSTRY_LIST."""
        return self.request("GET_INDUSTRY_LIST", changes, msg_id=msg_id)

    def _msg_id(self, industry_code: str) -> str:
        """UCSP wants the industry's code in it (U-78); the tail is this partner's own."""
        own = self._msg_ids.next()
        return f"A{industry_code:.8}{timestamp(self._clock)}{own[-6:]}"
