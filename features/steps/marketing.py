"""UCSP's offers: what they take off an order, who pays that, and how much of their budgets is used."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from pytest_bdd import given, then, when
from steps.orders import Order, Tab
from steps.results import both_hear_of_payment, payments_of
from story import Story
from words import Amount, Phrase, read_amount

from unionhub.domain.model.cashier import Accepted
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind, OfferState, funding
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Payment
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR_CHANNEL, HKD, PARKING

KINDS: Final = {
    "instant discount": OfferKind.INSTANT,
    "incentive money": OfferKind.INCENTIVE,
    "coupon": OfferKind.COUPON,
}
PARTIES: Final = {"UnionPay": HUB, "Harbour Life": HARBOUR_CHANNEL, "Kerbside Parking": PARKING, "the acquirer": ACQUIRER}

_ids = itertools.count(1)


class Offers:
    """The offers of one scenario by their names."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.by_name: dict[str, MarketingOffer] = {}

    def put(self, *offers: MarketingOffer) -> None:
        self.by_name |= {offer.name: offer for offer in offers}
        self._story.run(self._put(offers))

    def end(self) -> None:
        self.put(*(msgspec.structs.replace(offer, state=OfferState.ENDED) for offer in self.by_name.values()))

    def used(self, name: str) -> Money:
        """What is reserved of its budget."""

        async def read() -> int:
            async with self._story.house.hub.store.begin() as uow:
                return await uow.used(self.by_name[name].budget_key)

        return Money(self._story.run(read()), HKD)

    async def _put(self, offers: Iterable[MarketingOffer]) -> None:
        async with self._story.house.hub.store.begin() as uow:
            for offer in offers:
                await uow.put_offer(offer)
            await uow.commit()
        await self._story.house.hub.directory.refresh()


@given("these offers", target_fixture="offers")
def these_offers(story: Story, datatable: list[list[str]]) -> Offers:
    """Columns: offer (its name), kind, off, and any of: budget, from, most, code, paid by, each user."""
    offers = Offers(story)
    header, *lines = datatable
    offers.put(*(_offer(story, dict(zip(header, line, strict=True))) for line in lines))
    story.undo(offers.end)
    return offers


def _offer(story: Story, said: dict[str, str]) -> MarketingOffer:
    now = story.house.clock.now()
    off, most = said["off"], said.get("most", "")
    changes: dict[str, Any] = (
        {"off_percent": Decimal(off.removesuffix(" %"))} if off.endswith("%") else {"off_minor": _minor(off)}
    )
    funders = [_funder(each) for each in (said.get("paid by") or "UnionPay").split(" and ")]
    return MarketingOffer(
        offer_id=f"OFFER-{next(_ids)}",
        kind=KINDS[said["kind"]],
        name=said["offer"],
        owner=funders[0].party,
        funders=tuple(funders),
        currency=HKD,
        budget_minor=_minor(said.get("budget") or "HKD 100000.00"),
        cap_minor=_minor(most) if most else 0,
        minimum_minor=_minor(said["from"]) if said.get("from") else 0,
        per_user_max=int(said.get("each user") or 0),
        code=said.get("code", ""),
        valid_from=now - timedelta(days=1),
        valid_until=now + timedelta(days=30),
        **changes,
    )


def _minor(text: str) -> int:
    return read_amount(text).money.minor


def _funder(text: str) -> Funder:
    """`UnionPay`, or `60 % Harbour Life`."""
    percent, sign, party = text.rpartition(" % ")
    return Funder(party=PARTIES[party], percent=int(percent) if sign else 100)


CHANGES: Final[dict[str, Callable[[datetime], dict[str, Any]]]] = {
    "is paused": lambda _: {"state": OfferState.PAUSED},
    "is over": lambda now: {"valid_until": now},
    "begins tomorrow": lambda now: {"valid_from": now + timedelta(days=1)},
    "is for other channels": lambda _: {"channels": frozenset({"99310356"})},
    "is for other industries": lambda _: {"industries": frozenset({"99410356"})},
}


@given(Phrase('the offer "{name}" {change:Change}', Change=CHANGES))
@when(Phrase('the offer "{name}" {change:Change}', Change=CHANGES))
def the_offer_changes(story: Story, offers: Offers, name: str, change: str) -> None:
    changes = CHANGES[change](story.house.clock.now())
    offers.put(msgspec.structs.replace(offers.by_name[name], **changes))


# --- at the cashier


