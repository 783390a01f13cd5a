"""Keys, parsed once: the hub's, a partner's own two, and the public ones that parties register (PROTOCOL 1.5).

Parsing an RSA private key costs 37 ms, so nothing here parses during a message that was seen before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, Self, cast

from jwcrypto.common import JWException
from jwcrypto.jwk import JWK

from unionhub.adapters.jose.encoding import b64url_decode, strict_object
from unionhub.adapters.jose.header import KID
from unionhub.adapters.jose.suites import SIGNATURE_ALGS, SUITE_OF_ALG, SUITES
from unionhub.domain.model.parties import JoseProfile, Party, PublicKey
from unionhub.domain.model.party_keys import FittedKey

RSA_BITS = 2048  # what we generate, and the least we accept
MAX_RSA_BITS = 8192  # beyond it one message would cost more than a flood of ordinary ones
MAX_JWK_CHARS = 16_384
MIN_RSA_EXPONENT = 65537
CURVE: Final = "P-256"
CURVE_OCTETS = 32
_WRAPPED_OCTETS = 40  # a 256-bit content key under AES key wrap (RFC 3394)

Use = Literal["sig", "enc"]
_PUBLIC = {"RSA": ("n", "e"), "EC": ("crv", "x", "y")}
_PRIVATE = {"RSA": ("d", "p", "q", "dp", "dq", "qi"), "EC": ("d",)}
SECRET_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One parsed key, good for one algorithm. Its `repr` shows nothing of the key."""

    kid: str
    use: Use
    alg: str
    octets: int  # exact length of a signature, or of an encrypted content key, made with it
    thumbprint: str  # RFC 7638, SHA-256
    jwk: JWK = field(repr=False)

    def public_jwk(self) -> dict[str, Any]:
        """The public half as a JWK (RFC 7517) with kid, use and alg."""
        return {name: self.jwk[name] for name in ("kty", "kid", "use", "alg", *_PUBLIC[self.jwk["kty"]])}

    def private_jwk(self) -> dict[str, Any]:
        """The whole key as a JWK, private members included. Raises ValueError if there are none."""
        if "d" not in self.jwk:
            raise ValueError(f"key {self.kid} is public")
        return self.public_jwk() | {name: self.jwk[name] for name in _PRIVATE[self.jwk["kty"]]}

    def public(self) -> PublicKey:
        """The public half as a party registers it."""
        return PublicKey(kid=self.kid, use=self.use, jwk=json.dumps(self.public_jwk(), separators=(",", ":")))


def generate_key(alg: str, kid: str | None = None) -> Key:
    """A new private key for `alg`: RSA 2048 or P-256. `kid` is by default 16 digits made from the key's thumbprint."""
    rsa = SUITE_OF_ALG[alg].kty == "RSA"
    jwk = JWK.generate(kty="RSA", size=RSA_BITS) if rsa else JWK.generate(kty="EC", crv=CURVE)
    digest = hashlib.sha256(jwk.thumbprint().encode("ascii")).digest()
    kid = kid or f"{int.from_bytes(digest[:8], 'big') % 10**16:016d}"
    return private_key({**jwk.export_private(as_dict=True), "kid": kid}, alg)


def private_key(members: Mapping[str, object], alg: str) -> Key:
    """A private JWK, checked and parsed for `alg`. Raises ValueError if it is weak, incomplete or for another use."""
    return _parse(members, alg, private=True)


@lru_cache(maxsize=4096)
def public_key(key: PublicKey, profile: JoseProfile) -> Key:
    """A registered key, checked and parsed once for its party's profile.

    Raises ValueError (not cached) for a key that is weak (RSA below 2048 bits, exponent below 65537), of another type,
    curve, use or alg than the profile's, off its curve, private, or not a JWK at all. No message quotes the key.
    """
    suite = SUITES[profile]
    if key.use not in ("sig", "enc"):
        raise ValueError(f"key {key.kid}: use must be sig or enc")
    if len(key.jwk) > MAX_JWK_CHARS:
        raise ValueError(f"key {key.kid}: longer than {MAX_JWK_CHARS} characters")
    try:
        members = strict_object(key.jwk)
    except ValueError:
        raise ValueError(f"key {key.kid}: not a JSON object without doubled members") from None
    if members.get("kid", key.kid) != key.kid:
        raise ValueError(f"key {key.kid}: the JWK itself names another kid")
    if not SECRET_MEMBERS.isdisjoint(members):
        raise ValueError(f"key {key.kid}: private material in a public key; treat that key as compromised")
    alg = suite.sig_alg if key.use == "sig" else suite.key_alg
    return _parse({**members, "kid": key.kid}, alg, private=False)


