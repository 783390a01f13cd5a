"""Where a run takes place: the sandbox's parties without keys, one product, people with accounts and most with cards."""

from __future__ import annotations

import random
from typing import Any, Final, Self

import msgspec

from simulation.host import LoopClock, Shared
from simulation.inline_sqlite import AnyStore
from simulation.network import Network
from simulation.scripts import Holder
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.vault.cryptograms import EmvCryptograms
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.model.cards import CardProduct, PresetMerchant
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox.bank import CoreBank
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import (
    HARBOUR,
    HKD,
    PARTNERS,
    PEAK,
    PRESET_MERCHANTS,
    PRODUCT,
    PartnerSeed,
    cardholder,
)

_BALANCE: Final = Money(450_00, HKD)

CARD: Final = CardProduct(
    product_id=PRODUCT.product_id,
    issuer=PRODUCT.issuer,
    name=PRODUCT.name,
    currency=PRODUCT.currency,
    trx_limit_minor=100_00,
    day_limit_minor=350_00,
    messages=PRODUCT.messages,
    gateways=PRODUCT.gateways,
    cvm_limit_minor=60_00,
    token_range=PRODUCT.token_range,
    pan_range=PRODUCT.pan_range,
    preset_merchants=tuple(PresetMerchant(merchant_id=each.mid, name=each.name, mcc=each.mcc) for each in PRESET_MERCHANTS),
)


class Town(msgspec.Struct, kw_only=True):
    """Its bank, its people, and what its hosts share."""

    shared: Shared
    bank: CoreBank
    holders: list[Holder]
    strangers: list[Holder]  # an account and no card

    @classmethod
    async def settled(cls, rng: random.Random, network: Network, store: AnyStore) -> Self:
        clock, bank = LoopClock(0.0), CoreBank(Ledger(":memory:"))
        vault: Any = await load_vault(store, MasterKey(bytes(32)), clock)
        directory = SnapshotDirectory(store)
        people = [cardholder(900 + number, (HARBOUR, PEAK)[number % 2], _BALANCE) for number in range(9)]
        await bank.open_accounts({each.account: each.opening for each in people})
        await bank.open_merchants(PRESET_MERCHANTS)
        async with store.begin() as uow:
            for seed in PARTNERS:
                await uow.put_party(_party(seed))
            await uow.put_product(CARD)
            await uow.commit()
        registrar = Registrar(store, vault, BlockSequences(store), clock)
        for each in people[:6]:
            await registrar.register_card(each)
        await directory.refresh()
        known = [
            Holder(gateway=each.gateway, user_id=each.user_id, device_id=each.device_id, token=each.token, account=each.account)
            for each in people
        ]
        shared = Shared(
            rng=rng,
            network=network,
            store=store,
            directory=directory,
            vault=vault,
            cryptograms=EmvCryptograms(bytes(range(16))),
            crashes=[],
        )
        return cls(shared=shared, bank=bank, holders=known[:6], strangers=known[6:])

    def close(self) -> None:
        self.bank.close()


def _party(seed: PartnerSeed) -> Party:
    """A seeded party without keys: nothing is signed where the partners port is cut."""
    return Party(
        app_id=seed.app_id,
        role=seed.role,
        name=seed.name,
        state=PartyState.LIVE,
        acquirer_iin=seed.app_id if seed.role is Role.ACQUIRER else "",
    )
