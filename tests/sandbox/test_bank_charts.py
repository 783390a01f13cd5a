"""What the simulated bank says in the other charts: people, accounts, credits, bills, transfers (PROTOCOL 2.2, RULES 15)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from support.sandbox import HubStub, code, msg_id, run, world
from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox import people
from unionhub.hosts.sandbox.bank import BankReply, BankRequest, CoreBank
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.people import Person
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, HKD, PRESET_MERCHANTS
from unionhub.hosts.sandbox.world import World

PAYER, PAYEE = CARDHOLDERS[0], CARDHOLDERS[1]
POWER, TELECOM = PRESET_MERCHANTS
PERSON = {
    "firstName": "Mei",
    "lastName": "Lam",
    "idType": "01",
    "idNo": "A1234563",
    "idCountry": "344",
    "mobileNo": "+85251234567",
}
NOBODY = "012800000099"

Json = dict[str, Any]


class Door:
    """The seeded bank, and the hub's voice at its door."""

    def __init__(self, world: World, hub: HubStub) -> None:
        self.world = world
        self.hub = hub
        self.bank = world.bank()

    async def ask(self, message: str, trx: Json, number: str | None = None, **sealed: Any) -> Json:
        """Members in `sealed` go sealed; None leaves one out."""
        given = {name: self.hub.seal(value) for name, value in sealed.items() if value is not None}
        return await self.hub.ask(message, {**trx, **given}, number=number)

    def opened(self, jwe: str) -> Json:
        content: Json = json.loads(self.hub._jose.open_from(self.hub.party, jwe))
        return content

    async def credit(self, amount: str, number: str | None = None, account: str = PAYER.account.reveal(), **trx: Any) -> Json:
        members = {"relTrxType": "CREDIT_TRANSACTION", "merchantInfo": {"mid": POWER.mid}, **_amounts(amount), **trx}
        return await self.ask("CREDIT_TRANSACTION", members, number, creditAccountInfo={"accountNo": account})

    async def bill(self, amount: str, number: str | None = None, mid: str = POWER.mid, **trx: Any) -> Json:
        members = self.hub.debit(PAYER.account.reveal(), amount, relTrxType="BILL_PAYMENT", merchantInfo={"mid": mid}, **trx)
        return await self.hub.ask("DEBIT_TRANSACTION", members, number=number)

    async def transfer(self, amount: str, number: str | None = None, payer: str = "", payee: str = "", **trx: Any) -> Json:
        return await self.ask(
            "P2P_TRANSFER",
            {**_amounts(amount), **trx},
            number,
            debitAccountInfo={"accountNo": payer or PAYER.account.reveal()},
            creditAccountInfo={"accountNo": payee or PAYEE.account.reveal()},
        )

    async def identified(self, **changes: Any) -> str:
        answer = await self.ask("KYC_VERIFICATION", {}, cvmInfo={**PERSON, **changes})
        refer_no: str = answer["trxInfo"]["referNo"]
        return refer_no

    async def opens(self, refer_no: str, number: str | None = None, **trx: Any) -> Json:
        members = {"deviceID": "d", "userID": "u", "kycReferNo": refer_no, **trx}
        return await self.hub.ask("OPEN_ACCOUNT", members, number=number)

    async def opened_account(self, **changes: Any) -> str:
        answer = await self.opens(await self.identified(**changes))
        account_no: str = self.opened(answer["trxInfo"]["accountInfo"])["accountNo"]
        return account_no

    async def inquire(self, original: str) -> tuple[str, str]:
        answer = await self.hub.ask("TRX_RESULT_INQUIRY", {"origMsgID": original})
        return code(answer), answer.get("trxInfo", {}).get("paymentStatus", "")

    async def spent(self) -> dict[str, int]:
        """By how much each balance changed, in minor units; the books are sound."""
        assert await self.bank.audit() == []
        before = {"payer": PAYER.opening, "payee": PAYEE.opening, "power": POWER.opening, "telecom": TELECOM.opening}
        now = {
            "payer": await self.bank.balance(PAYER.account),
            "payee": await self.bank.balance(PAYEE.account),
            "power": await self.bank.merchant_balance(POWER.mid),
            "telecom": await self.bank.merchant_balance(TELECOM.mid),
        }
        changes = {name: (now[name] or Money(0, HKD)).minor - before[name].minor for name in now}
        return {name: change for name, change in changes.items() if change}


def _amounts(amount: str) -> Json:
    return {"trxAmt": amount, "trxCurrency": "344", "billAmt": amount, "billCurrency": "344"}


