"""What commands print: tables for people, JSON for machines, and nothing that could take over a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
import msgspec

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """`--json` for a command that lists or shows."""
    return click.option("--json", "as_json", is_flag=True, help="JSON, for machines.")(command)


def echo_json(content: object) -> None:
    """One JSON document, indented: people read it too."""
    click.echo(msgspec.json.format(msgspec.json.encode(content), indent=2).decode())


def echo_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Columns as wide as they need be; `empty` where there is no row."""
    cells = [[clean(str(cell)) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
        return
    widths = [max(width(row[column]) for row in (head, *cells)) for column in range(len(head))]
    for row in (head, *cells):
        line = "  ".join(padded(cell, wide) for cell, wide in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def echo_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Name and value, one line each; what is empty is left out."""
    shown = [(name, clean(str(value))) for name, value in facts if value not in ("", None)]
    wide = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        click.echo(f"{name:<{wide}}  {value}")


def clean(text: str) -> str:
    """Without control characters: names and notes are other people's words, and a terminal obeys escape sequences."""
    return "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in text)


def width(text: str) -> int:
    """Columns that a terminal gives it: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text if not unicodedata.combining(char))


def padded(text: str, wide: int) -> str:
    return text + " " * (wide - width(text))


def moment(at: datetime | None) -> str:
    """An instant in UTC, to the millisecond."""
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}" if at is not None else ""


def in_color() -> bool:
    return sys.stdout.isatty()
