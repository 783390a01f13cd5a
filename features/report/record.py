"""What is kept of a run: one record for each scenario in each way, one line of JSON each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

FILE: Final = "run.jsonl"

Outcome = Literal["passed", "failed", "skipped", "not run"]


class Step(msgspec.Struct, kw_only=True):
    """One line of a scenario."""

    keyword: str
    text: str
    table: list[list[str]] = []
    outcome: Outcome = "not run"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message as a partner recorded it, in the words of the charts. `code` of an answer may be words for a spoiled one."""

    sender: str
    receiver: str
    name: str
    is_request: bool
    msg_id: str
    at: datetime  # business time
    code: str = ""
    ms: float = 0.0
    fault: str = ""
    number: int = 0  # in the seed's chart


class Run(msgspec.Struct, kw_only=True):
    """A scenario in one way. `example` is the row of an outline's examples, `name` the outline's own."""

    feature: str
    file: str
    about: str
    rule: str
    name: str
    line: int
    examples: str = ""  # the title of the table that the example stands in
    example: dict[str, str] = {}
    way: str
    outcome: Outcome = "not run"
    seconds: float = 0.0
    error: str = ""
    steps: list[Step] = []
    messages: list[Message] = []


def write(folder: Path, run: Run) -> None:
    with (folder / FILE).open("ab") as file:
        file.write(msgspec.json.encode(run) + b"\n")


def read(folder: Path) -> list[Run]:
    """In the order in which they ran. Raises FileNotFoundError when nothing was recorded."""
    return list(_decoded((folder / FILE).read_bytes().splitlines()))


def _decoded(lines: Iterable[bytes]) -> Iterator[Run]:
    decoder = msgspec.json.Decoder(Run)
    return (decoder.decode(line) for line in lines if line)
