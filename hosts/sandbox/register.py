"""Making the sandbox's partners, product and cards known to a hub: what onboarding is elsewhere (RULES section 5)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from unionhub.domain.flows.issuing import CARD_SEQUENCE, end_of_month
from unionhub.domain.flows.payers import ACCOUNT, PAN, TOKEN, of_card
from unionhub.domain.model.cards import Card, CardFace, CardProduct, PresetMerchant
from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox.card_face import card_face_png
from unionhub.hosts.sandbox.files import write_atomically
from unionhub.hosts.sandbox.keyring import FOLDER, public_keys
from unionhub.hosts.sandbox.marketing import put_offers
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, PARTNERS, PRESET_MERCHANTS, PRODUCT, Cardholder, ProductSeed
from unionhub.hosts.sandbox.services import put_services
from unionhub.ports.clock import Clock
from unionhub.ports.sequences import Sequences
from unionhub.ports.store import Store, UnitOfWork
from unionhub.ports.vault import Vault

CARD_YEARS: Final = 5
ISSUED_FILE: Final = "cards-issued-at"
_COUNTRIES: Final = {seed.app_id: seed.country for seed in PARTNERS}


def card_expiry(issued_at: datetime) -> datetime:
    """The end of a sandbox card that was issued then."""
    return end_of_month(issued_at.year + CARD_YEARS, issued_at.month)


def issued_at(home: Path, clock: Clock) -> datetime:
    """When the cards of the seeded cardholders were issued: at this home's first start. Hub and wallets are different
    processes, and must tell the same expiry at every start."""
    path = home / FOLDER / ISSUED_FILE
    try:
        return datetime.fromisoformat(path.read_text().strip())
    except (OSError, ValueError):
        now = clock.now()
        write_atomically(path, f"{now.isoformat()}\n")
        return now


class Registrar:
    """Writes the sandbox into a hub's store. Everything may be repeated: what is there stays, addresses and keys move."""

    def __init__(
        self, store: Store, vault: Vault, sequences: Sequences, clock: Clock, *, issued_at: datetime | None = None
    ) -> None:
        """`issued_at`: when the cards were issued that are new here, where that is not now."""
        self._issued_at = issued_at
        self._store = store
        self._vault = vault
        self._sequences = sequences
        self._clock = clock

    async def register(
        self,
        identities: dict[str, Identity],
        product: ProductSeed = PRODUCT,
        cardholders: tuple[Cardholder, ...] = CARDHOLDERS,
    ) -> None:
        """Parties (LIVE when new), the card product, and a card for each cardholder."""
        async with self._store.begin() as unit:
            known = {party.app_id: party for party in await unit.parties()}
            for identity in identities.values():
                await unit.put_party(_party(identity, known.get(identity.app_id)))
            await put_services(unit, identities)
            await put_offers(unit, identities)
            if product.product_id not in {stored.product_id for stored in await unit.products()}:
                await unit.put_product(_product(product))
                await unit.put_card_face(_face(product))
            await unit.commit()
        for holder in cardholders:
            await self.register_card(holder, product)

    async def register_card(self, holder: Cardholder, product: ProductSeed = PRODUCT) -> bool:
        """Issue the cardholder's card unless it is there; False then."""
        token_index = self._vault.index(holder.token, TOKEN)
        async with self._store.begin() as unit:
            if await unit.card_by_token(token_index) is not None:
                return False
        # Numbers are reserved outside: a reservation is a transaction of its own.
        card_id = await self._sequences.next(CARD_SEQUENCE)
        async with self._store.begin() as unit:
            return await self._issue(unit, holder, product, token_index, card_id)

    async def _issue(
        self, unit: UnitOfWork, holder: Cardholder, product: ProductSeed, token_index: bytes, card_id: int
    ) -> bool:
        now = self._clock.now()
        expiry = card_expiry(self._issued_at or now)
        card = Card(
            card_id=card_id,
            issuer=holder.issuer,
            product_id=product.product_id,
            gateway=holder.gateway,
            user_id=holder.user_id,
            device_id=holder.device_id,
            token_index=token_index,
            token_sealed=self._vault.seal(holder.token, of_card(TOKEN, card_id)),
            token_expiry=expiry,
            pan_index=self._vault.index(holder.pan, PAN),
            pan_sealed=self._vault.seal(holder.pan, of_card(PAN, card_id)),
            pan_expiry=expiry,
            masked_pan=mask_number(holder.pan.reveal()),
            account_index=self._vault.index(holder.account, ACCOUNT),
            account_sealed=self._vault.seal(holder.account, of_card(ACCOUNT, card_id)),
            currency=holder.currency,
            created_at=now,
        )
        try:
            new = await unit.put_card(card)
        except ValueError:  # another host registers at the same time and was first
            return False
        await unit.commit()
        return new


def _party(identity: Identity, known: Party | None) -> Party:
    """A party as the hub keeps it. Of one that is known only address and keys move: an operator may have suspended it."""
    if known is not None:
        return msgspec.structs.replace(known, base_url=identity.base_url, keys=public_keys(identity))
    return Party(
        app_id=identity.app_id,
        role=identity.role,
        name=identity.name,
        profile=identity.profile,
        state=PartyState.LIVE,
        base_url=identity.base_url,
        country=_COUNTRIES.get(identity.app_id, "344"),
        keys=public_keys(identity),
        acquirer_iin=identity.app_id if identity.role is Role.ACQUIRER else "",
        channel_code=identity.channel_code,
        industry_code=identity.industry_code,
    )


def _product(seed: ProductSeed) -> CardProduct:
    return CardProduct(
        product_id=seed.product_id,
        issuer=seed.issuer,
        name=seed.name,
        currency=seed.currency,
        trx_limit_minor=seed.trx_limit_minor,
        day_limit_minor=seed.day_limit_minor,
        messages=seed.messages,
        gateways=seed.gateways,
        cvm_limit_minor=seed.cvm_limit_minor,
        token_range=seed.token_range,
        pan_range=seed.pan_range,
        card_years=CARD_YEARS,
        card_face_id=seed.card_face_id,
        verify_owner=seed.verify_owner,
        preset_merchants=tuple(PresetMerchant(merchant_id=each.mid, name=each.name, mcc=each.mcc) for each in PRESET_MERCHANTS),
    )


def _face(seed: ProductSeed) -> CardFace:
    return CardFace(
        face_id=seed.card_face_id,
        issuer=seed.issuer,
        pan_x=40,
        pan_y=250,
        pan_font_size=36,
        color="FFFFFF",
        data=card_face_png(),
    )
