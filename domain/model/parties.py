"""Who takes part: institutions with a role, a JOSE profile and public keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What an institution is on the platform; a message table row names the roles that may send it."""

    APP_GATEWAY = "app_gateway"
    ISSUER = "issuer"
    ACQUIRER = "acquirer"
    CHANNEL = "channel"
    INDUSTRY = "industry"
    QR_PLATFORM = "qr_platform"


class PartyState(StrEnum):
    """Steps to launch (S-252..264): only LIVE parties pay."""

    APPLIED = "APPLIED"
    TESTING = "TESTING"
    LIVE = "LIVE"
    SUSPENDED = "SUSPENDED"


class JoseProfile(StrEnum):
    """One suite per partner (PROTOCOL section 0). `unionpay` is legacy, opt-in by name, never a default."""

    UNIONPAY = "unionpay"
    MODERN = "modern"
    COMPACT = "compact"


class PublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's public key as a JWK (RFC 7517) in JSON text; several may be alive, chosen by kid."""

    kid: str
    use: str  # "sig" or "enc"
    jwk: str


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """An institution. `app_id` is its 8-digit UPI-APPID and its insID; `base_url` is where the hub calls it."""

    app_id: str
    role: Role
    name: str
    profile: JoseProfile = JoseProfile.MODERN
    state: PartyState = PartyState.APPLIED
    base_url: str = ""
    country: str = "344"  # ISO 3166 numeric
    keys: tuple[PublicKey, ...] = ()
    unencoded_payload: bool = False  # what we send: RFC 7797 `b64:false` instead of the encoded form
    utc_offset_minutes: int = 0  # zone of the timestamps exchanged with this partner
    verifies_merchants: bool = False  # acquirers: wants MERCHANT_VERIFICATION before the debit
    acquirer_iin: str = ""  # acquirers: the IIN of EMV QR ID 15; digits
    paths: dict[str, str] = {}  # message -> path, where a partner's own differs from the default

    @property
    def is_live(self) -> bool:
        return self.state is PartyState.LIVE

    def local_time(self, at: datetime) -> datetime:
        """`at` as this partner's messages carry it: UTC unless its setting names another zone (PROTOCOL section 0)."""
        return at + timedelta(minutes=self.utc_offset_minutes)
