"""One lane for each partner: how many calls may be under way, and when to stop trying (RULES section 3; DESIGN section 3).

A core bank that hangs must not take the other issuers' payments with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import msgspec

from unionhub.ports.partners import CircuitOpen, Overloaded, PartnerError


class LanePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one lane. After `breaker_failures` calls in a row without an answer that counts, nothing is sent for
    `breaker_open_s` seconds; then one call at a time tries, until one is answered."""

    in_flight: int = 128
    breaker_failures: int = 50
    breaker_open_s: float = 5.0


class Lane:
    """Calls to one partner."""

    def __init__(self, policy: LanePolicy, now_s: Callable[[], float] = monotonic) -> None:
        self._policy = policy
        self._now_s = now_s
        self._in_flight = 0
        self._failures = 0
        self._open_until_s = 0.0
        self._trying = False
        self._turns = 0  # how often the breaker has opened or closed

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a place for one call; raises Overloaded or CircuitOpen, with nothing sent. The call's own PartnerError
        counts as a failure, unless the breaker has turned since it was sent: such a time-out is old news. Leaving in any
        other way but an answer counts as nothing."""
        trial, turns = self._enter(), self._turns
        try:
            yield
        except PartnerError:
            if turns == self._turns:
                self._failed()
            raise
        else:
            self._turns += self._broken
            self._failures = 0
        finally:
            self._in_flight -= 1
            if trial:
                self._trying = False

    @property
    def _broken(self) -> bool:
        return self._failures >= self._policy.breaker_failures

    def _failed(self) -> None:
        self._failures += 1
        if self._broken:
            self._open_until_s = self._now_s() + self._policy.breaker_open_s
            self._turns += 1

    def _enter(self) -> bool:
        broken = self._broken
        if broken and (self._trying or self._now_s() < self._open_until_s):
            raise CircuitOpen("circuit_open")
        if self._in_flight >= self._policy.in_flight:
            raise Overloaded("overloaded")
        self._in_flight += 1
        self._trying = self._trying or broken
        return broken
