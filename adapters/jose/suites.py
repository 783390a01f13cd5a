"""The three JOSE profiles as a table (PROTOCOL section 0, "Algorithms"), on jwcrypto's algorithm engines.

The engines are used without jwcrypto's JWS and JWE objects: those copy their header registry and parse the header again
for every message, which costs 0.1 to 0.2 ms a call, up to five times the RSA verification itself. What the objects would
check is checked by `header` and `sealing`, more strictly; the tests hold both against the objects in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

from jwcrypto.jwa import JWA
from jwcrypto.jwk import JWK

from unionhub.domain.model.parties import JoseProfile


class SignatureEngine(Protocol):
    """RFC 7518 section 3. `verify` raises InvalidSignature or ValueError."""

    def sign(self, key: JWK, payload: bytes) -> bytes: ...

    def verify(self, key: JWK, payload: bytes, signature: bytes) -> None: ...


class KeyEngine(Protocol):
    """RFC 7518 section 4. `wrap` draws a random content key when given None, and answers `cek`, `ek`, maybe `header`."""

    def wrap(self, key: JWK, bitsize: int, cek: bytes | None, headers: dict[str, Any]) -> dict[str, Any]: ...

    def unwrap(self, key: JWK, bitsize: int, ek: bytes, headers: dict[str, Any]) -> bytes: ...


class ContentEngine(Protocol):
    """RFC 7518 section 5. `decrypt` raises InvalidSignature, InvalidTag or ValueError."""

    wrap_key_size: int  # bits of the content key

    def encrypt(self, k: bytes, aad: bytes, m: bytes) -> tuple[bytes, bytes, bytes]: ...

    def decrypt(self, k: bytes, aad: bytes, iv: bytes, e: bytes, t: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """One profile: what signs, what wraps the content key, what encrypts the content, and on which type of key."""

    profile: JoseProfile
    kty: str
    sig_alg: str
    key_alg: str
    enc: str
    iv_octets: int
    signature: SignatureEngine
    key_management: KeyEngine
    content: ContentEngine


TAG_OCTETS = 16  # of both content encryptions (RFC 7518 sections 5.2.3 and 5.3)


def _suite(profile: JoseProfile, kty: str, sig_alg: str, key_alg: str, enc: str, iv_octets: int) -> Suite:
    return Suite(
        profile=profile,
        kty=kty,
        sig_alg=sig_alg,
        key_alg=key_alg,
        enc=enc,
        iv_octets=iv_octets,
        signature=cast("SignatureEngine", JWA.signing_alg(sig_alg)),
        key_management=cast("KeyEngine", JWA.keymgmt_alg(key_alg)),
        content=cast("ContentEngine", JWA.encryption_alg(enc)),
    )


SUITES = {
    suite.profile: suite
    for suite in (
        # Legacy: what the scheme mandates. RSA1_5 exists in this row alone.
        _suite(JoseProfile.UNIONPAY, "RSA", "RS256", "RSA1_5", "A128CBC-HS256", 16),
        _suite(JoseProfile.MODERN, "RSA", "PS256", "RSA-OAEP-256", "A256GCM", 12),
        _suite(JoseProfile.COMPACT, "EC", "ES256", "ECDH-ES+A256KW", "A256GCM", 12),
    )
}
SUITE_OF_ALG = {alg: suite for suite in SUITES.values() for alg in (suite.sig_alg, suite.key_alg)}
SIGNATURE_ALGS = frozenset(suite.sig_alg for suite in SUITES.values())
