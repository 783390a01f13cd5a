"""Orders that an industry submits, and the cashier where the channel's user pays them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from pytest_bdd import given, then, when
from steps.card_info import a_user_with_a_card, has_opened
from steps.login import CHANNELS, User
from story import Said, Story
from words import Amount, Phrase

from unionhub.domain.flows.cashier_keys import KEY
from unionhub.domain.model.cashier import Accepted, CashierView, Confirmation, Session
from unionhub.domain.model.marketing import typed
from unionhub.domain.model.orders import Order as Record
from unionhub.domain.model.services import IndustryService
from unionhub.hosts.sandbox.industry import Industry
from unionhub.hosts.sandbox.seeds import PARKING

SUBMIT: Final = "SUBMIT_PAYMENT_ORDER"
ORDER_LIFE_S: Final = 900.0
"""Of an order whose industry sets no end: the hub's setting."""

_references = itertools.count(1)


class Tab:
    """The cashier's page as one browser's tab has it."""

    def __init__(self, story: Story, order: Order) -> None:
        self._story = story
        self._cashier = story.house.hub.cashier
        url = urlsplit(order.urls[-1])
        entered = story.run(self._cashier.enter(url.path.rpartition("/")[2], parse_qs(url.query)[KEY][0]))
        assert entered is not None
        self._session: Session = entered[0]
        self.codes: frozenset[str] = frozenset()
        self.view: CashierView
        self.accepted: Sequence[Accepted] = ()  # what the latest click brought, or the latest two at once
        self.look()

    def look(self, offer_ids: Sequence[str] | None = None, code: str = "") -> CashierView:
        """Load the page: with the best offers, or with those that the user has ticked, and a coupon's code just typed in."""
        self.codes |= {typed(code)} - {""}
        self.view = self._story.run(self._cashier.view(self._session, offer_ids=offer_ids, codes=self.codes))
        return self.view

    async def confirmed(self, card_id: str) -> Accepted:
        """The user's yes to what the page shows."""
        said = Confirmation(
            form_token=self.view.form_token,
            card_id=card_id,
            offer_ids=tuple(shown.offer.offer_id for shown in self.view.offers if shown.chosen),
            codes=self.view.codes,
        )
        return await self._cashier.pay(self._session, said)

    def pay(self, card_id: str, clicks: int = 1) -> None:
        """Confirm, once or more often at once, and let everything happen that happens at once."""

        async def clicked() -> list[Accepted]:
            return await asyncio.gather(*(self.confirmed(card_id) for _ in range(clicks)))

        self.accepted = self._story.run(clicked())
        self._story.settle()


class Order:
    """An order as its industry, its user and his browser know it."""

    def __init__(self, story: Story, user: User, industry: Industry, amount: Amount, before: Order | None = None) -> None:
        """`before`: another order of the same scenario."""
        self.before = before
        self.reference = f"order-{next(_references)}"
        self.industry = industry
        self.user = user
        self.amount = amount
        self.urls: list[str] = []
        self.tabs: list[Tab] = []
        self._story = story

    def submit(self, **changes: Any) -> Said:
        """SUBMIT_PAYMENT_ORDER, under a msgID of its own."""
        amount = changes.pop("amount", self.amount)
        channel = self.user.channel.identity.channel_code
        options = {"currency": amount.currency, "orderTime": "20260301120000", **changes}
        request = self.industry.submit_payment_order(channel, self.user.user_id, self.reference, amount.text, **options)
        return self.hear(self._story.tell(self.industry, request))

    def hear(self, _: object) -> Said:
        said = self._story.said[-1]
        if said.answer.code == "00":
            self.urls.append(said.answer.body["cashierUrl"])
        return said

    @property
    def tab(self) -> Tab:
        """The latest one."""
        return self.tabs[-1]

    @property
    def ucsp_order_id(self) -> str:
        return urlsplit(self.urls[-1]).path.rpartition("/")[2]

    def record(self) -> Record:
        async def found() -> Record | None:
            async with self._story.house.hub.store.begin() as uow:
                return await uow.order_of(self.industry.app_id, self.reference)

        record = self._story.run(found())
        assert record is not None
        return record


# --- who


