"""Telemetry of a running hub: Prometheus counts and structlog lines."""

from __future__ import annotations

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from structlog.typing import FilteringBoundLogger

from unionhub.domain.model.notices import Notice, NoticeState
from unionhub.domain.model.transactions import Payment, PaymentState

from .logs import in_one_line
from .metrics import Metrics, code_label

METRICS_CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_TROUBLED: Final = frozenset({PaymentState.UNKNOWN, PaymentState.REVERSING, PaymentState.REVERSED})


class HubTelemetry:
    """ports.telemetry.Telemetry. At level info a payment that goes well is one line, its message's answer; debug tells all.

    Metrics carry no unverified value: what a refused message claims to be is in the log only.
    """

    def __init__(self, logger: FilteringBoundLogger) -> None:
        self._log = logger
        self._metrics = Metrics()

    def gate_refused(self, cause: str, app_id: str = "") -> None:
        self._metrics.gate_refusals.labels(self._metrics.cause(str(cause))).inc()
        self._log.warning("gate_refused", cause=str(cause), claimed_app_id=app_id)

    def turned_away(self, reason: str) -> None:
        """A message was too large, too slow, cut off, or one too many (hosts/service/app.py)."""
        self._metrics.turned_away.labels(reason).inc()
        self._log.warning("turned_away", reason=reason)

    def message_answered(self, message: str, sender: str, code: str, seconds: float) -> None:
        label = self._metrics.message(message)
        self._metrics.messages.labels(label, code_label(code)).inc()
        self._metrics.message_seconds.labels(label).observe(seconds)
        self._log.info("message_answered", message=message, sender=sender, code=code, seconds=round(seconds, 6))

    def partner_called(self, party: str, message: str, outcome: str, seconds: float, *, cause: str = "") -> None:
        labels = self._metrics.party(party), self._metrics.message(message)
        self._metrics.partner_calls.labels(*labels, self._metrics.outcome(outcome)).inc()
        self._metrics.partner_call_seconds.labels(*labels).observe(seconds)
        tell = self._log.warning if cause else self._log.debug
        tell("partner_called", party=party, message=message, outcome=outcome, cause=cause, seconds=round(seconds, 6))

    def payment_moved(self, payment: Payment) -> None:
        kind = self._metrics.message(payment.kind)
        self._metrics.payment_moves.labels(kind, payment.state.value, code_label(payment.answer_code)).inc()
        tell = self._log.info if payment.state in _TROUBLED else self._log.debug
        tell("payment_moved", state=payment.state.value, **_names(payment))

    def reversal_attempted(self, payment: Payment, outcome: str) -> None:
        issuer = self._metrics.party(payment.issuer)
        self._metrics.reversal_attempts.labels(issuer, self._metrics.outcome(outcome)).inc()
        self._log.warning("reversal_attempted", outcome=outcome, attempts=payment.asks, **_names(payment))

    def notice_attempted(self, notice: Notice, outcome: str) -> None:
        labels = self._metrics.message(notice.message), self._metrics.outcome(outcome), notice.state.value
        self._metrics.notice_attempts.labels(*labels).inc()
        tell = self._log.info if notice.state is NoticeState.CONFIRMED else self._log.warning
        tell(
            "notice_attempted",
            outcome=outcome,
            state=notice.state.value,
            attempts=notice.attempts,
            notice_id=notice.notice_id,
            payment_id=notice.payment_id,
            receiver=notice.receiver,
            message=notice.message,
        )

    def unfinished(self, count: int, oldest_s: float) -> None:
        self._metrics.unfinished.set(count)
        self._metrics.unfinished_oldest.set(oldest_s)

    def store_failed(self, where: str, error: BaseException) -> None:
        self._metrics.store_errors.labels(self._metrics.place(where)).inc()
        self._log.error("store_failed", where=where, error=in_one_line(error))

    def crashed(self, where: str, error: BaseException) -> None:
        self._metrics.crashes.labels(self._metrics.place(where)).inc()
        self._log.error("crashed", where=where, exc_info=error)

    def alarm(self, name: str, /, **facts: object) -> None:
        self._metrics.alarms.labels(self._metrics.alarm_name(name)).inc()
        self._log.error("alarm", alarm=name, facts=facts)

    def metrics_text(self) -> bytes:
        """All metrics in Prometheus' text format, for METRICS_CONTENT_TYPE."""
        return generate_latest(self._metrics.registry)


def _names(payment: Payment) -> dict[str, object]:
    """What finds a payment in every record of it. No number of a card, no user."""
    return {
        "payment_id": payment.payment_id,
        "kind": payment.kind,
        "sender": payment.sender,
        "msg_id": payment.msg_id,
        "bank_msg_id": payment.bank_msg_id,
        "code": payment.code,
        "bank_code": payment.bank_code,
    }
