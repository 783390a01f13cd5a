"""The cardholder shows a code, a till scans it. What a till asks and hears goes through its acquirer."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from pytest_bdd import given, then, when
from story import Payment, Said, Story
from words import Amount, Phrase

from unionhub.domain.model.qr.consumer import build_emv, parse_emv, unionpay_code
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.gateway import CONTINUING, REJECTED
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.roles import Acquirer, Gateway
from unionhub.hosts.sandbox.seeds import Cardholder

GENERATION: Final = "QRC_GENERATION"
QUESTION: Final = "ADDITIONAL_PROCESSING"
PAYMENT: Final = "CPQRC_PAYMENT"

# --- the app and its codes


@when("the app asks for a code")
@when(Phrase("the app asks for {count:Number} codes"))
def asks_for_codes(story: Story, count: int = 1) -> None:
    _make(story, count)


@when(Phrase("the app asks for a code for at most {limit:Amount}"))
def asks_for_a_limited_code(story: Story, limit: Amount) -> None:
    _make(story, trx_limit=limit.text, limit_currency=limit.currency)


@when(Phrase("the app asks for a code that needs no confirmation up to {limit:Amount}"))
def asks_for_a_code_with_a_cvm_limit(story: Story, limit: Amount) -> None:
    _make(story, cvm_limit=limit.text, limit_currency=limit.currency)


@when(Phrase("the app asks for a code with the coupon {coupon:w}"))
def asks_for_a_code_with_a_coupon(story: Story, coupon: str) -> None:
    _make(story, couponInfo=coupon)


ODD_REQUESTS: Final[dict[str, dict[str, str]]] = {
    "from another phone": {"deviceID": "f7946ec3a68d9afb"},
    "for another user": {"userID": "609901999999990"},
    "with a limit in no currency": {"trxLimit": "50.00"},
    "with a limit in a currency that does not exist": {"trxLimit": "50.00", "limitCurrency": "000"},
}


@when(Phrase("the app asks for a code {oddly:Oddly}", Oddly=ODD_REQUESTS))
def asks_for_a_code_oddly(story: Story, oddly: str) -> None:
    _make(story, **ODD_REQUESTS[oddly])


@when("the app asks for the codes again in the same message")
def asks_for_the_same_codes(story: Story) -> None:
    story.tell_again(story.latest(GENERATION))


@then(Phrase("it gets {count:Number} codes that a till can read"))
def it_gets_codes(story: Story, count: int) -> None:
    emv, barcodes = _codes(story)
    assert story.latest(GENERATION).answer.trx["cpqrcNo"] == f"{count:02d}"
    assert len(set(emv)) == len(set(barcodes)) == count
    card = story.card(story.holder)
    for text in emv:
        said = unionpay_code(parse_emv(text))
        assert said.token == story.holder.token.reveal()
        assert said.ins_id == story.holder.gateway
        assert said.expiry == f"{card.token_expiry:%y%m}"
    assert all(re.fullmatch("62[0-9]{17}", code) for code in barcodes)


@then("it gets the same codes as before")
def the_same_codes(story: Story) -> None:
    before, now = [said.answer for said in story.said if said.request.message == GENERATION][-2:]
    assert now.code == "00"
    assert now.trx == before.trx


def _make(story: Story, count: int = 1, **options: Any) -> None:
    _silence_the_sandboxes_cardholder(story)
    story.tell(story.gateway, story.gateway.qrc_generation(story.holder, count, **options))


def _silence_the_sandboxes_cardholder(story: Story) -> None:
    """Here it is the scenario that says when the cardholder answers, and what."""
    gateway, usual = story.gateway, story.gateway.cardholder_says
    gateway.cardholder_says = ""

    def as_before() -> None:
        gateway.cardholder_says = usual

    story.undo(as_before)


def _codes(story: Story) -> tuple[Sequence[str], Sequence[str]]:
    """The codes of the app's latest request for some: EMV form and bar code form."""
    trx = story.latest(GENERATION).answer.trx
    return trx["emvCpqrcPayload"], trx["barcodeCpqrcPayload"]


# --- the till

