"""The load generator's clockwork: arrivals that do not wait for answers, and samples that hide no delay."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from random import Random
from typing import Any, TypeVar

import gevent
import pytest

from loadgen.figures import Sample
from loadgen.messages import Answer, Journey, Reply, Step
from loadgen.quiver import Quiver
from loadgen.schedule import MAX_ARRIVALS, Plan
from loadgen.sending import NOT_SENT, UNFINISHED, Bounds, Load

T = TypeVar("T")


class TestPlan:
    def test_poisson_arrivals_come_at_the_rate(self) -> None:
        due = list(Plan(rate_per_s=50, seconds=200, seed=3).due_times())
        assert len(due) == pytest.approx(10_000, rel=0.03)
        assert due == sorted(due)
        assert 0 < due[0] < due[-1] < 200

    def test_poisson_arrivals_are_independent(self) -> None:
        """The standard deviation of exponential gaps is their mean; a metronome's would be 0."""
        due = list(Plan(rate_per_s=100, seconds=100).due_times())
        gaps = [after - before for before, after in pairwise(due)]
        mean = sum(gaps) / len(gaps)
        deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
        assert deviation == pytest.approx(mean, rel=0.05)

    def test_constant_arrivals_are_a_metronome(self) -> None:
        assert list(Plan(rate_per_s=4, seconds=1, warmup_s=0.5, pattern="constant").due_times()) == [
            0.0,
            0.25,
            0.5,
            0.75,
            1.0,
            1.25,
        ]

    def test_the_same_seed_gives_the_same_arrivals(self) -> None:
        first, second, other = (list(Plan(rate_per_s=9, seconds=9, seed=seed).due_times()) for seed in (5, 5, 6))
        assert first == second != other

    def test_the_warm_up_is_not_measured(self) -> None:
        plan = Plan(rate_per_s=1, seconds=3, warmup_s=2)
        assert [plan.is_measured(due_s) for due_s in (0.0, 1.999, 2.0, 4.5)] == [False, False, True, True]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"rate_per_s": 0, "seconds": 1},
            {"rate_per_s": 1, "seconds": -1},
            {"rate_per_s": 1, "seconds": 1, "warmup_s": -1},
            {"rate_per_s": 1000, "seconds": MAX_ARRIVALS / 1000, "warmup_s": 1},
        ],
    )
    def test_a_run_without_end_or_sense_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=r"rate|arrivals"):
            Plan(**wrong)


class FakeSigner:
    """Whoever it is, every answer is genuine."""

    app_id = "99010344"

    def doubt(self, reply: Reply) -> str:
        return ""


def step(name: str = "1 PAY", number: str = "m") -> Step:
    signer: Any = FakeSigner()
    return Step(name=name, signer=signer, path="/p", headers={}, body=b"", msg_id=number, check=lambda _: "", minor=7)


class FakeDoor:
    """A hub that answers after `seconds`."""

    def __init__(self, seconds: float = 0.0, code: str = "00") -> None:
        self.seconds = seconds
        self.code = code
        self.most = self.inside = 0

    def ask(self, _: Step) -> Reply:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            gevent.sleep(self.seconds)
        finally:
            self.inside -= 1
        content = {"msgInfo": {"msgID": "m"}, "msgResponse": {"responseCode": self.code}}
        return Reply(status=200, headers={}, body=json.dumps(content).encode())


def in_thread(work: Callable[[], T]) -> T:
    """gevent's hub belongs to its thread: this one ends with it, and pytest's main thread never has one."""

    def run() -> T:
        try:
            return work()
        finally:
            gevent.get_hub().destroy(destroy_loop=True)

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def play(door: FakeDoor, bounds: Bounds, *, seconds: float = 0.5, journey: Journey | None = None) -> list[Sample]:
    plan = Plan(rate_per_s=40, seconds=seconds, pattern="constant")
    drawn: Journey = journey or (step(),)
    any_door: Any = door
    load = Load(plan, Quiver(plan, lambda _: drawn), any_door, bounds)
    in_thread(load.run)
    return load.samples


