"""Bounds on the calls to one partner, and its circuit breaker (RULES section 3)."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, suppress

import pytest

from unionhub.adapters.http.lanes import Lane, LanePolicy
from unionhub.ports.partners import CircuitOpen, NoWord, Overloaded


class Time:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def lane(time: Time | None = None, **policy: float) -> Lane:
    return Lane(LanePolicy(**{"in_flight": 2, "breaker_failures": 3, "breaker_open_s": 5.0, **policy}), time or Time())  # type: ignore[arg-type]


def fail(one: Lane) -> None:
    with suppress(NoWord), one.slot():
        raise NoWord("timeout")


def test_beyond_the_bound_nothing_is_sent_and_a_place_comes_free_again() -> None:
    one = lane()
    with ExitStack() as held:
        held.enter_context(one.slot())
        held.enter_context(one.slot())
        with pytest.raises(Overloaded), one.slot():
            pytest.fail("a third call was let in")
    with one.slot():
        pass


def test_the_breaker_opens_after_failures_in_a_row_only() -> None:
    one = lane()
    fail(one)
    fail(one)
    with one.slot():
        pass  # answered: the row is broken
    fail(one)
    fail(one)
    with one.slot():
        pass
    for _ in range(3):
        fail(one)
    with pytest.raises(CircuitOpen), one.slot():
        pytest.fail("an open breaker let a call in")


def test_after_its_time_one_call_tries_and_its_answer_closes_the_breaker() -> None:
    time = Time()
    one = lane(time)
    for _ in range(3):
        fail(one)
    time.now_s += 5.0
    with one.slot(), pytest.raises(CircuitOpen), one.slot():
        pytest.fail("two calls tried at once")
    with one.slot(), one.slot():
        pass


def test_a_failed_try_opens_it_again() -> None:
    time = Time()
    one = lane(time)
    for _ in range(3):
        fail(one)
    time.now_s += 5.0
    fail(one)
    with pytest.raises(CircuitOpen), one.slot():
        pytest.fail("open again")
    time.now_s += 5.0
    with one.slot():
        pass


def test_an_error_of_our_own_gives_the_place_back_and_counts_as_nothing() -> None:
    one = lane(in_flight=1)
    for _ in range(5):
        with pytest.raises(RuntimeError), one.slot():
            raise RuntimeError
    with one.slot():
        pass


def begun(one: Lane, how_many: int) -> list[AbstractContextManager[None]]:
    """Calls that are under way."""
    slots = [one.slot() for _ in range(how_many)]
    for slot in slots:
        slot.__enter__()
    return slots


def time_out(slot: AbstractContextManager[None]) -> None:
    with suppress(NoWord):
        slot.__exit__(NoWord, NoWord("timeout"), None)


def test_what_was_sent_before_the_breaker_opened_does_not_keep_it_open() -> None:
    """A hundred calls were under way when the partner fell silent: their time-outs tell nothing new."""
    time = Time()
    one = lane(time, in_flight=20)
    early = begun(one, 8)
    for slot in early[:3]:
        time_out(slot)
    time.now_s += 4.0
    for slot in early[3:]:
        time_out(slot)
    time.now_s += 1.0
    with one.slot():
        pass


def test_nor_does_it_open_again_what_a_try_has_closed() -> None:
    time = Time()
    one = lane(time, in_flight=20)
    early = begun(one, 8)
    for slot in early[:3]:
        time_out(slot)
    time.now_s += 5.0
    with one.slot():
        pass  # answered: healed
    for slot in early[3:]:
        time_out(slot)
    with one.slot(), one.slot():
        pass
