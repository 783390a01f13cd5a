"""The simulated core bank's messages about people and accounts: they move no money (PROTOCOL 2.2, RULES section 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.bank_words import (
    BankHandler,
    BankReply,
    BankRequest,
    Refused,
    read_money,
    read_text,
    refer_no,
    replied,
)
from unionhub.hosts.sandbox.books import Books, Decision, Status
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.people import Person

WELCOME: Final = Money(1_000_00, "344")
"""What the bank gives whoever opens an account: its opening balance, not a booking."""

ACCOUNT_TIER: Final = "1"
COUNTRY: Final = "344"


class PeopleDesk:
    """One method a message. All but the balance are decided once for each (insID, msgID)."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.handlers: dict[str, BankHandler] = {
            "KYC_VERIFICATION": self._identify,
            "OPEN_ACCOUNT": self._open_account,
            "BALANCE_INQUIRY": self._balance,
            "GET_CASH_OUT_TOKEN": self._cash_out_token,
            "OTP_DELIVERY": self._deliver_otp,
        }

    async def _identify(self, request: BankRequest) -> BankReply:
        """Is this a person, and where an account is named, is it this person's?"""
        try:
            person = msgspec.convert(request.opened["cvmInfo"], Person)
        except msgspec.ValidationError:
            raise Refused("30") from None
        if not (person.account_no or person.id_no):
            raise Refused("30")

        def decide(books: Books) -> Decision:
            order = request.order()
            refusal = _not_theirs(books, person)
            if refusal:
                return books.decline(order, refusal)
            return books.approve(order, books.people.identify(request.ins_id, person))

        return replied(await self._once(request, decide))

    async def _open_account(self, request: BankRequest) -> BankReply:
        """One account for one identification; its number goes to the hub sealed."""
        kyc_refer_no = read_text(request.trx, "kycReferNo")

        def decide(books: Books) -> Decision:
            order, people = request.order(), books.people
            if people.identified(request.ins_id, kyc_refer_no) is None:
                return books.decline(order, "12")
            account_no = people.next_account_no()
            books.open_account(account_no, WELCOME)
            people.opened(kyc_refer_no, request.msg_id, account_no)
            return books.approve(order, people.next_refer_no())

        decision = await self._once(request, decide)
        if decision.status is not Status.APPROVED:
            return replied(decision)
        account_no = await self._ledger.run(lambda books: books.people.account_opened_by(request.ins_id, request.msg_id))
        info = {
            "accountNo": account_no,
            "accountTier": ACCOUNT_TIER,
            "countryCode": COUNTRY,
            "currency": WELCOME.currency,
        }
        return BankReply(code=decision.code, trx=refer_no(decision), sealed={"accountInfo": info})

    async def _balance(self, request: BankRequest) -> BankReply:
        """What is there now: a repeat is told what is there then."""
        account_no = read_text(request.opened["accountInfo"], "accountNo")

        def look(books: Books) -> BankReply:
            balance = books.balance(account_no)
            if balance is None:
                return BankReply(code="14")
            told: dict[str, Any] = {
                "balList": [{"balAmt": balance.text, "balCurrency": balance.currency}],
                "accountTier": ACCOUNT_TIER,
                "referNo": books.people.next_refer_no(),
            }
            return BankReply(code="00", trx=told)

        return await self._ledger.run(look)

    async def _cash_out_token(self, request: BankRequest) -> BankReply:
        """A number to draw cash with. The money moves when it is drawn, by a DEBIT_TRANSACTION."""
        account_no = read_text(request.opened["debitAccountInfo"], "accountNo")
        read_text(request.trx, "trxTokenType")
        refusal = _amount_refusal(request)

        def decide(books: Books) -> Decision:
            order = request.order()
            code = refusal or ("" if books.balance(account_no) else "14")
            if code:
                return books.decline(order, code)
            books.people.new_cash_out_token(request.ins_id, request.msg_id)
            return books.approve(order, books.people.next_refer_no())

        decision = await self._once(request, decide)
        if decision.status is not Status.APPROVED:
            return replied(decision)
        token = await self._ledger.run(lambda books: books.people.cash_out_token(request.ins_id, request.msg_id))
        return BankReply(code=decision.code, trx={**refer_no(decision), "trxToken": token})

    async def _deliver_otp(self, request: BankRequest) -> BankReply:
        """A text message to the phone of the account's holder: sent once, however often it is asked for."""
        account_no = read_text(request.opened["accountInfo"], "accountNo")
        otp = read_text(request.opened["otp"], "otp")

        def decide(books: Books) -> Decision:
            order = request.order()
            if books.balance(account_no) is None:
                return books.decline(order, "14")
            holder = books.people.holder(account_no)
            if holder is None or not holder.mobile_no:
                return books.decline(order, "25")
            books.people.text(account_no, otp, request.at)
            return books.approve(order, books.people.next_refer_no())

        return replied(await self._once(request, decide))

    async def _once(self, request: BankRequest, decide: Callable[[Books], Decision]) -> Decision:
        """What was decided before, or what `decide` does and keeps."""
        order = request.order()
        return await self._ledger.run(lambda books: books.settled(order) or decide(books))


def _not_theirs(books: Books, person: Person) -> str:
    """The code for an account that is not there, or is known to be somebody else's. The bank may not know whose it is."""
    if not person.account_no:
        return ""
    if books.balance(person.account_no) is None:
        return "14"
    holder = books.people.holder(person.account_no)
    if holder is None or not (holder.last_name or holder.id_no):
        return ""
    return "" if (holder.last_name, holder.id_no) == (person.last_name, person.id_no) else "05"


def _amount_refusal(request: BankRequest) -> str:
    """`12` or `13` for an amount that cannot be; raises Refused for none at all."""
    try:
        read_money(request.trx, "trxAmt", "trxCurrency")
    except Refused as refused:
        if refused.code == "30":
            raise
        return refused.code
    return ""
