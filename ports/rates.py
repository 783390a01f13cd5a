"""Exchange rates."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol


class Rates(Protocol):
    """Contract: units of `to` for one unit of `frm` (ISO 4217 numeric); exactly 1 for the same currency; None where the
    hub has no rate."""

    def rate(self, frm: str, to: str) -> Decimal | None: ...
