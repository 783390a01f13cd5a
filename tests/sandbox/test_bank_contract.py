"""The bank's contract, row by row (RULES section 3 (a) to (e), 13a), asked as the hub asks: signed, sealed, in process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from support.sandbox import HubStub, code, msg_id, run, world
from unionhub.hosts.sandbox.bank import BankReply, BankRequest
from unionhub.hosts.sandbox.books import CREDIT, DEBIT, Account
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, PRESET_MERCHANTS
from unionhub.hosts.sandbox.world import World

PAYER = CARDHOLDERS[0]  # 20,000.00 HKD
OPENING = PAYER.opening.minor


class Bank:
    """The seeded bank, and the hub's voice at its door."""

    def __init__(self, world: World, hub: HubStub) -> None:
        self.world = world
        self.hub = hub

    async def account(self) -> Account:
        accounts = await self.world.bank().accounts()
        assert await self.world.bank().audit() == []
        return next(account for account in accounts if account.account_no == PAYER.account.reveal())

    async def signs(self) -> list[int]:
        return [booking.sign for booking in (await self.account()).bookings]

    async def debit(self, amount: str = "10.00", number: str | None = None, **changes: Any) -> dict[str, Any]:
        trx = self.hub.debit(PAYER.account.reveal(), amount, **changes)
        return await self.hub.ask("DEBIT_TRANSACTION", trx, number=number)

    async def reverse(self, original: str, number: str | None = None, **changes: Any) -> dict[str, Any]:
        trx = {"origMsgID": original, "origMsgType": "DEBIT_TRANSACTION", "trxAmt": "10.00", "trxCurrency": "344", **changes}
        return await self.hub.ask("REVERSAL", trx, number=number)

    async def inquire(self, original: str) -> dict[str, Any]:
        return await self.hub.ask("TRX_RESULT_INQUIRY", {"origMsgID": original, "origMsgType": "DEBIT_TRANSACTION"})


def at_the_bank(test: Callable[[Bank], Awaitable[None]]) -> Callable[[], None]:
    """Run `test` against a bank of its own."""

    def wrapped() -> None:
        async def play() -> None:
            await made.open()
            await test(Bank(made, HubStub(transport, made.issuer())))

        with world() as (made, transport):
            run(play())

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__  # type: ignore[attr-defined]
    return wrapped


# --- (a) idempotent by (insID, msgID)


@at_the_bank
async def test_a_debit_is_one_booking_with_the_hubs_msg_id(bank: Bank) -> None:
    number = msg_id()
    answer = await bank.debit("12.34", number)
    account = await bank.account()
    assert code(answer) == "00"
    assert account.balance_minor == OPENING - 1234
    (booking,) = account.bookings
    assert (booking.amount.text, booking.amount.currency, booking.sign, booking.ref) == ("12.34", "344", DEBIT, number)
    assert booking.at == bank.world.clock.now()


@at_the_bank
async def test_the_same_debit_again_gets_the_same_answer_and_books_once(bank: Bank) -> None:
    number = msg_id()
    first = await bank.debit("10.00", number)
    again = await bank.debit("10.00", number)  # its account sealed anew: another JWE of the same number
    assert again == first
    assert await bank.signs() == [DEBIT]


@at_the_bank
async def test_the_same_decline_again_even_when_there_are_funds_now(bank: Bank) -> None:
    number, spent = msg_id(), msg_id()
    await bank.debit("20000.00", spent)
    assert code(await bank.debit("10.00", number)) == "51"
    await bank.reverse(spent)
    assert code(await bank.debit("10.00", number)) == "51"
    assert (await bank.account()).balance_minor == OPENING


