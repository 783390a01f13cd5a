"""Partners and the network between, simulated at the partners port: what is sent may be lost, doubled, late or spoiled.

Every chance is drawn from the run's own generator, so that the same seed is the same run.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from unionhub.adapters.wire import outgoing as wire
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party, Role
from unionhub.hosts.sandbox.bank import BankRequest, CoreBank
from unionhub.hosts.sandbox.books import DEBIT
from unionhub.ports.books import Booked
from unionhub.ports.partners import GateRefused, NotSent, NoWord

Trace = Callable[[str, str, str, str, str], None]
"""(from, to, message, msgID, code)"""


class Chances(msgspec.Struct, frozen=True, kw_only=True):
    """How often each fault strikes; all zero once faults have stopped."""

    refused: float = 0.0
    request_lost: float = 0.0
    request_doubled: float = 0.0
    request_late: float = 0.0
    answer_lost: float = 0.0
    answer_late: float = 0.0
    answer_rubbish: float = 0.0
    answer_401: float = 0.0
    odd_code: float = 0.0
    store_refuses: float = 0.0
    store_mute: float = 0.0
    kill: float = 0.0


QUIET = Chances()
_ODD_CODES = ("91", "96", "94", "ZZ", "25", "10", "98")
"""Codes that prove nothing: a bank may say them whether it has booked or not. One that says a proven decline and books all
the same breaks its contract (RULES section 3a), which no hub survives."""


class Network:
    """Carries calls to the bank, to acquirers and gateways. One for all hosts of a run."""

    def __init__(self, rng: random.Random, bank: CoreBank, trace: Trace) -> None:
        self.rng = rng
        self.bank = bank
        self.chances = QUIET
        self.over = False  # the run is judged; whatever still runs may be taken away
        self.injected: Counter[str] = Counter()
        self.received: list[tuple[str, str, dict[str, Any]]] = []  # (receiver, msgID, trxInfo) of notices
        self._trace = trace
        self._under_way: set[asyncio.Task[None]] = set()

    def strikes(self, fault: str) -> bool:
        """Does this fault happen now? Counted if so."""
        if self.rng.random() < getattr(self.chances, fault):
            self.injected[fault] += 1
            return True
        return False

    @property
    def busy(self) -> bool:
        """Is a message still on its way?"""
        return bool(self._under_way)

    async def call(self, host: str, party: Party, outgoing: Outgoing, timeout_s: float) -> Answer:
        """One call as ports.partners has it."""
        self._trace(host, party.app_id, outgoing.message, outgoing.msg_id, "req")
        if self.strikes("refused"):
            raise NotSent("refused")
        answered: asyncio.Future[Answer | Exception] = asyncio.get_running_loop().create_future()
        if not self.strikes("request_lost"):
            for _ in range(2 if self.strikes("request_doubled") else 1):
                self._launch(self._deliver(host, party, outgoing, answered))
        try:
            async with asyncio.timeout(timeout_s):
                result = await answered
        except TimeoutError:
            raise NoWord("timeout") from None
        if isinstance(result, Exception):
            raise result
        return result

    def _launch(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _deliver(self, host: str, party: Party, outgoing: Outgoing, answered: asyncio.Future[Answer | Exception]) -> None:
        """One copy of the request on its way, handled, and its answer on the way back."""
        await asyncio.sleep(self.rng.uniform(5, 120) if self.strikes("request_late") else self.rng.uniform(0.001, 0.05))
        answer = await self._handle(party, outgoing)
        self._trace(party.app_id, host, outgoing.message, outgoing.msg_id, answer.code)
        if self.strikes("answer_lost"):
            return
        await asyncio.sleep(self.rng.uniform(5, 60) if self.strikes("answer_late") else self.rng.uniform(0.001, 0.05))
        result: Answer | Exception = answer
        if self.strikes("answer_rubbish"):
            result = NoWord("rubbish")
        elif self.strikes("answer_401"):
            result = GateRefused("401")
        if not answered.done():
            answered.set_result(result)

    async def _handle(self, party: Party, outgoing: Outgoing) -> Answer:
        body = msgspec.json.decode(wire.write(outgoing, party, lambda plaintext: plaintext.decode()))
        trx = body["trxInfo"]
        if party.role is not Role.ISSUER:
            self.received.append((party.app_id, outgoing.msg_id, trx))
            return Answer(code="00")
        odd = outgoing.message == "DEBIT_TRANSACTION" and self.strikes("odd_code")
        if odd and self.rng.random() < 0.5:
            return Answer(code=self.rng.choice(_ODD_CODES))  # said, and nothing booked
        sealed = trx.get("debitAccountInfo")
        request = BankRequest(
            message=outgoing.message,
            ins_id=party.app_id,
            msg_id=outgoing.msg_id,
            at=outgoing.sent_at,
            trx=trx,
            opened={"debitAccountInfo": msgspec.json.decode(sealed)} if sealed else {},
        )
        reply = await self.bank.answer(request)
        return Answer(
            code=self.rng.choice(_ODD_CODES) if odd else reply.code,  # said, though it may be booked
            refer_no=reply.trx.get("referNo", ""),
            payment_status=reply.trx.get("paymentStatus", ""),
            reason=reply.trx.get("rejectionReason", ""),
        )


class LedgerBooks:
    """ports.books.BankBooks over the simulated bank's own ledger."""

    def __init__(self, bank: CoreBank) -> None:
        self._bank = bank

    async def booked(self, issuer: str) -> dict[str, Booked]:
        books: dict[str, Booked] = {}
        for account in await self._bank.accounts():
            for booking in account.bookings:
                so_far = books.get(booking.ref, Booked())
                books[booking.ref] = so_far.plus(booking.amount.minor, taken=booking.sign == DEBIT)
        return books
