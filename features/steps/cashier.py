"""The user at the cashier: what its page shows, and what comes of a yes; and whoever pays the order's code instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from pytest_bdd import then, when
from steps.orders import Order, Tab
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.cashier import Stage
from unionhub.domain.model.responses import RESPONSE_TEXTS


@when("the user opens the cashier")
@when("the user opens the cashier in another tab")
def opens_the_cashier(story: Story, order: Order) -> None:
    order.tabs.append(Tab(story, order))


CARDS: Final[dict[str, Callable[[Story, Order], str]]] = {
    "the card": lambda _, order: order.tab.view.cards[0].card_id,
    "the second card": lambda _, order: order.tab.view.cards[1].card_id,
    "a card that was not shown": lambda *_: "9f86d081884c7d65",
}


@when(Phrase("the user pays with {card:Card}", Card=CARDS))
def pays(story: Story, order: Order, card: str) -> None:
    order.tab.pay(CARDS[card](story, order))


@when("the user pays in the first tab too")
def pays_in_the_first_tab(order: Order) -> None:
    first = order.tabs[0]
    first.pay(first.view.cards[0].card_id)


@when("the user clicks twice to pay with the card")
def clicks_twice(order: Order) -> None:
    order.tab.pay(order.tab.view.cards[0].card_id, clicks=2)


@when("the user loads the page again and pays with the second card")
def tries_another_card(order: Order) -> None:
    order.tab.look()
    order.tab.pay(order.tab.view.cards[1].card_id)


@when("the user loads the page again and pays with the card")
def tries_again(order: Order) -> None:
    order.tab.look()
    order.tab.pay(order.tab.view.cards[0].card_id)


SHOWN: Final = {"the card": 1, "both cards": 2}


@then(Phrase("the cashier shows {amount:Amount} to pay, and {cards:Cards}", Cards=SHOWN))
def shows(order: Order, amount: Amount, cards: str) -> None:
    view = order.tab.view
    assert (view.stage, view.industry_name, str(Amount.of(view.net))) == (Stage.CHOOSING, "Kerbside Parking", str(amount))
    wallet = order.user.channel.cards(order.user.user_id)
    assert [card.masked_pan for card in view.cards] == [card.masked_pan for card in wallet]
    assert len(view.cards) == SHOWN[cards]


NO_CARDS: Final = {
    "the user has none": "",
    "the user has not come from the app": "57",
    "nothing is agreed any more": "40",
    "the channel answers an error": "91",
    "the channel cannot be reached": "92",
    "the channel does not answer": "98",
}


@then(Phrase("the cashier shows no card, since {why:Why}", Why=NO_CARDS))
def shows_no_card(order: Order, why: str) -> None:
    assert order.tab.view.stage is Stage.CHOOSING
    assert (order.tab.view.cards, order.tab.view.no_cards) == ((), NO_CARDS[why])


@then("it shows a code that any UnionPay app can pay")
def shows_a_code(order: Order) -> None:
    assert order.ucsp_order_id in order.tab.view.qr_payload


@then("the user is sent back to Kerbside Parking, which is told that the payment was accepted")
def is_sent_back(order: Order) -> None:
    """Whether it is paid, a browser cannot know."""
    record = order.record()
    for accepted in order.tab.accepted:
        assert accepted.code in ("00", "04")
        address, _, query = accepted.return_url.partition("?")
        assert address == record.return_url.partition("?")[0]
        said = parse_qs(query)
        assert said["acceptance"] == ["ACCEPTED"]
        assert (said["orderId"], said["ucspOrderId"]) == ([record.reference], [record.ucsp_order_id])
        assert not {"APPROVED", "PAID"} & {value for values in said.values() for value in values}


WHICH: Final = {"the cashier": -1, "the first tab": 0}


@then(Phrase('{which:Which} says {code:Code} "{text}"', Which=WHICH))
def the_cashier_says(order: Order, which: str, code: str, text: str) -> None:
    accepted = order.tabs[WHICH[which]].accepted[-1]
    assert (accepted.code, RESPONSE_TEXTS[accepted.code], accepted.return_url) == (code, text, "")


STAGES: Final = {
    "can be paid": Stage.CHOOSING,
    "is being paid": Stage.PAYING,
    "is paid": Stage.PAID,
    "is closed": Stage.CLOSED,
}


@then(Phrase("at the cashier the order {stage:Stage}", Stage=STAGES))
def the_order_is(order: Order, stage: str) -> None:
    assert order.tab.look().stage is STAGES[stage]


@then("nobody comes into the cashier without its key")
def only_with_the_key(story: Story, order: Order) -> None:
    cashier = story.house.hub.cashier
    assert story.run(cashier.enter(order.ucsp_order_id, "")) is None
    assert story.run(cashier.enter(order.ucsp_order_id, "AAAA")) is None


# --- another app


@when(Phrase("another cardholder pays the code of the order with {app:App}"))
def pays_the_code(story: Story, order: Order, app: str) -> None:
    story.code = order.tab.view.qr_payload
    story.pay(order.amount, story.add_holder(Amount(order.amount.currency, "5000.00"), app))


@then(Phrase("{amount:Amount} is left on the other cardholder's account"))
def is_left_to_the_other(story: Story, amount: Amount) -> None:
    assert str(Amount.of(story.balance(story.holders[-1]))) == str(amount)
