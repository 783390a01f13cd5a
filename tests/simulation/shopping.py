"""What users of channel apps do on UCSP: they log in, order, and pay at the cashier; or by the order's code, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from simulation.acquirer import Till
from simulation.clients import Clients
from simulation.host import START
from simulation.scripts import Holder
from simulation.services import ChannelDoor, ChannelUser, IndustryDoor
from unionhub.domain.flows.cashier import Cashier
from unionhub.domain.flows.cashier_keys import KEY
from unionhub.domain.model.cashier import Accepted, CashierView, Confirmation, Session, Stage
from unionhub.domain.model.channel_cards import CardListRequest, CardPayloadRequest
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.login import LoginRequest
from unionhub.domain.model.messages import MerchantQrPayment
from unionhub.domain.model.orders import OrderRequest, Submitted
from unionhub.domain.model.services import PersonalField
from unionhub.hosts.sandbox.seeds import HKD

T = TypeVar("T")

COUPON: Final = "SPRING"
_CLICKS: Final = 6
_ROUNDS: Final = 3
_ACCEPTED: Final = ("00", "04")
_TOO_LATE: Final = 0.1
"""So often the grant is withdrawn between the page and the click, or just before the login."""
_BOTH: Final = 0.15
"""So often the order's code is paid while a PAY is under way."""
_WAYS: Final = {"click": 7, "double click": 4, "two tabs": 5, "code beside": 5, "code twice": 1, "code": 2, "leaves": 1}
"""How a user pays who stands at the cashier, and how often."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody was let in, shown something, or could pay, between these seconds of the run."""

    what: str
    channel: str
    industry: str
    since_s: float
    until_s: float


class Withdrawing(Protocol):
    """Operators who take a grant away for as long as something lasts; nothing is done if they have it in hand already."""

    async def without(self, channel: str, industry: str, meanwhile: Callable[[], Awaitable[T]]) -> T | None: ...


