"""`unionhub keys`: the inventory of keys (PCI DSS 4.2.1.1, 12.3.3)."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

import click
import msgspec

from unionhub.adapters.jose import generations
from unionhub.adapters.jose.generations import Generation, KeyState, RotationError
from unionhub.adapters.jose.keys import public_key
from unionhub.adapters.jose.suites import SUITE_OF_ALG, SUITES
from unionhub.adapters.vault.envelope import DATA, DIGEST, INDEX
from unionhub.adapters.vault.keys import HUB_KEYS
from unionhub.domain.model.parties import JoseProfile, PublicKey
from unionhub.ports.store import WrappedKey

from .console import echo_facts, echo_json, echo_table, json_option, moment
from .failures import CommandError
from .inventory import KeyLine, key_line, line_of
from .opening import Desk, at_desk
from .vaults import master_key

T = TypeVar("T")

HUB, VAULT = "hub", "vault"
_VAULT_KEYS = {
    DATA: ("seals card and account numbers", "AES-256-GCM"),
    INDEX: ("finds card and account numbers", "HMAC-SHA-256"),
    DIGEST: ("compares repeated requests", "HMAC-SHA-256"),
}
_PUBLIC = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")


class StatedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A key of the inventory; only the hub's own have a state."""

    line: KeyLine
    state: KeyState | None = None

    def facts(self) -> dict[str, Any]:
        """For machines."""
        return {**self.line.facts(), "state": self.state}


@click.group()
def keys() -> None:
    """Keys: what is there, of whom, for what; and the life of the hub's own."""


@keys.command("list")
@click.option("--owner", metavar="APPID", help="Of one party, or: hub, vault.")
@json_option
def list_keys(owner: str | None, *, as_json: bool) -> None:
    """The hub's own keys, the vault's, and every party's. Needs the master key, to name the hub's.

    The hub's are next (published, not signing yet), current, or retired-but-alive (replaced, but they still open).
    """
    found = [each for each in at_desk(_inventory) if owner in (None, each.line.owner)]
    if as_json:
        echo_json([each.facts() for each in found])
        return
    head = ("OWNER", "KID", "USE", "ALG", "CONTENT", "STRENGTH", "MADE", "STATE", "THUMBPRINT", "REMARK")
    echo_table(head, [_row(each) for each in found], empty="no keys")


@keys.command()
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in JoseProfile]),
    help="Only the two keys of this JOSE profile. Without it, all six.",
)
@json_option
def rotate(profile: str | None, *, as_json: bool) -> None:
    """Make the hub's next keys. They are published at once, and sign a minute later, when every host and partner can know
    them. The old ones stay alive until `unionhub keys retire`.
    """
    suites = SUITES.values() if profile is None else (SUITES[JoseProfile(profile)],)
    algs = [alg for alg in SUITE_OF_ALG if any(alg in (suite.sig_alg, suite.key_alg) for suite in suites)]
    made = at_desk(lambda desk: _allowed(generations.rotate(desk.store, master_key(desk.settings), desk.clock, algs)))
    if as_json:
        echo_json([_stated(each, KeyState.NEXT).facts() | {"currentFrom": each.settled_at} for each in made])
        return
    for each in made:
        click.echo(f"{_stated(each, KeyState.NEXT).line}  next, current from {moment(each.settled_at)[:19]} UTC on")


@keys.command()
@click.argument("kid", metavar="KID")
@json_option
def retire(kid: str, *, as_json: bool) -> None:
    """Let an old key of the hub go: it is published no more and opens nothing, so what is sealed to it cannot be read.

    Refuses the current key, the next, and one that was replaced less than a minute ago.
    """
    gone = at_desk(lambda desk: _allowed(generations.retire(desk.store, master_key(desk.settings), desk.clock, kid)))
    if as_json:
        echo_json({"retired": gone.kid, "alg": gone.alg, "use": gone.use})
        return
    echo_facts([("retired", gone.kid), ("alg", gone.alg), ("use", gone.use)])


async def _allowed(work: Coroutine[Any, Any, T]) -> T:
    try:
        return await work
    except (RotationError, ValueError) as error:  # ValueError: a row that holds no keys; it quotes none
        raise CommandError(str(error)) from None


async def _inventory(desk: Desk) -> list[StatedLine]:
    async with desk.store.begin() as uow:
        stored = await uow.wrapped_keys()
        parties = await uow.parties()
    own: list[StatedLine] = []
    if any(row.kind == HUB_KEYS for row in stored):
        alive = await _allowed(generations.read_generations(desk.store, master_key(desk.settings)))
        states = generations.states_of(alive, desk.clock.now())
        own = [_stated(each, states[each.kid]) for each in alive]
    vault = [StatedLine(line=_vault_line(row)) for row in stored if row.kind in _VAULT_KEYS]
    theirs = [StatedLine(line=key_line(key, party.profile, party.app_id)) for party in parties for key in party.keys]
    return own + vault + theirs


def _row(found: StatedLine) -> tuple[object, ...]:
    line = found.line
    return (
        line.owner,
        line.kid,
        line.use,
        line.alg,
        line.content,
        line.strength,
        moment(line.created_at)[:10],
        found.state or "",
        line.thumbprint[:12],
        line.remark,
    )


def _stated(generation: Generation, state: KeyState) -> StatedLine:
    """Only the public members are looked at: parsing a private RSA key costs 37 ms."""
    shown = {name: generation.members[name] for name in _PUBLIC if name in generation.members}
    key = PublicKey(kid=generation.kid, use=generation.use, jwk=msgspec.json.encode(shown).decode())
    line = line_of(public_key(key, SUITE_OF_ALG[generation.alg].profile), HUB, generation.created_at)
    return StatedLine(line=line, state=state)


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
