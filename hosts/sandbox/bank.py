"""An issuer's core bank, simulated: what it answers to each message (RULES section 3, "the bank's contract", and 13a).

A message is one row of `CoreBank.handlers`; how the answer is signed and spoiled is the partner's business.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.hosts.sandbox.books import CREDIT, DEBIT, Account, Books, Decision, Leg, Order, Status
from unionhub.hosts.sandbox.ledger import Ledger

SEALED_FIELDS: Final[dict[str, tuple[str, ...]]] = {"DEBIT_TRANSACTION": ("debitAccountInfo",)}
"""Message -> members of trxInfo that come as a JWE. They must be there, and open to a JSON object."""

MAX_MSG_ID_CHARS: Final = 49


class BankRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine message. `trx` is its trxInfo, `opened` the contents of its sealed fields by their names."""

    message: str
    ins_id: str
    msg_id: str
    at: datetime  # the bank's business time
    trx: Mapping[str, Any]
    opened: Mapping[str, Mapping[str, Any]] = {}

    def digest(self) -> bytes:
        """Of the content: sealed fields as they open, since the same message sealed anew is the same message."""
        content = {"message": self.message, "trxInfo": {**self.trx, **self.opened}}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()


class BankReply(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word: an issuer code and what its trxInfo says beside the amount it repeats."""

    code: str
    trx: dict[str, Any] = {}


class _Refused(Exception):  # noqa: N818 - an answer
    """A code that is decided before the books are asked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CoreBank:
    """Obeys the contract on a ledger of its own. `handlers` may be extended or replaced, message by message."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.handlers: dict[str, Callable[[BankRequest], Awaitable[BankReply]]] = {
            "DEBIT_TRANSACTION": self._debit,
            "REVERSAL": self._reversal,
            "TRX_RESULT_INQUIRY": self._inquiry,
        }

    async def answer(self, request: BankRequest) -> BankReply:
        """Do what the message asks. `40` for a message without a handler, `30` for one that cannot be understood."""
        handler = self.handlers.get(request.message)
        if handler is None:
            return BankReply(code="40")
        try:
            reply = await handler(request)
        except _Refused as refused:
            reply = BankReply(code=refused.code)
        # (e) of the contract: every answer repeats the amount that it is about.
        repeated = {name: request.trx[name] for name in ("trxAmt", "trxCurrency") if name in request.trx}
        return msgspec.structs.replace(reply, trx={**repeated, **reply.trx})

    async def open_accounts(self, balances: Mapping[AccountNumber, Money]) -> None:
        """Open customers' accounts with that much on them; one that is there already keeps what it has."""

        def open_all(books: Books) -> None:
            for account, balance in balances.items():
                books.open_account(account.reveal(), balance)

        await self.ledger.run(open_all)

    async def accounts(self) -> list[Account]:
        """Customers' accounts and their bookings; the bank's own suspense accounts are not among them."""
        return await self.ledger.run(lambda books: books.accounts())

    async def balance(self, account: AccountNumber) -> Money | None:
        return await self.ledger.run(lambda books: books.balance(account.reveal()))

    async def audit(self) -> list[str]:
        """What is wrong with the books: nothing, ever."""
        return await self.ledger.run(lambda books: books.audit())

    def close(self) -> None:
        self.ledger.close()

    async def _debit(self, request: BankRequest) -> BankReply:
        account_no = _text(request.opened["debitAccountInfo"], "accountNo")
        _texts(request.trx, "trxAmt", "trxCurrency", "billAmt", "billCurrency")
        try:
            _money(request.trx, "trxAmt", "trxCurrency")
            bill = _money(request.trx, "billAmt", "billCurrency")
        except _Refused as refused:
            if refused.code == "30":
                raise
            return await self._post(request, refusal=refused.code)
        payer = Leg(account_no=account_no, sign=DEBIT, amount=bill)
        return await self._post(request, payer, Leg(account_no=None, sign=CREDIT, amount=bill))

    async def _post(self, request: BankRequest, *legs: Leg, refusal: str = "") -> BankReply:
        """(a) and (d): decided once for each (insID, msgID), all legs or none."""
        order = Order(
            ins_id=request.ins_id,
            msg_id=request.msg_id,
            digest=request.digest(),
            at=request.at,
            legs=legs,
            refusal=refusal,
        )
        return _reply(await self.ledger.run(lambda books: books.post(order)))

    async def _reversal(self, request: BankRequest) -> BankReply:
        """(b): whatever became of the original, and however often it is asked, the answer is `00`."""
        original = _original(request.trx)
        decision = await self.ledger.run(lambda books: books.reverse(request.ins_id, original, request.msg_id, request.at))
        return BankReply(code="00", trx=_refer_no(decision))

    async def _inquiry(self, request: BankRequest) -> BankReply:
        """(c): `00` and what became of the original, or `25`. A barred original is REVERSED: it will never be booked."""
        original = _original(request.trx)
        decision = await self.ledger.run(lambda books: books.decision(request.ins_id, original))
        if decision is None:
            return BankReply(code="25")
        told = {"paymentStatus": decision.status.value, **_refer_no(decision)}
        if decision.status is Status.DECLINED:
            told["rejectionReason"] = decision.code
        return BankReply(code="00", trx=told)


def _reply(decision: Decision) -> BankReply:
    return BankReply(code=decision.code, trx=_refer_no(decision))


def _refer_no(decision: Decision) -> dict[str, Any]:
    return {"referNo": decision.refer_no} if decision.refer_no else {}


def _original(trx: Mapping[str, Any]) -> str:
    """The original's msgID. Banks' tables spell the member in three ways (PROTOCOL 2.2)."""
    name = next((name for name in ("origMsgID", "origMsgId", "origTrxId") if name in trx), "origMsgID")
    original = _text(trx, name)
    if len(original) > MAX_MSG_ID_CHARS:
        raise _Refused("30")
    return original


def _texts(members: Mapping[str, Any], *names: str) -> None:
    for name in names:
        _text(members, name)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise _Refused("30")
    return value


def _money(members: Mapping[str, Any], amount: str, currency: str) -> Money:
    try:
        return Money.parse(_text(members, amount), _text(members, currency))
    except AmountFormatError:
        raise _Refused("30") from None
    except UnknownCurrencyError:
        raise _Refused("12") from None
    except AmountError:
        raise _Refused("13") from None