def at_the_door(test: Callable[[Door], Awaitable[None]]) -> Callable[[], None]:
    """Run `test` against a bank of its own."""

    def wrapped() -> None:
        async def play() -> None:
            await made.open()
            await test(Door(made, HubStub(transport, made.issuer())))

        with world() as (made, transport):
            run(play())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__  # type: ignore[attr-defined]
    return wrapped


# --- KYC_VERIFICATION


@at_the_door
async def test_a_person_is_identified_under_a_reference_of_their_own(door: Door) -> None:
    number = msg_id()
    first = await door.ask("KYC_VERIFICATION", {"insPrd": "P1", "deviceID": "d"}, number, cvmInfo=PERSON)
    again = await door.ask("KYC_VERIFICATION", {"insPrd": "P1", "deviceID": "d"}, number, cvmInfo=PERSON)
    assert (code(first), again) == ("00", first)
    other = await door.ask("KYC_VERIFICATION", {"insPrd": "P2", "deviceID": "d"}, number, cvmInfo=PERSON)
    assert code(other) == "94"
    numbers = [first["trxInfo"]["referNo"], await door.identified(), await door.identified()]
    assert len(set(numbers)) == 3
    assert all(len(text) == 12 and text.isdigit() for text in numbers)
    assert await door.inquire(number) == ("00", "APPROVED")
    assert await door.spent() == {}


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [
        ({**PERSON, "accountNo": PAYER.account.reveal()}, "00"),
        ({**PERSON, "accountNo": NOBODY}, "14"),
        ({"accountNo": PAYER.account.reveal()}, "00"),
        ({}, "30"),
        ({"lastName": "Lam"}, "30"),
        ({**PERSON, "idNo": 5}, "30"),
        ({**PERSON, "accountNo": ["x"]}, "30"),
        ([], "30"),
        ("Mei Lam", "30"),
        (None, "30"),
    ],
    ids=str,
)
def test_who_can_be_identified(identity: Any, wanted: str) -> None:
    @at_the_door
    async def play(door: Door) -> None:
        number = msg_id()
        assert code(await door.ask("KYC_VERIFICATION", {}, number, cvmInfo=identity)) == wanted
        assert await door.inquire(number) == {"00": ("00", "APPROVED"), "14": ("00", "DECLINED")}.get(wanted, ("25", ""))

    play()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [({}, "00"), ({"firstName": "May"}, "00"), ({"lastName": "Lee"}, "05"), ({"idNo": "B1"}, "05"), ({"idNo": ""}, "05")],
    ids=str,
)
def test_an_account_is_its_holders_and_nobody_elses(changes: Json, wanted: str) -> None:
    @at_the_door
    async def play(door: Door) -> None:
        account_no = await door.opened_account()
        person = {**PERSON, "accountNo": account_no, **changes}
        assert code(await door.ask("KYC_VERIFICATION", {}, cvmInfo=person)) == wanted
        await door.bank.register_holder(PAYER.account, Person(last_name="Lam", id_no="A1234563"))
        person["accountNo"] = PAYER.account.reveal()
        assert code(await door.ask("KYC_VERIFICATION", {}, cvmInfo=person)) == wanted

    play()


# --- OPEN_ACCOUNT


@at_the_door
async def test_an_account_is_opened_once_with_a_welcome_and_a_repeat_needs_no_documents(door: Door) -> None:
    refer_no, number = await door.identified(), msg_id()
    documents = [{"dataType": "ID card", "dataFormat": "PNG", "dataContent": "AAAA"}]
    first = await door.opens(refer_no, number, cvmAddtlDocums=documents)
    again = await door.opens(refer_no, number)
    assert (code(first), code(again)) == ("00", "00")
    assert first["trxInfo"]["referNo"] == again["trxInfo"]["referNo"] != refer_no
    info = door.opened(first["trxInfo"]["accountInfo"])
    assert door.opened(again["trxInfo"]["accountInfo"]) == info
    assert set(first["trxInfo"]) == {"accountInfo", "referNo"}
    assert info == {"accountNo": info["accountNo"], "accountTier": "1", "countryCode": "344", "currency": "344"}
    assert info["accountNo"].isdigit()
    (*seeded, opened) = await door.bank.accounts()
    assert len(seeded) == len(CARDHOLDERS)
    assert (opened.account_no, opened.balance_text, opened.bookings) == (info["accountNo"], "1000.00", ())
    assert code(await door.hub.ask("DEBIT_TRANSACTION", door.hub.debit(info["accountNo"], "1000.00"))) == "00"
    assert await door.inquire(number) == ("00", "APPROVED")


