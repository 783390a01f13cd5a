"""Durable numbers: msgID tails, trace and voucher numbers, record ids (RULES section 1)."""

from __future__ import annotations

from typing import Protocol


class Sequences(Protocol):
    """Contract: for each name strictly increasing within a host and never given twice by any host, also after a crash.

    Gaps are allowed: hosts reserve blocks. Reserving is not part of a payment's two transactions.
    """

    async def next(self, name: str) -> int: ...
