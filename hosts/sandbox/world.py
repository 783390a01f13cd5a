"""The seeded world, alive: partners with their keys, a core bank with its books, cardholders, merchants.

`server` gives it sockets; `connect` puts it into one process with the hub. Both have the same partners.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.bank import CoreBank
from unionhub.hosts.sandbox.faults import DEFAULT_HUB_TIMEOUT_S, FaultTable
from unionhub.hosts.sandbox.journal import Journal
from unionhub.hosts.sandbox.keepsakes import FILE, Keepsakes
from unionhub.hosts.sandbox.keyring import FOLDER
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.numbers import MsgIds, own_tails, shared_tails
from unionhub.hosts.sandbox.partner import Hub, Identity, Partner
from unionhub.hosts.sandbox.register import card_expiry, issued_at
from unionhub.hosts.sandbox.roles import CLASSES, Acquirer, Channel, Gateway, Industry, Issuer, QrPlatform
from unionhub.hosts.sandbox.seeds import (
    CARDHOLDERS,
    HARBOUR_CHANNEL,
    HKD,
    MAX_CARDHOLDER,
    MERCHANTS,
    PARKING,
    PRESET_MERCHANTS,
    PRODUCT,
    QR_PLATFORM,
    WALLETS,
    Cardholder,
    MerchantSeed,
    PresetMerchant,
    ProductSeed,
    cardholder,
)
from unionhub.hosts.sandbox.till import Till
from unionhub.ports.clock import Clock

P = TypeVar("P", bound=Partner)

LOOPBACK_HUB_URL: Final = "http://hub.sandbox"
TAILS_FILE: Final = "msgid-tails"
_FIRST_FRESH: Final = 1_000_000


class World:
    """Every simulated partner of one home, or of one test."""

    def __init__(
        self,
        identities: Mapping[str, Identity],
        hub: Hub,
        clock: Clock,
        *,
        home: Path | None = None,
        hub_timeout_s: float = DEFAULT_HUB_TIMEOUT_S,
        now_s: Callable[[], float] = time.time,
        loop_s: Callable[[], float] = time.monotonic,
        tails: Iterator[int] | None = None,
    ) -> None:
        """With a `home` the bank's books, the msgID numbers and what apps and services know are durable, without one all is
        memory. `tails` are msgID numbers that are shared with other processes.

        `clock` is business time, `now_s` real time for signatures, `loop_s` the time of the event loop.
        """
        self.identities = dict(identities)
        self.hub = hub
        self.clock = clock
        self.faults = FaultTable(
            {app_id: identity.role for app_id, identity in identities.items()},
            hub_timeout_s=hub_timeout_s,
            now_s=loop_s,
        )
        self.journal = Journal(clock)
        self.cardholders = list(CARDHOLDERS)
        self.merchants: list[MerchantSeed] = list(MERCHANTS)
        self.preset_merchants: list[PresetMerchant] = list(PRESET_MERCHANTS)
        self.product: ProductSeed = PRODUCT
        self.partners: dict[str, Partner] = {}
        self.keepsakes = Keepsakes(None if home is None else home / FOLDER / FILE)
        self._home = home
        self._fresh = itertools.count(_FIRST_FRESH + secrets.randbelow(MAX_CARDHOLDER - 2 * _FIRST_FRESH))
        if tails is None:
            tails = own_tails() if home is None else shared_tails(home / FOLDER / TAILS_FILE)
        for identity in identities.values():
            self.partners[identity.app_id] = self._partner(identity, hub, tails, now_s)
        since = clock.now() if home is None else issued_at(home, clock)
        for holder in self.cardholders:
            self._tell_apps(holder, since)

    async def open(self) -> None:
        """Open the seeded accounts; accounts that are there already keep what is on them. Acquirers go on with their orders."""
        for issuer in {holder.issuer for holder in self.cardholders}:
            mine = {holder.account: holder.opening for holder in self.cardholders if holder.issuer == issuer}
            await self.bank(issuer).open_accounts(mine)
            await self.bank(issuer).open_merchants(self.preset_merchants)
        for partner in self.partners.values():
            if isinstance(partner, Acquirer):
                await partner.resume()

    def gateway(self, app_id: str) -> Gateway:
        return self._of(app_id, Gateway)

    def issuer(self, app_id: str | None = None) -> Issuer:
        return self._of(app_id or self.product.issuer, Issuer)

    def bank(self, app_id: str | None = None) -> CoreBank:
        """The core bank behind an issuer. Raises LookupError if that party has none."""
        return self.issuer(app_id).bank

    def acquirer(self, app_id: str | None = None) -> Acquirer:
        return self._of(app_id or self.merchants[0].acquirer, Acquirer)

    def qr_platform(self, app_id: str = QR_PLATFORM) -> QrPlatform:
        return self._of(app_id, QrPlatform)

    def channel(self, app_id: str = HARBOUR_CHANNEL) -> Channel:
        return self._of(app_id, Channel)

    def industry(self, app_id: str = PARKING) -> Industry:
        return self._of(app_id, Industry)

    async def new_cardholder(self, gateway: str, balance: str = "10000.00", currency: str = HKD) -> Cardholder:
        """A fresh cardholder with money at the bank. `register.register_card` makes the card known to the hub."""
        holder = cardholder(next(self._fresh), gateway, Money.parse(balance, currency, zero=True))
        await self.bank(holder.issuer).open_accounts({holder.account: holder.opening})
        self.cardholders.append(holder)
        self._tell_apps(holder, self.clock.now())
        return holder

    def moved(self, base_urls: Mapping[str, str]) -> None:
        """Partners listen at these base URLs from now on."""
        for app_id, base_url in base_urls.items():
            identity = msgspec.structs.replace(self.identities[app_id], base_url=base_url)
            self.identities[app_id] = self.partners[app_id].identity = identity

    def connect(self, transport: LoopbackTransport) -> None:
        """Let every partner be reached in this process, under a base URL made of its app_id."""
        self.moved({app_id: f"http://{app_id}.sandbox" for app_id in self.partners})
        for app_id, partner in self.partners.items():
            transport.connect(partner.identity.base_url, partner.receive, app_id)

    def close(self) -> None:
        """Close the books, and end what partners do by themselves."""
        for partner in self.partners.values():
            partner.close()
            if isinstance(partner, Issuer):
                partner.bank.close()
        self.keepsakes.close()

    def _partner(self, identity: Identity, hub: Hub, tails: Iterator[int], now_s: Callable[[], float]) -> Partner:
        options: dict[str, Any] = {
            "hub": hub,
            "clock": self.clock,
            "faults": self.faults,
            "journal": self.journal,
            # UCSP wants the industry's code in the msgID (U-78), SCIS the insID.
            "msg_ids": MsgIds(identity.industry_code or identity.app_id, self.clock, tails),
            "now_s": now_s,
            "keepsakes": self.keepsakes,
        }
        if CLASSES[identity.role] is Issuer:
            options["bank"] = CoreBank(self._ledger(identity.app_id))
        if CLASSES[identity.role] is Acquirer:
            options["till"] = self._till(identity.app_id)
        return CLASSES[identity.role](identity, **options)

    def _tell_apps(self, holder: Cardholder, issued_at: datetime) -> None:
        """A card that was issued then, in the gateway's app and in the channel's of the same house."""
        gateway, channel = self.partners.get(holder.gateway), self.partners.get(WALLETS.get(holder.gateway, ""))
        if isinstance(gateway, Gateway):
            gateway.knows(holder)
        if isinstance(channel, Channel):
            issuer = self.identities.get(holder.issuer)
            channel.add_card(
                holder.user_id,
                holder.token,
                f"{card_expiry(issued_at):%y%m}",
                mask_number(holder.pan.reveal()),
                issuer.name if issuer else "",
                pan=holder.pan,
            )

    def _ledger(self, app_id: str) -> Ledger:
        if self._home is None:
            return Ledger(":memory:")
        return Ledger(self._home / FOLDER / f"bank-{app_id}.sqlite3", group_commit=True)

    def _till(self, app_id: str) -> Till:
        if self._home is None:
            return Till()
        return Till(till_file(self._home, app_id), group_commit=True)

    def _of(self, app_id: str, kind: type[P]) -> P:
        partner = self.partners.get(app_id)
        if not isinstance(partner, kind):
            raise LookupError(f"{app_id} is no {kind.__name__.lower()} of this world")
        return partner


def till_file(home: Path, app_id: str) -> Path:
    """Where that acquirer's till is kept."""
    return home / FOLDER / f"till-{app_id}.sqlite3"


def jwks_of(keys: Callable[[], Mapping[str, Any]]) -> Callable[[], Awaitable[Mapping[str, Any]]]:
    """The hub's public keys handed over within one process, in the form that `Hub` wants."""

    async def handed_over() -> Mapping[str, Any]:
        return keys()

    return handed_over