def fitted(key: PublicKey, profile: JoseProfile) -> FittedKey | None:
    """The key as a party of this profile registers it, with the members we know alone; None if `public_key` refuses it."""
    try:
        parsed = public_key(key, profile)
    except ValueError:
        return None
    return FittedKey(key=parsed.public(), thumbprint=parsed.thumbprint)


def check_party_keys(party: Party) -> None:
    """Every key of a party fits its profile, no kid is used twice, no key serves both uses.

    For `unionhub parties add` and KEY_EXCHANGE. Raises ValueError with the first fault, in words for the operator.
    """
    kids: set[str] = set()
    uses: dict[str, str] = {}
    for registered in party.keys:
        key = public_key(registered, party.profile)
        if key.kid in kids:
            raise ValueError(f"key {key.kid}: this kid is registered twice")
        if uses.setdefault(key.thumbprint, key.use) != key.use:
            raise ValueError(f"key {key.kid}: one key must not both sign and decrypt")
        kids.add(key.kid)


def verifying_key(party: Party, kid: str) -> Key | None:
    """The party's signing key of that kid, None if there is none. Raises ValueError if it does not fit the profile."""
    for registered in party.keys:
        if registered.kid == kid and registered.use == "sig":
            return public_key(registered, party.profile)
    return None


def sealing_key(party: Party) -> Key:
    """The party's newest encryption key: the last one registered. Raises LookupError if there is none."""
    for registered in reversed(party.keys):
        if registered.use == "enc":
            return public_key(registered, party.profile)
    raise LookupError(f"party {party.app_id} has no encryption key")


class OwnKeys:
    """The private keys of one side, by profile. Raises ValueError for a kid or a key under two algorithms."""

    def __init__(self, keys: Iterable[Key]) -> None:
        alive = tuple(keys)
        self._hold(alive, {key.alg: key for key in alive})

    def _hold(self, alive: tuple[Key, ...], current: Mapping[str, Key]) -> None:
        """Take these keys for ours, at once and whole: `current` names by algorithm those to sign with and to be sealed to."""
        if len({key.kid for key in alive}) != len(alive):
            raise ValueError("two keys have the same kid")
        # One RSA key under RSA1_5 and OAEP would let an oracle for the first open the second.
        if len({key.thumbprint for key in alive}) != len(alive):
            raise ValueError("one key under two algorithms")
        opening: dict[JoseProfile, dict[str, Key]] = {profile: {} for profile in JoseProfile}
        for key in alive:
            if key.use == "enc":
                opening[SUITE_OF_ALG[key.alg].profile][key.kid] = key
        self._keys, self._current, self._opening = alive, dict(current), opening

    def signing(self, profile: JoseProfile) -> Key:
        """What signs for partners of this profile. Raises LookupError if this side does not speak it."""
        try:
            return self._current[SUITES[profile].sig_alg]
        except KeyError:
            raise LookupError(f"no signing key for the profile {profile}") from None

    def sealing_kid(self, profile: JoseProfile) -> str:
        """The key that partners of this profile should seal to. Raises LookupError if this side does not speak it."""
        try:
            return self._current[SUITES[profile].key_alg].kid
        except KeyError:
            raise LookupError(f"no encryption key for the profile {profile}") from None

    def opening(self, profile: JoseProfile) -> Mapping[str, Key]:
        """What opens sealed fields of this profile, by kid: every generation that is alive."""
        return self._opening[profile]

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public halves as a JWK Set (RFC 7517 section 5): the answer of /.well-known/jwks.json."""
        return {"keys": [key.public_jwk() for key in self._keys]}

    def to_json(self) -> str:
        """The PRIVATE keys as a JWK Set: for the vault or a file of mode 0600, never for a log."""
        return json.dumps({"keys": [key.private_jwk() for key in self._keys]}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote. Raises ValueError."""
        keys = strict_object(text).get("keys")
        if not isinstance(keys, list):
            raise ValueError("not a JWK Set")
        return cls(_with_own_alg(members) for members in keys)


