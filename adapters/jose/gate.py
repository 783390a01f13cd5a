"""The gate: is this message genuine, fresh, and from somebody who may send it? (PROTOCOL section 0, RULES section 9.1)

Every doubt is a GateRefusal; the caller of the hub always sees 401 and the same bytes. What remains for the host is to
record the UPI-UUID in the shared store and to refuse a second one as `Cause.REPLAYED`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature

from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.header import JwsHeader, parse_header
from unionhub.adapters.jose.keys import verifying_key
from unionhub.adapters.jose.signer import signing_input
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import Party, PartyState, Role

UNAUTHORIZED_BODY: Final = b'{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}'
"""The one body of a refusal at the gate, sent unsigned with HTTP 401 (PROTOCOL 1.1)."""

DEFAULT_WINDOW_S = 300
_ACTIVE = frozenset({PartyState.TESTING, PartyState.LIVE})


@dataclass(frozen=True, slots=True)
class Verified:
    """A genuine, fresh message. (`party.app_id`, `uuid`) must be new to the store for twice the window."""

    party: Party
    uuid: str  # 32 hexadecimal digits, lower case
    issued_at_s: int  # Unix seconds, the sender's clock
    kid: str


class Gate:
    """Verifies UPI-JWS values against `now_s`, REAL time in Unix seconds: business time may be moved, signatures not."""

    def __init__(self, now_s: Callable[[], float], window_s: float = DEFAULT_WINDOW_S) -> None:
        self._now_s = now_s
        self._window_s = window_s

    def verify(
        self,
        header_value: str | None,
        path: str,
        body: bytes,
        party_of: Callable[[str], Party | None],
        allowed_roles: Collection[Role],
    ) -> Verified:
        """Verify a request to `path`. Raises GateRefusal with the first cause met, in the order of RULES section 9.1."""
        header = parse_header(header_value)
        return self.admit(header, path, body, party_of(header.app_id), allowed_roles)

    def admit(
        self, header: JwsHeader, path: str, body: bytes, party: Party | None, allowed_roles: Collection[Role]
    ) -> Verified:
        """`verify` for a host that must await the party: parse the header, fetch `party` by its app_id, come here."""
        if party is None or party.app_id != header.app_id:
            raise GateRefusal(Cause.APPID_UNKNOWN, header.app_id)
        if party.state not in _ACTIVE:
            raise GateRefusal(Cause.PARTY_NOT_ACTIVE, header.app_id)
        if party.role not in allowed_roles:
            raise GateRefusal(Cause.ROLE_NOT_ALLOWED, header.app_id)
        verified = self._genuine(header, body, party)
        if header.req_path != path:
            raise GateRefusal(Cause.REQPATH_MISSING if header.req_path is None else Cause.REQPATH_OTHER, header.app_id)
        return verified

    def verify_response(self, header_value: str | None, body: bytes, party: Party) -> Verified:
        """Verify the answer of `party` to a request of ours. Raises GateRefusal.

        The party's state does not matter: a bank suspended while it booked has booked. That the answer belongs to the
        request is for the caller to check, by msgID and amount (RULES section 1): a response names no path.
        """
        header = parse_header(header_value)
        if header.app_id != party.app_id:
            raise GateRefusal(Cause.APPID_OTHER, header.app_id)
        verified = self._genuine(header, body, party)
        if header.req_path is not None:
            raise GateRefusal(Cause.REQPATH_IN_RESPONSE, header.app_id)
        return verified

    def _genuine(self, header: JwsHeader, body: bytes, party: Party) -> Verified:
        """Profile, kid, signature, freshness: what requests and responses have in common."""
        suite = SUITES[party.profile]
        if header.alg != suite.sig_alg:
            raise GateRefusal(Cause.ALG_NOT_PROFILE, header.app_id)
        try:
            key = verifying_key(party, header.kid)
        except ValueError:
            raise GateRefusal(Cause.KEY_UNFIT, header.app_id) from None
        if key is None:
            raise GateRefusal(Cause.KID_UNKNOWN, header.app_id)
        # jwcrypto halves an ECDSA signature of any length: pad r and s with zeros and it verifies under other bytes.
        if len(header.signature) != key.octets:
            raise GateRefusal(Cause.SIGNATURE, header.app_id)
        signed = signing_input(header.protected, body, unencoded=header.unencoded)
        try:
            suite.signature.verify(key.jwk, signed, header.signature)
        except (InvalidSignature, ValueError):
            raise GateRefusal(Cause.SIGNATURE, header.app_id) from None
        age_s = self._now_s() - header.issued_at_s
        if abs(age_s) > self._window_s:
            raise GateRefusal(Cause.TIMESTAMP_LATE if age_s > 0 else Cause.TIMESTAMP_EARLY, header.app_id)
        return Verified(party=party, uuid=header.uuid, issued_at_s=header.issued_at_s, kid=header.kid)
