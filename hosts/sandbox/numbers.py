"""msgIDs of the simulated partners: `A` + insID + YYYYMMDDhhmmss + 6 digits (PROTOCOL 1.6)."""

from __future__ import annotations

import fcntl
import itertools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from unionhub.ports.clock import Clock

_TAILS: Final = 1_000_000
_BLOCK: Final = 1_000


class MsgIds:
    """One partner's msgIDs. The last six digits count, they are not drawn: drawn ones collide within seconds under load."""

    def __init__(self, ins_id: str, clock: Clock, tails: Iterator[int]) -> None:
        self._ins_id = ins_id
        self._clock = clock
        self._tails = tails

    def next(self) -> str:
        """A msgID that no other call gets, unless a million are made within one second of business time."""
        return f"A{self._ins_id}{timestamp(self._clock)}{next(self._tails) % _TAILS:06d}"


def timestamp(clock: Clock) -> str:
    """`timeStamp`: YYYYMMDDhhmmss in UTC (PROTOCOL section 0, "Clock")."""
    return f"{clock.now():%Y%m%d%H%M%S}"


def own_tails() -> Iterator[int]:
    """Tails for one process alone."""
    return itertools.count(secrets.randbelow(_TAILS))


def shared_tails(path: Path) -> Iterator[int]:
    """Tails for every process that names the same file: the sandbox, `unionhub send`, locust. Blocks are reserved in it."""
    while True:
        yield from _reserve(path)


def _reserve(path: Path) -> range:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        text = os.read(handle, 32)
        first = int(text) if text.strip().isdigit() else 0
        os.pwrite(handle, b"%031d\n" % (first + _BLOCK), 0)
    finally:
        os.close(handle)
    return range(first, first + _BLOCK)