@at_the_door
async def test_one_account_for_one_identification(door: Door) -> None:
    refer_no, refused = await door.identified(), msg_id()
    assert code(await door.opens(refer_no)) == "00"
    assert code(await door.opens(refer_no, refused)) == "12"
    assert code(await door.opens("100000009999")) == "12"
    assert code(await door.hub.ask("OPEN_ACCOUNT", {"deviceID": "d"})) == "30"
    assert await door.inquire(refused) == ("00", "DECLINED")
    assert await door.inquire(msg_id()) == ("25", "")
    assert len(await door.bank.accounts()) == len(CARDHOLDERS) + 1


@at_the_door
async def test_fifty_openings_at_once_open_one(door: Door) -> None:
    refer_no, number = await door.identified(), msg_id()
    same = await asyncio.gather(*(door.opens(refer_no, number) for _ in range(25)))
    others = await asyncio.gather(*(door.opens(refer_no) for _ in range(25)))
    assert ({code(answer) for answer in same}, {code(answer) for answer in others}) == ({"00"}, {"12"})
    assert len({door.opened(answer["trxInfo"]["accountInfo"])["accountNo"] for answer in same}) == 1


@at_the_door
async def test_other_content_or_a_barred_msg_id_opens_nothing(door: Door) -> None:
    refer_no, number, barred = await door.identified(), msg_id(), msg_id()
    assert code(await door.hub.ask("REVERSAL", {"origMsgID": barred})) == "00"
    assert code(await door.opens(refer_no, barred)) == "12"
    assert code(await door.opens(refer_no, number)) == "00"
    assert code(await door.opens(refer_no, number, deviceID="e")) == "94"
    assert len(await door.bank.accounts()) == len(CARDHOLDERS) + 1


# --- CREDIT_TRANSACTION


@at_the_door
async def test_a_preset_merchant_pays_a_cardholder_once(door: Door) -> None:
    number = msg_id()
    first = await door.credit("25.00", number)
    assert (code(first), first["trxInfo"]["trxAmt"], first["trxInfo"]["trxCurrency"]) == ("00", "25.00", "344")
    assert await door.credit("25.00", number) == first
    assert code(await door.credit("26.00", number)) == "94"
    assert await door.inquire(number) == ("00", "APPROVED")
    assert await door.spent() == {"payer": 2500, "power": -2500}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"amount": "100000.01"}, "51"),
        ({"merchantInfo": {"mid": "344000000000000"}}, "03"),
        ({"merchantInfo": {}}, "30"),
        ({"merchantInfo": None}, "30"),
        ({"account": NOBODY}, "14"),
        ({"account": f"MERCHANT-{TELECOM.mid}"}, "14"),
        ({"billCurrency": "156"}, "12"),
        ({"relTrxType": "BONUS"}, "12"),
        ({"relTrxType": None}, "30"),
        ({"billAmt": "0"}, "13"),
    ],
    ids=str,
)
def test_a_credit_that_cannot_be(changes: Json, wanted: str) -> None:
    @at_the_door
    async def play(door: Door) -> None:
        assert code(await door.credit(**{"amount": "1.00", **changes})) == wanted
        assert await door.spent() == {}

    play()


@at_the_door
async def test_a_refund_needs_a_debit_that_stands_on_that_account(door: Door) -> None:
    debit, declined, reversed_ = msg_id(), msg_id(), msg_id()
    await door.hub.pay(PAYER, "10.00", number=debit)
    await door.hub.pay(PAYER, "30000.00", number=declined)
    await door.hub.pay(PAYER, "10.00", number=reversed_)
    await door.hub.ask("REVERSAL", {"origMsgID": reversed_})
    for original in (declined, reversed_, msg_id()):
        assert code(await door.credit("1.00", relTrxType="REFUND", origMsgID=original)) == "25"
    other = PAYEE.account.reveal()
    assert code(await door.credit("1.00", account=other, relTrxType="REFUND", origMsgID=debit)) == "25"
    assert code(await door.credit("1.00", relTrxType="REFUND")) == "30"
    number = msg_id()
    for _ in range(2):
        assert code(await door.credit("4.00", number, relTrxType="REFUND", origMsgID=debit, merchantInfo=None)) == "00"
    assert await door.spent() == {"payer": -600}
    # Decided is decided: also when the debit is taken back afterwards.
    await door.hub.ask("REVERSAL", {"origMsgID": debit})
    assert code(await door.credit("4.00", number, relTrxType="REFUND", origMsgID=debit, merchantInfo=None)) == "00"


# --- BILL_PAYMENT


