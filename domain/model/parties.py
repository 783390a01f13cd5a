"""Who takes part: institutions with a role, a JOSE profile and public keys; and the steps that bring them in."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from .errors import IllegalMove


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


class PartyEvent(StrEnum):
    """What moves a party. APPLY is its beginning, and so in no row of the table."""

    APPLY = "apply"
    ADMIT = "admit"
    LAUNCH = "launch"
    SUSPEND = "suspend"
    RESUME = "resume"


_S, _E = PartyState, PartyEvent

PARTY_MOVES: Final[dict[PartyState, dict[PartyEvent, PartyState]]] = {
    _S.APPLIED: {_E.ADMIT: _S.TESTING},
    _S.TESTING: {_E.LAUNCH: _S.LIVE, _E.SUSPEND: _S.SUSPENDED},
    _S.LIVE: {_E.SUSPEND: _S.SUSPENDED},
    _S.SUSPENDED: {_E.RESUME: _S.TESTING},
}
"""State -> event -> next (S-252..264). RESUME always leads to TESTING, whatever the party was suspended from: what it was
suspended for may have been in its payments, so somebody has to say again that it was tested before it pays."""

NEXT_STEP: Final = {_S.APPLIED: _E.ADMIT, _S.TESTING: _E.LAUNCH, _S.SUSPENDED: _E.RESUME}
"""The event that brings a party on towards LIVE, where there is one."""

LED_HERE: Final = {_S.APPLIED: _E.APPLY, _S.TESTING: _E.ADMIT, _S.LIVE: _E.LAUNCH, _S.SUSPENDED: _E.APPLY}
"""The event whose conditions a party of this state has fulfilled; of a suspended one, only the first is certain."""


def way_to(before: PartyState, after: PartyState) -> tuple[PartyEvent, ...]:
    """The fewest events that lead from one state to another; none if they are the same. Raises IllegalMove if none do."""
    ways: dict[PartyState, tuple[PartyEvent, ...]] = {before: ()}
    reached = [before]
    for state in reached:
        for event, following in PARTY_MOVES[state].items():
            if following not in ways:
                ways[following] = (*ways[state], event)
                reached.append(following)
    try:
        return ways[after]
    except KeyError:
        raise IllegalMove(f"a party that is {before} never becomes {after} again") from None


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
    channel_code: str = ""  # channels: AN 8-12
    industry_code: str = ""  # industries: 8 digits
    paths: dict[str, str] = {}  # message -> path, where a partner's own differs from the default

    @property
    def is_live(self) -> bool:
        return self.state is PartyState.LIVE

    def local_time(self, at: datetime) -> datetime:
        """`at` as this partner's messages carry it: UTC unless its setting names another zone (PROTOCOL section 0)."""
        return at + timedelta(minutes=self.utc_offset_minutes)

    def after(self, event: PartyEvent) -> PartyState:
        """The state after `event`; raises IllegalMove where the table has none."""
        try:
            return PARTY_MOVES[self.state][event]
        except KeyError:
            possible = " or ".join(PARTY_MOVES[self.state])
            raise IllegalMove(f"party {self.app_id} is {self.state}: no {event}, only {possible}") from None
