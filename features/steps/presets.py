"""Merchants that the issuer's bank knows by name: bills are paid to them, and they pay cardholders back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest
from pytest_bdd import given, then, when
from story import Story
from words import Amount, Phrase

from unionhub.domain.model.identifiers import luhn_complete
from unionhub.hosts.sandbox.seeds import HKD, PEAK, PRESET_MERCHANTS, Cardholder, PresetMerchant

HARBOUR_POWER: Final = PRESET_MERCHANTS[0]
LION_ROCK: Final = PRESET_MERCHANTS[1]
PRESETS: Final = {merchant.name: merchant for merchant in PRESET_MERCHANTS}


class Tills:
    """What the preset merchants had when the scenario first dealt with them: scenarios share them."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._before = {merchant.mid: self._now(merchant) for merchant in PRESET_MERCHANTS}

    def gained(self, merchant: PresetMerchant) -> int:
        """In minor units; negative for what it paid."""
        return self._now(merchant) - self._before[merchant.mid]

    def _now(self, merchant: PresetMerchant) -> int:
        balance = self._story.run(self._story.world.bank().merchant_balance(merchant.mid))
        assert balance is not None
        return balance.minor


@pytest.fixture
def tills(story: Story) -> Tills:
    return Tills(story)


# --- the issuer


@given(Phrase("{merchant:Preset} is preset for Peak Pay alone", Preset={LION_ROCK.name: LION_ROCK}))
def preset_for_one_app(story: Story, merchant: str) -> None:
    product = story.house.hub.directory.product(story.world.product.product_id)
    assert product is not None
    before = product.preset_merchants
    alone = tuple(
        msgspec.structs.replace(each, gateways=frozenset({PEAK})) if each.name == merchant else each for each in before
    )
    story.run(story.house.change_product(preset_merchants=alone))
    story.undo(lambda: story.run(story.house.change_product(preset_merchants=before)))


NOT_DONE: Final = {
    "bills": "BILL_PAYMENT",
    "credits": "CREDIT_TRANSACTION",
    "transfers": "P2P_TRANSFER",
    "cash": "GET_CASH_OUT_TOKEN",
}


@given(Phrase("the card's issuer does no {what:What}", What=NOT_DONE))
def the_issuer_does_not(story: Story, what: str) -> None:
    before = story.world.product.messages
    story.run(story.house.change_product(messages=before - {NOT_DONE[what]}))
    story.undo(lambda: story.run(story.house.change_product(messages=before)))


# --- bills


def pay_bill(story: Story, amount: Amount, holder: Cardholder | None = None, **changes: Any) -> None:
    """BILL_PAYMENT to Harbour Power & Light, unless `changes` say otherwise."""
    holder = holder or story.holder
    gateway = story.world.gateway(holder.gateway)
    changes = {"trxCurrency": amount.currency, **changes}
    story.tell(gateway, gateway.bill_payment(holder, HARBOUR_POWER, amount.text, **changes))


@when(Phrase("the cardholder pays a bill of {amount:Amount}"))
def pays_a_bill(story: Story, tills: Tills, amount: Amount) -> None:
    pay_bill(story, amount)


@when(Phrase("the cardholder pays a bill of {amount:Amount}, {fee:Amount} of it as a fee"))
def pays_a_bill_with_a_fee(story: Story, tills: Tills, amount: Amount, fee: Amount) -> None:
    pay_bill(story, amount, trxFeeAmt=fee.text)


WHOM: Final[dict[str, dict[str, str]]] = {
    LION_ROCK.name: {"merchantName": LION_ROCK.name, "mid": LION_ROCK.mid},
    "a merchant that is not preset": {"merchantName": "Corner Bookshop", "mid": "344594200000002"},
    "Harbour Power & Light under another name": {"merchantName": "Harbor Power and Light", "mid": HARBOUR_POWER.mid},
    "Harbour Power & Light as another kind of merchant": {"mid": HARBOUR_POWER.mid, "mcc": "5812"},
    "Harbour Power & Light by its number alone": {"mid": HARBOUR_POWER.mid},
}


