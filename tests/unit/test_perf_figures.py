"""Percentiles, rates and the course of a run: what performance testers will believe."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from loadgen.figures import NEVER, Sample, by_step, course, histogram, percentile, spread, step_figures
from loadgen.results import Results, Times, table
from loadgen.schedule import Plan
from rig.charts import Chart, curve, even_ticks, log_range, log_ticks
from rig.meters import Reading, value_at


def sample(due_s: float, took_s: float = 0.01, failure: str = "", *, late_s: float = 0.0, step: str = "1 PAY") -> Sample:
    begun_s = due_s + late_s
    return Sample(step=step, due_s=due_s, begun_s=begun_s, sent_s=begun_s, done_s=begun_s + took_s, failure=failure)


class TestPercentile:
    @pytest.mark.parametrize(
        ("count", "share", "rank"),
        [
            (1, 0.5, 1),
            (1, 0.99, 1),
            (2, 0.5, 1),
            (3, 0.5, 2),
            (20, 0.95, 19),
            (21, 0.95, 20),
            (100, 0.99, 99),
            (101, 0.99, 100),
        ],
    )
    def test_nearest_rank(self, count: int, share: float, rank: int) -> None:
        assert percentile([float(value) for value in range(1, count + 1)], share) == rank

    def test_it_is_the_least_value_that_enough_do_not_exceed(self) -> None:
        """The definition itself, for sizes where 0.95 * n is no float that one would expect."""
        for count in range(1, 300):
            values = [float(value) for value in range(count)]
            for place in (50, 95, 99):
                found = percentile(values, place / 100)
                assert 100 * sum(value <= found for value in values) >= place * count
                assert 100 * sum(value < found for value in values) < place * count

    @pytest.mark.parametrize("share", [0, -0.1, 1.01])
    def test_no_such_share(self, share: float) -> None:
        with pytest.raises(ValueError, match="share"):
            percentile([1.0], share)


class TestStepFigures:
    def test_latency_counts_from_the_schedule_and_service_from_the_sending(self) -> None:
        figures = step_figures("1 PAY", [sample(0, 0.01, late_s=0.5)], 1)
        assert figures.latency.p50_ms == pytest.approx(510)
        assert figures.service.p50_ms == pytest.approx(10)
        assert figures.lag.p50_ms == pytest.approx(500)

    def test_a_failure_is_never_a_fast_answer(self) -> None:
        """Ten of a hundred were refused within a millisecond: nine tenths waited 10 ms, the rest wait for ever."""
        samples = [sample(0, 0.01)] * 90 + [sample(0, 0.001, "code_96")] * 10
        figures = step_figures("1 PAY", samples, 10)
        assert figures.latency.p50_ms == pytest.approx(10)
        assert (figures.latency.p95_ms, figures.latency.p99_ms, figures.latency.max_ms) == (None, None, None)
        assert figures.service.p99_ms == pytest.approx(10)
        assert figures.error_share == pytest.approx(0.1)
        assert figures.failures == {"code_96": 10}
        assert figures.per_s == 9

    def test_what_was_not_sent_has_no_service_time(self) -> None:
        lost = Sample(step="1 PAY", due_s=0.0, begun_s=0.01, sent_s=None, done_s=1.0, failure="not_sent_in_time")
        assert lost.latency_s == lost.service_s == NEVER

    def test_waiting_for_a_free_slot_is_not_the_clients_lateness(self) -> None:
        figures = step_figures("1 PAY", [Sample(step="1 PAY", due_s=0.0, begun_s=0.002, sent_s=0.9, done_s=1.0)], 1)
        assert figures.lag.p50_ms == pytest.approx(2)
        assert figures.latency.p50_ms == pytest.approx(1000)

    def test_steps_are_told_apart_in_their_order(self) -> None:
        found = by_step([sample(0, step="2 ASK"), sample(0), sample(1)], 2)
        assert [(figures.step, figures.count) for figures in found] == [("1 PAY", 2), ("2 ASK", 1)]

    def test_nothing_at_all(self) -> None:
        assert step_figures("1 PAY", [], 1).error_share == 0
        assert spread([]).p99_ms is None


class TestCourse:
    def test_slots_by_the_scheduled_start(self) -> None:
        slots = course([sample(0.2), sample(0.9, 5.0), sample(1.1, 0.0, "http_500")], since_s=0, until_s=3)
        assert [(slot.at_s, slot.due_per_s, slot.good_per_s) for slot in slots] == [(0, 2, 2), (1, 1, 0), (2, 0, 0)]
        assert slots[0].p99_ms == pytest.approx(5000)
        assert slots[1].p50_ms is None

    def test_a_slot_that_is_cut_short_is_left_out(self) -> None:
        assert len(course([], since_s=0, until_s=2.5)) == 2
        assert len(course([], since_s=0, until_s=0.3, slot_s=0.1)) == 3


class TestCharts:
    def test_histogram_keeps_everything(self) -> None:
        bins = histogram([1.0, 1.01, 10.0, 99.0])
        assert sum(count for *_, count in bins) == 4
        assert bins[0][0] <= 1.0 < bins[0][1]
        assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(bins))

    def test_the_curve_reaches_the_slowest(self) -> None:
        points = curve([sample(0, value / 1000) for value in range(1, 1001)])
        assert points == sorted(points)
        assert points[-1][0] >= 0.998
        assert math.isclose(points[-1][1] or 0, 999, abs_tol=1)

    def test_ticks(self) -> None:
        assert even_ticks(10) == [0, 2, 4, 6, 8, 10]
        assert even_ticks(0.35) == [0, 0.1, 0.2, 0.3]
        assert log_range([3, 70]) == (2, 100)
        assert log_ticks(2, 100) == [2, 5, 10, 20, 50, 100]

    def test_a_line_breaks_where_there_is_no_value(self) -> None:
        chart = Chart("t", (0, 3), (0, 1))
        chart.line([(0, 1), (1, None), (2, 1), (3, 1)], "c0", "<b>")
        assert chart.svg().count("<polyline") == 2
        assert "<b>" not in chart.svg()


class TestMeters:
    READINGS = (
        Reading(at_s=10, values={"service": 1.0}),
        Reading(at_s=11, values={"service": 2.0, "late": 5.0}),
        Reading(at_s=13, values={"service": 4.0, "late": 6.0}),
    )

    @pytest.mark.parametrize(("at_s", "value"), [(10, 1), (10.5, 1.5), (11, 2), (12, 3), (13, 4), (9, 1), (20, 4)])
    def test_between_readings_it_is_a_straight_line(self, at_s: float, value: float) -> None:
        assert value_at(list(self.READINGS), "service", at_s) == value

    def test_what_was_read_later_or_never(self) -> None:
        assert value_at(list(self.READINGS), "late", 10) == 5
        with pytest.raises(LookupError):
            value_at(list(self.READINGS), "nobody", 10)


class TestResults:
    def test_the_warm_up_is_kept_but_not_measured(self) -> None:
        plan = Plan(rate_per_s=1, seconds=2, warmup_s=1)
        results = Results(plan=plan, times=Times(), samples=[sample(0.5), sample(1.5)])
        assert [each.due_s for each in results.measured] == [1.5]
        assert "never" in table(by_step([sample(0, failure="code_96")], 1))