@at_the_door
async def test_a_bill_credits_the_merchant_in_the_same_pair_and_is_taken_back_with_it(door: Door) -> None:
    number = msg_id()
    assert code(await door.bill("300.00", number, TELECOM.mid)) == "00"
    assert await door.spent() == {"payer": -30000, "telecom": 30000}
    assert code(await door.hub.ask("REVERSAL", {"origMsgID": number})) == "00"
    assert await door.spent() == {}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"mid": "344000000000000"}, "03"),
        ({"mid": "344000000000000", "amount": "30000.00"}, "03"),
        ({"amount": "30000.00"}, "51"),
        ({"mid": 7}, "30"),
        ({"mid": ""}, "30"),
    ],
    ids=str,
)
def test_a_bill_that_cannot_be(changes: Json, wanted: str) -> None:
    @at_the_door
    async def play(door: Door) -> None:
        assert code(await door.bill(**{"amount": "1.00", **changes})) == wanted
        assert await door.spent() == {}

    play()


@at_the_door
async def test_merchants_are_no_customers(door: Door) -> None:
    await door.bill("1.00")
    assert not any("MERCHANT" in account.account_no for account in await door.bank.accounts())
    sealed = door.hub.seal({"accountNo": f"MERCHANT-{POWER.mid}"})
    assert code(await door.hub.ask("DEBIT_TRANSACTION", door.hub.debit("x", debitAccountInfo=sealed))) == "14"
    assert await door.bank.merchant_balance("344000000000000") is None


# --- P2P_TRANSFER


@at_the_door
async def test_a_transfer_books_both_legs_once_and_both_back(door: Door) -> None:
    number = msg_id()
    first = await door.transfer("50.00", number)
    assert code(first) == "00"
    assert await door.transfer("50.00", number) == first
    assert await door.spent() == {"payer": -5000, "payee": 5000}
    listed = [booking.ref for account in await door.bank.accounts() for booking in account.bookings]
    assert listed == [number, number]
    assert await door.inquire(number) == ("00", "APPROVED")
    for _ in range(2):
        assert code(await door.hub.ask("REVERSAL", {"origMsgID": number})) == "00"
    assert await door.spent() == {}
    assert await door.inquire(number) == ("00", "REVERSED")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"amount": "20000.01"}, "51"),
        ({"payer": NOBODY}, "14"),
        ({"payee": NOBODY}, "14"),
        ({"payee": NOBODY, "amount": "20000.01"}, "14"),
        ({"payee": "SUSPENSE-344"}, "14"),
        ({"payee": f"MERCHANT-{POWER.mid}"}, "14"),
        ({"payee": PAYER.account.reveal()}, "12"),
        ({"billCurrency": "156", "trxCurrency": "156"}, "12"),
        ({"trxCurrency": "156"}, "12"),
        ({"trxAmt": None}, "30"),
        ({"billAmt": "1.001"}, "13"),
    ],
    ids=str,
)
def test_a_transfer_that_cannot_be(changes: Json, wanted: str) -> None:
    @at_the_door
    async def play(door: Door) -> None:
        assert code(await door.transfer(**{"amount": "1.00", **changes})) == wanted
        assert await door.spent() == {}

    play()


# --- BALANCE_INQUIRY, GET_CASH_OUT_TOKEN, OTP_DELIVERY


@at_the_door
async def test_a_balance_is_what_is_there_now(door: Door) -> None:
    number, account = msg_id(), {"accountNo": PAYER.account.reveal()}
    for wanted in ("20000.00", "19990.00"):
        answer = await door.ask("BALANCE_INQUIRY", {}, number, accountInfo=account)
        trx = answer["trxInfo"]
        assert (code(answer), trx["balList"]) == ("00", [{"balAmt": wanted, "balCurrency": "344"}])
        assert (trx["accountTier"], trx["referNo"].isdigit()) == ("1", True)
        await door.hub.pay(PAYER, "10.00")
    for unknown in (NOBODY, "SUSPENSE-344", f"MERCHANT-{POWER.mid}"):
        assert code(await door.ask("BALANCE_INQUIRY", {}, accountInfo={"accountNo": unknown})) == "14"
    assert code(await door.ask("BALANCE_INQUIRY", {})) == "30"


