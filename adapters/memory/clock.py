"""The operating system's clock as business time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """ports.clock.Clock. When the system's clock is set back, time stands still here until it has caught up."""

    def __init__(self) -> None:
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The time now, in UTC."""
        self._latest = max(self._latest, datetime.now(UTC))
        return self._latest
