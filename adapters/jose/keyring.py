"""The hub's own keys as a running host holds them: read again and again from the store, each parsed once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

from unionhub.adapters.jose.generations import SETTLE, KeyState, read_generations, states_of
from unionhub.adapters.jose.keys import HubKeys, Key, OwnKeys, private_key
from unionhub.adapters.jose.suites import SUITE_OF_ALG
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.adapters.vault.keys import load_hub_keys
from unionhub.adapters.vault.master import MasterKey, MasterKeyError
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry

MIN_INTERVAL_S: Final = 0.1
"""Messages sealed to kids that this host does not know cause at most one reading in this time, however many come."""

REFRESH_TIMEOUT_S: Final = 2.0
"""A message waits at most so long for a reading, another's included."""

MAX_REFRESH_S: Final = SETTLE.total_seconds() / 4
"""Every host must have read a new key well before any host signs with it."""

_WHERE: Final = "hub keys"


class HubKeyring(OwnKeys):
    """All generations that are alive. Make one with `load`; `run` keeps it as the store has it.

    Signs with the current generation, opens with every one, publishes all, the newest of each algorithm last.
    """

    def __init__(self, store: Store, master: MasterKey, clock: Clock, telemetry: Telemetry) -> None:
        super().__init__(())
        self._store = store
        self._master = master
        self._clock = clock
        self._telemetry = telemetry
        self._parsed: dict[str, Key] = {}
        self._reading = asyncio.Lock()
        self._began_s = float("-inf")

    async def refresh(self) -> None:
        """Read what `unionhub keys` changed, and see what has settled since.

        Raises StoreUnavailable, MasterKeyError if a key does not open, ValueError if one is none: then all stays as it was.
        """
        async with self._reading:
            await self._read()

    async def refresh_soon(self) -> bool:
        """For a message that is sealed to an unknown kid: see what the store held when it came in. Raises nothing.

        Everybody who asks meanwhile shares one reading, and these begin at least MIN_INTERVAL_S apart. True if there are
        other keys now than before.
        """
        now = asyncio.get_running_loop().time
        asked_s, before = now(), self._keys
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT_S), self._reading:
                if self._began_s <= asked_s:
                    await asyncio.sleep(self._began_s + MIN_INTERVAL_S - now())
                    await self._read_or_tell()
        except TimeoutError as error:
            self._telemetry.store_failed(_WHERE, error)
        return self._keys != before

    async def run(self, interval_s: float) -> NoReturn:
        """Refresh for ever, at least every MAX_REFRESH_S; while the store is away, the keys stand as they are."""
        while True:
            await asyncio.sleep(min(interval_s, MAX_REFRESH_S))
            async with self._reading:
                await self._read_or_tell()

    async def _read_or_tell(self) -> None:
        try:
            await self._read()
        except StoreUnavailable as error:
            self._telemetry.store_failed(_WHERE, error)
        except (MasterKeyError, ValueError) as error:  # a spoiled row must not stop the hosts that do without it
            self._telemetry.crashed(_WHERE, error)

    async def _read(self) -> None:
        self._began_s = asyncio.get_running_loop().time()
        alive = await read_generations(self._store, self._master)
        states = states_of(alive, self._clock.now())
        parsed: dict[str, Key] = {}
        for each in alive:
            known = self._parsed.get(each.kid)
            if known is None:
                known = private_key(each.members, each.alg)
                await asyncio.sleep(0)  # 37 ms of RSA each: let messages pass between
            parsed[each.kid] = known
        keys = {each.alg: parsed[each.kid] for each in alive if states[each.kid] is KeyState.CURRENT}
        if keys.keys() != SUITE_OF_ALG.keys():
            raise ValueError(f"the hub has no key for {', '.join(sorted(SUITE_OF_ALG.keys() - keys.keys()))}")
        self._hold(tuple(parsed.values()), keys)
        self._parsed = parsed


async def load(
    store: Store,
    master: MasterKey,
    clock: Clock,
    telemetry: Telemetry | None = None,
    generate: Callable[[], HubKeys] | None = None,
) -> HubKeyring:
    """The hub's keys of this store; makes the first six on the very first start, safely with any number of hosts at once.

    Raises MasterKeyError if they were wrapped by another master key.
    """
    make = generate or HubKeys.generate
    await load_hub_keys(store, master, clock, lambda: make().to_json())
    keyring = HubKeyring(store, master, clock, telemetry or NullTelemetry())
    await keyring.refresh()
    return keyring
