"""Sales: orders at the cashier, each of which an industry submitted for a fresh cardholder, and what tests do with it.

The acquirer is the sandbox's, with its till; `scripted` puts a test's own word in the place of its answer to PAY.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec

from support.house import Books, House
from unionhub.domain.flows import invariants
from unionhub.domain.model.cashier import Accepted, Confirmation, Session
from unionhub.domain.model.orders import Order, order_id_of
from unionhub.domain.model.transactions import Payment
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import HARBOUR, HARBOUR_CHANNEL, PARKING, Cardholder

CHANNEL_CODE = "HARBOUR01"
NOTICE = "PAYMENT_RESULT_NOTICE"
Json = dict[str, Any]

_references = itertools.count(1)


def new_reference() -> str:
    return f"order-{next(_references)}"


class Sale(msgspec.Struct, kw_only=True):
    """One order. `taken` are the PAYs that the acquirer got for it since it was scripted."""

    home: House
    holder: Cardholder
    reference: str
    amount: str
    uid: str
    url: str
    session: Session
    taken: list[Json] = []

    # --- the browser

    async def tab(self) -> Session:
        """Another one of the same user."""
        entered = await self.home.hub.cashier.enter(self.uid, self.url.partition("key=")[2])
        assert entered is not None
        return entered[0]

    async def form(
        self, session: Session | None = None, *, offers: tuple[str, ...] = (), codes: tuple[str, ...] = ()
    ) -> tuple[Session, Confirmation]:
        """A page that was loaded and filled in, not sent."""
        session = session or self.session
        view = await self.home.hub.cashier.view(session, offer_ids=offers, codes=codes)
        card = view.cards[0].card_id if view.cards else ""
        said = Confirmation(form_token=view.form_token, card_id=card, offer_ids=offers, codes=frozenset(codes))
        return session, said

    async def pay(self, **options: Any) -> Accepted:
        return await self.home.hub.cashier.pay(*await self.form(**options))

    async def stage(self) -> str:
        return (await self.home.hub.cashier.stage(self.session)).value

    async def qr(self) -> str:
        return (await self.home.hub.cashier.view(self.session)).qr_payload

    async def pay_by_qr(self, amount: str | None = None) -> str:
        """The cardholder's other app scans the order's code."""
        gateway = self.home.world.gateway(HARBOUR)
        return (await gateway.send(gateway.mpqrc_payment_emv(self.holder, await self.qr(), amount or self.amount))).code

    # --- the acquirer

    async def result(self, status: str, *, msg_id: str | None = None, **changes: Any) -> HubAnswer:
        """PAYMENT_RESULT as an acquirer could send it; None leaves a member out."""
        return await self.home.world.acquirer().send(await self.result_request(status, msg_id=msg_id, **changes))

    async def result_request(self, status: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        order = await self.order()
        acquirer = self.home.world.acquirer()
        members = {
            "downstreamOrderId": order.downstream_id,
            "ucspOrderId": self.uid,
            "paymentStatus": status,
            "settlementKey": acquirer.settlement_key(),
            "retrivlRefNum": "040000100001",
        }
        return acquirer.request("PAYMENT_RESULT", {**members, **changes}, msg_id=msg_id)

    # --- what is on record

    async def order(self) -> Order:
        async with self.home.hub.store.begin() as uow:
            order = await uow.order(order_id_of(self.uid) or 0)
        assert order is not None
        return order

    async def payments(self, kind: str = "") -> list[Payment]:
        """Of that kind; else what was paid and given back by the acquirer's word, without what SCIS saw of it."""
        async with self.home.hub.store.begin() as uow:
            found = await uow.payments_of_order(order_id_of(self.uid) or 0)
        return [each for each in found if (each.kind == kind if kind else each.does.downstream)]

    async def states(self) -> list[str]:
        """Of its payments, the oldest first."""
        return [each.state.value for each in await self.payments()]

    async def balance(self) -> str:
        return await self.home.balance(self.holder)

    async def standing(self) -> Json:
        """What PAYMENT_RESULT_INQUIRY says."""
        return (await self.home.world.industry().ask("PAYMENT_RESULT_INQUIRY", {"orderId": self.reference})).body

    async def used(self, key: str) -> int:
        async with self.home.hub.store.begin() as uow:
            return await uow.used(key)

    # --- who was told

    def told(self, app_id: str = PARKING) -> list[str]:
        """paymentStatus of each PAYMENT_RESULT_NOTICE of the order, in the order of their arrival, repeats left out."""
        bodies = {body["msgID"]: body for body in self.notices(app_id)}
        return [body["paymentStatus"] for body in bodies.values()]

    def notices(self, app_id: str = PARKING) -> list[Json]:
        items = self.home.world.partners[app_id].inbox.items(NOTICE)
        return [item.body for item in items if item.body["ucspOrderId"] == self.uid]

    def both_told(self) -> list[str]:
        """Both sides hear the same."""
        said = self.told(PARKING)
        assert self.told(HARBOUR_CHANNEL) == said
        return said

    def got(self, message: str) -> list[Json]:
        """What the acquirer got about the order: trxInfo."""
        items = self.home.world.acquirer().inbox.items(message)
        return [item.body["trxInfo"] for item in items if item.body["trxInfo"].get("ucspOrderId") == self.uid]

    @asynccontextmanager
    async def scripted(self, *words: str | Callable[[Received], Awaitable[Answer]]) -> AsyncIterator[None]:
        """PAY is answered with these codes, the last one for ever, and goes nowhere: the test says what becomes of it."""
        acquirer = self.home.world.acquirer()
        usual, rest = acquirer.handlers["PAY"], list(words)

        async def said(received: Received) -> Answer:
            self.taken.append({**received.trx, "msgID": received.msg_id})
            word = rest.pop(0) if len(rest) > 1 else rest[0]
            if callable(word):
                return await word(received)
            return Answer(code=word, trx={name: received.trx[name] for name in ("trxAmt", "trxCurrency")})

        acquirer.handlers["PAY"] = said
        try:
            yield
        finally:
            acquirer.handlers["PAY"] = usual