@given(
    Phrase("a user of {channel:Channel} at Kerbside Parking, with {amount:Amount} on the card", Channel=CHANNELS),
    target_fixture="user",
)
def a_user_at_the_service(story: Story, channel: str, amount: Amount) -> User:
    """Whose login is a chart of its own: its messages are not of this scenario."""
    user = a_user_with_a_card(story, channel, amount)
    has_opened(story, user, "Kerbside Parking")
    return user


@given("Kerbside Parking has no merchant at an acquirer")
def no_merchant(story: Story) -> None:
    service = story.house.hub.directory.service(story.world.industry(PARKING).identity.industry_code)
    assert service is not None
    story.run(_put_service(story, msgspec.structs.replace(service, merchant_id="")))
    story.undo(lambda: story.run(_put_service(story, service)))


async def _put_service(story: Story, service: IndustryService) -> None:
    async with story.house.hub.store.begin() as uow:
        await uow.put_service(service)
        await uow.commit()
    await story.house.hub.directory.refresh()


# --- the order


@when(Phrase("Kerbside Parking submits an order of {amount:Amount}"), target_fixture="order")
def submits(story: Story, user: User, amount: Amount) -> Order:
    order = Order(story, user, story.world.industry(PARKING), amount)
    order.submit()
    return order


@when(Phrase("Kerbside Parking submits another order of {amount:Amount}"), target_fixture="order")
def submits_another(story: Story, order: Order, amount: Amount) -> Order:
    another = Order(story, order.user, order.industry, amount, before=order)
    another.submit()
    return another


@given(Phrase("an order of {amount:Amount}"), target_fixture="order")
def an_order(story: Story, user: User, amount: Amount) -> Order:
    """Submitted before: its messages are not of this scenario."""
    order = submits(story, user, amount)
    story.since = story.world.journal.last_seq
    return order


ODD_ORDERS: Final[dict[str, dict[str, Any]]] = {
    "of a channel that there is not": {"channelCode": "NOBODY0001"},
    "that leads back to somebody else": {"returnUrl": "https://elsewhere.example/return"},
    "that leads back to a part of its name": {"returnUrl": "https://99410001.sandbox.elsewhere.example/return"},
    "that ended yesterday": {"expires": timedelta(days=-1)},
    "that ends in a week": {"expires": timedelta(days=7)},
    "that ends in 5 minutes": {"expires": timedelta(minutes=5)},
}


@when(Phrase("Kerbside Parking submits an order of {amount:Amount} {oddly:Oddly}", Oddly=ODD_ORDERS), target_fixture="order")
def submits_oddly(story: Story, user: User, amount: Amount, oddly: str) -> Order:
    order = Order(story, user, story.world.industry(PARKING), amount)
    changes = dict(ODD_ORDERS[oddly])
    if "expires" in changes:
        party = story.house.hub.directory.party(PARKING)
        assert party is not None
        changes["expiresAt"] = f"{party.local_time(story.house.clock.now() + changes.pop('expires')):%Y%m%d%H%M%S}"
    order.submit(**changes)
    return order


@when("Kerbside Parking submits the same order again")
@when(Phrase("Kerbside Parking submits the same order again, of {amount:Amount}"))
def submits_again(order: Order, amount: Amount | None = None) -> None:
    order.submit(**({"amount": amount} if amount else {}))


@when("Kerbside Parking sends the same message again")
@when(Phrase("Kerbside Parking sends the same message again, of {amount:Amount}"))
def sends_again(story: Story, order: Order, amount: Amount | None = None) -> None:
    before = story.latest(SUBMIT)
    change = {"trxAmt": amount.text} if amount else {}
    request = msgspec.structs.replace(before.request, body=before.request.body | change)
    order.hear(story.tell(before.partner, request))


@then("Kerbside Parking is told that returnUrl is wrong")
def told_where(story: Story) -> None:
    answer = story.said[-1].answer
    assert (answer.code, answer.body["msgResponse"]["errorDetail"]) == ("30", "returnUrl")


@then("it has the address of the cashier")
def has_the_address(story: Story, order: Order) -> None:
    url = urlsplit(order.urls[-1])
    assert url.path == f"/cashier/{story.said[-1].answer.body['ucspOrderId']}"
    assert order.ucsp_order_id.isdigit()
    assert len(order.ucsp_order_id) == 20


@then("it is the address of the cashier that it was given before")
def the_same_address(order: Order) -> None:
    assert order.urls[-1] == order.urls[-2]


@when("the time of the order is over")
def time_is_over(story: Story) -> None:
    story.pass_time(ORDER_LIFE_S)
