"""An issuer's core bank, simulated: what it answers to each message (RULES section 3, "the bank's contract", and 13a).

A message is one row of `CoreBank.handlers`; how the answer is signed and spoiled is the partner's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from unionhub.domain.model.identifiers import AccountNumber
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.bank_money import MoneyDesk
from unionhub.hosts.sandbox.bank_people import PeopleDesk
from unionhub.hosts.sandbox.bank_words import MAX_MSG_ID_CHARS, SEALED_FIELDS, BankHandler, BankReply, BankRequest, Refused
from unionhub.hosts.sandbox.books import Account, Books
from unionhub.hosts.sandbox.ledger import Ledger
from unionhub.hosts.sandbox.people import Person, TextMessage
from unionhub.hosts.sandbox.seeds import PresetMerchant

__all__ = ["MAX_MSG_ID_CHARS", "SEALED_FIELDS", "BankReply", "BankRequest", "CoreBank"]


class CoreBank:
    """Obeys the contract on a ledger of its own. `handlers` may be extended or replaced, message by message."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.handlers: dict[str, BankHandler] = {**MoneyDesk(ledger).handlers, **PeopleDesk(ledger).handlers}

    async def answer(self, request: BankRequest) -> BankReply:
        """Do what the message asks. `40` for a message without a handler, `30` for one that cannot be understood."""
        handler = self.handlers.get(request.message)
        if handler is None:
            return BankReply(code="40")
        try:
            reply = await handler(request)
        except Refused as refused:
            reply = BankReply(code=refused.code)
        # (e) of the contract: every answer repeats the amount that it is about.
        repeated = {name: request.trx[name] for name in ("trxAmt", "trxCurrency") if name in request.trx}
        return msgspec.structs.replace(reply, trx={**repeated, **reply.trx})

    async def open_accounts(self, balances: Mapping[AccountNumber, Money]) -> None:
        """Open customers' accounts with that much on them; one that is there already keeps what it has.

        The bank has a mobile number of their holders, and no name: it believes whoever says that the account is theirs.
        """

        def open_all(books: Books) -> None:
            for account, balance in balances.items():
                number = account.reveal()
                books.open_account(number, balance)
                books.people.register_holder(number, Person(mobile_no=f"+852{number[-8:]}"), anew=False)

        await self.ledger.run(open_all)

    async def open_merchants(self, merchants: Iterable[PresetMerchant]) -> None:
        """Make merchants known that bills are paid to; one that is there already keeps what it has."""
        known = tuple(merchants)

        def open_all(books: Books) -> None:
            for merchant in known:
                books.open_merchant(merchant.mid, merchant.opening)

        await self.ledger.run(open_all)

    async def register_holder(self, account: AccountNumber, person: Person) -> None:
        """Say whose account it is: from now on the bank refuses (`05`) anybody else who says it is theirs."""
        await self.ledger.run(lambda books: books.people.register_holder(account.reveal(), person))

    async def accounts(self) -> list[Account]:
        """Customers' accounts and their bookings; the bank's own suspense and the merchants' are not among them."""
        return await self.ledger.run(lambda books: books.accounts())

    async def balance(self, account: AccountNumber) -> Money | None:
        return await self.ledger.run(lambda books: books.balance(account.reveal()))

    async def merchant_balance(self, mid: str) -> Money | None:
        """What a preset merchant has; None for a mid that is not preset."""
        return await self.ledger.run(lambda books: books.merchant_balance(mid))

    async def texts(self) -> list[TextMessage]:
        """The text messages with one-time passwords that were sent, oldest first."""
        return await self.ledger.run(lambda books: books.people.texts())

    async def audit(self) -> list[str]:
        """What is wrong with the books: nothing, ever."""
        return await self.ledger.run(lambda books: books.audit())

    def close(self) -> None:
        self.ledger.close()