SCANNED: Final[dict[str, Callable[[Story], dict[str, str]]]] = {
    "the code": lambda story: {"emv": _codes(story)[0][0]},
    "the bar code": lambda story: {"barcode": _codes(story)[1][0]},
    "the second code": lambda story: {"emv": _codes(story)[0][1]},
}


@when(Phrase("the till scans {what:What} for {amount:Amount}", What=SCANNED))
def scans(story: Story, what: str, amount: Amount) -> None:
    _scan(story, amount, **SCANNED[what](story))


@when(Phrase("the till scans the second code for {amount:Amount} and takes the number of the sale before"))
def scans_with_an_old_key(story: Story, amount: Amount) -> None:
    key = story.payment.request.body["trxInfo"]["settlementKey"]
    _scan(story, amount, **SCANNED["the second code"](story), settlementKey=key)


@when("a month passes, and SCIS throws old codes away")
def a_month_passes(story: Story) -> None:
    story.pass_time(30 * 86_400.0)
    story.run(story.house.hub.worker.keep_house())


CLAIMS: Final[dict[str, Callable[[Story], dict[str, Any]]]] = {
    "a shop of another acquirer": lambda story: {"merchantInfo": _merchant(story, acquirerIIN="47010344")},
    "a sale of another acquirer": lambda story: {"settlementKey": _key(story, acquirerIIN="47010344")},
    "no shop": lambda story: {"merchantInfo": _merchant(story, mid="")},
}


@when(Phrase("the till scans the code for {amount:Amount}, and the acquirer names {claim:Claim}", Claim=CLAIMS))
def scans_and_claims(story: Story, amount: Amount, claim: str) -> None:
    _scan(story, amount, **SCANNED["the code"](story), **CLAIMS[claim](story))


def _merchant(story: Story, **changes: str) -> dict[str, str]:
    usual = _acquirer(story).cpqrc_payment(story.shop, "1.00").body["trxInfo"]["merchantInfo"]
    return {**usual, **changes}


def _key(story: Story, **changes: str) -> dict[str, str]:
    return {**_acquirer(story).settlement_key(), **changes}


def _flipped(text: str, tag: bytes, at: int) -> str:
    """The code with one bit changed in the value behind `tag`."""
    data = bytearray(base64.b64decode(text))
    data[data.index(tag) + len(tag) + 1 + at] ^= 0x10
    return base64.b64encode(data).decode()


def _rebuilt(text: str, **changes: Any) -> str:
    return build_emv(msgspec.structs.replace(unionpay_code(parse_emv(text)), **changes))


def _of(change: Callable[[str], str]) -> Callable[[Story], dict[str, str]]:
    """The app's code with a change."""
    return lambda story: {"emv": change(_codes(story)[0][0])}


SPOILED: Final[dict[str, Callable[[Story], dict[str, str]]]] = {
    # not what SCIS gave out
    "whose cryptogram was changed": _of(lambda text: _flipped(text, bytes.fromhex("9F26"), 3)),
    "whose counter was changed": _of(lambda text: _flipped(text, bytes.fromhex("9F36"), 1)),
    "whose card number was changed": _of(lambda text: _rebuilt(text, token="6236090000000000")),
    "whose wallet was changed": _of(lambda text: _rebuilt(text, ins_id="39990157")),
    "whose expiry was changed": _of(lambda text: _rebuilt(text, expiry="9912")),
    "of a wallet that is not here": lambda _: {
        "emv": "hQVDUFYwMWFWTwigAAADMwEBAlcRYmNgBxV2VVTSMRIBAAABiAFfNAEAYzOfJghWitzXodVnep8nAYCfEBEHAAEDoAAAAQgzOTk5MDE1"
        "N582AgAFggIAAJ83BGNSX74="
    },
    "of 19 digits that nobody gave out": lambda _: {"barcode": "6236098835899996543"},
    # cannot be read
    "that is cut off": _of(lambda text: text[:40]),
    "with a character that codes do not have": _of(lambda text: text[:-2] + "*="),
    "of another payment scheme": lambda _: {"barcode": "134567890123456789"},
    "that a shop shows": lambda story: {"emv": story.shop.qr},
    "with nothing in it": lambda _: {},
}


@when(Phrase("the till scans a code {spoiled:Spoiled} for {amount:Amount}", Spoiled=SPOILED))
def scans_a_spoiled_code(story: Story, spoiled: str, amount: Amount) -> None:
    _scan(story, amount, **SPOILED[spoiled](story))


