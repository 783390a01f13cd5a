"""Partners' public keys as operators get them: JWK Sets, single JWKs, PEM files with a certificate or a public key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from unionhub.adapters.jose.encoding import strict_object
from unionhub.adapters.jose.key_text import PrivateMaterialError, members_of_pem
from unionhub.adapters.jose.keys import SECRET_MEMBERS, public_key
from unionhub.adapters.jose.suites import SIGNATURE_ALGS, SUITE_OF_ALG
from unionhub.domain.model.parties import JoseProfile, PublicKey

from .failures import CommandError

_PEM_SPEC: Final = re.compile(r"(?P<kid>[\x21-\x39\x3b-\x7e]{1,64}):(?P<use>sig|enc):(?P<path>.+)")
_REFUSED: Final = "private material: only public keys belong here; treat that key as compromised and have a new one made"


def from_jwks(text: str, source: str) -> list[PublicKey]:
    """The keys of a JWK Set (RFC 7517 section 5), or of a single JWK. Raises CommandError, which quotes no key."""
    try:
        members = strict_object(text)
    except ValueError:
        raise CommandError(f"{source} is not a JSON object without doubled members") from None
    found = members.get("keys", [members] if "kty" in members else None)
    if not isinstance(found, list) or not found or not all(isinstance(jwk, dict) for jwk in found):
        raise CommandError(f'{source} is no JWK Set: {{"keys": [...]}} with at least one key')
    return [_from_members(jwk, source) for jwk in found]


def from_option(value: str) -> list[PublicKey]:
    """The value of `--key`: a file with a JWK, or KID:sig:FILE and KID:enc:FILE for PEM, which names neither."""
    spec = _PEM_SPEC.fullmatch(value)
    path = Path(spec["path"] if spec else value)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"the key file {path} cannot be read: {_reason(error)}") from None
    if spec is None and "-----BEGIN" in text:
        raise CommandError(f"{path} is PEM: name its kid and use, as in --key 1560936206326:sig:{path}")
    if spec is None:
        return from_jwks(text, str(path))
    return [_from_pem(text, spec["kid"], spec["use"], path)]


def fitting(keys: Iterable[PublicKey], profile: JoseProfile) -> tuple[PublicKey, ...]:
    """The keys as they are stored: checked for the profile, with the members we know alone. Raises CommandError."""
    try:
        return tuple(public_key(key, profile).public() for key in keys)
    except ValueError as error:
        raise CommandError(f"{error} (profile {profile})") from None


def _from_members(members: dict[str, object], source: str) -> PublicKey:
    kid = members.get("kid")
    if not isinstance(kid, str):
        raise CommandError(f'{source}: each key needs a "kid", as text')
    if not SECRET_MEMBERS.isdisjoint(members):
        raise CommandError(f"{source}, key {kid}: {_REFUSED}")
    use, alg = members.get("use"), members.get("alg")
    if use is None and isinstance(alg, str) and alg in SUITE_OF_ALG:
        use = "sig" if alg in SIGNATURE_ALGS else "enc"
    if use not in ("sig", "enc"):
        raise CommandError(f'{source}, key {kid}: needs "use": "sig" or "enc"')
    return PublicKey(kid=kid, use=str(use), jwk=json.dumps(members))


def _from_pem(text: str, kid: str, use: str, path: Path) -> PublicKey:
    try:
        members = members_of_pem(text)
    except PrivateMaterialError:
        raise CommandError(f"{path}: {_REFUSED}") from None
    except ValueError:
        raise CommandError(f"{path} holds no certificate or public key that can be read (RSA, or EC on P-256)") from None
    return PublicKey(kid=kid, use=use, jwk=json.dumps({**members, "kid": kid, "use": use}))


def _reason(error: Exception) -> str:
    return error.strerror or "no reason given" if isinstance(error, OSError) else "not text"
