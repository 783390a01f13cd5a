"""`unionhub keys`: the inventory of keys (PCI DSS 4.2.1.1, 12.3.3)."""

from __future__ import annotations

import click
import msgspec

from unionhub.adapters.jose.keys import public_key
from unionhub.adapters.jose.suites import SIGNATURE_ALGS, SUITE_OF_ALG
from unionhub.adapters.vault.envelope import DATA, DIGEST, INDEX
from unionhub.adapters.vault.keys import HUB_KEYS
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.model.parties import PublicKey
from unionhub.ports.store import WrappedKey

from .console import echo_json, echo_table, json_option, moment
from .inventory import KeyLine, key_line, line_of
from .opening import Desk, at_desk
from .vaults import master_key

HUB, VAULT = "hub", "vault"
_VAULT_KEYS = {
    DATA: ("seals card and account numbers", "AES-256-GCM"),
    INDEX: ("finds card and account numbers", "HMAC-SHA-256"),
    DIGEST: ("compares repeated requests", "HMAC-SHA-256"),
}
_PUBLIC = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")


@click.group()
def keys() -> None:
    """Keys: what is there, of whom, for what."""


@keys.command("list")
@click.option("--owner", metavar="APPID", help="Of one party, or: hub, vault.")
@json_option
def list_keys(owner: str | None, *, as_json: bool) -> None:
    """The hub's own keys, the vault's, and every party's. Needs the master key, to name the hub's."""
    lines = [line for line in at_desk(_inventory) if owner in (None, line.owner)]
    if as_json:
        echo_json([line.facts() for line in lines])
        return
    head = ("OWNER", "KID", "USE", "ALG", "CONTENT", "STRENGTH", "MADE", "THUMBPRINT", "REMARK")
    rows = [
        (
            line.owner,
            line.kid,
            line.use,
            line.alg,
            line.content,
            line.strength,
            moment(line.created_at)[:10],
            line.thumbprint[:12],
            line.remark,
        )
        for line in lines
    ]
    echo_table(head, rows, empty="no keys")


async def _inventory(desk: Desk) -> list[KeyLine]:
    async with desk.store.begin() as uow:
        stored = await uow.wrapped_keys()
        parties = await uow.parties()
    own: list[KeyLine] = []
    if any(row.kind == HUB_KEYS for row in stored):
        own = _hub_lines(stored, master_key(desk.settings))
    vault = [_vault_line(row) for row in stored if row.kind in _VAULT_KEYS]
    theirs = [key_line(key, party.profile, party.app_id) for party in parties for key in party.keys]
    return own + vault + theirs


def _hub_lines(stored: list[WrappedKey], master: MasterKey) -> list[KeyLine]:
    """Of the newest version. Only the public members are looked at: parsing a private RSA key costs 37 ms."""
    newest = max((row for row in stored if row.kind == HUB_KEYS), key=lambda row: row.version)
    content = msgspec.json.decode(master.unwrap(newest.kind, newest.version, newest.wrapped))
    lines = []
    for members in content["keys"]:
        shown = {name: members[name] for name in _PUBLIC if name in members}
        use = "sig" if members["alg"] in SIGNATURE_ALGS else "enc"
        key = PublicKey(kid=members["kid"], use=use, jwk=msgspec.json.encode(shown).decode())
        lines.append(line_of(public_key(key, SUITE_OF_ALG[members["alg"]].profile), HUB, newest.created_at))
    return lines


def _vault_line(row: WrappedKey) -> KeyLine:
    purpose, algorithm = _VAULT_KEYS[row.kind]
    return KeyLine(
        owner=VAULT,
        kid=f"{row.kind} {row.version}",
        use=row.kind,
        alg=algorithm,
        strength="256 bits",
        created_at=row.created_at,
        remark=purpose,
    )