class HubKeys(OwnKeys):
    """The hub's first six keys: one for each algorithm of the three profiles (PROTOCOL section 0, "The hub's keys")."""

    def __init__(self, keys: Iterable[Key]) -> None:
        keys = tuple(keys)
        super().__init__(keys)
        if sorted(key.alg for key in keys) != sorted(SUITE_OF_ALG):
            raise ValueError(f"the hub has exactly one key for each of {', '.join(SUITE_OF_ALG)}")

    @classmethod
    def generate(cls) -> Self:
        """Six new keys; takes a second or two, nearly all of it for the four RSA keys."""
        return cls(generate_key(alg) for alg in SUITE_OF_ALG)


def _with_own_alg(members: object) -> Key:
    alg = members.get("alg") if isinstance(members, dict) else None
    if not isinstance(alg, str) or alg not in SUITE_OF_ALG:
        raise ValueError("a private key without an alg of the three profiles")
    return private_key(cast("dict[str, object]", members), alg)


def _parse(members: Mapping[str, object], alg: str, *, private: bool) -> Key:
    """The JWK made of the members we know alone: jwcrypto would act on others (`generate` makes it generate a key)."""
    kid, kty, use = members.get("kid"), SUITE_OF_ALG[alg].kty, _use_of(alg)
    if not isinstance(kid, str) or KID.fullmatch(kid) is None:
        raise ValueError("a kid is 1 to 64 printable ASCII characters")
    for name, wanted in (("kty", kty), ("use", use), ("alg", alg)):
        if members.get(name, None if name == "kty" else wanted) != wanted:
            raise ValueError(f"key {kid}: {name} must be {wanted}")
    names = _PUBLIC[kty] + (_PRIVATE[kty] if private else ())
    values = {name: members.get(name) for name in names}
    octets = _check_rsa(kid, values) if kty == "RSA" else _check_ec(kid, values, use)
    try:
        jwk = JWK(kty=kty, kid=kid, use=use, alg=alg, **values)
        jwk.get_op_key({"sig": ("verify", "sign"), "enc": ("wrapKey", "unwrapKey")}[use][private])  # parse it now
    except (JWException, ValueError):
        raise ValueError(f"key {kid}: its numbers do not make a {kty} key") from None
    return Key(kid=kid, use=use, alg=alg, octets=octets, thumbprint=jwk.thumbprint(), jwk=jwk)


def _use_of(alg: str) -> Use:
    return "sig" if alg in SIGNATURE_ALGS else "enc"


def _check_rsa(kid: str, values: Mapping[str, object]) -> int:
    """Octets of the modulus. Raises ValueError outside 2048 to 8192 bits or for an exponent below 65537."""
    numbers = {name: _number(kid, name, value) for name, value in values.items()}
    # RFC 7518 section 6.3.1.1. With zeros in front one key would have many thumbprints.
    if numbers["n"].startswith(b"\0") or numbers["e"].startswith(b"\0"):
        raise ValueError(f"key {kid}: n and e must not begin with a zero octet")
    bits = int.from_bytes(numbers["n"], "big").bit_length()
    if not RSA_BITS <= bits <= MAX_RSA_BITS:
        raise ValueError(f"key {kid}: RSA of {bits} bits; {RSA_BITS} to {MAX_RSA_BITS} are accepted")
    if int.from_bytes(numbers["e"], "big") < MIN_RSA_EXPONENT:
        raise ValueError(f"key {kid}: RSA exponent below {MIN_RSA_EXPONENT}")
    return (bits + 7) // 8


def _check_ec(kid: str, values: Mapping[str, object], use: Use) -> int:
    """Octets of a signature (r and s, RFC 7518 section 3.4) or of a wrapped content key."""
    if values["crv"] != CURVE:
        raise ValueError(f"key {kid}: the curve must be {CURVE}")
    for name in values.keys() - {"crv"}:
        if len(_number(kid, name, values[name])) != CURVE_OCTETS:
            raise ValueError(f"key {kid}: {name} must be {CURVE_OCTETS} octets")
    return 2 * CURVE_OCTETS if use == "sig" else _WRAPPED_OCTETS


def _number(kid: str, name: str, value: object) -> bytes:
    try:
        return b64url_decode(value if isinstance(value, str) else "=")
    except ValueError:
        raise ValueError(f"key {kid}: {name} must be base64url without padding") from None
