"""People who pay while everything around them dies: each repeats its message until it has a final answer."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from typing import Any, Final

import msgspec
from chaos.buyers import Buyers
from chaos.house import House, fetched

from unionhub.adapters.http.client import AiohttpTransport
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.clock import FileClock
from unionhub.hosts.sandbox.numbers import shared_tails
from unionhub.hosts.sandbox.partner import Hub, HubAnswer, HubRequest, NotGenuine, Partner
from unionhub.hosts.sandbox.process import HubKeysUnavailable
from unionhub.hosts.sandbox.seeds import PRESET_MERCHANTS
from unionhub.hosts.sandbox.world import TAILS_FILE, World
from unionhub.ports.partners import PartnerError

PATIENCE_S: Final = 90.0
_PENDING: Final = ("", "04", "96")


class Told(msgspec.Struct, kw_only=True):
    """One message and all that its sender heard, in order."""

    sender: str
    message: str
    msg_id: str
    heard: list[str] = []

    @property
    def final(self) -> str:
        """The final answer, "" while there is none."""
        return next((code for code in self.heard if code not in _PENDING), "")


class Crowd:
    """Signs as the sandbox's partners, from this process; its hub answers on two ports."""

    def __init__(self, house: House, rate_per_s: float, seed: int) -> None:
        self.house = house
        self.told: list[Told] = []
        self.errors: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._pause_s = 1 / rate_per_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport = AiohttpTransport()
        self._jwks: dict[str, Any] = {}
        self._urls = itertools.cycle(house.hub_urls)
        self._hub = Hub(base_url=house.hub_urls[0], jwks=self._known_jwks, transport=self._transport)
        home = house.home
        tails = shared_tails(home / keyring.FOLDER / TAILS_FILE)
        self.world = World(keyring.load(home), self._hub, FileClock(home / "clock-offset"), tails=tails)
        self.buyers = Buyers(self.world, self._asked, lambda: next(self._urls), self._rng)

    async def run(self, over: asyncio.Event) -> None:
        """A message now and then until `over`; then everybody gets his answer."""
        self._jwks = await self._fetch_jwks()
        for number in itertools.count():
            if over.is_set():
                break
            task = asyncio.create_task(self._somebody(number))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(self._rng.expovariate(1 / self._pause_s))
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._transport.aclose()

    async def _somebody(self, number: int) -> None:
        kinds = (self._shop, self._order, self._transfer, self._credit, self._bill, self._consumer)
        try:
            await kinds[number % len(kinds)]()
        except (PartnerError, NotGenuine, HubKeysUnavailable) as error:
            self.errors[type(error).__name__] += 1

    async def _shop(self) -> None:
        holder = self._rng.choice(self.world.cardholders[:2])
        gateway = self.world.gateway(holder.gateway)
        await self._told(gateway, gateway.mpqrc_payment_emv(holder, self.world.merchants[0], self._amount()))

    async def _transfer(self) -> None:
        payer, payee = self.world.cardholders[0], self.world.cardholders[1]
        gateway = self.world.gateway(payer.gateway)
        await self._told(gateway, await gateway.p2p_transfer(payer, payee, self._amount()))

    async def _credit(self) -> None:
        holder = self.world.cardholders[1]
        gateway = self.world.gateway(holder.gateway)
        await self._told(gateway, gateway.credit_transaction(holder, PRESET_MERCHANTS[0], self._amount()))

    async def _bill(self) -> None:
        holder = self.world.cardholders[0]
        gateway = self.world.gateway(holder.gateway)
        await self._told(gateway, gateway.bill_payment(holder, PRESET_MERCHANTS[0], self._amount()))

    async def _consumer(self) -> None:
        """A code, the payment with it, and half of it back."""
        holder = self.world.cardholders[1]
        gateway, acquirer = self.world.gateway(holder.gateway), self.world.acquirer()
        codes = await self._asked(gateway, gateway.qrc_generation(holder))
        if codes is None or codes.code != "00":
            return
        emv = codes.trx["emvCpqrcPayload"][:1]
        payment = acquirer.cpqrc_payment(self.world.merchants[0], "2.00", emv=emv)
        answer = await self._told(acquirer, payment)
        if answer is not None and answer.code == "00":
            await self._told(acquirer, acquirer.refund(payment.msg_id, "1.00"))

    async def _order(self) -> None:
        await self.buyers.buy(self.world.cardholders[0], self._amount())

    async def _asked(self, partner: Partner, request: HubRequest) -> HubAnswer | None:
        """What moves no money."""
        return await self._told(partner, request, keep=False)

    async def _told(self, partner: Partner, request: HubRequest, *, keep: bool = True) -> HubAnswer | None:
        """Send it, and send it again, until there is a final answer; None if there is none in time."""
        told = Told(sender=partner.app_id, message=request.message, msg_id=request.msg_id)
        if keep:
            self.told.append(told)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + PATIENCE_S
        while loop.time() < until_s:
            answer = await self._once(partner, request)
            told.heard.append(answer.code if answer else "")
            if told.final:
                return answer
            await asyncio.sleep(self._rng.uniform(0.5, 2.0))
        return None

    async def _once(self, partner: Partner, request: HubRequest) -> HubAnswer | None:
        self._hub.base_url = next(self._urls)
        try:
            answer = await partner.send(request, timeout_s=8.0)
        except PartnerError as error:
            self.errors[type(error).__name__] += 1
            return None
        if answer.status != 200:
            self.errors[f"http {answer.status}"] += 1
            return None
        return answer

    def _amount(self) -> str:
        return f"{self._rng.randrange(1, 5)}.{self._rng.randrange(100):02d}"

    async def _known_jwks(self) -> dict[str, Any]:
        return self._jwks

    async def _fetch_jwks(self) -> dict[str, Any]:
        return dict(await asyncio.to_thread(fetched, f"{self.house.hub_urls[0]}/.well-known/jwks.json"))
