"""Looking for numbers where none may lie: in every form that a careless line of code could leave one behind in.

Card numbers, tokens and account numbers are searched in files byte by byte, and in a PostgreSQL database by its own text
of every row (RULES section 7: what is kept of them is sealed or a keyed hash).
"""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from unionhub.adapters.sql.engine import database_url
from unionhub.hosts.sandbox.seeds import Cardholder


class Find(NamedTuple):
    """A number that lies in the open. It is masked: a test's output is a place at rest too."""

    where: str
    form: str
    number: str


def _base64(number: str, shift: int) -> bytes:
    """The characters of base64 that are the number's alone, when it begins `shift` bytes into a group of three."""
    text = base64.b64encode(b"\0" * shift + number.encode())
    first, behind = -(-8 * shift // 6), 8 * (shift + len(number)) // 6
    return text[first:behind]


FORMS: Final[dict[str, Callable[[str], bytes]]] = {
    "text": lambda number: number.encode(),
    "UTF-16": lambda number: number.encode("utf-16-le"),
    "hexadecimal text": lambda number: number.encode().hex().encode(),
    "packed digits": lambda number: bytes.fromhex(number.ljust(len(number) + len(number) % 2, "f")),
    "a whole number": lambda number: int(number).to_bytes(8, "big").lstrip(b"\0"),
    "base64": lambda number: _base64(number, 0),
    "base64, one byte on": lambda number: _base64(number, 1),
    "base64, two bytes on": lambda number: _base64(number, 2),
}

_SHORTEST: Final = 6
"""Shorter needles than this many bytes would be found in any ciphertext by chance."""


class Search:
    """Numbers in all their forms. Whole families of them begin alike, so one pass looks for a form's common beginning."""

    def __init__(self, numbers: Iterable[str]) -> None:
        numbers = sorted(set(numbers))
        families: dict[tuple[str, str, int], dict[bytes, str]] = {}
        for number in numbers:
            for form, encode in FORMS.items():
                needle = encode(number)
                if len(needle) >= _SHORTEST:
                    families.setdefault((form, number[:4], len(needle)), {})[needle] = number
        self.count = len(numbers)
        self._families = [(form, length, needles) for (form, _, length), needles in families.items()]

    def in_bytes(self, content: bytes, where: str) -> list[Find]:
        """What lies in `content`."""
        return [
            Find(where, form, masked(needles[found]))
            for form, length, needles in self._families
            for found in _beginning_alike(content, _shared(min(needles), max(needles)), length)
            if found in needles
        ]

    def in_files(self, folder: Path, *, but_not: Iterable[Path] = ()) -> list[Find]:
        """What lies in the files below `folder`, names included; databases with their -wal and -shm."""
        spared = set(but_not)
        finds: list[Find] = []
        for path in files(folder):
            if path not in spared:
                where = str(path.relative_to(folder))
                finds += self.in_bytes(where.encode(), "a name of a file") + self.in_bytes(path.read_bytes(), where)
        return finds

    async def in_postgres(self, url: str) -> list[Find]:
        """What lies in any column of any table, binary ones as PostgreSQL writes them (hexadecimal)."""
        finds: list[Find] = []
        async for table, text in _rows(url):
            finds += self.in_bytes(text.encode(), f"table {table}")
        return finds


def numbers_of(holders: Iterable[Cardholder]) -> list[str]:
    """Everything about these people that may not lie in the open."""
    return [secret.reveal() for holder in holders for secret in (holder.token, holder.pan, holder.account)]


def files(folder: Path) -> Iterator[Path]:
    """Every file below `folder`."""
    return (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)


def masked(number: str) -> str:
    return f"{number[:2]}…{number[-2:]} ({len(number)} digits)"


def _shared(first: bytes, last: bytes) -> bytes:
    """How both begin, and so all between them."""
    return first[: next((place for place, pair in enumerate(zip(first, last, strict=True)) if pair[0] != pair[1]), len(first))]


def _beginning_alike(content: bytes, beginning: bytes, length: int) -> Iterator[bytes]:
    """Every piece of that length that begins so."""
    at = content.find(beginning)
    while at >= 0:
        yield content[at : at + length]
        at = content.find(beginning, at + 1)


async def _rows(url: str) -> AsyncIterator[tuple[str, str]]:
    engine = create_async_engine(database_url(url))
    try:
        async with engine.connect() as connection:
            tables = await connection.execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
            for (table,) in tables.all():
                rows = await connection.execute(sa.text(f'SELECT t::text FROM "{table}" AS t'))
                for (text,) in rows.all():
                    yield table, text
    finally:
        await engine.dispose()
