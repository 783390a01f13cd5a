"""The partners: a core bank on its ledger, apps with their cardholders, an acquirer, and the platform behind URL codes."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from simulation.clients import Clients
from unionhub.domain.model.identifiers import AccountNumber, Secret, Token
from unionhub.domain.model.messages import CardholderResult
from unionhub.domain.model.outgoing import AccountInfo, Answer, Outgoing, Resolved
from unionhub.domain.model.transactions import CardholderSays
from unionhub.hosts.sandbox.bank import SEALED_FIELDS, BankRequest, CoreBank
from unionhub.hosts.sandbox.books import DEBIT
from unionhub.hosts.sandbox.seeds import BANK, CNY
from unionhub.ports.books import Booked

_MOVES: Final = frozenset({"DEBIT_TRANSACTION", "P2P_TRANSFER", "CREDIT_TRANSACTION"})
_ODD: Final = ("94", "ZZ")
_ODD_AFTER_ALL: Final = 0.06
"""So often the bank books, and says what reads most like a refusal: that it had this before, or what no table has."""


class BankDoor:
    """The sandbox's core bank, asked without envelopes and signatures. `texts`: one-time passwords as they reached the phone of
    an account's holder, by its number, the newest last."""

    def __init__(self, bank: CoreBank, rng: random.Random) -> None:
        self.texts: defaultdict[str, list[str]] = defaultdict(list)
        self._bank = bank
        self._rng = rng

    async def receive(self, outgoing: Outgoing, trx: dict[str, Any]) -> Answer:
        """Its word on one message."""
        opened = {name: msgspec.json.decode(trx[name]) for name in SEALED_FIELDS.get(outgoing.message, ())}
        request = BankRequest(
            message=outgoing.message, ins_id=BANK, msg_id=outgoing.msg_id, at=outgoing.sent_at, trx=trx, opened=opened
        )
        reply = await self._bank.answer(request)
        if outgoing.message == "OTP_DELIVERY" and reply.code == "00":
            self.texts[opened["accountInfo"]["accountNo"]].append(opened["otp"]["otp"])
        if outgoing.message in _MOVES and reply.code == "00" and self._rng.random() < _ODD_AFTER_ALL:
            return Answer(code=self._rng.choice(_ODD))
        said, account = reply.trx, reply.sealed.get("accountInfo")
        return Answer(
            code=reply.code,
            refer_no=said.get("referNo", ""),
            payment_status=said.get("paymentStatus", ""),
            reason=said.get("rejectionReason", ""),
            cash_out_token=Secret(said["trxToken"]) if "trxToken" in said else None,
            account=_account(account) if account else None,
        )


def _account(info: Mapping[str, Any]) -> AccountInfo:
    return AccountInfo(account=AccountNumber(info["accountNo"]), tier=info["accountTier"], currency=info["currency"])


_PLANS: Final = {"agrees": 9, "rejects": 3, "silent": 2, "twice": 3, "late": 3, "early": 4}
"""What a cardholder does who is asked, and how often. `early`: the answer is there before the question is acknowledged."""


class GatewayApp:
    """An app: acknowledges what it is told, and has its cardholder answer ADDITIONAL_PROCESSING, once for each question."""

    def __init__(self, app_id: str, clients: Clients) -> None:
        self._app_id = app_id
        self._clients = clients
        self._asked: set[str] = set()

    async def receive(self, outgoing: Outgoing, trx: dict[str, Any]) -> Answer:
        """`00` to everything."""
        if outgoing.message == "ADDITIONAL_PROCESSING" and outgoing.msg_id not in self._asked:
            self._asked.add(outgoing.msg_id)
            rng = self._clients.rng
            plan = rng.choices(tuple(_PLANS), tuple(_PLANS.values()))[0]
            answering = self._clients.launch(self._answered(plan, outgoing.msg_id, trx))
            if plan == "early":
                await asyncio.wait({answering}, timeout=4.0)
        return Answer(code="00")

    async def _answered(self, plan: str, asked: str, trx: dict[str, Any]) -> None:
        rng = self._clients.rng
        if plan == "silent":
            return
        if plan != "early":
            await asyncio.sleep(rng.uniform(60, 200) if plan == "late" else rng.uniform(0.1, 10))
        says = CardholderSays.REJECTED if plan == "rejects" else CardholderSays.CONTINUING
        codes = tuple(map(Secret, (*trx.get("emvCpqrcPayload", ()), *trx.get("barcodeCpqrcPayload", ()))))
        result = CardholderResult(
            token=Token(trx["token"]),
            device_id=trx["deviceID"],
            says=says,
            orig_msg_id="" if codes and rng.random() < 0.3 else asked,  # an older app names the code alone
            codes=codes,
        )
        self._clients.cardholder_answers()
        message = "ADDITIONAL_PROCESSING_RESULT"
        await asyncio.gather(*(self._clients.ask(self._app_id, message, result) for _ in range(2 if plan == "twice" else 1)))


class Platform:
    """Knows URL codes, and may have been paid elsewhere. A notice that comes again gets the answer that it got."""

    def __init__(self) -> None:
        self.amounts: dict[str, str] = {}
        self.paid: set[str] = set()
        self._told: dict[str, str] = {}

    async def receive(self, outgoing: Outgoing, trx: dict[str, Any]) -> Answer:
        """RESOLVE or a notice."""
        url = trx.get("mpqrcPayload", "")
        if outgoing.message != "RESOLVE":
            return Answer(code=self._told.setdefault(outgoing.msg_id, self._judged(url, trx)))
        if url in self.paid:
            return Answer(code="02")
        shop = {"merchant_name": "Plum Rain Dumplings", "mcc": "5812", "merchant_country": "156"}
        return Answer(code="00", resolved=Resolved(amount=self.amounts[url], currency=CNY, **shop))

    def _judged(self, url: str, trx: dict[str, Any]) -> str:
        if trx["paymentStatus"] != "APPROVED" or trx["trxMsgType"] != "MPQRC_PAYMENT_URL":
            return "00"
        if url in self.paid:
            return "02"
        self.paid.add(url)
        return "00"


class LedgerBooks:
    """ports.books.BankBooks over the simulated bank's own ledger, and which accounts were opened by message."""

    def __init__(self, bank: CoreBank) -> None:
        self._bank = bank

    async def booked(self, issuer: str) -> dict[str, Booked]:
        books: dict[str, Booked] = {}
        for account in await self._bank.accounts():
            for booking in account.bookings:
                so_far = books.get(booking.ref, Booked())
                books[booking.ref] = so_far.plus(booking.amount.minor, taken=booking.sign == DEBIT)
        return books

    async def opened(self, issuer: str) -> list[str]:
        """msgIDs of the OPEN_ACCOUNT messages that opened one."""
        query = "SELECT opened_by FROM person WHERE opened_by != '' ORDER BY refer_no"
        rows = await self._bank.ledger.run(lambda books: books.people._sql.execute(query).fetchall())
        return [row[0] for row in rows]
