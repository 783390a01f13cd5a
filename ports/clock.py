"""Business time. Real time for signatures and the store's own time for leases are other clocks (DESIGN section 2.1)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Contract: `now()` is aware, UTC, and never goes back. In a sandbox it can be moved forward."""

    def now(self) -> datetime: ...