class Shopping:
    """One method for each thing that users and their industries do."""

    def __init__(
        self,
        clients: Clients,
        till: Till,
        channels: Sequence[ChannelDoor],
        industries: Sequence[IndustryDoor],
        holders: Sequence[Holder],
    ) -> None:
        self.admitted: list[Admitted] = []
        self.wrong: list[str] = []
        self.forms: dict[int, set[str]] = {}  # order -> the form tokens that were sent
        self.withdrawing: Withdrawing | None = None
        self._clients = clients
        self._rng = clients.rng
        self._till = till
        self._channels = channels
        self._industries = industries
        self._holders = holders
        self._seen: dict[tuple[str, str], dict[str, str]] = {}  # (industry, channel) -> card -> whose

    async def shop(self) -> None:
        """From the icon in the app to the way back."""
        channel, industry = self._rng.choice(self._channels), self._rng.choice(self._industries)
        user = self._rng.choice(channel.users)
        if self._rng.random() < _TOO_LATE and self.withdrawing is not None:
            await self.withdrawing.without(channel.app_id, industry.app_id, partial(self._login, channel, industry, user))
            self._clients.seen["login without a grant"] += 1
        if self._rng.random() < 0.9:
            await self._login(channel, industry, user)
        if self._rng.random() < 0.3:
            await self._card_info(channel, industry, user)
        submitted = await self._submit(channel, industry, user)
        if submitted is None:
            return
        match self._rng.choices(tuple(_WAYS), tuple(_WAYS.values()))[0]:
            case "click":
                await self._pay(channel, submitted)
            case "double click":
                await self._pay(channel, submitted, copies=2)
            case "two tabs":
                await asyncio.gather(self._pay(channel, submitted), self._pay(channel, submitted))
            case "code beside":
                await asyncio.gather(self._pay(channel, submitted), self._scan(submitted))
            case "code twice":
                await asyncio.gather(self._scan(submitted), self._scan(submitted))
            case "code":
                await self._scan(submitted)
            case _:  # leaves
                await self._inquire(industry, submitted)

    # --- login and cards

    async def _login(self, channel: ChannelDoor, industry: IndustryDoor, user: ChannelUser) -> None:
        request = LoginRequest(
            industry_code=industry.code,
            user_id=user.user_id,
            personal={PersonalField.MOBILE: Secret("+85255550000")},
            channel_name="app",
        )
        for _ in range(_ROUNDS):
            since_s = self._now_s()
            heard = await self._clients.ask(channel.app_id, "CHANNEL_LOGIN_INFO", request)
            if heard.code == "00":
                self._admit("login", channel, industry, since_s)
                ticket = heard.value.industry_url.reveal().rpartition("=")[2]
                if ticket not in industry.logins:
                    self.wrong.append(f"{user.user_id} was let in with a ticket that {industry.app_id} does not know")
                return
            await asyncio.sleep(self._rng.uniform(1, 15))

    async def _card_info(self, channel: ChannelDoor, industry: IndustryDoor, user: ChannelUser) -> None:
        """The industry asks for the user's cards, for one of them, and for one that somebody else was shown."""
        seen = self._seen.setdefault((industry.app_id, channel.app_id), {})
        wanted = CardListRequest(channel_code=channel.code, user_id=user.user_id)
        since_s = self._now_s()
        heard = await self._clients.ask(industry.app_id, "GET_CARD_LIST", wanted)
        if heard.code == "00":
            self._admit("card list", channel, industry, since_s)
            seen.update((card.card_id, user.user_id) for card in heard.value.cards)
        own = [card for card, whose in seen.items() if whose == user.user_id]
        others = [card for card, whose in seen.items() if whose != user.user_id]
        for cards in (own, others):
            if cards:
                card_id = self._rng.choice(cards)
                wish = CardPayloadRequest(channel_code=channel.code, user_id=user.user_id, card_id=card_id)
                since_s = self._now_s()
                heard = await self._clients.ask(industry.app_id, "GET_CARD_PAYLOAD", wish)
                if heard.code == "00":
                    self._admit("card payload", channel, industry, since_s)
                    if cards is others:
                        self.wrong.append(f"{industry.app_id} was given card {card_id}, which is not {user.user_id}'s")
                    if heard.value.pan is not None:
                        self.wrong.append(f"{industry.app_id} was given a PAN, which no grant allows")

    # --- an order

    async def _submit(self, channel: ChannelDoor, industry: IndustryDoor, user: ChannelUser) -> Submitted | None:
        asked = f"{START + timedelta(seconds=self._now_s() + self._rng.uniform(15, 150)):%Y%m%d%H%M%S}"
        request = OrderRequest(
            channel_code=channel.code,
            user_id=user.user_id,
            reference=f"K{self._clients.number()}",
            ordered_at="20260302120000",
            amount=f"{self._rng.randrange(12, 90)}.00",
            currency=HKD,
            subject="Parking",
            return_url=f"{industry.url}/back",
            asked_expiry=asked if self._rng.random() < 0.6 else "",
        )
        urls: set[str] = set()
        done: Submitted | None = None
        for _ in range(_ROUNDS):
            copies = 2 if self._rng.random() < 0.15 else 1  # the same order under two msgIDs
            asks = (self._clients.ask(industry.app_id, "SUBMIT_PAYMENT_ORDER", request) for _ in range(copies))
            for heard in await asyncio.gather(*asks):
                if heard.code == "00" and heard.value is not None:
                    done = heard.value
                    urls.add(heard.value.cashier_url)
            if done is not None or self._rng.random() < 0.1:
                break
            await asyncio.sleep(self._rng.uniform(1, 10))
        if len(urls) > 1:
            self.wrong.append(f"order {request.reference} got {len(urls)} cashierUrls")
        return done

    async def _inquire(self, industry: IndustryDoor, submitted: Submitted) -> None:
        await asyncio.sleep(self._rng.uniform(0, 60))
        await self._clients.ask(industry.app_id, "PAYMENT_RESULT_INQUIRY", submitted.order.reference)

    # --- at the cashier

    async def _pay(self, channel: ChannelDoor, submitted: Submitted, *, copies: int = 1) -> None:
        """Confirm, and after a decline try again; sometimes go back and send the same form once more."""
        session = await self._entered(submitted)
        for _ in range(_ROUNDS if session is not None else 0):
            assert session is not None
            view = await self._browse(submitted, "view", lambda at: at.view(session, codes=self._codes()))
            if view is None or view.stage is not Stage.CHOOSING or not view.cards:
                await asyncio.sleep(self._rng.uniform(1, 12))
                continue
            said = self._confirmation(channel, view)
            if self._rng.random() < _TOO_LATE and self.withdrawing is not None:
                meant = partial(self._confirm, submitted, session, said)
                await self.withdrawing.without(channel.app_id, submitted.order.industry, meant)
                self._clients.seen["PAY without a grant"] += 1
                continue
            if view.qr_payload and self._rng.random() < _BOTH:
                self._clients.launch(self._scanned_beside(view))
            codes = await asyncio.gather(*(self._confirm(submitted, session, said) for _ in range(copies)))
            if self._rng.random() < 0.3:
                await asyncio.sleep(self._rng.uniform(0, 20))
                codes += [await self._confirm(submitted, session, said)]
            if any(code in _ACCEPTED for code in codes) and self._rng.random() < 0.8:
                return
            await asyncio.sleep(self._rng.uniform(0.5, 8))

    async def _entered(self, submitted: Submitted) -> Session | None:
        key = parse_qs(urlsplit(submitted.cashier_url).query)[KEY][0]
        for _ in range(_CLICKS):
            entered = await self._browse(submitted, "enter", lambda at: at.enter(submitted.order.ucsp_order_id, key))
            if entered is not None:
                return entered[0]
            await asyncio.sleep(self._rng.uniform(0.2, 4))
        return None

    def _codes(self) -> frozenset[str]:
        return frozenset({COUPON}) if self._rng.random() < 0.5 else frozenset()

    def _confirmation(self, channel: ChannelDoor, view: CashierView) -> Confirmation:
        """Mostly with the offers that were proposed; now and then with a card that the page did not show."""
        card_id = self._rng.choice(view.cards).card_id
        if self._rng.random() < 0.05:
            others = [user for user in channel.users if user.user_id != view.order.user_id]
            card_id = next(iter(self._rng.choice(others).cards))
        chosen = tuple(each.offer.offer_id for each in view.offers if each.chosen)
        return Confirmation(
            form_token=view.form_token,
            card_id=card_id,
            offer_ids=chosen if self._rng.random() < 0.85 else chosen[:1],
            codes=view.codes,
        )

    async def _confirm(self, submitted: Submitted, session: Session, said: Confirmation) -> str:
        """What the browser is told; it clicks again while it is told nothing."""
        order, since_s = submitted.order, self._now_s()
        forms = self.forms.setdefault(order.order_id, set())
        first = said.form_token not in forms
        forms.add(said.form_token)
        for _ in range(_CLICKS):
            accepted: Accepted | None = await self._browse(submitted, "pay", lambda at: at.pay(session, said))
            if accepted is not None:
                self._clients.heard(order.industry, "PAY", f"C{said.form_token.partition('.')[0]}", accepted.code)
                if first and accepted.code in _ACCEPTED:
                    self.admitted.append(
                        Admitted(
                            what="payment",
                            channel=order.channel,
                            industry=order.industry,
                            since_s=since_s,
                            until_s=self._now_s(),
                        )
                    )
                return accepted.code
            await asyncio.sleep(self._rng.uniform(0.2, 10))
        return ""

    async def _scan(self, submitted: Submitted) -> None:
        """Another UnionPay app pays the order's code: one that we know, at SCIS, or any other."""
        await asyncio.sleep(self._rng.choice((0.5, 10, 60, 150)) * self._rng.random())
        if self._rng.random() < 0.65:
            placed = self._till.placed.get(submitted.order.ucsp_order_id)
            if placed is not None:
                self._till.scanned(placed)
            return
        session = await self._entered(submitted)
        view = await self._browse(submitted, "view", lambda at: at.view(session)) if session is not None else None
        if view is not None and view.qr_payload:
            await self._scanned(view)

    async def _scanned_beside(self, view: CashierView) -> None:
        """While the PAY is under way: somebody else's app pays the same code, at SCIS."""
        await asyncio.sleep(self._rng.uniform(0, 2))
        self._clients.seen["code paid beside its PAY"] += 1
        await self._scanned(view)

    async def _scanned(self, view: CashierView) -> None:
        holder = self._rng.choice(self._holders)
        request = MerchantQrPayment(payer=holder.payer, amount=view.order.amount.text, currency=HKD, qr_payload=view.qr_payload)
        await self._clients.ask(holder.gateway, "MPQRC_PAYMENT_EMV", request)

    async def _browse(self, submitted: Submitted, what: str, do: Callable[[Cashier], Awaitable[T]]) -> T | None:
        return await self._clients.browse(submitted.order.ucsp_order_id, what, do)

    def _admit(self, what: str, channel: ChannelDoor, industry: IndustryDoor, since_s: float) -> None:
        self.admitted.append(
            Admitted(what=what, channel=channel.app_id, industry=industry.app_id, since_s=since_s, until_s=self._now_s())
        )

    @staticmethod
    def _now_s() -> float:
        return asyncio.get_running_loop().time()
