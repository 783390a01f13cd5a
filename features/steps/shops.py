"""Where is paid: the shop's code, what is wrong with it, and the acquirer behind the shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from pytest_bdd import given, when
from story import NOTICE, Story
from words import Amount, Phrase

from unionhub.domain.model.qr import merchant as qr
from unionhub.domain.model.qr.tlv import DataObject, crc16
from unionhub.hosts.sandbox.seeds import MerchantSeed

ALWAYS: Final = 1000


@given(Phrase("the shop shows a code for one bill of {amount:Amount}"))
def a_code_for_one_bill(story: Story, amount: Amount) -> None:
    # The reference must be one that no scenario before has paid in this house.
    reference = story.gateway.request("MPQRC_PAYMENT_EMV", {}).msg_id[-20:]
    story.code = story.shop.code(amount=amount.text, reference=reference)


@given(Phrase("the shop's code asks for no tip"))
def no_tip(story: Story) -> None:
    story.code = _rebuilt(story, tip=None)


@given(Phrase("the shop's code asks for any tip"))
def any_tip(story: Story) -> None:
    story.code = _rebuilt(story, tip=qr.TipIndicator.PROMPT)


@given(Phrase("the shop's code asks for a fee of {amount:Amount}"))
def a_fixed_fee(story: Story, amount: Amount) -> None:
    story.code = _rebuilt(story, tip=qr.TipIndicator.FIXED_FEE, fixed_fee=amount.text)


@given(Phrase("the shop's code asks for a fee of {percent:Number} percent"))
def a_percentage_fee(story: Story, percent: int) -> None:
    story.code = _rebuilt(story, tip=qr.TipIndicator.PERCENTAGE_FEE, percentage_fee=str(percent))


# --- codes that are not as they should be


def _with_account(id_: str, value: str) -> Callable[[MerchantSeed], str]:
    def changed(shop: MerchantSeed) -> str:
        return qr.build(msgspec.structs.replace(qr.parse(shop.qr), accounts=(DataObject(id=id_, value=value),)))

    return changed


def _with(**changes: object) -> Callable[[MerchantSeed], str]:
    return lambda shop: qr.build(msgspec.structs.replace(qr.parse(shop.qr), **changes))


def _signed_off(text: str) -> str:
    """The text as a code whose checksum is right, whatever else is wrong."""
    text += "6304"
    return text + crc16(text)


CODES: Final[dict[str, Callable[[MerchantSeed], str]]] = {
    # cannot be read
    "was misread in one character": lambda shop: shop.qr.replace(shop.name, shop.name.replace("e", "c", 1)),
    "is cut off in the middle": lambda shop: shop.qr[: len(shop.qr) // 2],
    "has a checksum of another code": lambda shop: shop.qr[:-4] + "0000",
    "promises more than it holds": lambda shop: _signed_off(shop.qr[:-8] + "6499EN"),
    "names a fee that nothing announces": lambda shop: _signed_off(shop.qr[:-8] + "56045.00"),
    "is a web address": lambda _: "https://qr.95516.com/00010000/010133220077388392780208852187",
    # can be read, but nobody can be paid
    "names another card scheme alone": _with_account("02", "4000123412341234"),
    "names a UnionPay account that is too short": _with_account("15", "9920034499200344344581200000001"[:-1]),
    "names a UnionPay account in the place nobody can read": _with_account("16", "9920034499200344344581200000001"),
    "belongs to an acquirer that is not here": _with_account("15", "4701034400020344344581200000001"),
    # unusual, but right
    "names another card scheme too": lambda shop: qr.build(
        msgspec.structs.replace(
            qr.parse(shop.qr), accounts=(DataObject(id="02", value="4000123412341234"), *qr.parse(shop.qr).accounts)
        )
    ),
    "has its checksum in small letters": lambda shop: shop.qr[:-4] + shop.qr[-4:].lower(),
    "does not say that it is for many payments": _with(initiation=None),
    "has the shop's name in Chinese too": _with(localized=qr.LocalizedMerchant(language="ZH", merchant_name="灯笼街面馆")),
}


@given(Phrase("the shop's code {fault:Fault}", Fault=CODES))
def the_shops_code(story: Story, fault: str) -> None:
    story.code = CODES[fault](story.shop)


def _rebuilt(story: Story, **changes: object) -> str:
    return qr.build(msgspec.structs.replace(qr.parse(story.code or story.shop.qr), **changes))


# --- the acquirer

VERIFICATION: Final = "MERCHANT_VERIFICATION"


@given("the acquirer wants to vouch for a shop before each payment")
def the_acquirer_wants_to_be_asked(story: Story) -> None:
    acquirer = story.shop.acquirer

    def wants(asked: bool) -> None:
        story.run(story.house.change_party(acquirer, verifies_merchants=asked))

    wants(asked=True)
    story.undo(lambda: wants(asked=False))


@given("the acquirer does not vouch for this shop")
def the_acquirer_says_no(story: Story) -> None:
    bad_mids = story.world.acquirer().bad_mids
    bad_mids.add(story.shop.mid)
    story.undo(bad_mids.clear)


ACQUIRER_FAULTS: Final = {
    "does not answer when it is asked about a shop": (VERIFICATION, "no_answer", 1),
    "confirms no notice": (NOTICE, "code:96", ALWAYS),
    "does not answer the first notice": (NOTICE, "no_answer", 1),
    "refuses the first notice": (NOTICE, "code:96", 1),
    "answers the first notice with garbage": (NOTICE, "garbage", 1),
    "answers the first notice with a false signature": (NOTICE, "bad_signature", 1),
    "answers the first notice with an answer to another message": (NOTICE, "answer_of_another", 1),
}


@given(Phrase("the acquirer {fault:Fault}", Fault=ACQUIRER_FAULTS))
def the_acquirer_fails(story: Story, fault: str) -> None:
    message, kind, times = ACQUIRER_FAULTS[fault]
    story.world.faults.add(story.shop.acquirer, message, kind, times=times)


@given("the acquirer cannot be reached")
def the_acquirer_cannot_be_reached(story: Story) -> None:
    story.cut_off(story.shop.acquirer)


@when("the acquirer can be reached again")
def the_acquirer_can_be_reached(story: Story) -> None:
    story.connect(story.shop.acquirer)
