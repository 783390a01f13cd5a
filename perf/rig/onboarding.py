"""Making partners and cards known to a hub, and as many cardholders as a load test wants.

One card for all would measure one row's lock and one card's daily limit.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Final

from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.money import Money
from unionhub.hosts.commands.opening import business_clock
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.register import Registrar, card_expiry
from unionhub.hosts.sandbox.seeds import HARBOUR, HKD, PEAK, WALLETS, Cardholder, cardholder
from unionhub.hosts.sandbox.world import World
from unionhub.hosts.settings import Settings

FIRST_NUMBER: Final = 500_000  # far from the seeded ones, and below those of `World.new_cardholder`
OPENING: Final = Money(100_000_00, HKD)
AT_ONCE: Final = 8


def crowd(count: int) -> list[Cardholder]:
    """Cardholders of both app gateways in turn: two signature profiles."""
    gateways = (HARBOUR, PEAK)
    return [cardholder(FIRST_NUMBER + place, gateways[place % 2], OPENING) for place in range(count)]


def give_cards(world: World, holders: Sequence[Cardholder]) -> None:
    """Put the cards of `holders`, issued now, into the channels' apps too: whoever pays at the cashier chooses one there."""
    expiry = f"{card_expiry(world.clock.now()):%y%m}"
    for holder in holders:
        name = world.identities[holder.issuer].name
        masked = mask_number(holder.pan.reveal())
        world.channel(WALLETS[holder.gateway]).add_card(holder.user_id, holder.token, expiry, masked, name)


async def onboard(settings: Settings, identities: Mapping[str, Identity], holders: Sequence[Cardholder]) -> None:
    """Parties, the card product, and a card for each of `holders`, into the migrated database of these settings."""
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
        await registrar.register(dict(identities))
        await _issue(registrar, holders)


async def _issue(registrar: Registrar, holders: Sequence[Cardholder]) -> None:
    free = asyncio.Semaphore(AT_ONCE)

    async def issue(holder: Cardholder) -> None:
        async with free:
            await registrar.register_card(holder)

    async with asyncio.TaskGroup() as group:
        for holder in holders:
            group.create_task(issue(holder))