@when(Phrase("the cardholder pays a bill of {amount:Amount} to {whom:Whom}", Whom=WHOM))
def pays_a_bill_to(story: Story, tills: Tills, amount: Amount, whom: str) -> None:
    pay_bill(story, amount, merchantInfo=WHOM[whom])


WHO: Final[dict[str, Callable[[Story], Cardholder]]] = {
    "the cardholder": lambda story: story.holder,
    "the other cardholder": lambda story: story.holders[1],
}


@when(Phrase("{who:Who} pays the electricity bill of September, {amount:Amount}", Who=WHO))
def pays_a_numbered_bill(story: Story, tills: Tills, who: str, amount: Amount) -> None:
    """A bill with a number, which no other scenario has: it is made of the first cardholder's."""
    number = f"09-{story.holder.user_id}"
    pay_bill(story, amount, WHO[who](story), additionalData={"billNo": number})


STRANGE_BILLS: Final[dict[str, dict[str, Any]]] = {
    "with a card that does not exist": {"token": luhn_complete("623609999999999")},
    "for another user": {"userID": "609901999999990"},
    "from another phone": {"deviceID": "f7946ec3a68d9afb"},
}


@when(Phrase("the cardholder pays a bill of {amount:Amount} {strangely:Strangely}", Strangely=STRANGE_BILLS))
def pays_a_bill_strangely(story: Story, tills: Tills, amount: Amount, strangely: str) -> None:
    pay_bill(story, amount, **STRANGE_BILLS[strangely])


# --- credits


def credit(story: Story, amount: Amount, merchant: PresetMerchant = HARBOUR_POWER, **changes: Any) -> None:
    """CREDIT_TRANSACTION to the cardholder."""
    changes = {"trxCurrency": amount.currency, **changes}
    story.tell(story.gateway, story.gateway.credit_transaction(story.holder, merchant, amount.text, **changes))


@when(Phrase("{merchant:Preset} pays the cardholder {amount:Amount}", Preset=PRESETS))
def is_paid(story: Story, tills: Tills, merchant: str, amount: Amount) -> None:
    credit(story, amount, PRESETS[merchant])


STRANGE_CREDITS: Final[dict[str, tuple[PresetMerchant, dict[str, str]]]] = {
    "to a card that does not exist": (HARBOUR_POWER, {"token": luhn_complete("623609999999999")}),
    "to another user's name": (HARBOUR_POWER, {"userID": "609901999999990"}),
}


@when(Phrase("Harbour Power & Light pays {amount:Amount} {strangely:Strangely}", Strangely=STRANGE_CREDITS))
def is_paid_strangely(story: Story, tills: Tills, amount: Amount, strangely: str) -> None:
    merchant, changes = STRANGE_CREDITS[strangely]
    credit(story, amount, merchant, **changes)


@when("a merchant that is not preset pays the cardholder HKD 30.00")
def a_stranger_pays(story: Story, tills: Tills) -> None:
    stranger = PresetMerchant(name="Corner Bookshop", mid="344594200000002", mcc="5942", opening=HARBOUR_POWER.opening)
    credit(story, Amount(HKD, "30.00"), stranger)


# --- what there is to see


@then(Phrase("{merchant:Preset} has {amount:Amount} more than before", Preset=PRESETS))
def has_more(tills: Tills, merchant: str, amount: Amount) -> None:
    assert tills.gained(PRESETS[merchant]) == amount.money.minor


@then(Phrase("{merchant:Preset} has {amount:Amount} less than before", Preset=PRESETS))
def has_less(tills: Tills, merchant: str, amount: Amount) -> None:
    assert tills.gained(PRESETS[merchant]) == -amount.money.minor


@then("Harbour Power & Light has what it had before")
def has_the_same(tills: Tills) -> None:
    assert tills.gained(HARBOUR_POWER) == 0


@then(Phrase("the bank has credited {amount:Amount} once"))
def credited_once(story: Story, amount: Amount) -> None:
    assert [(each.sign, str(Amount.of(each.amount))) for each in story.bookings(story.holder)] == [(1, str(amount))]
