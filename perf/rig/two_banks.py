"""A sandbox with two issuers, each with a core bank and books of its own; as a process: `python -m rig.two_banks`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Final

import msgspec

from rig.onboarding import AT_ONCE, FIRST_NUMBER
from unionhub.adapters.http.client import AiohttpTransport
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.cards import NumberRange
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import Role
from unionhub.hosts.commands.hosting import announce, run_until_stopped
from unionhub.hosts.commands.opening import business_clock, prepare_database
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.process import serving
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, HKD, PARTNERS, PEAK, PRODUCT, Cardholder, PartnerSeed, cardholder
from unionhub.hosts.settings import Settings, load_settings

OTHER_BANK: Final = "99110344"
ISSUERS: Final = (BANK, OTHER_BANK)
OPENING: Final = Money(2_000_000_00, HKD)
_OTHER_PRODUCT: Final = msgspec.structs.replace(
    PRODUCT,
    product_id="HKD-OTHER",
    name="The other bank's card",
    issuer=OTHER_BANK,
    token_range=NumberRange(first="623610800000001", last="623610899999999"),
    pan_range=NumberRange(first="629101800000001", last="629101899999999"),
)
_PRODUCTS: Final = {BANK: PRODUCT, OTHER_BANK: _OTHER_PRODUCT}
_SEEDS: Final = (*PARTNERS, PartnerSeed(app_id=OTHER_BANK, role=Role.ISSUER, name="The other bank"))


def crowds(count: int) -> list[Cardholder]:
    """`count` cardholders of each issuer, of both app gateways in turn."""
    gateways = (HARBOUR, PEAK)
    return [
        cardholder(FIRST_NUMBER + 100_000 * place + number, gateways[number % 2], OPENING, issuer=issuer)
        for place, issuer in enumerate(ISSUERS)
        for number in range(count)
    ]


async def onboard(settings: Settings, identities: Mapping[str, Identity], holders: Sequence[Cardholder]) -> None:
    """Parties, a product of each issuer, and a card for each of `holders`."""
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
        for product in _PRODUCTS.values():
            await registrar.register(dict(identities), product, ())
        for first in range(0, len(holders), AT_ONCE):
            some = holders[first : first + AT_ONCE]
            await asyncio.gather(*(registrar.register_card(holder, _PRODUCTS[holder.issuer]) for holder in some))


async def main(stop: asyncio.Event, hub_url: str, count: int) -> None:
    """As rig.sandbox_host, with two banks."""
    settings = load_settings()
    await prepare_database(settings, upgrade=True)
    transport = AiohttpTransport()
    async with aclosing(transport), serving(settings.home, hub_url, transport=transport, partners=_SEEDS) as sandbox:
        world, holders = sandbox.world, crowds(count)
        for issuer in ISSUERS:
            await world.bank(issuer).open_accounts({each.account: each.opening for each in holders if each.issuer == issuer})
        world.cardholders.extend(holders)
        for holder in holders:
            world.gateway(holder.gateway).knows(holder)
        await onboard(settings, world.identities, holders)
        announce(sandbox.ready_line())
        await stop.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--hub", required=True)
    parser.add_argument("--cardholders", type=int, required=True)
    chosen = parser.parse_args()
    run_until_stopped(lambda stop: main(stop, chosen.hub, chosen.cardholders))
