"""Telemetry for tests and tools that have no operator."""

from __future__ import annotations

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Payment


class NullTelemetry:
    """ports.telemetry.Telemetry that tells nobody."""

    def gate_refused(self, cause: str, app_id: str = "") -> None:
        pass

    def message_answered(self, message: str, sender: str, code: str, seconds: float) -> None:
        pass

    def partner_called(self, party: str, message: str, outcome: str, seconds: float, *, cause: str = "") -> None:
        pass

    def payment_moved(self, payment: Payment) -> None:
        pass

    def reversal_attempted(self, payment: Payment, outcome: str) -> None:
        pass

    def notice_attempted(self, notice: Notice, outcome: str) -> None:
        pass

    def unfinished(self, count: int, oldest_s: float) -> None:
        pass

    def store_failed(self, where: str, error: BaseException) -> None:
        pass

    def crashed(self, where: str, error: BaseException) -> None:
        pass

    def alarm(self, name: str, /, **facts: object) -> None:
        pass
