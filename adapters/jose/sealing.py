"""Sealed fields: compact JWE between two parties (PROTOCOL 1.4, RFC 7516).

Whatever keeps a field from opening is one SealedFieldError: one A0 outside (PROTOCOL section 0, "A0").
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag

from unionhub.adapters.jose.encoding import DoubledMemberError, b64url_decode, b64url_encode, strict_object
from unionhub.adapters.jose.header import KID
from unionhub.adapters.jose.keys import CURVE, CURVE_OCTETS, Key
from unionhub.adapters.jose.suites import SUITES, TAG_OCTETS, Suite
from unionhub.domain.model.parties import JoseProfile

MAX_SEALED_CHARS = 262_144  # the whole JWE; far above any field we know, below the least that hurts


class SealCause(StrEnum):
    """For the operator. Everything that depends on the private key is the single NOT_OPENED, by design."""

    TOO_LONG = "too_long"
    NOT_FIVE_PARTS = "not_five_parts"
    NOT_BASE64URL = "not_base64url"
    NOT_AN_OBJECT = "not_an_object"
    MEMBER_DOUBLED = "member_doubled"
    ALG = "alg_not_profile"
    ENC = "enc_not_profile"
    ZIP = "zip_present"
    CRIT = "crit_present"
    KID_FORM = "kid_form"
    KID_UNKNOWN = "kid_unknown"
    EPK = "epk_form"
    LENGTH = "part_length"
    NOT_OPENED = "not_opened"


class SealedFieldError(Exception):
    """The sealed field does not open. Text and shape are the same for every cause; `cause` is the operator's."""

    def __init__(self, cause: SealCause) -> None:
        super().__init__("sealed field does not open")
        self.cause = cause


def seal(plaintext: bytes, key: Key, profile: JoseProfile) -> str:
    """Encrypt `plaintext` to the recipient's public `key`, with a content key and IV from the system's randomness.

    Raises ValueError if `key` is not an encryption key of that profile.
    """
    suite = SUITES[profile]
    if key.alg != suite.key_alg:
        raise ValueError(f"key {key.kid} is for {key.alg}, the profile {profile} seals with {suite.key_alg}")
    header = {"alg": suite.key_alg, "enc": suite.enc, "kid": key.kid}
    wrapped = suite.key_management.wrap(key.jwk, suite.content.wrap_key_size, None, header)
    protected = b64url_encode(msgspec.json.encode(header | wrapped.get("header", {})))  # ECDH-ES adds its epk
    parts = suite.content.encrypt(wrapped["cek"], protected, plaintext)
    return b".".join((protected, *map(b64url_encode, (wrapped["ek"], *parts)))).decode("ascii")


def open_(jwe: str, keys: Mapping[str, Key], profile: JoseProfile) -> bytes:
    """Decrypt `jwe` with the one of our private `keys` (by kid) that it names. Raises SealedFieldError alone."""
    suite = SUITES[profile]
    protected, encrypted_key, iv, ciphertext, tag = _parts(jwe)
    header = _inspected(_members(protected), suite)
    key = keys.get(header["kid"])
    if key is None:
        raise SealedFieldError(SealCause.KID_UNKNOWN)
    if (len(encrypted_key), len(iv), len(tag)) != (key.octets, suite.iv_octets, TAG_OCTETS):
        raise SealedFieldError(SealCause.LENGTH)
    aad = jwe.partition(".")[0].encode("ascii")
    content_key = _content_key(suite, key, encrypted_key, header)
    try:
        return suite.content.decrypt(content_key, aad, iv, ciphertext, tag)
    except (InvalidSignature, InvalidTag, ValueError):
        raise SealedFieldError(SealCause.NOT_OPENED) from None


def _content_key(suite: Suite, key: Key, encrypted_key: bytes, header: dict[str, Any]) -> bytes:
    """The content key, or a random one when it does not unwrap, so that both go on alike (RFC 7516 section 11.5)."""
    octets = suite.content.wrap_key_size // 8
    fallback = os.urandom(octets)  # drawn always, so that drawing tells nothing
    try:
        return suite.key_management.unwrap(key.jwk, suite.content.wrap_key_size, encrypted_key, header)
    except Exception:  # whatever it was, nobody outside may learn that it happened here
        return fallback


def _parts(jwe: str) -> list[bytes]:
    if len(jwe) > MAX_SEALED_CHARS:
        raise SealedFieldError(SealCause.TOO_LONG)
    parts = jwe.split(".")
    if len(parts) != 5:
        raise SealedFieldError(SealCause.NOT_FIVE_PARTS)
    try:
        return [b64url_decode(part) for part in parts]
    except ValueError:
        raise SealedFieldError(SealCause.NOT_BASE64URL) from None


def _members(protected: bytes) -> dict[str, object]:
    try:
        return strict_object(protected)
    except DoubledMemberError:
        raise SealedFieldError(SealCause.MEMBER_DOUBLED) from None
    except ValueError:
        raise SealedFieldError(SealCause.NOT_AN_OBJECT) from None


def _inspected(members: dict[str, object], suite: Suite) -> dict[str, Any]:
    """What jwcrypto may see of the header: the members we know, checked, and no other."""
    alg, enc, kid = members.get("alg"), members.get("enc"), members.get("kid")
    if alg != suite.key_alg:
        raise SealedFieldError(SealCause.ALG)
    if enc != suite.enc:
        raise SealedFieldError(SealCause.ENC)
    if "zip" in members:
        raise SealedFieldError(SealCause.ZIP)
    if "crit" in members:
        raise SealedFieldError(SealCause.CRIT)
    if not isinstance(kid, str) or KID.fullmatch(kid) is None:
        raise SealedFieldError(SealCause.KID_FORM)
    header: dict[str, Any] = {"alg": alg, "enc": enc, "kid": kid}
    if suite.kty == "EC":
        header |= _agreement(members)
    return header


def _agreement(members: dict[str, object]) -> dict[str, Any]:
    """epk, apu and apv of ECDH-ES (RFC 7518 section 4.6.1).

    The epk is rebuilt from its four members: jwcrypto hands the sender's object to JWK(**epk), where a member `generate`
    makes it generate a key of the size that the sender likes.
    """
    epk = members.get("epk")
    if not isinstance(epk, dict) or epk.get("kty") != "EC" or epk.get("crv") != CURVE:
        raise SealedFieldError(SealCause.EPK)
    if any(len(_epk_octets(epk.get(name))) != CURVE_OCTETS for name in ("x", "y")):
        raise SealedFieldError(SealCause.EPK)
    agreement: dict[str, Any] = {"epk": {name: epk[name] for name in ("kty", "crv", "x", "y")}}
    for name in ("apu", "apv"):
        if name in members:
            _epk_octets(members[name])
            agreement[name] = members[name]
    return agreement


def _epk_octets(value: object) -> bytes:
    try:
        return b64url_decode(value if isinstance(value, str) else "=")
    except ValueError:
        raise SealedFieldError(SealCause.EPK) from None
