"""What one scenario knows: its people, its shop, what was asked and answered. Steps say what happens; this does it.

Everything is synchronous outside and runs in the house's event loop inside. After each step that lets something happen,
the worker does all that is due: business time stands still until a step moves it on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from pace import Pace
from rows import Row, party_names, row_of
from words import Amount

from support.house import House
from unionhub.domain.flows.payers import ACCOUNT
from unionhub.domain.model.cards import Card
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.transactions import Payment as Approved
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.sandbox.bank import BankReply, BankRequest
from unionhub.hosts.sandbox.books import Booking
from unionhub.hosts.sandbox.inbox import Item
from unionhub.hosts.sandbox.journal import Entry
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Partner
from unionhub.hosts.sandbox.roles import Gateway
from unionhub.hosts.sandbox.seeds import Cardholder, MerchantSeed

T = TypeVar("T")

DEBIT: Final = "DEBIT_TRANSACTION"
NOTICE: Final = "TRX_RESULT_NOTIFICATION"

_REST_STEP_S: Final = 120.0
_REST_STEPS: Final = 60
_TURNS: Final = 50
_OPEN_AGAIN_S: Final = 0.05
_FAR_AWAY_S: Final = 3600.0


class Payment(msgspec.Struct, kw_only=True):
    """One MPQRC_PAYMENT_EMV of this scenario. `answers` has one for each time that it was sent."""

    holder: Cardholder
    request: HubRequest
    answers: list[HubAnswer] = []


class Said(NamedTuple):
    """A partner's message to the hub, and the hub's answer."""

    partner: Partner
    request: HubRequest
    answer: HubAnswer


class Story:
    """One scenario in one house. `finish` leaves the house as it was found."""

    def __init__(self, house: House, pace: Pace) -> None:
        self.house = house
        self.pace = pace
        self.world = house.world
        self.since = self.world.journal.last_seq
        self.holders: list[Cardholder] = []
        self.shop: MerchantSeed = self.world.merchants[0]
        self.code: str | None = None  # the payload that is scanned; None: the shop's static one
        self.extras: dict[str, Any] = {}  # what the app adds to each payment
        self.payments: list[Payment] = []
        self.heard: HubAnswer | None = None  # the answer to the latest inquiry
        self.said: list[Said] = []  # every other exchange with the hub, whoever began it, oldest first
        self._inbox_since = {app_id: len(partner.inbox.items()) for app_id, partner in self.world.partners.items()}
        self._undo: list[Callable[[], None]] = []
        self._bank_may_answer = asyncio.Event()
        self._app_was_told: HubAnswer | None = None  # to the latest `tell` of an app, if nothing was paid since

    # --- who and where

    @property
    def holder(self) -> Cardholder:
        return self.holders[0]

    @property
    def gateway(self) -> Gateway:
        """Of the first cardholder: the App Gateway of the table."""
        return self.world.gateway(self.holder.gateway)

    @property
    def payment(self) -> Payment:
        """The latest one."""
        return self.payments[-1]

    @property
    def answer(self) -> HubAnswer:
        """The latest one that an app got, to a payment or to whatever else it said; inquiries are `heard`."""
        return self._app_was_told or self.payment.answers[-1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.house.run(work)

    def add_holder(self, amount: Amount, app_id: str | None = None) -> Cardholder:
        holder = self.run(self.house.cardholder(app_id, amount.text, currency=amount.currency))
        self.holders.append(holder)
        return holder

    def undo(self, later: Callable[[], None]) -> None:
        """Do this when the scenario has ended, however it ended."""
        self._undo.append(later)

    # --- what happens

    def pay(self, amount: Amount, holder: Cardholder | None = None, **changes: Any) -> None:
        """Scan, pay, and let everything happen that happens at once."""
        holder = holder or self.holder
        gateway = self.world.gateway(holder.gateway)
        options = {"currency": amount.currency, **self.extras, **changes}
        request = gateway.mpqrc_payment_emv(holder, self.code or self.shop, amount.text, **options)
        self.payments.append(Payment(holder=holder, request=request))
        self.send(self.payment)

    def send(self, payment: Payment, request: HubRequest | None = None) -> None:
        """Send the payment's message, or another in its place."""

        async def sent() -> None:
            gateway = self.world.gateway(payment.holder.gateway)
            payment.answers.append(await gateway.send(request or payment.request))
            self._app_was_told = None
            await self._settled()

        self.run(sent())

    def send_twice(self, amount: Amount) -> None:
        """The same message a second time, while the bank still thinks about the first."""
        payment = Payment(
            holder=self.holder, request=self.gateway.mpqrc_payment_emv(self.holder, self.shop, amount.text, **self.extras)
        )
        self.payments.append(payment)
        self.hold_the_banks_answer()

        async def both() -> None:
            first = asyncio.create_task(self.gateway.send(payment.request))
            await self.house.until(lambda: any(entry.message == DEBIT for entry in self.entries()))
            payment.answers.append(await self.gateway.send(payment.request))
            self._bank_may_answer.set()
            payment.answers.append(await first)
            await self.house.work()

        self.run(both())

    def ask(self) -> None:
        """The app asks what became of the latest payment."""
        payment = self.payment

        async def asked() -> None:
            gateway = self.world.gateway(payment.holder.gateway)
            asked_about = payment.request
            self.heard = await gateway.send(gateway.trx_result_inquiry(payment.holder, asked_about.msg_id, asked_about.message))

        self.run(asked())

    def tell(self, partner: Partner, request: HubRequest | Awaitable[HubRequest]) -> HubAnswer:
        """A partner sends this message to the hub; then everything happens that happens at once."""

        async def told() -> HubAnswer:
            ready = request if isinstance(request, HubRequest) else await request
            answer = await partner.send(ready)
            self.said.append(Said(partner, ready, answer))
            if isinstance(partner, Gateway):
                self._app_was_told = answer
            await self._settled()
            return answer

        return self.run(told())

    def tell_again(self, said: Said | None = None) -> HubAnswer:
        """The very same message once more (the latest one, if none is named)."""
        again = said or self.said[-1]
        return self.tell(again.partner, again.request)

    def meanwhile(self, message: str, *requests: HubRequest | Awaitable[HubRequest]) -> list[Said]:
        """The app says the second while the bank keeps back its first answer to `message`, which the first made SCIS send."""
        handlers = self.world.bank().handlers
        usual, may_answer = handlers[message], asyncio.Event()

        async def held(request: BankRequest) -> BankReply:
            handlers[message] = usual
            await may_answer.wait()
            return await usual(request)

        async def both() -> list[Said]:
            first, second = [each if isinstance(each, HubRequest) else await each for each in requests]
            waiting = asyncio.create_task(self.gateway.send(first))
            await self.house.until(lambda: handlers[message] is usual)
            answer = await self.gateway.send(second)
            may_answer.set()
            return [Said(self.gateway, first, await waiting), Said(self.gateway, second, answer)]

        handlers[message] = held
        self.undo(may_answer.set)
        both_said = self.run(both())
        self.said += both_said
        return both_said

    def change_product(self, **changes: Any) -> Callable[[], None]:
        """The issuer's rules, until the scenario ends, or what is returned is called."""
        product = self.house.hub.directory.product(self.world.product.product_id)
        assert product is not None
        before = {name: getattr(product, name) for name in changes}

        def as_before() -> None:
            self.run(self.house.change_product(**before))

        self.run(self.house.change_product(**changes))
        self.undo(as_before)
        return as_before

    def latest(self, message: str) -> Said:
        """The latest exchange of that name."""
        return next(said for said in reversed(self.said) if said.request.message == message)

    def pass_time(self, step_s: float, steps: int = 1) -> None:
        """Business time moves on in steps, the worker looking around at each."""

        async def passing() -> None:
            for _ in range(steps):
                await self.house.advance(step_s)
                await self._settled()

        self.run(passing())

    def settle(self) -> None:
        """Let everything happen that happens at once."""
        self.run(self._settled())

    async def _settled(self) -> None:
        """What acquirers do by themselves, and the worker: each may give the other something to do."""
        for _ in range(_TURNS):
            self.pace.go_on()
            await self.house.until(self.pace.is_still)
            if not await self.house.hub.worker.turn():
                return
        raise AssertionError("there is always something to do")

    # --- the bank and the network

    def hold_the_banks_answer(self) -> None:
        """The bank books the next debit and keeps its answer to itself for a while."""

        async def held(reply: BankReply) -> BankReply:
            await self._bank_may_answer.wait()
            return reply

        self._change_the_next_debit(held)
        line = self.house.line
        line.as_in_life = True  # it is not silent, and not in time
        self.undo(lambda: setattr(line, "as_in_life", False))

    def the_bank_says(self, code: str) -> None:
        """The bank books the next debit, and says `code`."""

        async def reworded(reply: BankReply) -> BankReply:
            return msgspec.structs.replace(reply, code=code)

        self._change_the_next_debit(reworded)

    def let_the_bank_answer(self) -> None:
        """The answer that was held comes now, whoever still waits for it."""

        async def answered() -> None:
            before = len(self.entries())
            self._bank_may_answer.set()
            await self.house.until(lambda: len(self.entries()) > before)

        self.run(answered())

    def _change_the_next_debit(self, change: Callable[[BankReply], Awaitable[BankReply]]) -> None:
        handlers = self.world.bank().handlers
        usual = handlers[DEBIT]

        async def once(request: BankRequest) -> BankReply:
            handlers[DEBIT] = usual
            return await change(await usual(request))

        def as_before() -> None:
            handlers[DEBIT] = usual
            self._bank_may_answer.set()

        handlers[DEBIT] = once
        self.undo(as_before)

    def deliver_what_was_kept_back(self) -> None:
        self.run(self.house.network.deliver())

    def cut_off(self, app_id: str) -> None:
        """Nobody listens at this partner until `connect`."""

        async def refused() -> None:
            self.world.faults.add(app_id, None, "refuse_connection", seconds=_FAR_AWAY_S)

        self.run(refused())
        self.undo(lambda: self.connect(app_id))

    def connect(self, app_id: str) -> None:
        """A refusal takes the place of the one before: a short one ends a long one."""

        async def reconnected() -> None:
            if self.world.faults.is_refusing(app_id):
                self.world.faults.add(app_id, None, "refuse_connection", seconds=_OPEN_AGAIN_S)
                await asyncio.sleep(2 * _OPEN_AGAIN_S)
                await self.house.until(lambda: not self.world.faults.is_refusing(app_id))

        self.run(reconnected())

    # --- what there is to see

    def entries(self) -> list[Entry]:
        """What the partners recorded in this scenario, oldest first."""
        return self.world.journal.entries(self.since)

    def rows(self) -> list[Row]:
        """The same as a table of messages."""
        partners = self.world.partners
        names = party_names(partners.values(), self.holder.gateway if self.holders else "")
        return [row_of(entry, names, lambda app_id: partners[app_id].role) for entry in self.entries()]

    def received(self, app_id: str, message: str) -> list[Item]:
        """What this partner received of that name in this scenario."""
        items = self.world.partners[app_id].inbox.items()[self._inbox_since[app_id] :]
        return [item for item in items if item.message == message]

    def notices(self, app_id: str) -> list[dict[str, Any]]:
        """trxInfo of each notice that this partner got about this scenario's payments."""
        return [item.body["trxInfo"] for item in self.received(app_id, NOTICE)]

    def bookings(self, holder: Cardholder) -> list[Booking]:
        accounts = self.run(self.world.bank(holder.issuer).accounts())
        mine = next(account for account in accounts if account.account_no == holder.account.reveal())
        return list(mine.bookings)

    def balance(self, holder: Cardholder) -> Money:
        balance = self.run(self.world.bank(holder.issuer).balance(holder.account))
        assert balance is not None
        return balance

    def card(self, holder: Cardholder) -> Card:
        async def found() -> Card | None:
            async with self.house.hub.store.begin() as uow:
                return await uow.card_by_token(self.house.hub.vault.index(holder.token, "token"))

        card = self.run(found())
        assert card is not None
        return card

    # --- the end

    def finish(self) -> None:
        """Leave nothing behind that could disturb the next scenario, and check the books of this one."""
        self.world.faults.clear()
        for undo in reversed(self._undo):
            undo()
        self.deliver_what_was_kept_back()
        self.run(self._rest())
        for holder in self.holders:
            self._check_books(holder)
        assert not self.run(self.world.bank().audit())

    async def _rest(self) -> None:
        """Business time goes on until every payment is final, every order paid or closed, every notice confirmed or parked."""
        ever = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
        for _ in range(_REST_STEPS):
            async with self.house.hub.store.begin() as uow:
                unfinished = await uow.unfinished_before(ever, limit=1)
                open_orders = await uow.orders_due(ever, limit=1)
                queued = await uow.notices(state=NoticeState.QUEUED, limit=1)
            if not unfinished and not open_orders and not queued and self.pace.is_at_rest():
                return
            await self.house.advance(_REST_STEP_S)
            await self._settled()
        raise AssertionError("the house does not come to rest")

    def _check_books(self, holder: Cardholder) -> None:
        """What the bank booked is what the hub calls approved, whatever the scenario was about."""

        async def moved() -> int:
            async with self.house.hub.store.begin() as uow:
                cards = await uow.cards(account_index=self.house.hub.vault.index(holder.account, ACCOUNT))
                mine = {card.card_id for card in cards}
                return _net(await uow.payments(state=PaymentState.APPROVED, limit=10_000), mine)

        booked = holder.opening.minor - self.balance(holder).minor
        assert booked == self.run(moved()), f"the bank booked {booked} for {holder.user_id}, not what the hub approved"


def _net(approved: list[Approved], cards: set[int]) -> int:
    """What these payments took from the account of these cards, less what they gave to it, in minor units."""
    bills = {payment.payment_id: payment for payment in approved}
    net = 0
    for payment in approved:
        if payment.bill is None or (payment.orig_payment_id is not None and payment.orig_payment_id not in bills):
            continue  # it undid what had moved nothing
        if payment.card_id in cards:
            net += payment.bill.minor * (1 if payment.does.takes else -1)
        if payment.payee_card_id in cards:
            net -= payment.bill.minor
    return net
