"""Both ends of the wire in few words: what the hub, and a simulated partner, do with JOSE."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any

from unionhub.adapters.jose.gate import DEFAULT_WINDOW_S, Gate, Verified
from unionhub.adapters.jose.header import JwsHeader
from unionhub.adapters.jose.keys import OwnKeys, private_key, sealing_key
from unionhub.adapters.jose.sealing import open_, seal
from unionhub.adapters.jose.signer import sign
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, PublicKey, Role


def _new_uuid() -> str:
    return secrets.token_hex(16)


class HubJose:
    """The hub's side: verify, sign, seal and open, each by the other party's profile.

    `now_s` is REAL time in Unix seconds, `window_s` the freshness window, `new_uuid` makes 32 hexadecimal digits.
    """

    def __init__(
        self,
        own_keys: OwnKeys,
        now_s: Callable[[], float],
        window_s: float = DEFAULT_WINDOW_S,
        new_uuid: Callable[[], str] = _new_uuid,
    ) -> None:
        self._own_keys = own_keys
        self._now_s = now_s
        self._new_uuid = new_uuid
        self.gate = Gate(now_s, window_s)

    def verify_request(
        self,
        header_value: str | None,
        path: str,
        body: bytes,
        party_of: Callable[[str], Party | None],
        allowed_roles: Collection[Role],
    ) -> Verified:
        """A request to `path`; see Gate.verify. Raises GateRefusal."""
        return self.gate.verify(header_value, path, body, party_of, allowed_roles)

    def admit_request(
        self, header: JwsHeader, path: str, body: bytes, party: Party | None, allowed_roles: Collection[Role]
    ) -> Verified:
        """`verify_request` after `parse_header` and a look-up of the party; see Gate.admit. Raises GateRefusal."""
        return self.gate.admit(header, path, body, party, allowed_roles)

    def verify_response(self, header_value: str | None, body: bytes, party: Party) -> Verified:
        """The answer of `party`; see Gate.verify_response. Raises GateRefusal."""
        return self.gate.verify_response(header_value, body, party)

    def sign_request(self, body: bytes, party: Party, path: str) -> str:
        """UPI-JWS for a request to `path` at `party`. Raises LookupError without a key of the party's profile."""
        return self._sign(body, party, path)

    def sign_response(self, body: bytes, party: Party) -> str:
        """UPI-JWS for an answer to `party`. Raises LookupError without a key of the party's profile."""
        return self._sign(body, party, None)

    def _sign(self, body: bytes, party: Party, path: str | None) -> str:
        return sign(
            body,
            key=self._own_keys.signing(party.profile),
            app_id=party.app_id,  # the partner's own, in both directions (PROTOCOL section 0, "UPI-APPID")
            req_path=path,
            uuid=self._new_uuid(),
            timestamp_s=int(self._now_s()),
            unencoded=party.unencoded_payload,
        )

    def seal_for(self, party: Party, plaintext: bytes) -> str:
        """A JWE that only `party` opens. Raises LookupError without, ValueError with an unfit encryption key."""
        return seal(plaintext, sealing_key(party), party.profile)

    def open_from(self, party: Party, jwe: str) -> bytes:
        """What `party` sealed for us. Raises SealedFieldError."""
        return open_(jwe, self._own_keys.opening(party.profile), party.profile)


class PartnerJose:
    """A simulated partner's side. The hub is to it what a partner is to the hub, so the same code serves both.

    `signing` and `encryption` are its private JWKs, `hub_jwks` what /.well-known/jwks.json answers. Raises ValueError for
    keys that do not fit `profile`.
    """

    def __init__(
        self,
        app_id: str,
        profile: JoseProfile,
        signing: Mapping[str, object],
        encryption: Mapping[str, object],
        hub_jwks: Mapping[str, Any],
        now_s: Callable[[], float],
        *,
        unencoded: bool = False,
        window_s: float = DEFAULT_WINDOW_S,
        new_uuid: Callable[[], str] = _new_uuid,
    ) -> None:
        suite = SUITES[profile]
        own = OwnKeys((private_key(signing, suite.sig_alg), private_key(encryption, suite.key_alg)))
        self._jose = HubJose(own, now_s, window_s, new_uuid)
        self._hub = Party(
            app_id=app_id,  # every message between the two carries the partner's
            role=Role.APP_GATEWAY,  # the hub has no role; verify_request allows any
            name="hub",
            profile=profile,
            state=PartyState.LIVE,
            unencoded_payload=unencoded,
            keys=tuple(
                PublicKey(kid=jwk["kid"], use=jwk["use"], jwk=json.dumps(jwk))
                for jwk in hub_jwks["keys"]
                if jwk["alg"] in (suite.sig_alg, suite.key_alg)
            ),
        )

    def verify_request(self, header_value: str | None, path: str, body: bytes) -> Verified:
        """A request from the hub to our `path`. Raises GateRefusal."""
        return self._jose.verify_request(header_value, path, body, self._hub_of, frozenset(Role))

    def verify_response(self, header_value: str | None, body: bytes) -> Verified:
        """The hub's answer. Raises GateRefusal."""
        return self._jose.verify_response(header_value, body, self._hub)

    def sign_request(self, body: bytes, path: str) -> str:
        """UPI-JWS for a request to the hub's `path`."""
        return self._jose.sign_request(body, self._hub, path)

    def sign_response(self, body: bytes) -> str:
        """UPI-JWS for our answer to the hub."""
        return self._jose.sign_response(body, self._hub)

    def seal(self, plaintext: bytes) -> str:
        """A JWE that only the hub opens."""
        return self._jose.seal_for(self._hub, plaintext)

    def open_(self, jwe: str) -> bytes:
        """What the hub sealed for us. Raises SealedFieldError."""
        return self._jose.open_from(self._hub, jwe)

    def _hub_of(self, app_id: str) -> Party | None:
        return self._hub if app_id == self._hub.app_id else None
