"""What an invariant is, and how a list of them is run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar, Final, Protocol

import msgspec

MAX_EVIDENCE: Final = 20
"""Findings of one invariant beyond this are counted, not listed."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: the invariant's name, and which record shows it."""

    invariant: str
    evidence: str
    message: str = ""  # what does not hold, in an operator's words


class Invariant(Protocol):
    """`message` says what does not hold, in an operator's words."""

    name: ClassVar[str]
    message: ClassVar[str]

    def findings(self) -> AsyncIterator[str]: ...


async def check(invariants: tuple[Invariant, ...], *, looks: int = 1) -> list[Finding]:
    """Run them all; at most MAX_EVIDENCE findings each. `looks`: a store at work is read page by page while it changes, so
    what does not fit at the first look, and does at the next, was never wrong."""
    found = []
    for invariant in invariants:
        lines, count = await _evidence(invariant)
        for _ in range(1, looks if lines else 1):
            again, count = await _evidence(invariant, among=frozenset(lines) if count <= MAX_EVIDENCE else None)
            lines = again
        found += [Finding(invariant=invariant.name, evidence=line, message=invariant.message) for line in lines]
        if count > MAX_EVIDENCE:
            found.append(Finding(invariant=invariant.name, evidence=f"and {count - MAX_EVIDENCE} more"))
    return found


async def _evidence(invariant: Invariant, among: frozenset[str] | None = None) -> tuple[list[str], int]:
    """The first lines, and how many there are; of those that were seen before, if there were few enough to remember."""
    lines: list[str] = []
    count = 0
    async for line in invariant.findings():
        if among is not None and line not in among:
            continue
        count += 1
        if count <= MAX_EVIDENCE:
            lines.append(line)
    return lines, count
