"""Authorized login: what a channel asks for its user, and the record that the user is in (RULES section 6, chart U1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from .identifiers import Secret
from .services import IndustryService, Offered, PersonalField

PersonalData: TypeAlias = Mapping[PersonalField, Secret]
"""What was told of a user, opened. It passes through the hub and is kept nowhere."""


class LoginRequest(msgspec.Struct, frozen=True, kw_only=True):
    """CHANNEL_LOGIN_INFO. The user is (channel, user_id); `language` is `ll-CC`, or empty."""

    industry_code: str
    user_id: str
    personal: PersonalData = {}
    channel_name: str = ""  # as the app shows it: the registered name counts
    client_type: str = ""
    language: str = ""
    longitude: str = ""  # decimal degrees as text; both or none
    latitude: str = ""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A user of a channel is in at an industry from `opened_at` until `ends_at` (exclusive, business time)."""

    login_id: int
    channel: str  # app_id
    industry: str  # app_id
    user_id: str
    opened_at: datetime
    ends_at: datetime
    url_sealed: bytes  # industryUrl with its ticket, a vault ciphertext: a repeat is answered with the same one

    def is_live(self, now: datetime) -> bool:
        """Whoever knows of it has come after `opened_at`, though another host's clock may be a little ahead of ours."""
        return now < self.ends_at


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """CHANNEL_LOGIN_INFO's answer."""

    industry_url: Secret


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A line of GET_INDUSTRY_LIST."""

    industry_code: str
    service: IndustryService
    state: Offered
