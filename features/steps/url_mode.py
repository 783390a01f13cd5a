"""Shops in mainland China: the app reads a web address, the QR platform says what it stands for, the cardholder pays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
import pytest
from pytest_bdd import given, then, when
from steps.shops import ALWAYS
from story import NOTICE, Payment, Story
from words import Amount, Phrase

from unionhub.hosts.sandbox.partner import HubAnswer
from unionhub.hosts.sandbox.qr_platform import NEW_CODE_LIFE, QrPlatform
from unionhub.hosts.sandbox.seeds import CNY, QR_PLATFORM, URL_CODES, URL_HOST, Cardholder, UrlCode

INQUIRY: Final = "QRC_INFO_INQUIRY"
RESOLVE: Final = "RESOLVE"


class Scan:
    """The code that is scanned, and the inquiry that a payment refers to."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.code: UrlCode = URL_CODES[0]
        self.inquiry = ""  # msgID

    @property
    def platform(self) -> QrPlatform:
        return self.story.world.qr_platform()

    def show(self, amount: str | None = None, life: timedelta = NEW_CODE_LIFE) -> None:
        self.code = self.platform.new_code(amount, one_time=amount is not None, life=life)

    def read(self, text: str | None = None, holder: Cardholder | None = None) -> HubAnswer:
        """The app asks what the code stands for."""
        holder = holder or self.story.holder
        gateway = self.story.world.gateway(holder.gateway)
        request = gateway.qrc_info_inquiry(holder, text or self.code)
        self.inquiry = request.msg_id
        return self.story.tell(gateway, request)

    def pay(self, amount: Amount, holder: Cardholder | None = None, **changes: Any) -> None:
        holder = holder or self.story.holder
        gateway = self.story.world.gateway(holder.gateway)
        options = {"currency": amount.currency, **changes}
        request = gateway.mpqrc_payment_url(holder, self.code, self.inquiry, amount.text, **options)
        self.story.payments.append(Payment(holder=holder, request=request))
        self.story.send(self.story.payment)


@pytest.fixture
def scan(story: Story) -> Scan:
    return Scan(story)


# --- the shop and the platform


@given("the shop in Shanghai shows a code for any amount")
def a_code_for_any_amount(scan: Scan) -> None:
    scan.show()


@given(Phrase("the shop in Shanghai shows a code for an order of {amount:Amount}"))
def a_code_for_an_order(scan: Scan, amount: Amount) -> None:
    scan.show(amount.text)


@given(Phrase("the shop in Shanghai shows a code for an order of {amount:Amount}, good for {minutes:Number} minutes"))
def a_code_for_an_order_of_today(scan: Scan, amount: Amount, minutes: int) -> None:
    scan.show(amount.text, timedelta(minutes=minutes))


PLATFORM_FAULTS: Final = {
    "does not answer when it is asked about a code": (RESOLVE, "no_answer", 1),
    "answers with garbage when it is asked about a code": (RESOLVE, "garbage", 1),
    "refuses the first notice because it is out of order": (NOTICE, "code:96", 1),
    "refuses the notices because of the order's number": (NOTICE, "code:94", ALWAYS),
    "knows the code no more when it gets the notice": (NOTICE, "code:12", ALWAYS),
}


@given(Phrase("the platform {fault:Fault}", Fault=PLATFORM_FAULTS))
def the_platform_fails(story: Story, fault: str) -> None:
    message, kind, times = PLATFORM_FAULTS[fault]
    story.world.faults.add(QR_PLATFORM, message, kind, times=times)


@given("the platform cannot be reached")
def the_platform_cannot_be_reached(story: Story) -> None:
    story.cut_off(QR_PLATFORM)


@when("somebody else pays the code with another wallet")
def paid_elsewhere(scan: Scan) -> None:
    scan.platform.paid_elsewhere(scan.code.url)


@given("the bank does not hear the first order to give back")
def the_bank_misses_the_reversal(story: Story) -> None:
    story.world.faults.add(story.holder.issuer, "REVERSAL", "no_answer")


@given("the card's issuer takes no part in URL mode")
def no_url_mode(story: Story) -> None:
    product = story.house.hub.directory.product(story.world.product.product_id)
    assert product is not None
    usual = product.messages
    story.run(story.house.change_product(messages=usual - {"MPQRC_PAYMENT_URL"}))
    story.undo(lambda: story.run(story.house.change_product(messages=usual)))


@then(Phrase("the platform is told that {amount:Amount} was paid"))
def the_platform_is_told(story: Story, scan: Scan, amount: Amount) -> None:
    notice = story.notices(QR_PLATFORM)[-1]
    assert notice["paymentStatus"] == "APPROVED"
    assert notice["mpqrcPayload"] == scan.code.url
    assert str(Amount(notice["trxCurrency"], notice["trxAmt"])) == str(amount)
    assert notice["qrcVoucherNo"] == story.payment.answers[0].trx["qrcVoucherNo"]
    assert "token" not in notice  # the card is nobody's business there
    assert scan.code.amount is None or scan.platform.is_paid(scan.code.url)


# --- the app reads the code


@when("the app reads the code")
def reads(scan: Scan) -> None:
    scan.read()


@when("the other cardholder's app reads the code")
def the_other_reads(story: Story, scan: Scan) -> None:
    scan.read(holder=story.holders[1])


@when("the app reads another code of the same shop")
def reads_another(scan: Scan) -> None:
    scan.read(scan.platform.new_code().url)


