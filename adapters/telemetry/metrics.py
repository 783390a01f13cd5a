"""The hub's metrics, in a registry of their own: any number of hubs fit into one process, as in tests."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from unionhub.domain.model.bank import ISSUER_CODES
from unionhub.domain.model.responses import RESPONSE_TEXTS

OTHER: Final = "other"

_SECONDS: Final = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_CODES: Final = frozenset(RESPONSE_TEXTS) | frozenset(ISSUER_CODES)
_CODE_CHARS: Final = 2
_MAX_LABEL_CHARS: Final = 64


class Bounded:
    """At most `limit` values of a label, the first ones that come; the rest is `other`. Partners must not fill our memory."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value not in self._seen:
            if len(self._seen) >= self._limit or len(value) > _MAX_LABEL_CHARS:
                return OTHER
            self._seen.add(value)
        return value


def code_label(code: str) -> str:
    """The code if a document knows it: what a partner makes up is `other`."""
    return code if code in _CODES else OTHER


class Metrics:
    """The instruments. `outcome` is for response codes and a few words of our own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._outcomes = Bounded(32)
        self.message = Bounded(128)
        self.party = Bounded(512)
        self.place = Bounded(128)
        self.alarm_name = Bounded(64)
        self.cause = Bounded(128)
        self._make_counters()
        self._make_times_and_levels()

    def outcome(self, outcome: str) -> str:
        """A response code, or the name of a PartnerError."""
        return code_label(outcome) if len(outcome) <= _CODE_CHARS else self._outcomes(outcome)

    def _make_counters(self) -> None:
        self.gate_refusals = self._counter("gate_refusals", "Messages that got 401.", "cause")
        self.turned_away = self._counter("messages_turned_away", "Messages that did not reach the gate.", "reason")
        self.messages = self._counter("messages", "Genuine messages answered.", "message", "code")
        self.partner_calls = self._counter("partner_calls", "Calls to partners.", "party", "message", "outcome")
        self.payment_moves = self._counter("payment_moves", "Payments that came to a state.", "kind", "state", "code")
        self.reversal_attempts = self._counter("reversal_attempts", "REVERSALs sent.", "issuer", "outcome")
        self.notice_attempts = self._counter("notice_attempts", "Notices sent.", "message", "outcome", "state")
        self.store_errors = self._counter("store_errors", "Work that the store could not serve.", "place")
        self.crashes = self._counter("crashes", "Exceptions that nobody expected.", "place")
        self.alarms = self._counter("alarms", "Things that an operator should look at.", "alarm")

    def _make_times_and_levels(self) -> None:
        self.message_seconds = self._histogram("message_seconds", "From a message's arrival to its answer.", "message")
        self.partner_call_seconds = self._histogram("partner_call_seconds", "Calls to partners.", "party", "message")
        self.unfinished = self._gauge("payments_unfinished", "Payments that are not final.")
        self.unfinished_oldest = self._gauge("payments_unfinished_oldest_seconds", "Age of the oldest of them.")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace="unionhub", registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, namespace="unionhub", registry=self.registry, buckets=_SECONDS)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, namespace="unionhub", registry=self.registry)