async def log_in(home: House, user_id: str) -> None:
    channel, industry = home.world.channel(), home.world.industry()
    request = await channel.channel_login_info(industry.identity.industry_code, user_id, {"mobile": "+85255550100"})
    assert (await channel.send(request)).code == "00"


async def new_sale(
    home: House, amount: str = "100.00", *, holder: Cardholder | None = None, balance: str = "1000.00", **changes: Any
) -> Sale:
    """A fresh cardholder with a fresh order, at the cashier."""
    holder = holder or await home.cardholder(HARBOUR, balance)
    await log_in(home, holder.user_id)
    reference = new_reference()
    request = home.world.industry().submit_payment_order(CHANNEL_CODE, holder.user_id, reference, amount, **changes)
    answer = await home.world.industry().send(request)
    assert answer.code == "00", answer.body
    uid, url = answer.body["ucspOrderId"], answer.body["cashierUrl"]
    entered = await home.hub.cashier.enter(uid, url.partition("key=")[2])
    assert entered is not None
    return Sale(home=home, holder=holder, reference=reference, amount=amount, uid=uid, url=url, session=entered[0])


async def settle(home: House) -> None:
    """Let the acquirer end what it does by itself, and the worker what is due."""
    acquirer = home.world.acquirer()
    for _ in range(2):
        await home.until(lambda: not acquirer._under_way)
        await home.work()


async def broken(home: House) -> set[str]:
    """The names of the invariants that do not hold, with those of orders."""
    limit = timedelta(minutes=10)
    store = home.hub.store
    found = await invariants.check(
        (
            invariants.EveryPaymentEnds(store, home.clock, limit),
            invariants.BookedIsApproved(store, Books(home.world, {})),
            invariants.NoPurchaseTwice(store),
            invariants.OrdersArePaidOnce(store),
            invariants.NoRefundBeyondPaid(store),
            invariants.NoLimitOverspent(store),
            invariants.EveryoneIsTold(store),
            invariants.NoticesArrive(store, home.clock, limit),
        )
    )
    return {f"{each.invariant}: {each.evidence}" for each in found}
