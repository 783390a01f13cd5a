"""Keys, parties and hand-made JOSE for tests. Keys are generated once in a run: none stands in the repository."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from jwcrypto.jwk import JWK

from unionhub.adapters.jose.facade import HubJose, PartnerJose
from unionhub.adapters.jose.keys import HubKeys, Key, Use, generate_key
from unionhub.adapters.jose.suites import SUITE_OF_ALG, SUITES
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, Role

APP_ID = "39990157"
NOW_S = 1_700_000_000


@cache
def hub_keys() -> HubKeys:
    return HubKeys.generate()


@cache
def partner_key(profile: JoseProfile, use: Use, name: str = "partner") -> Key:
    """The private key of a partner; another `name`, another key."""
    suite = SUITES[profile]
    return generate_key(suite.sig_alg if use == "sig" else suite.key_alg)


def check_rsa_keys_once() -> None:
    """RSA numbers that made a key in this process are not checked again, which takes 40 ms: every house has the same partners,
    and each partner, the hub and whoever restarts reads its keys anew."""
    if not isinstance(JWK._rsa_pri, _Once):
        JWK._rsa_pri = _Once(JWK._rsa_pri)


class _Once:
    """jwcrypto's own making of a private key, with a memory."""

    def __init__(self, usual: Callable[[JWK], Any]) -> None:
        self._usual = usual
        self._made: dict[tuple[Any, ...], Any] = {}

    def __get__(self, jwk: JWK | None, _: type[JWK]) -> Any:
        return self if jwk is None else lambda: self._of(jwk)

    def _of(self, jwk: JWK) -> Any:
        numbers = tuple(jwk.get(name) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
        if numbers not in self._made:
            self._made[numbers] = self._usual(jwk)
        return self._made[numbers]


def party(profile: JoseProfile = JoseProfile.MODERN, **changes: Any) -> Party:
    """A live app gateway with one signing and one encryption key."""
    keys = (partner_key(profile, "sig").public(), partner_key(profile, "enc").public())
    facts = {"app_id": APP_ID, "role": Role.APP_GATEWAY, "name": "gateway", "state": PartyState.LIVE, "keys": keys}
    return Party(profile=profile, **(facts | changes))


def hub_jose(now_s: Callable[[], float] = lambda: NOW_S) -> HubJose:
    return HubJose(hub_keys(), now_s)


def partner_jose(profile: JoseProfile, *, unencoded: bool = False) -> PartnerJose:
    """The other end of `hub_jose` for `party(profile)`."""
    signing, encryption = (partner_key(profile, use).private_jwk() for use in ("sig", "enc"))
    jwks = hub_keys().public_jwks()
    return PartnerJose(APP_ID, profile, signing, encryption, jwks, lambda: NOW_S, unencoded=unencoded)


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jws_of(header: str, body: bytes, key: Key, *, unencoded: bool = False, alg: str | None = None) -> str:
    """A detached JWS with this very header text and a genuine signature: only what the header says can be wrong."""
    protected = b64url(header.encode("utf-8", "surrogatepass"))
    signed = protected.encode() + b"." + (body if unencoded else b64url(body).encode())
    return f"{protected}..{b64url(SUITE_OF_ALG[alg or key.alg].signature.sign(key.jwk, signed))}"


def jwe_of(plaintext: bytes, key: Key, edit: Callable[[str], str] = lambda header: header) -> str:
    """A JWE whose header text went through `edit` before it was encrypted: only what the header says can be wrong."""
    suite = SUITE_OF_ALG[key.alg]
    header = {"alg": suite.key_alg, "enc": suite.enc, "kid": key.kid}
    wrapped = suite.key_management.wrap(key.jwk, suite.content.wrap_key_size, None, header)
    protected = b64url(edit(json.dumps(header | wrapped.get("header", {}))).encode())
    parts = suite.content.encrypt(wrapped["cek"], protected.encode(), plaintext)
    return ".".join([protected, b64url(wrapped["ek"]), *map(b64url, parts)])
