"""Where a run takes place: the sandbox's parties without keys, one product, people with accounts and most with cards."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Self

import msgspec

from simulation.host import START, LoopClock, Shared
from simulation.inline_sqlite import AnyStore
from simulation.network import Network
from simulation.operators import first_kid
from simulation.scripts import OTP_LIFE_S, SAFER_PRODUCT, SCARCE_PRODUCT, Holder
from simulation.services import ChannelUser
from simulation.shopping import COUPON
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.vault.cryptograms import EmvCryptograms
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.model.cards import CardProduct, NumberRange, PresetMerchant
from unionhub.domain.model.identifiers import Token, luhn_complete
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind
from unionhub.domain.model.money import Money
from unionhub.domain.model.parties import Party, PartyState, PublicKey, Role
from unionhub.domain.model.services import Grant, GrantState, IndustryService, PersonalField
from unionhub.hosts.sandbox.bank import CoreBank
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import (
    ACQUIRER,
    HARBOUR,
    HKD,
    MERCHANTS,
    PARKING,
    PARTNERS,
    PEAK,
    PRESET_MERCHANTS,
    PRODUCT,
    TRAVEL,
    WALLETS,
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

SAFER: Final = msgspec.structs.replace(
    CARD, product_id=SAFER_PRODUCT, name="Safer", step_up=True, kyc_window_s=150, otp_life_s=OTP_LIFE_S
)
"""Its cards are had with a one-time password."""

SCARCE: Final = msgspec.structs.replace(
    CARD,
    product_id=SCARCE_PRODUCT,
    name="Scarce",
    verify_owner=False,
    token_range=NumberRange(first="623609700000001", last="623609700000002"),
    pan_range=NumberRange(first="629100700000001", last="629100700000002"),
)
"""Two cards, and then its numbers are used up."""

SERVICES: Final = tuple(
    IndustryService(
        app_id=app_id,
        name=name,
        category=name,
        url=f"https://{name}.example/start",
        needs=frozenset({PersonalField.MOBILE}),
        acquirer=ACQUIRER,
        merchant_id=MERCHANTS[2].mid,
    )
    for app_id, name in ((PARKING, "parking"), (TRAVEL, "travel"))
)

GRANTS: Final = tuple(
    Grant(channel=channel, industry=service.app_id, state=GrantState.GRANTED)
    for channel in WALLETS.values()
    for service in SERVICES
)


def _offer(offer_id: str, kind: OfferKind, budget_minor: int, **changes: Any) -> MarketingOffer:
    return MarketingOffer(
        offer_id=offer_id,
        kind=kind,
        name=offer_id.capitalize(),
        owner=HUB,
        funders=(Funder(party=HUB, percent=100),),
        currency=HKD,
        budget_minor=budget_minor,
        valid_from=START - timedelta(days=1),
        valid_until=START + timedelta(days=1),
        **changes,
    )


OFFERS: Final = (
    _offer("tenth", OfferKind.INSTANT, 9_00, off_percent=Decimal(10)),
    _offer("gift", OfferKind.INCENTIVE, 20_00, off_minor=5_00, per_user_max=1),
    _offer("spring", OfferKind.COUPON, 16_00, off_minor=8_00, code=COUPON),
)
"""Small budgets: a few payments spend them, and those that fail give them back."""


class Town(msgspec.Struct, kw_only=True):
    """Its bank, its people, and what its hosts share."""

    shared: Shared
    bank: CoreBank
    holders: list[Holder]
    strangers: list[Holder]  # an account and no card
    users: dict[str, list[ChannelUser]]  # of each channel, by app_id

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
            for product in (CARD, SAFER, SCARCE):
                await uow.put_product(product)
            for service in SERVICES:
                await uow.put_service(service)
            for grant in GRANTS:
                await uow.put_grant(grant)
            for offer in OFFERS:
                await uow.put_offer(offer)
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
        users = {channel: _users(gateway, known[:6]) for gateway, channel in WALLETS.items()}
        return cls(shared=shared, bank=bank, holders=known[:6], strangers=known[6:], users=users)

    def close(self) -> None:
        self.bank.close()


def _party(seed: PartnerSeed) -> Party:
    """A seeded party. Its keys are names: nothing is signed where the partners port is cut."""
    return Party(
        app_id=seed.app_id,
        role=seed.role,
        name=seed.name,
        state=PartyState.LIVE,
        base_url=f"https://{seed.app_id}.example",
        keys=(PublicKey(kid=first_kid(seed.app_id), use="sig", jwk="{}"), PublicKey(kid="seal 0", use="enc", jwk="{}")),
        acquirer_iin=seed.app_id if seed.role is Role.ACQUIRER else "",
        channel_code=seed.channel_code,
        industry_code=seed.industry_code,
    )


def _users(gateway: str, holders: list[Holder]) -> list[ChannelUser]:
    """A wallet's users with two cards each: the one that they have here, and one of somebody else's scheme."""
    return [
        ChannelUser(
            user_id=each.user_id,
            cards={
                f"c{each.user_id[-4:]}1": each.token,
                f"c{each.user_id[-4:]}2": Token.parse(luhn_complete(f"6250009{each.user_id[-8:]}")),
            },
        )
        for each in holders
        if each.gateway == gateway
    ]
