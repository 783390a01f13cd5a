"""Those who send to the hub: every message is repeated until its answer is final, sometimes twice at once, at any host."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec

from simulation.host import Heard, Host
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.domain.flows.cashier import Cashier
from unionhub.domain.model.messages import Envelope

T = TypeVar("T")

TRIES: Final = 50
APP_TIMEOUT_S: Final = 20.0
UNDECIDED: Final = frozenset({"", "04", "96"})
"""Nothing, pending, or the hub's own trouble: the same message again."""

_PAYING: Final = frozenset(
    {"MPQRC_PAYMENT_EMV", "MPQRC_PAYMENT_URL", "BILL_PAYMENT", "CREDIT_TRANSACTION", "P2P_TRANSFER", "CARD_ENROLLMENT"}
)
"""What only a live app gateway may ask for."""


class Asked(msgspec.Struct, kw_only=True):
    """One msgID, however often it was sent, and what was heard."""

    message: str
    pending: bool = False  # somebody heard 04
    finals: set[str] = msgspec.field(default_factory=set)


class Clients:
    """What all of them share. `hosts` are the living."""

    def __init__(
        self,
        rng: random.Random,
        directory: SnapshotDirectory,
        hosts: Callable[[], list[Host]],
        trace: Callable[[str, str, str, str, str], None],
    ) -> None:
        self.rng = rng
        self.asked: dict[tuple[str, str], Asked] = {}
        self.seen: Counter[str] = Counter()  # coincidences that came about: a storm without them would prove less
        self.admitted: list[tuple[str, str, str, float, float]] = []  # what paid: sender, message, msgID, asked and heard when
        self._directory = directory
        self._hosts = hosts
        self._trace = trace
        self._tasks: set[asyncio.Task[Any]] = set()
        self._answering: asyncio.Future[None] | None = None
        self._uuid = 0
        self._numbers = 0

    def launch(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Beside whoever asks; referenced until the end of the run."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        return task

    def cardholder_answers(self) -> None:
        """Somebody decides this moment; who waits for that goes on."""
        if self._answering is not None and not self._answering.done():
            self._answering.set_result(None)

    async def until_a_cardholder_answers(self, timeout_s: float) -> None:
        """Whoever it is: a till that loses patience just then meets the payment between its states."""
        if self._answering is None or self._answering.done():
            self._answering = asyncio.get_running_loop().create_future()
        await asyncio.wait({self._answering}, timeout=timeout_s)

    def number(self) -> int:
        """The next of the run's own."""
        self._numbers += 1
        return self._numbers

    def msg_id(self, sender: str) -> str:
        return f"A{sender}{self.number():020d}"

    async def ask(self, sender: str, message: str, request: Any, msg_id: str = "") -> Heard:
        """The final answer; or the last one, from who gives up."""
        msg_id = msg_id or self.msg_id(sender)
        asked = self.asked.setdefault((sender, msg_id), Asked(message=message))
        since_s = asyncio.get_running_loop().time()
        for _ in range(TRIES):
            copies = 2 if self.rng.random() < 0.2 else 1
            heard = await asyncio.gather(*(self._send(sender, message, request, msg_id) for _ in range(copies)))
            if message in _PAYING and any(each.code in ("00", "04") for each in heard):
                self.admitted.append((sender, message, msg_id, since_s, asyncio.get_running_loop().time()))
            asked.pending |= any(each.code == "04" for each in heard)
            final = [each for each in heard if each.code not in UNDECIDED]
            asked.finals.update(each.code for each in final)
            if final:
                return final[0]
            await asyncio.sleep(self.rng.uniform(2, 30))
        return Heard("04")

    async def browse(self, page: str, what: str, do: Callable[[Cashier], Awaitable[T]]) -> T | None:
        """One request of a browser to the cashier of any host; nothing when nothing comes back in time."""
        hosts = self._hosts()
        if not hosts:
            return None
        host = self.rng.choice(hosts)
        self._trace("browser", host.life.name, f"cashier {what}", page, "req")
        asked = self.launch(host.serve(do))
        done, _ = await asyncio.wait({asked}, timeout=APP_TIMEOUT_S)
        served: T | None = asked.result() if done else None
        self._trace(host.life.name, "browser", f"cashier {what}", page, "" if served is None else "page")
        return served

    def heard(self, sender: str, message: str, msg_id: str, code: str) -> None:
        """A browser was told this of what it confirmed under that msgID."""
        asked = self.asked.setdefault((sender, msg_id), Asked(message=message))
        asked.pending |= code == "04"
        if code not in UNDECIDED:
            asked.finals.add(code)

    async def _send(self, sender: str, message: str, request: Any, msg_id: str) -> Heard:
        """What one host says; nothing when it does not say it within the app's time-out, or none is there."""
        hosts = self._hosts()
        party = self._directory.party(sender)
        if not hosts or party is None:
            return Heard()
        host = self.rng.choice(hosts)
        self._uuid += 1
        digest = hashlib.sha256(f"{message} {msg_id}".encode()).digest()
        envelope = Envelope(sender=party, uuid=f"{self._uuid:032x}", message=message, msg_id=msg_id, digest=digest)
        self._trace(sender, host.life.name, message, msg_id, "req")
        asked = self.launch(host.answer(envelope, request))
        done, _ = await asyncio.wait({asked}, timeout=APP_TIMEOUT_S)
        if not done:
            return Heard()
        heard: Heard = asked.result()
        self._trace(host.life.name, sender, message, msg_id, heard.code)
        return heard
