"""The simulated core bank's messages that move money, take it back or ask what became of it (RULES section 3)."""

from __future__ import annotations

from collections.abc import Callable

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.bank_words import (
    BankHandler,
    BankReply,
    BankRequest,
    Refused,
    read_mid,
    read_money,
    read_original,
    read_text,
    read_texts,
    refer_no,
    replied,
)
from unionhub.hosts.sandbox.books import CREDIT, DEBIT, Books, Decision, Leg, Status
from unionhub.hosts.sandbox.ledger import Ledger

Legs = Callable[[Money], tuple[Leg, ...]]


class MoneyDesk:
    """One method a message."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.handlers: dict[str, BankHandler] = {
            "DEBIT_TRANSACTION": self._debit,
            "CREDIT_TRANSACTION": self._credit,
            "P2P_TRANSFER": self._transfer,
            "REVERSAL": self._reversal,
            "TRX_RESULT_INQUIRY": self._inquiry,
        }

    async def _debit(self, request: BankRequest) -> BankReply:
        """The other leg is suspense; of a bill it is the preset merchant that it is paid to."""
        account_no = read_text(request.opened["debitAccountInfo"], "accountNo")
        mid = read_mid(request.trx) if request.trx.get("relTrxType") == "BILL_PAYMENT" else ""
        return await self._booked(
            request,
            lambda bill: (
                Leg(account_no=account_no, sign=DEBIT, amount=bill),
                Leg(account_no=None, sign=CREDIT, amount=bill, mid=mid),
            ),
        )

    async def _credit(self, request: BankRequest) -> BankReply:
        """From a preset merchant, or for a refund from suspense: then of a debit that stands, on the same account."""
        account_no = read_text(request.opened["creditAccountInfo"], "accountNo")
        kind = read_text(request.trx, "relTrxType")
        if kind not in ("CREDIT_TRANSACTION", "REFUND"):
            raise Refused("12")
        refund = kind == "REFUND"
        mid = "" if refund else read_mid(request.trx)
        original = read_original(request.trx) if refund else ""

        def legs(bill: Money) -> tuple[Leg, ...]:
            payer = Leg(account_no=None, sign=DEBIT, amount=bill, mid=mid)
            return payer, Leg(account_no=account_no, sign=CREDIT, amount=bill)

        def refusal(books: Books) -> str:
            return "25" if refund and not books.has_debit(request.ins_id, original, account_no) else ""

        return await self._booked(request, legs, refusal)

    async def _transfer(self, request: BankRequest) -> BankReply:
        """Between two customers; one currency, and never from an account to itself."""
        payer = read_text(request.opened["debitAccountInfo"], "accountNo")
        payee = read_text(request.opened["creditAccountInfo"], "accountNo")
        unlike = payer == payee or request.trx.get("trxCurrency") != request.trx.get("billCurrency")
        return await self._booked(
            request,
            lambda bill: (
                Leg(account_no=payer, sign=DEBIT, amount=bill),
                Leg(account_no=payee, sign=CREDIT, amount=bill),
            ),
            lambda _books: "12" if unlike else "",
        )

    async def _booked(self, request: BankRequest, legs: Legs, refusal: Callable[[Books], str] = lambda _books: "") -> BankReply:
        """(a) and (d): decided once for each (insID, msgID), all legs of the bill amount or none."""
        read_texts(request.trx, "trxAmt", "trxCurrency", "billAmt", "billCurrency")
        try:
            read_money(request.trx, "trxAmt", "trxCurrency")
            bill = read_money(request.trx, "billAmt", "billCurrency")
        except Refused as refused:
            if refused.code == "30":
                raise
            order = request.order(refusal=refused.code)
            return replied(await self._ledger.run(lambda books: books.post(order)))
        booked = legs(bill)

        def decide(books: Books) -> Decision:
            return books.post(request.order(*booked, refusal=refusal(books)))

        return replied(await self._ledger.run(decide))

    async def _reversal(self, request: BankRequest) -> BankReply:
        """(b): whatever became of the original, and however often it is asked, the answer is `00`."""
        original = read_original(request.trx)
        decision = await self._ledger.run(lambda books: books.reverse(request.ins_id, original, request.msg_id, request.at))
        return BankReply(code="00", trx=refer_no(decision))

    async def _inquiry(self, request: BankRequest) -> BankReply:
        """(c): `00` and what became of the original, or `25`. A barred original is REVERSED: it will never be booked."""
        original = read_original(request.trx)
        decision = await self._ledger.run(lambda books: books.decision(request.ins_id, original))
        if decision is None:
            return BankReply(code="25")
        told = {"paymentStatus": decision.status.value, **refer_no(decision)}
        if decision.status is Status.DECLINED:
            told["rejectionReason"] = decision.code
        return BankReply(code="00", trx=told)
