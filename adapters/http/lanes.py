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

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a place for one call; raises Overloaded or CircuitOpen, with nothing sent. The call's own PartnerError
        counts as a failure; leaving in any other way but an answer counts as nothing."""
        trial = self._enter()
        try:
            yield
        except PartnerError:
            self._failures += 1
            if self._failures >= self._policy.breaker_failures:
                self._open_until_s = self._now_s() + self._policy.breaker_open_s
            raise
        else:
            self._failures = 0
        finally:
            self._in_flight -= 1
            if trial:
                self._trying = False

    def _enter(self) -> bool:
        broken = self._failures >= self._policy.breaker_failures
        if broken and (self._trying or self._now_s() < self._open_until_s):
            raise CircuitOpen("circuit_open")
        if self._in_flight >= self._policy.in_flight:
            raise Overloaded("overloaded")
        self._in_flight += 1
        self._trying = self._trying or broken
        return broken