@when("the till sends the same message again")
def the_till_sends_again(story: Story) -> None:
    story.payment.answers.append(story.tell_again(story.latest(PAYMENT)))


@when(Phrase("the till sends the same message with {amount:Amount}"))
def the_till_sends_another_amount(story: Story, amount: Amount) -> None:
    said = story.latest(PAYMENT)
    body = {**said.request.body, "trxInfo": {**said.request.body["trxInfo"], "trxAmt": amount.text}}
    story.payment.answers.append(story.tell(said.partner, msgspec.structs.replace(said.request, body=body)))


@when("the till asks what became of it")
def the_till_asks(story: Story) -> None:
    acquirer = _acquirer(story)
    story.heard = story.tell(acquirer, acquirer.trx_result_inquiry(story.payment.request.msg_id, PAYMENT))


@when("the till takes the sale back")
def the_till_takes_back(story: Story) -> None:
    acquirer, sale = _acquirer(story), story.payment.request
    trx = sale.body["trxInfo"]
    story.heard = story.tell(acquirer, acquirer.reversal(sale.msg_id, trx["trxAmt"], trx["trxCurrency"]))


@then(Phrase('the till is told {code:Code} "{text}"'))
def the_till_is_told(story: Story, code: str, text: str) -> None:
    answer = story.payment.answers[-1]
    assert f'{answer.code} "{answer.text}"' == f'{code} "{text}"'
    assert "token" not in str(answer.trx)  # whose card it is, is nobody's business there


@then(Phrase('it hears that the payment was declined: {code:Code} "{text}"'))
def it_hears_why(story: Story, code: str, text: str) -> None:
    assert story.heard is not None
    assert story.heard.code == "00"  # the question was answered
    assert (story.heard.trx["paymentStatus"], story.heard.trx["rejectionReason"]) == ("DECLINED", f"{code} {text}")


@then(Phrase('the till sees {gross:Amount} less {discount:Amount} "{note}", {net:Amount} paid'))
def the_till_sees_the_discount(story: Story, gross: Amount, discount: Amount, note: str, net: Amount) -> None:
    trx = story.payment.answers[-1].trx
    assert str(Amount(trx["trxCurrency"], trx["trxAmt"])) == str(net)
    assert trx["originalAmount"] == gross.text
    assert trx["discountDetails"] == [{"discountAmt": discount.text, "discountNote": note}]
    assert net.money + discount.money == gross.money


def _acquirer(story: Story) -> Acquirer:
    return story.world.acquirer(story.shop.acquirer)


def _scan(story: Story, amount: Amount, *, emv: str = "", barcode: str = "", **changes: Any) -> None:
    acquirer = _acquirer(story)
    codes = {"emv": [emv] if emv else (), "barcode": [barcode] if barcode else ()}
    request = acquirer.cpqrc_payment(story.shop, amount.text, **codes, **{"trxCurrency": amount.currency, **changes})
    story.payments.append(Payment(holder=story.holder, request=request))
    story.payment.answers.append(story.tell(acquirer, request))


# --- the cardholder is asked


class Asked(NamedTuple):
    """An ADDITIONAL_PROCESSING as the app got it."""

    msg_id: str
    trx: dict[str, Any]


def _question(story: Story, at: int = -1) -> Asked:
    """What the app was asked, the latest or another."""
    item = story.received(story.holder.gateway, QUESTION)[at]
    return Asked(item.msg_id, item.body["trxInfo"])


def _result(gateway: Gateway, holder: Cardholder, asked: Asked, status: str, **changes: Any) -> HubRequest:
    """The cardholder's word, with the code that the question named."""
    codes = {"emv": asked.trx.get("emvCpqrcPayload", ()), "barcode": asked.trx.get("barcodeCpqrcPayload", ())}
    return gateway.additional_processing_result(holder, asked.msg_id, status, **codes, **changes)


