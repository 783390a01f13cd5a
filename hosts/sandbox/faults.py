"""Making partners fail on purpose: the fault table of README.md here, one row for each (party, message).

The table says what is to happen; `partner` spoils answers by it, `server` and `loopback` break connections by it.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec

from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.catalog import RECEIVED_BY

DEFAULT_HUB_TIMEOUT_S: Final = 10.0
LATER_THAN_TIMEOUT_S: Final = 2.0
MAX_TIMES: Final = 1_000_000
MAX_SECONDS: Final = 86_400.0

_CODE: Final = re.compile(r"code:([0-9A-Z]{2})")


class FaultError(ValueError):
    """A fault that cannot be: the text says what is wrong, for whoever asked."""


class FaultKind(StrEnum):
    """What happens to one message. Which kinds book is in the second column of README.md's table."""

    NO_ANSWER = "no_answer"
    BOOK_THEN_NO_ANSWER = "book_then_no_answer"
    ANSWER_LATE = "answer_late"
    GARBAGE = "garbage"
    BAD_SIGNATURE = "bad_signature"
    ANSWER_OF_ANOTHER = "answer_of_another"
    CODE = "code"
    REFUSE_CONNECTION = "refuse_connection"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One row: the next `times` messages of that name at that party. `code` is the issuer code of `code:NN`."""

    party: str
    message: str
    kind: FaultKind
    code: str = ""
    times: int = 1
    seconds: float = 0.0

    @property
    def name(self) -> str:
        """As README.md's table writes it: `code:51`."""
        return f"code:{self.code}" if self.kind is FaultKind.CODE else self.kind.value


class FaultTable:
    """The faults that are set. A new one for the same party and message takes the old one's place; `times` 0 removes it."""

    def __init__(
        self,
        roles: Mapping[str, Role],
        *,
        hub_timeout_s: float = DEFAULT_HUB_TIMEOUT_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`roles` are the parties there are; `now_s` is the time of the event loop."""
        self._roles = roles
        self._hub_timeout_s = hub_timeout_s
        self._now_s = now_s
        self._set: dict[tuple[str, str], Fault] = {}
        self._refused_until_s: dict[str, float] = {}
        self._on_refusal: list[Callable[[str, float], None]] = []

    def add(self, party: str, message: str | None, fault: str, *, times: int = 1, seconds: float | None = None) -> Fault:
        """Set a fault; returns it as it will be. Raises FaultError for an unknown party, message or fault."""
        role = self._roles.get(party)
        if role is None:
            raise FaultError(f"unknown party {party!r}; there are {', '.join(sorted(self._roles))}")
        kind, code = _kind(fault)
        if seconds is None:
            seconds = self._hub_timeout_s + LATER_THAN_TIMEOUT_S
        if not (math.isfinite(seconds) and 0 < seconds <= MAX_SECONDS):
            raise FaultError(f"seconds must be above 0 and at most {MAX_SECONDS:.0f}")
        if not 0 <= times <= MAX_TIMES:
            raise FaultError(f"times must be 0 to {MAX_TIMES}")
        if kind is FaultKind.REFUSE_CONNECTION:
            return self._refuse(Fault(party=party, message="", kind=kind, times=0, seconds=seconds))
        if message not in RECEIVED_BY[role]:
            raise FaultError(f"unknown message {message!r}; {role} {party} receives {', '.join(RECEIVED_BY[role])}")
        row = Fault(party=party, message=message, kind=kind, code=code, times=times, seconds=seconds)
        self._set[party, message] = row
        return row

    def take(self, party: str, message: str) -> Fault | None:
        """The fault that this message meets, used up by one."""
        row = self._set.get((party, message))
        if row is None or row.times == 0:
            return None
        self._set[party, message] = msgspec.structs.replace(row, times=row.times - 1)
        return row

    def pending(self) -> list[Fault]:
        """Rows that still wait for messages."""
        return [row for row in self._set.values() if row.times]

    def clear(self) -> None:
        """Forget every row; a refusal of connections runs its time."""
        self._set.clear()

    def is_refusing(self, party: str) -> bool:
        """Is this party's listener closed now?"""
        return self._now_s() < self._refused_until_s.get(party, -math.inf)

    def on_refusal(self, listener: Callable[[str, float], None]) -> None:
        """Call `listener(party, seconds)` when a party is to refuse connections."""
        self._on_refusal.append(listener)

    def _refuse(self, row: Fault) -> Fault:
        self._refused_until_s[row.party] = self._now_s() + row.seconds
        for listener in self._on_refusal:
            listener(row.party, row.seconds)
        return row


def describe(row: Fault) -> dict[str, Any]:
    """The row as POST /sandbox/faults took it."""
    return {
        "party": row.party,
        "message": row.message,
        "fault": row.name,
        "times": row.times,
        "seconds": row.seconds,
    }


def _kind(fault: str) -> tuple[FaultKind, str]:
    match = _CODE.fullmatch(fault)
    if match:
        return FaultKind.CODE, match[1]
    if fault == FaultKind.CODE or fault not in list(FaultKind):
        names = [kind.value if kind is not FaultKind.CODE else "code:NN" for kind in FaultKind]
        raise FaultError(f"unknown fault {fault!r}; there are {', '.join(names)}")
    return FaultKind(fault), ""
