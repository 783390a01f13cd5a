"""The sandbox's partners as a process, with as many cardholders as a load test wants (`unionhub sandbox` has the seeded few).

One card for all would measure one row's lock and one card's daily limit.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from typing import Final

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.money import Money
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.commands.opening import business_clock, prepare_database
from unionhub.hosts.sandbox.process import serving
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import HARBOUR, HKD, PEAK, Cardholder, cardholder
from unionhub.hosts.sandbox.world import World
from unionhub.hosts.settings import Settings, load_settings

FIRST_NUMBER: Final = 500_000  # far from the seeded ones and below those of `World.new_cardholder`
OPENING: Final = Money(100_000_00, HKD)
AT_ONCE: Final = 8


def crowd(count: int) -> list[Cardholder]:
    """Cardholders of both app gateways in turn: two signature profiles."""
    gateways = (HARBOUR, PEAK)
    return [cardholder(FIRST_NUMBER + place, gateways[place % 2], OPENING) for place in range(count)]


async def main(stop: asyncio.Event, hub_url: str, count: int) -> None:
    settings = load_settings()
    await prepare_database(settings, upgrade=True)
    transport = AiohttpTransport()
    async with aclosing(transport), serving(settings.home, hub_url, transport=transport) as sandbox:
        world, holders = sandbox.world, crowd(count)
        await world.bank().open_accounts({holder.account: holder.opening for holder in holders})
        world.cardholders.extend(holders)
        took_s = await _register(settings, world)
        announce(f"{len(world.cardholders)} cards are known to the hub ({took_s:.1f} s)")
        announce(sandbox.ready_line())
        await stop.wait()


async def _register(settings: Settings, world: World) -> float:
    """What onboarding is elsewhere: parties, the product, a card for each cardholder. Returns the seconds it took."""
    started_s = time.monotonic()
    clock = business_clock(settings)
    async with AsyncExitStack() as stack:
        store = SqlStore(settings.database_url.reveal())
        stack.push_async_callback(store.close)
        sequences = BlockSequences(store)
        stack.push_async_callback(sequences.close)
        master = load_master_key(
            home=settings.home, file=settings.master_key_file, production=False, data_folders=settings.data_folders
        )
        registrar = Registrar(store, await load_vault(store, master, clock), sequences, clock)
        await registrar.register(world.identities)
        await _issue(registrar, world.cardholders)
    return time.monotonic() - started_s


async def _issue(registrar: Registrar, holders: list[Cardholder]) -> None:
    free = asyncio.Semaphore(AT_ONCE)

    async def issue(holder: Cardholder) -> None:
        async with free:
            await registrar.register_card(holder)

    async with asyncio.TaskGroup() as group:
        for holder in holders:
            group.create_task(issue(holder))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hub", required=True)
    parser.add_argument("--cardholders", type=int, required=True)
    chosen = parser.parse_args()
    run_until_stopped(lambda stop: main(stop, chosen.hub, chosen.cardholders))
