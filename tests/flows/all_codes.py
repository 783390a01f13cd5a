"""For each of the 46 codes the cheapest request that gets it (RULES section 8): a row says what is asked, and how it is done.

`python -m flows.all_codes` (with tests/ on PYTHONPATH) writes the table to var/codes.md for whoever wants to read it.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from support.house import House
from unionhub.domain.model.cards import CardProduct, IssuerBlock, NumberRange
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.people import Person
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PEAK, Cardholder
from unionhub.ports.store import StoreUnavailable

WITHOUT_ACCOUNT = (
    "0002010102121516ABCDEF123456789052045311530339254039995802JP5906DONGRI6005TOKYO62240104hoge0504fuga0704piyo63043FE6"
)
"""A published code whose ID 15 is not of the 31 characters that UnionPay's account has."""

NOBODY = {"idNo": "A123456", "firstName": "Mei", "lastName": "Lam", "mobileNo": "+85290000001"}
_RANGES = itertools.count(1)


class Till:
    """One cardholder of a house, and what the requests below do with it. What it changes, `undo` sets right."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.gateway = house.world.gateway(HARBOUR)
        self.acquirer = house.world.acquirer()
        self.shop = house.world.merchants[0]
        self.holder: Cardholder
        self._product: CardProduct

    async def open(self, balance: str = "100.00") -> Till:
        self.holder = await self.house.cardholder(HARBOUR, balance)
        products = self.house.hub.directory.products(HARBOUR)
        self._product = next(each for each in products if each.product_id == self.house.world.product.product_id)
        return self

    async def undo(self) -> None:
        """The house as it was, for the next one; its worker ends what is left open."""
        await self.house.change_product(**msgspec.structs.asdict(self._product))
        self.house.world.faults.clear()
        await self.house.until(lambda: not self.house.world.faults.is_refusing(BANK))

    async def product(self, **changes: Any) -> None:
        await self.house.change_product(**changes)

    async def block(self, block: IssuerBlock) -> None:
        """As an operator does with `unionhub cards block`."""
        async with self.house.hub.store.begin() as uow:
            (card,) = await uow.cards(gateway=HARBOUR, user_id=self.holder.user_id)
            assert await uow.move_card(card, msgspec.structs.replace(card, issuer_block=block))
            await uow.commit()

    def fault(self, message: str | None, fault: str, **options: Any) -> None:
        self.house.world.faults.add(BANK, message, fault, **options)

    # --- requests

    async def send(self, request: HubRequest) -> HubAnswer:
        return await self.gateway.send(request)

    async def pay(self, amount: str = "30.00", **trx: Any) -> HubAnswer:
        return await self.send(self.gateway.mpqrc_payment_emv(self.holder, self.shop, amount, **trx))

    async def codes(self, count: int = 1) -> list[str]:
        answer = await self.send(self.gateway.qrc_generation(self.holder, count))
        return list(answer.trx["emvCpqrcPayload"])

    async def scan(self, code: str, **trx: Any) -> HubAnswer:
        return await self.acquirer.send(self.acquirer.cpqrc_payment(self.shop, "30.00", emv=code, **trx))

    async def somebody(self) -> Cardholder:
        """With an account at the bank, and no card yet."""
        return await self.house.world.new_cardholder(HARBOUR)

    async def kyc(self) -> tuple[Cardholder, HubRequest, HubAnswer]:
        person = await self.somebody()
        request = await self.gateway.kyc_verification(person.user_id, person.device_id, NOBODY)
        return person, request, await self.send(request)

    async def open_account(self, person: Cardholder, kyc: HubRequest, refer_no: str) -> HubAnswer:
        return await self.send(self.gateway.open_account(person.user_id, person.device_id, kyc.msg_id, refer_no))

    async def enrol(self, person: Cardholder) -> tuple[HubRequest, HubAnswer]:
        identity = {"accountNo": person.account.reveal()}
        request = await self.gateway.card_enrollment(person.user_id, person.device_id, identity)
        return request, await self.send(request)

    async def stepped_up(self, *, mobile: bool = True) -> tuple[Cardholder, str]:
        """An enrolment that waits for a one-time password: whose, and its msgID."""
        await self.product(step_up=True)
        person = await self.somebody()
        if not mobile:
            await self.house.world.bank().register_holder(person.account, Person())
        request, answer = await self.enrol(person)
        assert answer.code == "04"
        return person, request.msg_id

    async def otp(self, person: Cardholder, msg_id: str) -> HubAnswer:
        return await self.send(self.gateway.otp_request(person.user_id, person.device_id, msg_id))

    async def verify(self, person: Cardholder, msg_id: str, otp: str) -> HubAnswer:
        return await self.send(self.gateway.otp_verification(person.user_id, person.device_id, msg_id, otp))

    async def texted(self) -> str:
        """The password that reached the phone last."""
        texts = await self.house.world.bank().ledger.run(lambda books: books.people.texts())
        return texts[-1].otp

    async def wrong_otp(self) -> str:
        right = await self.texted()
        return f"{(int(right[0]) + 1) % 10}{right[1:]}"


Ask = Callable[[Till], Awaitable[HubAnswer]]


class Row(msgspec.Struct, frozen=True):
    """`message` is what is answered with the code, `how` what makes it so, in a few words."""

    message: str
    how: str
    ask: Ask


# --- shapes that many rows have


def pays(amount: str = "30.00", **trx: Any) -> Ask:
    return lambda till: till.pay(amount, **trx)


def bank_says(fault: str) -> Ask:
    async def ask(till: Till) -> HubAnswer:
        till.fault("DEBIT_TRANSACTION", fault)
        return await till.pay()

    return ask


def kyc_says(fault: str) -> Ask:
    async def ask(till: Till) -> HubAnswer:
        till.fault("KYC_VERIFICATION", fault)
        return (await till.kyc())[2]

    return ask


def blocked(block: IssuerBlock) -> Ask:
    async def ask(till: Till) -> HubAnswer:
        await till.block(block)
        return await till.send(till.gateway.qrc_generation(till.holder))

    return ask


def of_product(ask: Ask, **changes: Any) -> Ask:
    async def changed(till: Till) -> HubAnswer:
        await till.product(**changes)
        return await ask(till)

    return changed


# --- the others, by code


async def spent_code(till: Till) -> HubAnswer:
    (code,) = await till.codes()
    assert (await till.scan(code)).code == "00"
    return await till.scan(code)


async def last_number(till: Till) -> HubAnswer:
    number = f"6236097{next(_RANGES):08d}"
    await till.product(token_range=NumberRange(first=number, last=number))
    assert (await till.enrol(await till.somebody()))[1].code == "00"
    return (await till.enrol(await till.somebody()))[1]


async def suspended(till: Till) -> HubAnswer:
    assert (await till.send(till.gateway.card_status_management(till.holder, "SUSPEND"))).code == "00"
    return await till.pay()


async def never_sent(till: Till) -> HubAnswer:
    return await till.send(till.gateway.trx_result_inquiry(till.holder, "A" + "1" * 28))


async def transfer(till: Till) -> HubAnswer:
    return await till.send(await till.gateway.p2p_transfer(till.holder, await till.house.cardholder(PEAK), "1.00"))


async def expired(till: Till) -> HubAnswer:
    till.house.clock.advance(6 * 366 * 86_400)
    return await till.pay()


async def invented_kyc(till: Till) -> HubAnswer:
    person, request, _ = await till.kyc()
    return await till.open_account(person, request, "000000000000")


async def opened_twice(till: Till) -> HubAnswer:
    person, request, answer = await till.kyc()
    assert (await till.open_account(person, request, answer.trx["referNo"])).code == "00"
    return await till.open_account(person, request, answer.trx["referNo"])


async def kyc_too_old(till: Till) -> HubAnswer:
    person, request, answer = await till.kyc()
    till.house.clock.advance(1801)
    return await till.open_account(person, request, answer.trx["referNo"])


async def otp_wrong(till: Till) -> HubAnswer:
    person, msg_id = await till.stepped_up()
    assert (await till.otp(person, msg_id)).code == "00"
    return await till.verify(person, msg_id, await till.wrong_otp())


async def otp_wrong_thrice(till: Till) -> HubAnswer:
    person, msg_id = await till.stepped_up()
    assert (await till.otp(person, msg_id)).code == "00"
    wrong = await till.wrong_otp()
    assert [(await till.verify(person, msg_id, wrong)).code for _ in range(2)] == ["75", "75"]
    return await till.verify(person, msg_id, wrong)


async def otp_too_old(till: Till) -> HubAnswer:
    person, msg_id = await till.stepped_up()
    assert (await till.otp(person, msg_id)).code == "00"
    till.house.clock.advance(301)
    return await till.verify(person, msg_id, await till.texted())


async def otp_never_asked_for(till: Till) -> HubAnswer:
    return await till.verify(*await till.stepped_up(), "123456")


async def no_mobile(till: Till) -> HubAnswer:
    return await till.otp(*await till.stepped_up(mobile=False))


async def other_content(till: Till) -> HubAnswer:
    first = till.gateway.mpqrc_payment_emv(till.holder, till.shop, "1.00")
    assert (await till.send(first)).code == "00"
    return await till.pay("2.00", msg_id=first.msg_id)


async def enrolled_twice(till: Till) -> HubAnswer:
    person = await till.somebody()
    assert (await till.enrol(person))[1].code == "00"
    return (await till.enrol(person))[1]


async def unknown_face(till: Till) -> HubAnswer:
    return await till.send(till.gateway.cardface_downloading("nobodys"))


async def not_reachable(till: Till) -> HubAnswer:
    till.fault(None, "refuse_connection", seconds=0.5)
    return await till.pay()


async def same_settlement(till: Till) -> HubAnswer:
    first, second = await till.codes(2)
    key = till.acquirer.settlement_key()
    assert (await till.scan(first, settlementKey=key)).code == "00"
    return await till.scan(second, settlementKey=key)


async def store_fails(till: Till) -> HubAnswer:
    store, begin = till.house.hub.store, till.house.hub.store.begin

    def gone() -> Any:
        raise StoreUnavailable("taken away")

    request = till.gateway.mpqrc_payment_emv(till.holder, till.shop, "30.00")
    store.begin = gone  # type: ignore[method-assign]
    try:
        return await till.send(request)
    finally:
        store.begin = begin  # type: ignore[method-assign]


async def unknown_word(till: Till) -> HubAnswer:
    till.fault("BALANCE_INQUIRY", "code:ZZ")
    return await till.send(till.gateway.card_balance_inquiry(till.holder))


async def anothers_name(till: Till) -> HubAnswer:
    request = till.gateway.mpqrc_payment_emv(till.holder, till.shop, "30.00")
    info = {**request.body["msgInfo"], "insID": PEAK}
    return await till.send(msgspec.structs.replace(request, body={**request.body, "msgInfo": info}))


PAY, CPQRC, QRC, KYC = "MPQRC_PAYMENT_EMV", "CPQRC_PAYMENT", "QRC_GENERATION", "KYC_VERIFICATION"
DEBIT_FAULT = "the bank's fault {} on DEBIT_TRANSACTION"

ROWS: dict[str, Row] = {
    "00": Row(PAY, "pay at a static code", pays()),
    "01": Row(PAY, DEBIT_FAULT.format("code:01"), bank_says("code:01")),
    "02": Row(CPQRC, "scan the same code twice", spent_code),
    "03": Row(PAY, "a QR without a UnionPay account in ID 15", pays(mpqrcPayload=WITHOUT_ACCOUNT, merchantInfo=None)),
    "04": Row(PAY, DEBIT_FAULT.format("no_answer"), bank_says("no_answer")),
    "05": Row(KYC, "the bank's fault code:05 on KYC_VERIFICATION", kyc_says("code:05")),
    "08": Row("CARD_ENROLLMENT", "the second card of a product whose token range is one number", last_number),
    "12": Row(PAY, "currency 840 at a code in 344", pays(currency="840")),
    "13": Row(PAY, "trxAmt 1.001 in a currency of two decimals", pays("1.001")),
    "14": Row(PAY, "a token that nobody was given", pays(token="6212345678901232")),
    "15": Row(PAY, "a product whose issuer authorised no app", of_product(pays(), gateways=frozenset())),
    "21": Row(PAY, "suspend the card, then pay", suspended),
    "25": Row("TRX_RESULT_INQUIRY", "origMsgID of a message that was never sent", never_sent),
    "30": Row(PAY, "a number for the text trxAmt", pays(trxAmt=30)),
    "32": Row("OTP_VERIFICATION", "the third wrong password", otp_wrong_thrice),
    "34": Row(QRC, "the issuer blocks the card: FRAUD", blocked(IssuerBlock.FRAUD)),
    "40": Row("P2P_TRANSFER", "a product that does no messages", of_product(transfer, messages=frozenset())),
    "41": Row(QRC, "the issuer blocks the card: LOST", blocked(IssuerBlock.LOST)),
    "43": Row(QRC, "the issuer blocks the card: STOLEN", blocked(IssuerBlock.STOLEN)),
    "51": Row(PAY, "pay more than is on the account", pays("100.01")),
    "54": Row(PAY, "move the clock six years on, then pay", expired),
    "55": Row(PAY, "another deviceID", pays(deviceID="another-device")),
    "57": Row(PAY, "another userID", pays(userID="somebody-else")),
    "61": Row(PAY, "above the product's limit per payment", of_product(pays(), trx_limit_minor=2999)),
    "62": Row(PAY, "a merchant category that the product bars", of_product(pays(), blocked_mccs=frozenset({"5812"}))),
    "70": Row(KYC, "the bank's fault code:30 on KYC_VERIFICATION", kyc_says("code:30")),
    "71": Row(PAY, DEBIT_FAULT.format("code:ZZ"), bank_says("code:ZZ")),
    "72": Row(PAY, DEBIT_FAULT.format("code:A0"), bank_says("code:A0")),
    "73": Row("OPEN_ACCOUNT", "an invented origReferNo", invented_kyc),
    "74": Row("OTP_VERIFICATION", "the right password, 301 seconds later", otp_too_old),
    "75": Row("OTP_VERIFICATION", "a wrong password", otp_wrong),
    "76": Row("OTP_VERIFICATION", "a password though none was asked for", otp_never_asked_for),
    "77": Row("OTP_REQUEST", "an account whose holder the bank has no mobile number of", no_mobile),
    "78": Row(PAY, "the same msgID, another amount", other_content),
    "88": Row("CARD_ENROLLMENT", "enrol twice", enrolled_twice),
    "89": Row("CARDFACE_DOWNLOADING", "an unknown cardfaceID", unknown_face),
    "90": Row(PAY, "a product in a declared cut-over", of_product(pays(), cut_off=True)),
    "91": Row(PAY, DEBIT_FAULT.format("code:91"), bank_says("code:91")),
    "92": Row(PAY, "the bank's fault refuse_connection", not_reachable),
    "93": Row("OPEN_ACCOUNT", "OPEN_ACCOUNT twice under two msgIDs", opened_twice),
    "94": Row(CPQRC, "another code under the same settlementKey", same_settlement),
    "95": Row("OPEN_ACCOUNT", "1801 seconds after the KYC", kyc_too_old),
    "96": Row(PAY, "the hub's store is away", store_fails),
    "98": Row(KYC, "the bank's fault no_answer on KYC_VERIFICATION", kyc_says("no_answer")),
    "99": Row("CARD_BALANCE_INQUIRY", "the bank's fault code:ZZ on BALANCE_INQUIRY", unknown_word),
    "A0": Row(PAY, "another gateway's insID", anothers_name),
}


def table() -> list[tuple[str, str, str, str]]:
    """(code, text, message, how) of every row."""
    return [(code, RESPONSE_TEXTS[code], row.message, row.how) for code, row in ROWS.items()]


def write(folder: Path) -> Path:
    """The table as Markdown; returns the file."""
    lines = ["| code | text | message | how to get it |", "|---|---|---|---|", *(f"| {' | '.join(row)} |" for row in table())]
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "codes.md"
    file.write_text("\n".join(lines) + "\n")
    return file


if __name__ == "__main__":
    print(write(Path("var")))