ADDRESSES: Final[dict[str, Callable[[Scan], str]]] = {
    # no such address
    "a shop's code of EMV mode": lambda scan: scan.story.shop.qr,
    "a word": lambda _: "noodles",
    "an address without encryption": lambda scan: scan.code.url.replace("https:", "http:"),
    "an address without a number": lambda _: f"{URL_HOST}/00010000/",
    "an address with a short number": lambda scan: scan.code.url[:-4],
    "an address with more behind its number": lambda scan: f"{scan.code.url}/../admin",
    "an address that breaks off": lambda _: "https://[qr.95516.com/00010000",
    # somebody else's
    "an address of another company": lambda scan: scan.code.url.replace("95516.com", "95516.example"),
    "an address that only begins like the platform's": lambda scan: scan.code.url.replace("95516.com", "95516.com.example"),
    "an address that hides another company": lambda scan: scan.code.url.replace("qr.", "qr.95516.com@evil.example:443/qr."),
    "an address with a port": lambda scan: scan.code.url.replace("95516.com", "95516.com:8443"),
    "an address with a question": lambda scan: f"{scan.code.url}?pay=1",
    # the platform's, but of no code
    "an address that the platform does not know": lambda _: f"{URL_HOST}/00010000/9999999999999999999999999999",
}


@when(Phrase("the app reads {address:Address}", Address=ADDRESSES))
def reads_an_address(scan: Scan, address: str) -> None:
    scan.read(ADDRESSES[address](scan))


@then(Phrase("it is shown {shop} in {city}, which asks for {amount:Amount}"))
def shown_a_shop_and_amount(story: Story, shop: str, city: str, amount: Amount) -> None:
    trx = _shown(story, shop, city)
    assert str(Amount(trx["trxCurrency"], trx["trxAmt"])) == str(amount)


@then(Phrase("it is shown {shop} in {city}, which takes any amount"))
def shown_a_shop(story: Story, shop: str, city: str) -> None:
    trx = _shown(story, shop, city)
    assert trx["trxCurrency"] == CNY
    assert "trxAmt" not in trx


def _shown(story: Story, shop: str, city: str) -> dict[str, Any]:
    trx = story.latest(INQUIRY).answer.trx
    assert (trx["merchantName"], trx["merchantCity"]) == (shop, city)
    assert trx["merchantCountry"] == "156"
    return trx


# --- the cardholder pays


@when(Phrase("the cardholder confirms {amount:Amount}"))
def confirms(scan: Scan, amount: Amount) -> None:
    scan.pay(amount)


@when(Phrase("the other cardholder confirms {amount:Amount}"))
def the_other_confirms(story: Story, scan: Scan, amount: Amount) -> None:
    scan.pay(amount, story.holders[1])


@when(Phrase("the cardholder confirms {amount:Amount} with the coupon {coupon:w}"))
def confirms_with_a_coupon(scan: Scan, amount: Amount, coupon: str) -> None:
    scan.pay(amount, couponInfo=coupon)


ODDITIES: Final[dict[str, Callable[[Story], dict[str, Any]]]] = {
    "without having asked about the code": lambda story: {"origTrxMsgID": story.gateway.request(INQUIRY).msg_id},
    "from another phone": lambda _: {"deviceID": "f7946ec3a68d9afb"},
    "and a tip of CNY 1.00": lambda _: {"trxFeeAmt": "1.00"},
    "for a code that is no address": lambda story: {"mpqrcPayload": story.shop.qr},
    "for a code of another company": lambda _: {"mpqrcPayload": f"https://qr.example/00010000/{'6' * 28}"},
}


@when(Phrase("the cardholder confirms {amount:Amount} {oddly:Oddly}", Oddly=ODDITIES))
def confirms_oddly(story: Story, scan: Scan, amount: Amount, oddly: str) -> None:
    scan.pay(amount, **ODDITIES[oddly](story))


CLAIMS: Final[dict[str, dict[str, str]]] = {
    "another shop": {"merchantName": "Corner Bookshop"},
    "another kind of shop": {"mcc": "5942"},
    "the shop with spaces around its name": {"merchantName": " Plum Rain Dumplings "},
}


@when(Phrase("the cardholder confirms {amount:Amount}, and the app names {claim:Claim}", Claim=CLAIMS))
def confirms_and_the_app_claims(scan: Scan, amount: Amount, claim: str) -> None:
    scan.pay(amount, merchantInfo=CLAIMS[claim])


@when(Phrase("the app sends the payment again with {amount:Amount}"))
def sends_again_with(story: Story, amount: Amount) -> None:
    request = story.payment.request
    body = {**request.body, "trxInfo": {**request.body["trxInfo"], "trxAmt": amount.text}}
    story.send(story.payment, msgspec.structs.replace(request, body=body))


@then(Phrase("the bank was told {trx:Amount}, billed as {bill:Amount} at {bill_rate}, settled as {sett:Amount} at {sett_rate}"))
def the_bank_was_told(story: Story, trx: Amount, bill: Amount, bill_rate: str, sett: Amount, sett_rate: str) -> None:
    debit = story.received(story.holder.issuer, "DEBIT_TRANSACTION")[-1].body["trxInfo"]
    said = [str(Amount(debit[f"{kind}Currency"], debit[f"{kind}Amt"])) for kind in ("trx", "bill", "sett")]
    assert said == [str(trx), str(bill), str(sett)]
    assert (debit["billConvRate"], debit["settConvRate"]) == (bill_rate, sett_rate)


@then(Phrase("the app is notified that {amount:Amount} came back"))
def the_app_is_notified_of_the_way_back(story: Story, amount: Amount) -> None:
    notice = story.notices(story.holder.gateway)[-1]
    assert (notice["trxMsgType"], notice["paymentStatus"]) == ("REVERSAL", "APPROVED")
    assert (notice["origMsgID"], notice["origTrxType"]) == (story.payment.request.msg_id, "MPQRC_PAYMENT_URL")
    assert str(Amount(notice["trxCurrency"], notice["trxAmt"])) == str(amount)
    assert notice["token"] == story.holder.token.reveal()