@then(Phrase("the cashier proposes {names}: {amount:Amount} to pay"))
def the_cashier_proposes(order: Order, names: str, amount: Amount) -> None:
    """`nothing`, or names in quotation marks."""
    view = order.tab.view
    assert [shown.offer.name for shown in view.offers if shown.chosen] == _names(names)
    assert str(Amount.of(view.net)) == str(amount)
    assert (view.net + view.off).minor == order.amount.money.minor


@then(Phrase("the cashier offers {names}"))
def the_cashier_offers(order: Order, names: str) -> None:
    assert sorted(shown.offer.name for shown in order.tab.view.offers) == sorted(_names(names))


@when(Phrase("the user chooses {names}"))
def the_user_chooses(offers: Offers, order: Order, names: str) -> None:
    order.tab.look([offers.by_name[name].offer_id for name in _names(names)])


@when(Phrase('the user types in the code "{code}"'))
def types_in_a_code(order: Order, code: str) -> None:
    order.tab.look(code=code)


@then(Phrase('the cashier says of the code: "{why}"'))
def says_of_the_code(order: Order, why: str) -> None:
    assert list(order.tab.view.code_faults.values()) == [why]


@then(Phrase('the cashier will not have it: "{why}"'))
def will_not_have_it(order: Order, why: str) -> None:
    assert order.tab.view.offers_fault == why


def _names(text: str) -> list[str]:
    return [] if text == "nothing" else text.strip('"').split('" and "')


@when("the user pays both orders in the same moment with the card")
def pays_both(story: Story, order: Order) -> None:
    assert order.before is not None
    tabs = (order.before.tab, order.tab)

    async def confirmed() -> list[Accepted]:
        return await asyncio.gather(*(tab.confirmed(tab.view.cards[0].card_id) for tab in tabs))

    for tab, accepted in zip(tabs, story.run(confirmed()), strict=True):
        tab.accepted = [accepted]
    story.settle()


@then(Phrase('one of both orders is paid, and the other one says {code:Code} "{text}"'))
def one_of_both(order: Order, code: str, text: str) -> None:
    assert order.before is not None
    codes = sorted(each.tab.accepted[-1].code for each in (order.before, order))
    assert codes == sorted(("04", code))
    assert RESPONSE_TEXTS[code] == text
    assert sorted(each.record().state for each in (order.before, order)) == [OrderState.OPEN, OrderState.PAID]


@when("the user opens the cashier of the order that is left", target_fixture="order")
def opens_what_is_left(story: Story, order: Order) -> Order:
    left = next(each for each in (order.before, order) if each is not None and each.record().state is OrderState.OPEN)
    left.tabs.append(Tab(story, left))
    return left


# --- afterwards


@then(Phrase("both are notified of {net:Amount} paid and {takings} off"))
def both_hear_of_discounts(story: Story, order: Order, net: Amount, takings: str) -> None:
    """`HKD 5.00 "its name" and ...`: what is paid and what is taken off add up to the order's amount."""
    both_hear_of_payment(story, order, net)
    told = story.received(PARKING, "PAYMENT_RESULT_NOTICE")[-1].body["discountDetails"]
    assert [f'HKD {each["discountAmt"]} "{each["discountNote"]}"' for each in told] == takings.split(" and ")


@then(Phrase("the acquirer was asked for {net:Amount} of {gross:Amount}"))
def the_acquirer_was_asked(story: Story, order: Order, net: Amount, gross: Amount) -> None:
    """The merchant is credited the gross amount: what is taken off somebody else pays."""
    trx = story.received(ACQUIRER, "PAY")[-1].body["trxInfo"]
    assert (trx["trxAmt"], trx["originalAmount"]) == (net.text, gross.text)
    off = sum(Money.parse(each["discountAmt"], HKD).minor for each in trx["discountDetails"])
    assert net.money.minor + off == gross.money.minor
    placed = story.received(ACQUIRER, "PLACE_ORDER")[-1].body["trxInfo"]
    assert placed["trxAmt"] == gross.text


@then(Phrase("of what was taken off, {party:Party} pays {amount:Amount}", Party=PARTIES))
def who_pays(story: Story, order: Order, party: str, amount: Amount) -> None:
    payment = _paying(story, order)
    shares = [share for discount in payment.discounts for share in funding(discount)]
    paid = sum(money.minor for name, money in shares if name == PARTIES[party])
    assert str(Amount.of(Money(paid, HKD))) == str(amount)


@then(Phrase('{amount:Amount} of the budget of "{name}" is used'))
def the_budget_is_used(offers: Offers, amount: Amount, name: str) -> None:
    assert str(Amount.of(offers.used(name))) == str(amount)


def _paying(story: Story, order: Order) -> Payment:
    paid_by = order.record().paid_by
    return next(payment for payment in payments_of(story, order) if payment.payment_id == paid_by)
