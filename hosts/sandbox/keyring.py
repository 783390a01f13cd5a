"""The partner files: who each partner is and its private keys, made on the first start, kept ever after.

`$UNIONHUB_HOME/sandbox/<appId>.json`, documented in README.md here: whoever reads one can sign as that partner.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec

from unionhub.adapters.jose.keys import generate_key, public_key
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import PublicKey
from unionhub.hosts.sandbox.files import write_atomically
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import PARTNERS, PartnerSeed

FOLDER: Final = "sandbox"
_PUBLIC_MEMBERS: Final = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")


class KeyringError(Exception):
    """A partner file that cannot be used. It is never replaced by itself: the hub may know these keys."""


def new_identities(seeds: Iterable[PartnerSeed] = PARTNERS) -> dict[str, Identity]:
    """Every partner with new keys. About two seconds: OpenSSL makes RSA keys on all cores, Python does the rest."""
    seeds = tuple(seeds)
    with ThreadPoolExecutor() as pool:
        return {identity.app_id: identity for identity in pool.map(_new_identity, seeds)}


def load_or_create(home: Path, seeds: Iterable[PartnerSeed] = PARTNERS) -> dict[str, Identity]:
    """The partners of this home; files that are missing are made. Raises KeyringError for a file that is spoiled."""
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    seeds = tuple(seeds)
    missing = [seed for seed in seeds if not _path(folder, seed.app_id).exists()]
    made = new_identities(missing) if missing else {}
    found = {seed.app_id: made.get(seed.app_id) or _loaded(folder, seed) for seed in seeds}
    for identity in made.values():
        save(home, identity)
    return found


def load(home: Path) -> dict[str, Identity]:
    """The partners of this home as their files say now, base URLs included. Raises KeyringError if one is missing."""
    return {seed.app_id: _loaded(home / FOLDER, seed) for seed in PARTNERS}


def save(home: Path, identity: Identity) -> None:
    """Write the partner's file, readable by its owner alone."""
    text = msgspec.json.format(msgspec.json.encode(identity), indent=2).decode()
    write_atomically(_path(home / FOLDER, identity.app_id), text + "\n")


def public_keys(identity: Identity) -> tuple[PublicKey, ...]:
    """The public halves as the hub registers them. Raises ValueError for keys that do not fit the profile."""
    return _public(identity, identity.signing, "sig"), _public(identity, identity.encryption, "enc")


def _public(identity: Identity, members: dict[str, Any], use: str) -> PublicKey:
    # Picked out, not parsed: parsing a private RSA key costs 37 ms, and there are eighteen.
    shown = {name: members[name] for name in _PUBLIC_MEMBERS if name in members}
    key = PublicKey(kid=str(members.get("kid")), use=use, jwk=msgspec.json.encode(shown).decode())
    return public_key(key, identity.profile).public()


def _new_identity(seed: PartnerSeed) -> Identity:
    suite = SUITES[seed.profile]
    return Identity(
        app_id=seed.app_id,
        role=seed.role,
        name=seed.name,
        profile=seed.profile,
        signing=generate_key(suite.sig_alg).private_jwk(),
        encryption=generate_key(suite.key_alg).private_jwk(),
        base_url="",
        channel_code=seed.channel_code,
        industry_code=seed.industry_code,
    )


def _loaded(folder: Path, seed: PartnerSeed) -> Identity:
    path = _path(folder, seed.app_id)
    try:
        identity = msgspec.json.decode(path.read_bytes(), type=Identity)
        public_keys(identity)
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise KeyringError(f"{path} cannot be used ({_reason(error)}); mend it, or remove it to get new keys") from None
    if (identity.app_id, identity.role) != (seed.app_id, seed.role):
        raise KeyringError(f"{path} is another partner's file")
    return identity


def _reason(error: Exception) -> Any:
    """An error in words that quote no key: msgspec and jose quote none."""
    return error.strerror if isinstance(error, OSError) else error


def _path(folder: Path, app_id: str) -> Path:
    return folder / f"{app_id}.json"
