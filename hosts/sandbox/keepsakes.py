"""What apps and services remember over a restart: phones, cards in wallets, visits and orders of shops, notices.

Money is not here: banks and acquirers have books of their own (`books`, `till`), and what a card or an order is worth the hub
says each time it is asked.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from unionhub.domain.model.identifiers import Token

T = TypeVar("T")

FILE: Final = "keepsakes.sqlite3"
MAX_OF_A_KIND: Final = 5_000

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS kept (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    value BLOB NOT NULL,             -- JSON
    UNIQUE (kind, name)
);
CREATE INDEX IF NOT EXISTS kept_of_a_kind ON kept (kind, place);
"""


class Keepsakes:
    """Small things by kind and name, the newest `MAX_OF_A_KIND` of each kind. Without a `path` nothing is kept."""

    def __init__(self, path: Path | None = None) -> None:
        self._sql: sqlite3.Connection | None = None
        if path is None:
            return
        self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        path.chmod(0o600)  # tokens of play cards, and what lets browsers in
        # A write returns when the system has it: it outlives this process, not the machine's power. It never waits for a disk.
        for pragma in ("journal_mode = WAL", "synchronous = OFF"):
            self._sql.execute(f"PRAGMA {pragma}")
        self._sql.executescript(_SCHEMA)

    def put(self, kind: str, name: str, value: object) -> None:
        """Keep `value`, in the place of what had that name."""
        if self._sql is None:
            return
        self._sql.execute(
            "INSERT INTO kept (kind, name, value) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value",
            (kind, name, encoded(value)),
        )
        self._sql.execute(
            "DELETE FROM kept WHERE kind = ? AND place <= "
            "(SELECT place FROM kept WHERE kind = ? ORDER BY place DESC LIMIT 1 OFFSET ?)",
            (kind, kind, MAX_OF_A_KIND),
        )

    def drop(self, kind: str, name: str) -> None:
        if self._sql is not None:
            self._sql.execute("DELETE FROM kept WHERE kind = ? AND name = ?", (kind, name))

    def all(self, kind: str, form: type[T]) -> list[tuple[str, T]]:
        """Names and values, the oldest first. What an older version wrote in another form is forgotten."""
        if self._sql is None:
            return []
        found = []
        for name, value in self._sql.execute("SELECT name, value FROM kept WHERE kind = ? ORDER BY place", (kind,)):
            try:
                found.append((name, msgspec.json.decode(value, type=form, dec_hook=_read)))
            except msgspec.MsgspecError:
                continue
        return found

    def close(self) -> None:
        if self._sql is not None:
            self._sql.close()
            self._sql = None


def encoded(value: object) -> bytes:
    """As it is kept."""
    return msgspec.json.encode(value, enc_hook=_written)


def _written(value: object) -> object:
    if isinstance(value, Token):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)


def _read(form: type, value: Any) -> Any:
    if form is Token:
        return Token.parse(str(value))
    raise NotImplementedError(form.__name__)
