"""The sandbox's partners as a process, with more cardholders than `unionhub sandbox` has."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing

from rig.hearing import HEARS, Ears
from rig.onboarding import crowd, give_cards, onboard
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.commands.opening import prepare_database
from unionhub.hosts.sandbox.process import serving
from unionhub.hosts.settings import load_settings


async def main(stop: asyncio.Event, hub_url: str, count: int) -> None:
    """Migrate, open accounts, make everybody known to the hub, then serve until `stop`."""
    settings = load_settings()
    await prepare_database(settings, upgrade=True)
    transport = AiohttpTransport()
    async with aclosing(transport), serving(settings.home, hub_url, transport=transport) as sandbox:
        world, holders = sandbox.world, crowd(count)
        await world.bank().open_accounts({holder.account: holder.opening for holder in holders})
        world.cardholders.extend(holders)
        for holder in holders:
            world.gateway(holder.gateway).knows(holder)  # who is asked above the CVM limit
        give_cards(world, holders)
        await onboard(settings, world.identities, world.cardholders)
        announce(f"{HEARS} {await Ears(world).tell()}")
        announce(sandbox.ready_line())
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hub", required=True)
    parser.add_argument("--cardholders", type=int, required=True)
    chosen = parser.parse_args()
    run_until_stopped(lambda stop: main(stop, chosen.hub, chosen.cardholders))
