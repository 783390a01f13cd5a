"""From samples and meters to the report: the sums are right, the page is whole, two reports can be compared."""

from __future__ import annotations

import re
from pathlib import Path

import compare_runs as comparing
import msgspec
import pytest

from loadgen.figures import Sample
from loadgen.results import Results, Times
from loadgen.schedule import Plan
from rig import report
from rig.books import Verdict
from rig.counting import Counted
from rig.meters import MACHINE, Meters, Reading, waited
from rig.orders import OrderVerdict
from rig.report import Report

PLAN = Plan(rate_per_s=10, seconds=10, warmup_s=2, pattern="constant")
BOOKS = Verdict(
    told=120,
    approved=120,
    booked=120,
    approved_minor=12_000,
    booked_minor=12_000,
    lost=0,
    twice=0,
    unexplained=0,
    untrue=0,
    unfinished=0,
    undelivered=0,
)


def meters(*, service_cores: float = 0.2, machine_cores: float = 1.0, sandbox_waited: float = 0.0) -> Meters:
    """Everything used evenly, from 1000 s to 1020 s of the monotonic clock."""
    made = Meters({})
    cores = {"service": service_cores, "worker": 0.1, "database": 0.1, "sandbox": 0.3, "client": 0.1, MACHINE: machine_cores}
    for at_s in range(1000, 1021):
        values = {name: used * (at_s - 1000) for name, used in cores.items()}
        values |= {waited(name): 0.0 for name in cores} | {waited("sandbox"): sandbox_waited * (at_s - 1000)}
        made.readings.append(Reading(at_s=at_s, values=values | {report.TRANSACTIONS: 50.0 * (at_s - 1000)}))
    return made


def made(
    counted: Meters | None = None,
    *,
    failures: int = 0,
    took_s: float = 0.02,
    books: Verdict = BOOKS,
    transactions: float | None = None,
    minor: int = 5,
) -> Report:
    """A run of 12 s that began at 1001 s; every payment took `took_s`, the last ones failed."""
    due = list(PLAN.due_times())
    said = [""] * (len(due) - failures) + ["code_96"] * failures
    samples = [
        Sample(
            step="1 PAY",
            due_s=due_s,
            begun_s=due_s,
            sent_s=due_s + 0.001,
            done_s=due_s + took_s,
            failure=failure,
            sender="99010344",
            msg_id="m",
            minor=minor,
        )
        for due_s, failure in zip(due, said, strict=True)
    ]
    times = Times(started_s=1001, measured_from_s=1003, measured_to_s=1013, client_cpu_s=0.5)
    results = Results(plan=PLAN, times=times, samples=samples)
    each = [] if transactions is None else [Counted(step="1 PAY", messages=20, transactions=transactions)]
    about = {"when": "now", "version": "<v>"}
    return report.build(results, counted or meters(), books, facts=about, mix="[m]\n", settled_s=1015, counted=each)


class TestFigures:
    def test_cpu_for_each_payment(self) -> None:
        """0.2 cores for 10 s and 100 payments: 20 ms each. The worker's time runs on until everything was delivered."""
        parts = {part.name: part for part in made().parts}
        assert parts["hub: service"].ms_per_payment == pytest.approx(20)
        assert parts["hub: service"].cores == pytest.approx(0.2)
        assert parts["hub: worker"].ms_per_payment == pytest.approx(12)

    def test_rates_transactions_and_strangers(self) -> None:
        found = made()
        assert (found.offered_per_s, found.achieved_per_s, found.payments) == (10, 10, 100)
        assert found.transactions_per_payment == pytest.approx(5)
        assert found.others_cores == pytest.approx(0.2)

    def test_failures_show_everywhere(self) -> None:
        found = made(failures=10)
        assert (found.offered_per_s, found.achieved_per_s, found.failed) == (10, 9, 10)
        assert found.steps[0].latency.p95_ms is None
        assert not found.is_good
        assert "10 x code_96" in report.as_text(found)

    def test_books_that_differ_spoil_a_run_without_failures(self) -> None:
        assert made().is_good
        assert not made(books=msgspec.structs.replace(BOOKS, lost=1, examples=("lost: U1",))).is_good

    def test_remarks_say_whose_figures_these_are(self) -> None:
        assert made().remarks == []
        assert "1.2 cores" in made(meters(machine_cores=2.0)).remarks[0]
        assert "sandbox" in made(meters(sandbox_waited=0.6)).remarks[0]

    def test_a_run_in_which_nobody_pays(self) -> None:
        """Logins alone."""
        found = made(minor=0)
        assert found.is_good
        assert "nobody was to pay" in found.remarks[0]
        assert "nobody was to pay" in report.as_text(found)
        assert "<svg" in report.page(found)


