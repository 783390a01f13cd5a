"""What the app does: it pays, repeats itself, asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from pytest_bdd import given, when
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.identifiers import luhn_complete
from unionhub.hosts.sandbox.seeds import PEAK, MerchantSeed


@given(Phrase("the cardholder is at {shop:Shop}"))
def at_a_shop(story: Story, shop: MerchantSeed) -> None:
    story.shop = shop


@when(Phrase("the cardholder pays {amount:Amount}"))
def pays(story: Story, amount: Amount) -> None:
    story.pay(amount)


@when(Phrase("the cardholder pays {amount:Amount}, {tip:Amount} of it as a tip"))
def pays_with_a_tip(story: Story, amount: Amount, tip: Amount) -> None:
    story.pay(amount, trxFeeAmt=tip.text)


@when(Phrase("the cardholder pays {amount:Amount} with the coupon {coupon:w}"))
def pays_with_a_coupon(story: Story, amount: Amount, coupon: str) -> None:
    story.pay(amount, couponInfo=coupon)


@when(Phrase("the other cardholder pays {amount:Amount}"))
def the_other_pays(story: Story, amount: Amount) -> None:
    story.pay(amount, story.holders[1])


STRANGERS: Final[dict[str, Callable[[Story], dict[str, Any]]]] = {
    "from another phone": lambda _: {"deviceID": "f7946ec3a68d9afb"},
    "for another user": lambda _: {"userID": "609901999999990"},
    "with a card that does not exist": lambda _: {"token": luhn_complete("623609999999999")},
    "with a mistyped card number": lambda story: {"token": _mistyped(story.holder.token.reveal())},
    "with a card of another app": lambda story: {"token": _card_of_another_app(story)},
}


@when(Phrase("the cardholder pays {amount:Amount} {strangely:Strangely}", Strangely=STRANGERS))
def pays_strangely(story: Story, amount: Amount, strangely: str) -> None:
    story.pay(amount, **STRANGERS[strangely](story))


CLAIMS: Final[dict[str, dict[str, str]]] = {
    "another merchant number": {"mid": "344999900000009"},
    "another shop's name": {"merchantName": "Corner Bookshop"},
    "another acquirer": {"acquirerIIN": "47010344"},
    "another kind of shop": {"mcc": "5942"},
    "the shop's name with spaces around it": {"merchantName": "  Lantern Street Noodles "},
}


@when(Phrase("the cardholder pays {amount:Amount}, and the app names {claim:Claim}", Claim=CLAIMS))
def pays_and_the_app_claims(story: Story, amount: Amount, claim: str) -> None:
    story.pay(amount, merchantInfo=CLAIMS[claim])


@when("the app sends the same message again")
def sends_again(story: Story) -> None:
    story.send(story.payment)


@when(Phrase("the app sends the message of {amount:Amount} twice before the bank has answered"))
def sends_twice(story: Story, amount: Amount) -> None:
    story.send_twice(amount)


CHANGES: Final[dict[str, dict[str, str]]] = {
    "another amount": {"trxAmt": "31.00"},
    "another note": {"trxNote": "for the noodles"},
    "another phone": {"deviceID": "f7946ec3a68d9afb"},
}


@when(Phrase("the app sends the same message with {change:Change}", Change=CHANGES))
def sends_another_body(story: Story, change: str) -> None:
    request = story.payment.request
    body = {**request.body, "trxInfo": {**request.body["trxInfo"], **CHANGES[change]}}
    story.send(story.payment, msgspec.structs.replace(request, body=body))


@when("the app asks what became of it")
def asks(story: Story) -> None:
    story.ask()


def _mistyped(number: str) -> str:
    """The last digit, which checks the others, is wrong."""
    return f"{number[:-1]}{(int(number[-1]) + 1) % 10}"


def _card_of_another_app(story: Story) -> str:
    assert story.holder.gateway != PEAK
    return story.add_holder(Amount.of(story.holder.opening), PEAK).token.reveal()