@then(Phrase("the app is asked whether {amount:Amount} may be paid"))
def the_app_is_asked(story: Story, amount: Amount) -> None:
    asked, sale = _question(story).trx, story.payment.request.body["trxInfo"]
    assert str(Amount(asked["trxCurrency"], asked["trxAmt"])) == str(amount)
    assert (asked["token"], asked["deviceID"]) == (story.holder.token.reveal(), story.holder.device_id)
    assert asked["merchantName"] == story.shop.name
    for form in ("emvCpqrcPayload", "barcodeCpqrcPayload"):
        assert asked.get(form) == sale.get(form)


WORDS: Final = {"agrees": CONTINUING, "refuses": REJECTED}


@when(Phrase("the cardholder {word:Word}", Word=WORDS))
def the_cardholder_says(story: Story, word: str) -> None:
    _say(story, _question(story), WORDS[word])


ODD_ANSWERS: Final[dict[str, Callable[[Story], dict[str, Any]]]] = {
    "on another phone": lambda _: {"deviceID": "f7946ec3a68d9afb"},
    "as another user": lambda _: {"userID": "609901999999990"},
    "with another card": lambda story: {"token": story.add_holder(Amount("344", "1.00")).token.reveal()},
    "to what nobody asked": lambda story: {"origMsgID": story.gateway.request(QUESTION).msg_id},
    "and the app names the code alone": lambda _: {"origMsgID": None},
    "and the app does not name the user": lambda _: {"userID": None},
    "in words that do not exist": lambda _: {"paymentStatus": "PERHAPS"},
}


@when(Phrase("the cardholder agrees {oddly:Oddly}", Oddly=ODD_ANSWERS))
def the_cardholder_agrees_oddly(story: Story, oddly: str) -> None:
    _say(story, _question(story), CONTINUING, **ODD_ANSWERS[oddly](story))


@when("the cardholder agrees to the first sale, and the app names the second's code")
def the_cardholder_agrees_to_another(story: Story) -> None:
    first, second = _question(story, 0), _question(story, 1)
    _say(story, first, CONTINUING, emvCpqrcPayload=second.trx["emvCpqrcPayload"])


@when("the app of another provider agrees")
def another_app_agrees(story: Story) -> None:
    others = (partner for partner in story.world.partners.values() if isinstance(partner, Gateway))
    other = next(each for each in others if each.app_id != story.gateway.app_id)
    story.tell(other, _result(other, story.holder, _question(story), CONTINUING))


@when("the app sends the cardholder's answer again in the same message")
def the_app_repeats_the_answer(story: Story) -> None:
    story.tell_again(story.latest("ADDITIONAL_PROCESSING_RESULT"))


@when("the cardholder agrees and suspends the card in the same moment")
def the_cardholder_agrees_and_suspends(story: Story) -> None:
    gateway, holder = story.gateway, story.holder

    async def both() -> None:
        agreed = await gateway.send(_result(gateway, holder, _question(story), CONTINUING))
        suspended = await gateway.send(gateway.card_status_management(holder, "SUSPEND"))
        assert (agreed.code, suspended.code) == ("00", "00")
        await story.house.work()

    story.run(both())


@given("the cardholder is faster than the app's receipt for the question")
def the_answer_overtakes(story: Story) -> None:
    gateway, holder = story.gateway, story.holder
    usual = gateway.handlers[QUESTION]

    async def hasty(asked: Received) -> Answer:
        request = _result(gateway, holder, Asked(asked.msg_id, asked.trx), CONTINUING)
        story.said.append(Said(gateway, request, await gateway.send(request)))
        return await usual(asked)

    gateway.handlers[QUESTION] = hasty
    story.undo(lambda: gateway.handlers.update({QUESTION: usual}))


APP_FAULTS: Final = {
    "does not confirm the question": "book_then_no_answer",
    "will not ask its cardholder": "code:96",
}


@given(Phrase("the app {fault:Fault}", Fault=APP_FAULTS))
def the_app_fails(story: Story, fault: str) -> None:
    story.world.faults.add(story.holder.gateway, QUESTION, APP_FAULTS[fault])


@given("the app cannot be reached")
def the_app_cannot_be_reached(story: Story) -> None:
    story.cut_off(story.holder.gateway)


@when("the app can be reached again")
def the_app_can_be_reached(story: Story) -> None:
    story.connect(story.holder.gateway)


def _say(story: Story, asked: Asked, status: str, **changes: Any) -> None:
    story.tell(story.gateway, _result(story.gateway, story.holder, asked, status, **changes))
