"""What the simulated partners sent and received, in order: the story, the features' message tables, a live diagram.

Recorded at the partners alone, never by a hook in the hub: what stands here really crossed.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import takewhile
from typing import Any, Final, Literal

import msgspec

from unionhub.ports.clock import Clock

HUB: Final = "hub"
MAX_ENTRIES: Final = 10_000
MAX_BODIES: Final = 2_000

Kind = Literal["req", "resp"]
Body = Mapping[str, Any] | bytes


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename={"sender": "from", "receiver": "to", "msg_id": "msgID"}):
    """One message as one partner saw it. `sender` and `receiver` are app_ids or `hub`."""

    seq: int
    at: datetime  # business time
    sender: str
    receiver: str
    message: str
    kind: Kind
    msg_id: str
    code: str = ""  # of a response
    ms: float = 0.0  # of a response: wall time since its request
    fault: str = ""  # what spoiled a response on purpose


class Journal:
    """The newest entries, at most `MAX_ENTRIES`; `seq` counts on, so that nobody takes a gap for silence.

    The bodies of the newest `MAX_BODIES` are kept beside them, as they crossed: whoever shows one masks it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._bodies: OrderedDict[int, Body] = OrderedDict()
        self._listeners: list[Callable[[Entry], None]] = []
        self._seq = 0

    def listen(self, listener: Callable[[Entry], None]) -> Callable[[], None]:
        """Call `listener` with every new entry; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def entries(self, after: int = 0) -> list[Entry]:
        """Oldest first, those with a `seq` above `after`."""
        found = list(takewhile(lambda entry: entry.seq > after, reversed(self._entries)))
        return found[::-1]

    def entry(self, seq: int) -> Entry | None:
        """The entry of that number, None where it is forgotten or never was."""
        at = seq - self._entries[0].seq if self._entries else -1
        return self._entries[at] if 0 <= at < len(self._entries) else None

    def body(self, seq: int) -> Body | None:
        """What was sent: an object, or bytes where the sender wrote it; None where it is forgotten or never was."""
        return self._bodies.get(seq)

    @property
    def last_seq(self) -> int:
        return self._seq

    def request(self, sender: str, receiver: str, message: str, msg_id: str, body: Body | None = None) -> Exchange:
        """Record a request; its Exchange records the response, if there is one."""
        self._add(sender, receiver, message, "req", msg_id, body=body)
        return Exchange(self, sender, receiver, message, msg_id)

    def _add(
        self,
        sender: str,
        receiver: str,
        message: str,
        kind: Kind,
        msg_id: str,
        *,
        code: str = "",
        ms: float = 0.0,
        fault: str = "",
        body: Body | None = None,
    ) -> None:
        self._seq += 1
        if body is not None:
            self._bodies[self._seq] = body
            if len(self._bodies) > MAX_BODIES:
                self._bodies.popitem(last=False)
        entry = Entry(
            seq=self._seq,
            at=self._clock.now(),
            sender=sender,
            receiver=receiver,
            message=message,
            kind=kind,
            msg_id=msg_id,
            code=code,
            ms=ms,
            fault=fault,
        )
        self._entries.append(entry)
        for listener in tuple(self._listeners):
            listener(entry)


class Exchange:
    """A request whose response is still to come."""

    def __init__(self, journal: Journal, sender: str, receiver: str, message: str, msg_id: str) -> None:
        self._journal = journal
        self._sender, self._receiver = sender, receiver
        self._message, self._msg_id = message, msg_id
        self._started_s = time.perf_counter()

    def response(self, code: str, fault: str = "", body: Body | None = None) -> None:
        ms = round((time.perf_counter() - self._started_s) * 1000, 3)
        self._journal._add(
            self._receiver, self._sender, self._message, "resp", self._msg_id, code=code, ms=ms, fault=fault, body=body
        )
