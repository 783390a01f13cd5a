"""How many database transactions a message needs on the hub: DESIGN section 2.4 allows two.

Before the load, with nobody else at work: no worker, and a service that does nothing of itself (counting_host.py). One message
after the other, so many of a kind; what the hub counted meanwhile, divided, is exact. PostgreSQL's own count of that process's
whole life stands beside it, so that nothing passes the hub's counter by.
"""

from __future__ import annotations

import http.client
import socket
import time
import urllib.request
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from loadgen.messages import ALLOWED, Answer, Cardholder, Journey, Merchant, Reply, Sandbox, Step
from rig.books import Told
from rig.children import RigError
from scenarios import Mix

_STRAY: Final = 0.1
"""A block of numbers is reserved once in hundreds of messages. One that needs a third transaction has a whole one more."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """So many of one step, one after the other, and the transactions that the service needed (and may need) for each."""

    step: str
    messages: int
    transactions: float
    allowed: int = ALLOWED

    @property
    def is_too_many(self) -> bool:
        return self.transactions > self.allowed + _STRAY


class Tally:
    """Sends steps one by one, and reads the hub's counter around each kind."""

    def __init__(self, hub_url: str, tells: tuple[str, int]) -> None:
        """`tells`: where the host tells its count."""
        self._hub_url = hub_url
        self._tells = tells
        self._found: dict[str, Counted] = {}
        self.told: list[Told] = []

    def count(self, mix: Mix, each: int) -> list[Counted]:
        """Every step of every form of the mix, `each` times; steps after a pause, which wait for the worker, are left out.

        Raises RigError for an answer that is not right.
        """
        dice = Random(0)
        drawn = [mix.forms(dice) for _ in range(each + 1)]
        self._found.clear()
        for form in zip(*drawn, strict=True):
            self._play(form)
        return sorted(self._found.values(), key=lambda counted: counted.step)

    def _play(self, journeys: tuple[Journey, ...]) -> None:
        """Customers of one form: all of them take a step, then all take the next one."""
        answers: list[Answer | None] = [None] * len(journeys)
        for place in range(len(journeys[0])):
            steps = [_step(journey, place, answer) for journey, answer in zip(journeys, answers, strict=True)]
            self._told_by(steps)
            answers = self._take(steps)
            if steps[0].pause_s:
                return

    def _take(self, steps: list[Step]) -> list[Answer | None]:
        """The first one is for warming up: the first payment of a host may have to reserve numbers."""
        warming, *measured = steps
        answers: list[Answer | None] = [self._send(warming)]
        time.sleep(warming.pause_s)
        before = self.read()
        answers += [self._send(step) for step in measured]
        time.sleep(warming.pause_s)  # for what comes of them
        transactions = round((self.read() - before) / len(measured), 2)
        counted = Counted(step=warming.name, messages=len(measured), transactions=transactions, allowed=warming.allowed)
        self._found.setdefault(warming.name, counted)
        return answers

    def read(self) -> int:
        """The transactions that this host has begun so far."""
        with socket.create_connection(self._tells, timeout=15) as connection:
            return int(connection.makefile("rb").read())

    def _told_by(self, steps: list[Step]) -> None:
        self.told += [Told(step.signer.app_id, step.pays_for or step.msg_id, step.minor) for step in steps if step.minor]

    def _send(self, step: Step) -> Answer:
        address = urlsplit(self._hub_url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=15)
        try:
            connection.request(step.method, step.path, step.body, step.headers)
            came = connection.getresponse()
            headers = {name.lower(): value for name, value in came.getheaders()}
            failure, answer = step.failure_of(Reply(status=came.status, headers=headers, body=came.read()))
        except (OSError, http.client.HTTPException) as error:
            raise RigError(f"counting transactions: {step.name}: {type(error).__name__}") from None
        finally:
            connection.close()
        if failure or answer is None:
            raise RigError(f"counting transactions: {step.name}: {failure}")
        return answer


def _step(journey: Journey, place: int, answer: Answer | None) -> Step:
    item = journey[place]
    if isinstance(item, Step):
        return item
    assert answer is not None
    return item(answer)


def open_sandbox(home: Path, hub_url: str, control_url: str) -> Sandbox:
    """Who can be played, as the hub and its sandbox tell."""
    jwks = msgspec.json.decode(get(f"{hub_url}/.well-known/jwks.json"), type=dict[str, Any])
    cardholders = msgspec.json.decode(get(f"{control_url}/sandbox/cardholders"), type=list[Cardholder])
    merchants = msgspec.json.decode(get(f"{control_url}/sandbox/merchants"), type=list[Merchant])
    return Sandbox(home, jwks, cardholders, merchants)


def get(url: str) -> bytes:
    """Raises OSError."""
    with urllib.request.urlopen(url, timeout=15) as answer:  # noqa: S310 - our own, loopback
        return bytes(answer.read())