@pytest.mark.parametrize(
    "changes",
    [
        {"trxAmt": "11.00"},
        {"billAmt": "11.00"},
        {"trxNote": "another purchase"},
        {"debitAccountInfo": {"accountNo": CARDHOLDERS[1].account.reveal()}},
        {"trxAmt": "1.001"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_content_under_the_same_msg_id_is_refused(changes: dict[str, Any]) -> None:
    @at_the_bank
    async def play(bank: Bank) -> None:
        number = msg_id()
        assert code(await bank.debit("10.00", number)) == "00"
        sealed = {name: bank.hub.seal(value) if isinstance(value, dict) else value for name, value in changes.items()}
        assert code(await bank.debit("10.00", number, **sealed)) == "94"
        assert await bank.signs() == [DEBIT]

    play()


@at_the_bank
async def test_another_insid_is_another_message(bank: Bank) -> None:
    number = msg_id()
    await bank.debit("10.00", number)
    body = bank.hub.body("DEBIT_TRANSACTION", bank.hub.debit(PAYER.account.reveal()), number)
    body["msgInfo"]["insID"] = "99999999"
    answer = await bank.world.bank().answer(
        BankRequest(
            message="DEBIT_TRANSACTION",
            ins_id="99999999",
            msg_id=number,
            at=bank.world.clock.now(),
            trx=body["trxInfo"],
            opened={"debitAccountInfo": {"accountNo": PAYER.account.reveal()}},
        )
    )
    assert answer.code == "00"
    assert await bank.signs() == [DEBIT, DEBIT]


@at_the_bank
async def test_fifty_equal_debits_at_once_book_once(bank: Bank) -> None:
    number = msg_id()
    answers = await asyncio.gather(*(bank.debit("10.00", number) for _ in range(50)))
    assert {code(answer) for answer in answers} == {"00"}
    assert await bank.signs() == [DEBIT]


# --- (b) reversals


@at_the_bank
async def test_a_reversal_books_back_in_full_with_the_opposite_sign(bank: Bank) -> None:
    debit, reversal = msg_id(), msg_id()
    await bank.debit("10.00", debit)
    assert code(await bank.reverse(debit, reversal)) == "00"
    account = await bank.account()
    assert account.balance_minor == OPENING
    assert [(booking.sign, booking.ref) for booking in account.bookings] == [(DEBIT, debit), (CREDIT, reversal)]
    assert {booking.amount.minor for booking in account.bookings} == {1000}


@at_the_bank
async def test_a_reversal_repeats_by_the_originals_msg_id_whatever_its_own(bank: Bank) -> None:
    debit, reversal = msg_id(), msg_id()
    await bank.debit("10.00", debit)
    answers = [await bank.reverse(debit, number) for number in (reversal, reversal, msg_id())]
    assert [code(answer) for answer in answers] == ["00", "00", "00"]
    assert await bank.signs() == [DEBIT, CREDIT]


@at_the_bank
async def test_a_reversal_is_in_full_whatever_amount_it_names(bank: Bank) -> None:
    debit = msg_id()
    await bank.debit("10.00", debit)
    assert code(await bank.reverse(debit, trxAmt="3.00")) == "00"
    assert (await bank.account()).balance_minor == OPENING


@at_the_bank
async def test_an_original_that_never_came_is_barred_for_ever(bank: Bank) -> None:
    number = msg_id()
    assert code(await bank.reverse(number)) == "00"
    assert code(await bank.debit("10.00", number)) == "12"
    assert code(await bank.debit("10.00", number)) == "12"
    assert code(await bank.reverse(number)) == "00"
    assert await bank.signs() == []


@at_the_bank
async def test_a_reversed_debit_that_arrives_again_books_nothing_and_is_no_approval(bank: Bank) -> None:
    number = msg_id()
    await bank.debit("10.00", number)
    await bank.reverse(number)
    assert code(await bank.debit("10.00", number)) == "12"
    assert code(await bank.debit("11.00", number)) == "94"
    assert await bank.signs() == [DEBIT, CREDIT]


@at_the_bank
async def test_reversing_what_was_declined_is_00_and_books_nothing(bank: Bank) -> None:
    number = msg_id()
    assert code(await bank.debit("20000.01", number)) == "51"
    assert code(await bank.reverse(number)) == "00"
    assert await bank.signs() == []


@at_the_bank
async def test_debit_and_reversal_at_once_leave_the_balance_as_it_was(bank: Bank) -> None:
    numbers = [msg_id() for _ in range(20)]
    await asyncio.gather(*(bank.debit("1.00", number) for number in numbers), *(bank.reverse(number) for number in numbers))
    assert (await bank.account()).balance_minor == OPENING


# --- (c) inquiries


@at_the_bank
async def test_what_became_of_each_kind_of_original(bank: Bank) -> None:
    approved, declined, reversed_, barred = (msg_id() for _ in range(4))
    await bank.debit("10.00", approved)
    await bank.debit("30000.00", declined)
    await bank.debit("10.00", reversed_)
    await bank.reverse(reversed_)
    await bank.reverse(barred)
    told = {}
    for number in (approved, declined, reversed_, barred):
        answer = await bank.inquire(number)
        assert code(answer) == "00"
        told[number] = (answer["trxInfo"]["paymentStatus"], answer["trxInfo"].get("rejectionReason"))
    assert told == {
        approved: ("APPROVED", None),
        declined: ("DECLINED", "51"),
        reversed_: ("REVERSED", None),
        barred: ("REVERSED", None),
    }


@at_the_bank
async def test_25_for_what_never_came_and_asking_does_not_bar_it(bank: Bank) -> None:
    number = msg_id()
    assert code(await bank.inquire(number)) == "25"
    assert code(await bank.debit("10.00", number)) == "00"


@pytest.mark.parametrize("name", ["origMsgID", "origMsgId", "origTrxId"])
def test_the_three_spellings_of_the_original(name: str) -> None:
    @at_the_bank
    async def play(bank: Bank) -> None:
        number = msg_id()
        await bank.debit("10.00", number)
        assert code(await bank.hub.ask("TRX_RESULT_INQUIRY", {name: number})) == "00"

    play()


# --- (d) both legs or none


@at_the_bank
async def test_the_other_leg_is_booked_on_an_account_that_is_not_listed(bank: Bank) -> None:
    await bank.debit("10.00")
    accounts = await bank.world.bank().accounts()  # Bank.account() audits: every message's legs sum to zero
    assert len(accounts) == len(CARDHOLDERS)
    assert not any("SUSPENSE" in account.account_no for account in accounts)
    await bank.account()
    summed = await bank.world.bank().ledger.run(
        lambda books: books._sql.execute("SELECT sum(balance_minor) FROM account").fetchone()[0]
    )
    assert summed == sum(account.opening.minor for account in (*CARDHOLDERS, *PRESET_MERCHANTS))


@at_the_bank
async def test_a_crash_between_the_legs_leaves_none(bank: Bank) -> None:
    ledger, number = bank.world.bank().ledger, msg_id()
    real_book, calls = ledger._books._book, []

    def failing(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError("the disk is gone")
        real_book(*arguments)

    ledger._books._book = failing  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="status=500"):
        await bank.debit("10.00", number)
    ledger._books._book = real_book  # type: ignore[method-assign]
    assert await bank.signs() == []
    assert code(await bank.inquire(number)) == "25"


# --- (e) what every answer repeats


@at_the_bank
async def test_every_answer_repeats_who_what_and_how_much(bank: Bank) -> None:
    debit, declined, reversal = msg_id(), msg_id(), msg_id()
    answers = {
        ("DEBIT_TRANSACTION", debit): await bank.debit("10.00", debit),
        ("DEBIT_TRANSACTION", declined): await bank.debit("20000.00", declined, trxAmt="10.00"),
        ("REVERSAL", reversal): await bank.reverse(debit, reversal),
    }
    for (message, number), answer in answers.items():
        info = answer["msgInfo"]
        assert (info["msgID"], info["msgType"], info["insID"]) == (number, message, BANK)
        assert (answer["trxInfo"]["trxAmt"], answer["trxInfo"]["trxCurrency"]) == ("10.00", "344")


# --- refusals


@pytest.mark.parametrize(
    ("changes", "wanted", "status"),
    [
        ({"billAmt": "20000.01"}, "51", "DECLINED"),
        ({"debitAccountInfo": {"accountNo": "012800000099"}}, "14", "DECLINED"),
        ({"billCurrency": "840"}, "12", "DECLINED"),
        ({"billCurrency": "000"}, "12", "DECLINED"),
        ({"trxCurrency": "000"}, "12", "DECLINED"),
        ({"billAmt": "1.001"}, "13", "DECLINED"),
        ({"billAmt": "0.00"}, "13", "DECLINED"),
        ({"trxAmt": "0"}, "13", "DECLINED"),
        ({"billAmt": "-1"}, "30", None),
        ({"billAmt": "1e3"}, "30", None),
        ({"billAmt": 10}, "30", None),
        ({"billAmt": None}, "30", None),
        ({"trxAmt": None}, "30", None),
        ({"billCurrency": None}, "30", None),
        ({"debitAccountInfo": None}, "30", None),
        ({"debitAccountInfo": {}}, "30", None),
        ({"debitAccountInfo": {"accountNo": 12}}, "30", None),
        ({"debitAccountInfo": "not a JWE"}, "A0", None),
    ],
    ids=str,
)
def test_a_debit_that_cannot_be(changes: dict[str, Any], wanted: str, status: str | None) -> None:
    @at_the_bank
    async def play(bank: Bank) -> None:
        number = msg_id()
        sealed = {name: bank.hub.seal(value) if isinstance(value, dict) else value for name, value in changes.items()}
        assert code(await bank.debit("10.00", number, **sealed)) == wanted
        inquiry = await bank.inquire(number)
        if status is None:  # not understood, so not kept
            assert code(inquiry) == "25"
        else:
            assert (inquiry["trxInfo"]["paymentStatus"], inquiry["trxInfo"]["rejectionReason"]) == (status, wanted)
        assert await bank.signs() == []

    play()


@at_the_bank
async def test_the_banks_own_account_is_nobodys_to_debit(bank: Bank) -> None:
    await bank.debit("10.00")  # so that there is money on it
    sealed = bank.hub.seal({"accountNo": "SUSPENSE-344"})
    assert code(await bank.debit("10.00", debitAccountInfo=sealed)) == "14"


@at_the_bank
async def test_the_last_cent_can_be_spent(bank: Bank) -> None:
    assert code(await bank.debit("20000.00")) == "00"
    assert code(await bank.debit("0.01")) == "51"


@at_the_bank
async def test_fifty_debits_at_once_when_there_is_money_for_ten(bank: Bank) -> None:
    answers = await asyncio.gather(*(bank.debit("2000.00") for _ in range(50)))
    assert sorted(code(answer) for answer in answers) == ["00"] * 10 + ["51"] * 40
    account = await bank.account()
    assert (account.balance_minor, len(account.bookings)) == (0, 10)


@at_the_bank
async def test_a_cross_currency_debit_books_the_accounts_currency(bank: Bank) -> None:
    answer = await bank.debit("19.50", trxAmt="250", trxCurrency="392")
    assert code(answer) == "00"
    assert (answer["trxInfo"]["trxAmt"], answer["trxInfo"]["trxCurrency"]) == ("250", "392")
    assert [booking.amount.text for booking in (await bank.account()).bookings] == ["19.50"]


@at_the_bank
async def test_a_message_without_a_handler_is_40_and_one_more_row_makes_it_known(bank: Bank) -> None:
    assert code(await bank.hub.ask("ACCOUNT_CLOSURE", {"reason": "x"})) == "40"

    async def closure(request: BankRequest) -> BankReply:
        return BankReply(code="00", trx={"closed": True})

    bank.world.bank().handlers["ACCOUNT_CLOSURE"] = closure
    assert code(await bank.hub.ask("ACCOUNT_CLOSURE", {"reason": "x"})) == "00"


@at_the_bank
async def test_a_reversal_or_inquiry_without_its_original_is_30(bank: Bank) -> None:
    assert code(await bank.hub.ask("REVERSAL", {"trxAmt": "1.00", "trxCurrency": "344"})) == "30"
    assert code(await bank.hub.ask("TRX_RESULT_INQUIRY", {"origMsgID": "A" * 50})) == "30"