class TestTransactions:
    def test_two_for_each_message_and_no_more(self) -> None:
        assert made(transactions=2.05).is_good  # a block of numbers was reserved in between
        found = made(transactions=3.0)
        assert not found.is_good
        assert "TOO MANY: 1 PAY needs 3.00 database transactions, 2 are allowed" in report.as_text(found)
        assert "1 PAY needs 3.00" in report.page(found)

    def test_they_stand_beside_the_message(self) -> None:
        line = next(line for line in report.as_text(made(transactions=2.0)).splitlines() if line.startswith("1 PAY"))
        assert line.split()[-2:] == ["0.00%", "2.00"]
        assert "transactions" not in report.as_text(made()).split("CPU")[0]

    def test_a_message_that_was_counted_but_not_played_is_shown(self) -> None:
        rare = Counted(step="2 RARE", messages=20, transactions=1.0)
        found = msgspec.structs.replace(made(), counted=[rare])
        assert "2 RARE" in report.as_text(found)
        assert "2 RARE" in report.page(found)


class TestOrders:
    RIGHT = OrderVerdict(confirmed=3, paid=3, gross_minor=300, off_minor=15, net_minor=285, acquired_minor=285)

    def test_their_books_count_too(self) -> None:
        assert "orders" not in report.as_text(made())
        found = msgspec.structs.replace(made(), orders=self.RIGHT)
        assert found.is_good
        assert "orders: confirmed 3, paid 3" in report.as_text(found)
        lost = msgspec.structs.replace(made(), orders=msgspec.structs.replace(self.RIGHT, lost=1))
        assert not lost.is_good
        assert "the books differ" in report.page(lost)

    def test_amounts_that_do_not_add_up(self) -> None:
        assert not msgspec.structs.replace(self.RIGHT, acquired_minor=284).is_right
        assert not msgspec.structs.replace(self.RIGHT, off_minor=14).is_right

    def test_a_page_may_need_more_than_a_message(self) -> None:
        page = Counted(step="U3.2 cashier page", messages=20, transactions=3.0, allowed=3)
        assert not page.is_too_many
        assert msgspec.structs.replace(page, transactions=4.0).is_too_many

    def test_what_one_takes_beside_a_merchant_qr_payment(self) -> None:
        """From the sending, in the same run; a step of SCIS is not set beside itself."""
        assert made().ratios == {}
        (step,) = made().steps
        spread = msgspec.structs.replace(step.service, p50_ms=19.0)
        steps = [
            msgspec.structs.replace(step, step=report.BESIDE, service=spread),
            msgspec.structs.replace(step, step="U3.3 confirm", service=msgspec.structs.replace(spread, p50_ms=28.5)),
            msgspec.structs.replace(step, step="U3.2 cashier page", service=msgspec.structs.replace(spread, p50_ms=None)),
        ]
        found = msgspec.structs.replace(made(), steps=steps)
        assert found.ratios == {"U3.3 confirm": 1.5}
        assert "1.50 times" in report.as_text(found)
        assert "1.50 times" in report.page(found)


class TestPage:
    def test_it_stands_alone(self) -> None:
        page = report.page(made())
        assert page.count("<svg") == 5
        assert not re.search(r"(src|href)=|https?://|@import|url\(", page)
        assert "&lt;v&gt;" in page
        assert "<v>" not in page

    @pytest.mark.parametrize("failures", [0, 60, 120])
    def test_it_can_be_drawn_whatever_happened(self, failures: int, tmp_path: Path) -> None:
        as_json, as_html = report.write(made(failures=failures), tmp_path)
        assert msgspec.json.decode(as_json.read_bytes(), type=Report).failed == min(failures, 100)
        assert "nan" not in as_html.read_text().lower().replace("tenant", "")


class TestCompare:
    def test_ratios_of_medians(self) -> None:
        before = [made(meters(service_cores=cores)) for cores in (0.2, 0.21, 0.19)]
        after = [made(meters(service_cores=cores)) for cores in (0.1, 0.105, 0.095)]
        line = next(line for line in comparing.compare(before, after) if "service" in line.name)
        assert [line.before, line.after, line.ratio] == pytest.approx([20, 10, 0.5])
        assert line.spread == pytest.approx(0.1)
        assert line.is_plain

    def test_a_difference_within_the_noise_is_called_so(self) -> None:
        before = [made(meters(service_cores=cores)) for cores in (0.2, 0.3)]
        line = next(line for line in comparing.compare(before, [made()]) if "service" in line.name)
        assert not line.is_plain

    def test_nothing_to_compare(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match=r"report\.json"):
            comparing.reports(tmp_path)
