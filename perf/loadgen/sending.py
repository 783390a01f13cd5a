"""Sending on schedule (gevent). Every arrival becomes samples, also those that could not be sent in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import gevent
import msgspec
from gevent.lock import BoundedSemaphore
from gevent.pool import Group
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError

from loadgen.figures import Sample
from loadgen.messages import MAX_ANSWER_BYTES, Answer, Journey, Reply, Step
from loadgen.quiver import Arrival, Quiver
from loadgen.results import Times
from loadgen.schedule import Plan

NOT_SENT: Final = "not_sent_in_time"
UNFINISHED: Final = "cut_off_at_the_end"
_REFILL: Final = 5  # arrivals signed in one go while the run is under way: some 3 ms
_REFILL_PAUSE_S: Final = 0.05


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """`in_flight` journeys at a time; an arrival that is not sent within `patience_s` fails; an answer may take `timeout_s`."""

    in_flight: int = 256
    patience_s: float = 1.0
    timeout_s: float = 15.0


@dataclass
class UnderWay:
    """The step that a customer is at."""

    step: Step
    due_s: float
    begun_s: float
    sent_s: float | None = None

    def sample(self, done_s: float, failure: str) -> Sample:
        step = self.step
        return Sample(
            step=step.name,
            due_s=self.due_s,
            begun_s=self.begun_s,
            sent_s=self.sent_s,
            done_s=done_s,
            failure=failure,
            sender=step.signer.app_id,
            msg_id=step.pays_for or step.msg_id,
            minor=step.minor,
        )


class Door:
    """The hub, over HTTP/1.1 connections that stay open. Nothing is ever sent twice."""

    def __init__(self, url: str, bounds: Bounds) -> None:
        parts = urlsplit(url)
        self._prefix = parts.path.rstrip("/")
        self._client = HTTPClient(
            parts.hostname or "",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            concurrency=bounds.in_flight,
            connection_timeout=bounds.timeout_s,
            network_timeout=bounds.timeout_s,
            block_size=MAX_ANSWER_BYTES,
        )

    def ask(self, step: Step) -> Reply:
        """Raises OSError (time-outs too) and HTTP errors of geventhttpclient, see `failure_name`."""
        return self._reply(step.method, step.path, step.body, step.headers)

    def get(self, path: str) -> Reply:
        return self._reply("GET", path, b"", {})

    def close(self) -> None:
        self._client.close()

    def _reply(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        response = self._client.request(method, self._prefix + path, body=body, headers=headers)
        content = bytes(response.read())
        found = {str(name).lower(): str(value) for name, value in response.headers}
        return Reply(status=response.status_code, headers=found, body=content)


def failure_name(error: Exception) -> str:
    """What a call that brought no reply is counted as."""
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "no_answer_in_time"
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    if isinstance(error, (HTTPConnectionClosed, ConnectionError)):
        return "connection_lost"
    return type(error).__name__


class Load:
    """One run of a plan: bounded, and it ends by itself."""

    def __init__(
        self, plan: Plan, quiver: Quiver, door: Door, bounds: Bounds, heard: Callable[[Sample, int], None] = lambda *_: None
    ) -> None:
        """`heard` is told each sample as it is taken, with the length of the answer in bytes."""
        self._plan = plan
        self._quiver = quiver
        self._door = door
        self._bounds = bounds
        self._heard = heard
        self._slots = BoundedSemaphore(bounds.in_flight)
        self._group = Group()
        self._open: set[_Customer] = set()
        self.samples: list[Sample] = []
        self.times = Times()
        self._cpu_before_s = self._signing_before_s = 0.0

    def run(self) -> None:
        """Play the whole schedule, then wait for what is under way, at most as long as an answer may take."""
        self._quiver.fill(0.0)
        self.times.signed_ahead, self.times.signed_ahead_cpu_s = self._quiver.signed_count, self._quiver.signing_cpu_s
        self.times.started_s = time.monotonic()
        refilling = gevent.spawn(self._keep_filled)
        meter = gevent.spawn_later(self._plan.warmup_s, self._mark_start)
        try:
            self._send_all()
            self._group.join(timeout=self._bounds.patience_s + self._bounds.timeout_s + 1)
        finally:
            refilling.kill()
            meter.kill()
            self._cut_off()
            self._mark_end()

    def _send_all(self) -> None:
        while (arrival := self._quiver.take()) is not None:
            wait_s = arrival.due_s - self._now()
            if wait_s > 0:
                gevent.sleep(wait_s)
            self._group.start(gevent.Greenlet(self._arrive, arrival))

    def _arrive(self, arrival: Arrival) -> None:
        customer = _Customer(UnderWay(_first(arrival.journey), arrival.due_s, self._now()))
        self._open.add(customer)
        try:
            left_s = self._bounds.patience_s - (self._now() - arrival.due_s)
            if left_s <= 0 or not self._slots.acquire(timeout=left_s):
                self._keep(customer.at.sample(self._now(), NOT_SENT))
                return
            try:
                self._play(customer, arrival.journey)
            finally:
                self._slots.release()
        except Exception as error:  # a scenario's own: an arrival must not vanish because of it
            self._keep(customer.at.sample(self._now(), f"client_{type(error).__name__}"))
            raise
        finally:
            self._open.discard(customer)

    def _play(self, customer: _Customer, journey: Journey) -> None:
        answer: Answer | None = None
        for item in journey:
            if answer is not None:  # the next step is due when the one before has ended, and its pause
                pause_s = customer.at.step.pause_s
                due_s = self._now() + pause_s
                if pause_s:
                    gevent.sleep(pause_s)
                begun_s = self._now()
                customer.at = UnderWay(item(answer) if callable(item) else item, due_s, begun_s)
            answer = self._exchange(customer.at)
            if answer is None:
                return

    def _exchange(self, at: UnderWay) -> Answer | None:
        """The answer, if it is right."""
        at.sent_s = self._now()
        answer, length = None, 0
        try:
            reply = self._door.ask(at.step)
        except (OSError, HTTPConnectionClosed, HTTPParseError) as error:
            done_s, failure = self._now(), failure_name(error)
        else:
            done_s = self._now()  # before the checks: they are our time, not the hub's
            length = len(reply.body)
            failure, answer = at.step.failure_of(reply)
        self._keep(at.sample(done_s, failure), length)
        return None if failure else answer

    def _keep(self, sample: Sample, length: int = 0) -> None:
        self.samples.append(sample)
        self._heard(sample, length)

    def _cut_off(self) -> None:
        """What is still open when the run has to end is a failure too."""
        left = list(self._open)
        self._group.kill()
        for customer in left:
            self._keep(customer.at.sample(self._now(), UNFINISHED))

    def _keep_filled(self) -> None:
        while True:
            gevent.sleep(0 if self._quiver.fill(self._now(), at_most=_REFILL) else _REFILL_PAUSE_S)

    def _mark_start(self) -> None:
        self.times.measured_from_s = time.monotonic()
        self._cpu_before_s, self._signing_before_s = time.process_time(), self._quiver.signing_cpu_s

    def _mark_end(self) -> None:
        self.times.measured_to_s = time.monotonic()
        if self.times.measured_from_s:
            self.times.client_cpu_s = time.process_time() - self._cpu_before_s
            self.times.signing_cpu_s = self._quiver.signing_cpu_s - self._signing_before_s

    def _now(self) -> float:
        return time.monotonic() - self.times.started_s


class _Customer:
    """Somebody who is under way."""

    def __init__(self, at: UnderWay) -> None:
        self.at = at


def _first(journey: Journey) -> Step:
    step = journey[0]
    assert isinstance(step, Step)  # there is no answer yet that it could be made of
    return step
