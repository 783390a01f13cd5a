"""What `unionhub send` sent and heard lately, in this home: the next message of a chart names the one before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from unionhub.hosts.sandbox.files import write_atomically
from unionhub.hosts.sandbox.keyring import FOLDER

FILE: Final = "last-sent"
KEPT: Final = 100
_HEARD: Final = ("00", "04")


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was answered: `asked` and `heard` are the two trxInfos, sealed members as they were sealed."""

    message: str
    sender: str
    msg_id: str
    code: str
    asked: dict[str, Any] = {}
    heard: dict[str, Any] = {}


class SentBook:
    """The newest sendings, oldest first. A development aid like the partners' private keys that lie beside it."""

    def __init__(self, home: Path | None) -> None:
        """Without a home nothing is remembered."""
        self._path = home / FOLDER / FILE if home else None
        self._sendings = _read(self._path)

    def add(self, sending: Sending) -> None:
        """Remember it, and forget the oldest."""
        self._sendings = [*self._sendings, sending][-KEPT:]
        if self._path is not None:
            write_atomically(self._path, msgspec.json.encode(self._sendings).decode() + "\n")

    def last(self, fits: Callable[[Sending], bool]) -> Sending | None:
        """The newest that fits and was not refused."""
        return next((each for each in reversed(self._sendings) if each.code in _HEARD and fits(each)), None)

    def of(self, msg_id: str) -> Sending | None:
        """The newest under that msgID."""
        return next((each for each in reversed(self._sendings) if each.msg_id == msg_id), None)


def _read(path: Path | None) -> list[Sending]:
    if path is None:
        return []
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[Sending])
    except (OSError, msgspec.DecodeError):  # nothing sent yet; or of another version: it is a convenience
        return []
