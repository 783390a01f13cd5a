"""People who pay at UCSP's cashier while everything around them dies (charts U1 and U3): a login, an order, the cashier's page
in a browser that is reloaded when it fails, and the shop's question until there is a last word."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import msgspec

from unionhub.hosts.sandbox.browser import NoForm, confirm
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Partner
from unionhub.hosts.sandbox.seeds import APPLICANT, Cardholder
from unionhub.hosts.sandbox.world import World

PENDING: Final = "PENDING"
_PATIENCE_S: Final = 150.0

Ask = Callable[[Partner, HubRequest], Awaitable[HubAnswer | None]]
"""Send it until there is a final answer; None if there is none in time."""


class Bought(msgspec.Struct, kw_only=True):
    """One order: `confirmed` counts the forms that the cashier took, `heard` is what the shop was told, in order."""

    industry: str
    reference: str
    ucsp_order_id: str
    cashier_url: str
    confirmed: int = 0
    heard: list[str] = []

    @property
    def final(self) -> str:
        """APPROVED or CLOSED, as the shop was last told; "" while nobody told."""
        return next((status for status in reversed(self.heard) if status != PENDING), "")


class Buyers:
    """`url` names the hub to use next: pages and messages go to any of its hosts."""

    def __init__(self, world: World, ask: Ask, url: Callable[[], str], rng: random.Random) -> None:
        self.bought: list[Bought] = []
        self.errors: Counter[str] = Counter()
        self._world = world
        self._ask = ask
        self._url = url
        self._rng = rng

    async def buy(self, holder: Cardholder, amount: str) -> None:
        """From the login to the last word. Pays again as long as the cashier has a form for it."""
        order = await self._ordered(holder.user_id, amount)
        if order is None:
            return
        self.bought.append(order)
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _PATIENCE_S
        while not order.final and loop.time() < until_s:
            await self._at_the_cashier(order)
            await asyncio.sleep(self._rng.uniform(0.5, 2.0))
            await self._inquire(order)

    async def _ordered(self, user_id: str, amount: str) -> Bought | None:
        channel, industry = self._world.channel(), self._world.industry()
        login = await channel.channel_login_info(industry.identity.industry_code, user_id, {"mobile": APPLICANT["mobileNo"]})
        if await self._done(channel, login) is None:
            return None
        reference = login.msg_id
        asked = industry.submit_payment_order(channel.identity.channel_code, user_id, reference, amount, "Parking, 1 hour")
        placed = await self._done(industry, asked)
        if placed is None:
            return None
        return Bought(
            industry=industry.app_id,
            reference=reference,
            ucsp_order_id=placed.body["ucspOrderId"],
            cashier_url=placed.body["cashierUrl"],
        )

    async def _at_the_cashier(self, order: Bought) -> None:
        """Once: whatever happens, the page can be opened again."""
        try:
            order.confirmed += bool(await confirm(order.cashier_url, self._url()))
        except NoForm:
            pass  # paid, under way, or over
        except (aiohttp.ClientError, TimeoutError) as error:
            self.errors[type(error).__name__] += 1

    async def _inquire(self, order: Bought) -> None:
        industry = self._world.industry(order.industry)
        answer = await self._done(industry, industry.payment_result_inquiry(order.reference))
        if answer is not None:
            order.heard.append(answer.body["paymentStatus"])

    async def _done(self, partner: Partner, request: HubRequest) -> HubAnswer | None:
        """The answer if it is 00."""
        answer = await self._ask(partner, request)
        if answer is not None and answer.code == "00":
            return answer
        self.errors[f"{request.message} {answer.code if answer else 'unanswered'}"] += 1
        return None
