"""The network between a hub and its partners, at the partners port: what is sent may be lost, doubled, late or spoiled.

Every chance is drawn from the run's own generator, so that the same seed is the same run.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from unionhub.adapters.wire.outgoing import write
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.partners import GateRefused, NotSent, NoWord

Trace = Callable[[str, str, str, str, str], None]
"""(from, to, message, msgID, code)"""

Receiver = Callable[[Outgoing, dict[str, Any]], Awaitable[Answer]]
"""A partner's ear: the message and its trxInfo (a flat message: its body) as it stands on the wire."""


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
    stall: float = 0.0
    slow: float = 0.0


QUIET: Final = Chances()

_PROVE_NOTHING: Final = ("91", "96", "94", "ZZ", "25", "10", "98")
_ODD: Final[dict[str, tuple[str, ...]]] = {
    "DEBIT_TRANSACTION": _PROVE_NOTHING,
    "P2P_TRANSFER": _PROVE_NOTHING,
    "CREDIT_TRANSACTION": _PROVE_NOTHING,
    "OPEN_ACCOUNT": _PROVE_NOTHING,
    "PAY": ("91", "96", "94", "ZZ", "98", "04"),
    "REFUND": ("91", "96", "04", "25", "12"),  # nor is what the hub owes an acquirer's REFUND of an order ever declined
    "PLACE_ORDER": ("91", "96"),
    "GET_CARD_LIST": ("91", "25"),
    "GET_CARD_PAYLOAD": ("91", "14"),
    "INDUSTRY_LOGIN_INFO": ("91", "96"),
    "PAYMENT_RESULT_NOTICE": ("91", "96", "25"),
    "REVERSAL": (*_PROVE_NOTHING, "12", "51"),  # a REVERSAL cannot be declined, whatever is said
    "TRX_RESULT_INQUIRY": ("25", "96"),
    "ADDITIONAL_PROCESSING": ("96",),
    "TRX_RESULT_NOTIFICATION": ("91", "96"),
}
"""Message -> codes that prove nothing about it: they may be said whether it was done or not. A bank that says a proven
decline and books all the same breaks its contract (RULES section 3a), which no hub survives."""

OUTAGES: Final = ("refusing", "silent", "mute")
"""How the bank's line is down: no connection stands; requests vanish; what arrives is done, and its answer vanishes."""


def _odd_codes(message: str, trx: dict[str, Any]) -> tuple[str, ...]:
    """Of a refund `25` is a proven decline: it names a debit that the bank does not know (RULES 13a)."""
    codes = _ODD.get(message, ())
    return tuple(code for code in codes if code != "25") if trx.get("relTrxType") == "REFUND" else codes


class Network:
    """Carries calls to every partner. One for all hosts of a run."""

    def __init__(self, rng: random.Random, trace: Trace) -> None:
        self.rng = rng
        self.chances = QUIET
        self.outage = ""
        self.over = False  # the run is judged; whatever still runs may be taken away
        self.injected: Counter[str] = Counter()
        self.receivers: dict[str, Receiver] = {}
        self.about: dict[str, str] = {}  # msgID -> that of the message which it asks after or undoes
        self._trace = trace
        self._under_way: set[asyncio.Task[None]] = set()

    def strikes(self, fault: str) -> bool:
        """Does this fault happen now? Counted if so."""
        if self.rng.random() < getattr(self.chances, fault):
            self.injected[fault] += 1
            return True
        return False

    @property
    def calm(self) -> bool:
        """Can nothing strike any more?"""
        return self.over or self.chances is QUIET

    @property
    def busy(self) -> bool:
        """Is a message still on its way?"""
        return bool(self._under_way)

    def bank_is(self, outage: str) -> None:
        """From now on the bank's line is down in that way; empty: it works."""
        self.outage = outage
        if outage:
            self.injected[f"bank_{outage}"] += 1

    async def call(self, host: str, party: Party, outgoing: Outgoing, timeout_s: float) -> Answer:
        """One call as ports.partners has it."""
        self._trace(host, party.app_id, outgoing.message, outgoing.msg_id, "req")
        if original := getattr(outgoing, "orig_msg_id", ""):
            self.about[outgoing.msg_id] = original
        outage = self.outage if party.role is Role.ISSUER else ""
        if outage == "refusing" or self.strikes("refused"):
            raise NotSent("refused")
        answered: asyncio.Future[Answer | Exception] = asyncio.get_running_loop().create_future()
        if outage != "silent" and not self.strikes("request_lost"):
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
        mute = self.outage == "mute" and party.role is Role.ISSUER
        if mute or self.strikes("answer_lost"):
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
        """What the partner says; or something that proves nothing, said though it did it, or did not."""
        body = msgspec.json.decode(write(outgoing, party, lambda plaintext: plaintext.decode()))
        trx, odd = body.get("trxInfo", body), ""  # UCSP's flat messages have no trxInfo
        if (codes := _odd_codes(outgoing.message, trx)) and self.strikes("odd_code"):
            odd = self.rng.choice(codes)
            if self.rng.random() < 0.5:
                return Answer(code=odd)
        answer = await self.receivers[party.app_id](outgoing, trx)
        return Answer(code=odd) if odd else answer
