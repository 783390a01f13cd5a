"""Generations of the hub's own keys, one line for each algorithm: which comes next, which is current, which only opens still.

They lie wrapped in the store (`adapters.vault.keys`): the first six as one JWK Set, each later one by itself. Nothing here
parses a key, so that listing them is cheap; `keyring` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec

from unionhub.adapters.jose.keys import Key, Use, generate_key
from unionhub.adapters.jose.suites import SIGNATURE_ALGS, SUITE_OF_ALG
from unionhub.adapters.vault import keys as stored
from unionhub.adapters.vault.master import MasterKey
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store

SETTLE: Final = timedelta(seconds=60)
"""A new key is published for so long (business time) before the hub signs with it: every host has read it by then, and
partners can have. A key that was replaced stays for as long again before it may be retired: some host may sign with it."""


class KeyState(StrEnum):
    """What a generation is good for. All of them are published and alive."""

    NEXT = "next"  # waits until SETTLE is over
    CURRENT = "current"  # signs, and is named in KEY_EXCHANGE
    OLD = "retired-but-alive"  # opens what was sealed to it, and verifies what it signed


class RotationError(Exception):
    """A rotation or a retirement that cannot be now: one line for the operator."""


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the hub with its place in the line. `members` is its private JWK."""

    alg: str
    version: int
    created_at: datetime  # business time
    members: dict[str, Any]

    @property
    def kid(self) -> str:
        return str(self.members["kid"])

    @property
    def use(self) -> Use:
        return "sig" if self.alg in SIGNATURE_ALGS else "enc"

    @property
    def settled_at(self) -> datetime:
        return self.created_at + SETTLE

    def __repr__(self) -> str:
        return f"Generation({self.alg} {self.version}, {self.kid})"  # never the key


async def read_generations(store: Store, master: MasterKey) -> list[Generation]:
    """All that are alive, oldest first, so that the newest is the last; empty before the hub's first start.

    Raises StoreUnavailable, MasterKeyError, and ValueError for a row that holds no keys.
    """
    rows = await stored.opened(store, master, kind_prefix=stored.HUB_KEYS)
    first = max((row for row in rows if row.kind == stored.HUB_KEYS), key=lambda row: row.version, default=None)
    if first is None:
        return []
    by_kind: dict[str, list[stored.OpenedKey]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    found = [_generation(members, first) for members in _members(first)]
    for alg in SUITE_OF_ALG:
        later = by_kind.get(stored.hub_kind(alg), [])
        found += [_generation(members, row) for row in later for members in _members(row)]
        gone = {row.version for row in by_kind.get(stored.hub_retired_kind(alg), [])}
        found = [each for each in found if each.alg != alg or each.version not in gone]
    return sorted(found, key=lambda each: each.version)  # stable: the six stay in their order


def states_of(generations: Iterable[Generation], now: datetime) -> dict[str, KeyState]:
    """The state of each by its kid, at `now` of business time."""
    alive = tuple(generations)
    states = {}
    for each in alive:
        current = _current([other for other in alive if other.alg == each.alg], now).version
        states[each.kid] = KeyState.CURRENT
        if each.version != current:
            states[each.kid] = KeyState.NEXT if each.version > current else KeyState.OLD
    return states


async def rotate(
    store: Store, master: MasterKey, clock: Clock, algs: Iterable[str], generate: Callable[[str], Key] = generate_key
) -> list[Generation]:
    """Make and store the next key of each algorithm, all or none; they sign from their `settled_at` on.

    Raises RotationError where the last rotation has not settled yet, where another one is first, and for a hub that never
    started.
    """
    algs = tuple(algs)
    alive = await read_generations(store, master)
    if not alive:
        raise RotationError("the hub has no keys yet: its first start makes them")
    states = states_of(alive, clock.now())
    for each in alive:
        if each.alg in algs and states[each.kid] is KeyState.NEXT:
            raise RotationError(
                f"{each.alg}: the key {each.kid} is next already and signs from {each.settled_at:%H:%M:%S} UTC on"
            )
    made = {alg: await asyncio.to_thread(generate, alg) for alg in algs}
    rows = {
        (stored.hub_kind(alg), _last(alive, alg) + 1): msgspec.json.encode({"keys": [key.private_jwk()]})
        for alg, key in made.items()
    }
    if not await stored.add_each(store, master, clock, rows):
        raise RotationError("another rotation was first: see `unionhub keys list --owner hub`")
    kids = {key.kid for key in made.values()}
    return [each for each in await read_generations(store, master) if each.kid in kids]


async def retire(store: Store, master: MasterKey, clock: Clock, kid: str) -> Generation:
    """Let an old key go: it is published no more, opens nothing and is read by no host. Returns what it was.

    Raises RotationError for a kid that is not the hub's, and for the current key, the next, and one just replaced.
    """
    alive = await read_generations(store, master)
    one = next((each for each in alive if each.kid == kid), None)
    if one is None:
        raise RotationError(f"the hub has no key {kid[:64]!r}: `unionhub keys list --owner hub` shows them")
    now = clock.now()
    state = states_of(alive, now)[kid]
    if state is not KeyState.OLD:
        raise RotationError(f"the key {kid} is the {state} one for {one.alg}: only one that was replaced can be retired")
    replaced_at = min(each.settled_at for each in alive if each.alg == one.alg and each.version > one.version)
    if now < replaced_at + SETTLE:
        raise RotationError(
            f"the key {kid} was replaced a moment ago, and some host may sign with it still: "
            f"retire it from {replaced_at + SETTLE:%H:%M:%S} UTC on"
        )
    # Of two operators at once both have their will: the row is the same.
    await stored.add_each(store, master, clock, {(stored.hub_retired_kind(one.alg), one.version): kid.encode()})
    return one


def _current(line: list[Generation], now: datetime) -> Generation:
    """The newest of one algorithm that has settled. Before any has, the first: nobody can be behind it."""
    settled = [each for each in line if each.settled_at <= now]
    return max(settled, key=lambda each: each.version) if settled else min(line, key=lambda each: each.version)


def _last(alive: Iterable[Generation], alg: str) -> int:
    return max((each.version for each in alive if each.alg == alg), default=0)


def _members(row: stored.OpenedKey) -> list[Any]:
    # From None: the decoder's error may quote what it read, and that is a private key.
    try:
        content = msgspec.json.decode(row.key)
    except (msgspec.DecodeError, UnicodeDecodeError):
        content = None
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list):
        raise ValueError(f"the stored key {row.kind} {row.version} is no JWK Set") from None
    return keys


def _generation(members: Any, row: stored.OpenedKey) -> Generation:
    if not isinstance(members, dict) or members.get("alg") not in SUITE_OF_ALG or not isinstance(members.get("kid"), str):
        raise ValueError(f"the stored key {row.kind} {row.version} has no alg of the three profiles, or no kid")
    return Generation(alg=members["alg"], version=row.version, created_at=row.created_at, members=members)