@at_the_door
async def test_a_cash_out_token_moves_nothing_and_is_nobody_elses(door: Door) -> None:
    async def token(number: str, amount: str = "200.00", account: str = PAYER.account.reveal()) -> Json:
        trx = {"trxTokenType": "WITHDRAW", "trxAmt": amount, "trxCurrency": "344"}
        return await door.ask("GET_CASH_OUT_TOKEN", trx, number, debitAccountInfo={"accountNo": account})

    number = msg_id()
    first = await token(number)
    assert (code(first), first["trxInfo"]["trxAmt"]) == ("00", "200.00")
    assert await token(number) == first
    assert code(await token(number, "300.00")) == "94"
    many = [first["trxInfo"]["trxToken"], *[(await token(msg_id()))["trxInfo"]["trxToken"] for _ in range(5)]]
    assert len(set(many)) == 6
    assert all(len(text) == 18 and text.isdigit() for text in many)
    assert len({text[:4] for text in many}) > 1  # drawn, not counted
    for amount, account, wanted in (("1.00", NOBODY, "14"), ("0", PAYER.account.reveal(), "13"), ("x", NOBODY, "30")):
        assert code(await token(msg_id(), amount, account)) == wanted
    assert await door.spent() == {}
    withdrawal = door.hub.debit(PAYER.account.reveal(), "200.00", relTrxType="WITHDRAW")
    assert code(await door.hub.ask("DEBIT_TRANSACTION", withdrawal)) == "00"
    assert await door.spent() == {"payer": -20000}


@at_the_door
async def test_a_password_is_texted_once_to_a_phone_that_there_is(door: Door) -> None:
    async def deliver(account_no: str, otp: Any = "123456", number: str | None = None) -> str:
        return code(await door.ask("OTP_DELIVERY", {}, number, accountInfo={"accountNo": account_no}, otp={"otp": otp}))

    number = msg_id()
    assert [await deliver(PAYER.account.reveal(), number=number) for _ in range(2)] == ["00", "00"]
    assert await deliver(PAYER.account.reveal(), "654321", number) == "94"
    assert await deliver(await door.opened_account(), "777777") == "00"
    assert await deliver(await door.opened_account(mobileNo=""), "888888") == "25"
    assert await deliver(NOBODY) == "14"
    assert await deliver(PAYER.account.reveal(), 123456) == "30"
    texts = await door.bank.texts()
    assert [text.otp for text in texts] == ["123456", "777777"]
    assert (texts[0].account, texts[0].at) == (PAYER.account.masked, door.world.clock.now())


# --- what all of them share


def test_text_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MAX_TEXT_MESSAGES", 3)
    ledger = Ledger(":memory:")
    for number in range(5):
        ledger.run_now(lambda books, n=number: books.people.text(NOBODY, str(n), ManualClock().now()))  # type: ignore[misc]
    assert [text.otp for text in ledger.run_now(lambda books: books.people.texts())] == ["2", "3", "4"]
    ledger.close()


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    """The same messages to a bank that was closed and opened again: the same references, account and token."""
    account = {"accountNo": PAYER.account.reveal()}
    trx: Json = {"trxTokenType": "WITHDRAW", "trxAmt": "1.00", "trxCurrency": "344"}
    messages = (
        ("KYC_VERIFICATION", {}, {"cvmInfo": PERSON}),
        ("OPEN_ACCOUNT", {"kycReferNo": "100000000001"}, {}),
        ("GET_CASH_OUT_TOKEN", trx, {"debitAccountInfo": account}),
        ("OTP_DELIVERY", {}, {"accountInfo": account, "otp": {"otp": "123456"}}),
    )

    async def play() -> tuple[list[BankReply], int, int]:
        bank = CoreBank(Ledger(tmp_path / "bank.sqlite3", group_commit=True))
        await bank.open_accounts({PAYER.account: PAYER.opening})
        await bank.open_merchants(PRESET_MERCHANTS)
        replies = [await bank.answer(request(*row)) for row in messages]
        counted = len(await bank.texts()), len(await bank.accounts())
        bank.close()
        return replies, *counted

    def request(message: str, members: Json, opened: Json) -> BankRequest:
        at = ManualClock().now()
        return BankRequest(message=message, ins_id=BANK, msg_id=f"U-{message}", at=at, trx=members, opened=opened)

    first = run(play())
    assert [reply.code for reply in first[0]] == ["00"] * 4
    assert run(play()) == first
    assert first[1:] == (1, 2)


def test_accounts_that_seeds_open_are_believed_to_have_a_phone() -> None:
    async def play() -> None:
        bank = CoreBank(Ledger(":memory:"))
        await bank.open_accounts({AccountNumber("012800000042"): Money(1, HKD)})
        holder = await bank.ledger.run(lambda books: books.people.holder("012800000042"))
        assert holder == Person(mobile_no="+85200000042")

    run(play())
