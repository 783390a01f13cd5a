"""Keys that are kept wrapped in the store: read, and made once however many hosts start at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, WrappedKey

from .master import MasterKey

HUB_KEYS: Final = "hub-jose"

Keys = dict[str, dict[int, bytes]]
"""kind -> version -> key, unwrapped."""

_MAX_ROUNDS: Final = 5


async def read(store: Store, master: MasterKey, kinds: Iterable[str]) -> Keys:
    """Every version of these kinds; raises MasterKeyError if the master key is not the one that wrapped them."""
    async with store.begin() as work:
        stored = await work.wrapped_keys()
    keys: Keys = {kind: {} for kind in kinds}
    for row in stored:
        if row.kind in keys:
            keys[row.kind][row.version] = master.unwrap(row.kind, row.version, row.wrapped)
    return keys


class OpenedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One stored key, unwrapped."""

    kind: str
    version: int
    created_at: datetime
    key: bytes

    def __repr__(self) -> str:
        return f"OpenedKey({self.kind} {self.version})"


def hub_kind(alg: str) -> str:
    """Where the hub's later keys of one algorithm lie; the first of each lies among the six of HUB_KEYS."""
    return f"{HUB_KEYS} {alg}"


def hub_retired_kind(alg: str) -> str:
    """Where it stands which of them were retired: a row of the same version, whose content is the kid."""
    return f"{HUB_KEYS}-retired {alg}"


async def opened(store: Store, master: MasterKey, *, kind_prefix: str) -> list[OpenedKey]:
    """Every version of the kinds that begin so, by kind and version, in one reading. Raises as `read`."""
    async with store.begin() as work:
        stored = [row for row in await work.wrapped_keys() if row.kind.startswith(kind_prefix)]
    return [
        OpenedKey(
            kind=row.kind,
            version=row.version,
            created_at=row.created_at,
            key=master.unwrap(row.kind, row.version, row.wrapped),
        )
        for row in stored
    ]


async def add(store: Store, master: MasterKey, clock: Clock, new: Mapping[str, bytes], *, version: int) -> bool:
    """Store one key of each kind, all or none. False if another host was first with any of them."""
    return await add_each(store, master, clock, {(kind, version): key for kind, key in new.items()})


async def add_each(store: Store, master: MasterKey, clock: Clock, new: Mapping[tuple[str, int], bytes]) -> bool:
    """As `add`, each kind with a version of its own."""
    async with store.begin() as work:
        for (kind, version), key in sorted(new.items()):  # one order for all hosts: no deadlock
            row = WrappedKey(kind=kind, version=version, wrapped=master.wrap(kind, version, key), created_at=clock.now())
            if not await work.add_wrapped_key(row):
                return False
        await work.commit()
    return True


async def ensure(store: Store, master: MasterKey, clock: Clock, make: Mapping[str, Callable[[], bytes]]) -> Keys:
    """Read these kinds and make version 1 of those that the store lacks.

    What is there already must open before anything is added, and what is added is read back: a host with a wrong master key
    leaves no trace, and of two hosts that start at once both end with the first one's keys.
    """
    for _ in range(_MAX_ROUNDS):
        keys = await read(store, master, make)
        missing = [kind for kind, versions in keys.items() if not versions]
        if not missing:
            return keys
        await add(store, master, clock, {kind: make[kind]() for kind in missing}, version=1)
    raise RuntimeError(f"the store does not keep the keys it was given: {', '.join(missing)}")


async def load_hub_keys(store: Store, master: MasterKey, clock: Clock, generate: Callable[[], str]) -> str:
    """The JSON text of the hub's first JOSE private keys; `generate` makes it on the very first start. What `rotate` added
    since is not in it (`adapters.jose.generations`).

    It is wrapped by the master key like the vault's keys, and by nothing that the vault itself uses (RULES section 7).
    """
    keys = await ensure(store, master, clock, {HUB_KEYS: lambda: generate().encode()})
    versions = keys[HUB_KEYS]
    return versions[max(versions)].decode()