class TestLoad:
    def test_every_arrival_becomes_a_sample_on_its_schedule(self) -> None:
        samples = play(FakeDoor(0.01), Bounds())
        assert sorted(round(sample.due_s, 6) for sample in samples) == [place / 40 for place in range(20)]
        assert {sample.failure for sample in samples} == {""}
        assert all(sample.sent_s is not None and sample.sent_s >= sample.due_s for sample in samples)
        assert all(sample.done_s - (sample.sent_s or 0) >= 0.01 for sample in samples)

    def test_arrivals_do_not_wait_for_answers(self) -> None:
        """A closed loop would send the second request after the first answer; here 20 of them are due meanwhile."""
        door = FakeDoor(0.4)
        samples = play(door, Bounds())
        assert door.most > 10
        assert all((sample.sent_s or 9) - sample.due_s < 0.2 for sample in samples)

    def test_waiting_for_a_free_slot_counts_as_latency(self) -> None:
        """One at a time and 50 ms each, but one is due every 25 ms: the wait grows, the service does not."""
        door = FakeDoor(0.05)
        slowest = max(play(door, Bounds(in_flight=1, patience_s=5)), key=lambda sample: sample.latency_s)
        assert door.most == 1
        # Twenty of 50 ms, all due within 475 ms: however busy the machine, one of them is done 500 ms late or more.
        assert slowest.latency_s > 0.3
        assert slowest.service_s < slowest.latency_s

    def test_an_arrival_that_cannot_be_sent_in_time_is_a_failure(self) -> None:
        samples = play(FakeDoor(10), Bounds(in_flight=2, patience_s=0.1, timeout_s=0.1))
        assert len(samples) == 20
        failures = [sample.failure for sample in samples]
        assert failures.count(NOT_SENT) == 18
        assert failures.count(UNFINISHED) == 2
        assert all(sample.sent_s is None for sample in samples if sample.failure == NOT_SENT)

    def test_a_journey_goes_on_after_a_good_answer_only(self) -> None:
        def second(answer: Answer) -> Step:
            return step(f"2 ASK {answer.code}")

        names = [sample.step for sample in play(FakeDoor(), Bounds(), seconds=0.1, journey=(step(), second))]
        assert sorted(names) == ["1 PAY"] * 4 + ["2 ASK 00"] * 4
        refused = play(FakeDoor(code="51"), Bounds(), seconds=0.1, journey=(step(), second))
        assert [(sample.step, sample.failure) for sample in refused] == [("1 PAY", "code_51")] * 4

    def test_an_arrival_does_not_vanish_in_a_scenario_that_crashes(self) -> None:
        def broken(_: Answer) -> Step:
            raise LookupError

        samples = play(FakeDoor(), Bounds(), seconds=0.1, journey=(step(), broken))
        assert sorted(sample.failure for sample in samples) == [""] * 4 + ["client_LookupError"] * 4

    def test_a_run_ends_by_itself_when_nothing_answers(self) -> None:
        started_s = time.monotonic()
        play(FakeDoor(60), Bounds(patience_s=0.1, timeout_s=0.1), seconds=0.1)
        assert time.monotonic() - started_s < 5


class TestQuiver:
    PLAN = Plan(rate_per_s=10, seconds=10, pattern="constant")

    def quiver(self, ahead_s: float) -> Quiver:
        return Quiver(self.PLAN, lambda _: (step(),), ahead_s=ahead_s)

    def test_it_signs_no_further_ahead_than_signatures_stay_fresh(self) -> None:
        quiver = self.quiver(2)
        assert quiver.fill(0.0) == 20
        assert quiver.fill(0.0) == 0
        assert quiver.fill(1.0) == 10

    def test_it_signs_in_small_portions(self) -> None:
        assert self.quiver(2).fill(0.0, at_most=5) == 5

    def test_it_hands_out_everything_in_order_filled_or_not(self) -> None:
        quiver = self.quiver(1)
        quiver.fill(0.0)
        taken = []
        while (arrival := quiver.take()) is not None:
            taken.append(arrival.due_s)
        assert taken == list(self.PLAN.due_times())

    def test_the_mix_does_not_move_the_arrivals(self) -> None:
        plan = Plan(rate_per_s=10, seconds=10)

        def greedy(dice: Random) -> Journey:
            dice.random()
            return (step(),)

        quiver = Quiver(plan, greedy)
        assert [quiver.take().due_s for _ in range(5)] == list(plan.due_times())[:5]  # type: ignore[union-attr]
