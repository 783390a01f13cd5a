"""A run in figures: what `make perf` prints, and var/perf/report.json and report.html."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import jinja2
import msgspec

from loadgen.figures import Sample, Slot, StepFigures, course, histogram, step_figures
from loadgen.results import Results, table, text_of
from loadgen.schedule import Plan
from rig import charts, orders
from rig.books import Verdict
from rig.counting import Counted
from rig.meters import MACHINE, Meters, waited
from rig.orders import OrderVerdict

PARTS: Final = {
    "service": "hub: service",
    "worker": "hub: worker",
    "database": "PostgreSQL",
    "sandbox": "sandbox: bank, acquirer",
    "client": "client: locust",
}
TRANSACTIONS: Final = "transactions"
BESIDE: Final = "1 MPQRC_PAYMENT_EMV"
OTHERS_CORES: Final = 0.3
SANDBOX_BUSY: Final = 0.7
LAG_MS: Final = 20.0


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """CPU of one part of the house, over the measured stretch (the worker: until everything was delivered)."""

    name: str
    cpu_s: float
    ms_per_payment: float
    waited_ms_per_payment: float  # ready to run, but another process had the processor: noise, where it is not little
    cores: float


class CpuSlot(msgspec.Struct, frozen=True, kw_only=True):
    """CPU used in a stretch of the run, in cores; `others` is whoever else used the machine."""

    at_s: float
    cores: dict[str, float]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is worth keeping of a run, but the samples."""

    facts: dict[str, str]
    plan: Plan
    mix: str
    offered_per_s: float
    achieved_per_s: float
    payments: int  # good ones of the measured stretch
    steps: list[StepFigures]
    paid: StepFigures | None = None  # all messages that pay; reports of former versions have it not
    counted: list[Counted] = []  # transactions of each message, before the load
    parts: list[Part]
    others_cores: float
    transactions_per_payment: float | None
    delivered_after_s: float  # from the last answer to the last notice
    client_text: str
    remarks: list[str]  # what speaks against taking these figures for the hub's
    books: Verdict
    orders: OrderVerdict | None = None  # of UCSP; None where nobody listened
    course: list[Slot]
    cpu: list[CpuSlot]
    curve: list[tuple[float, float | None, float | None]]  # share, latency from the schedule, from the sending; ms
    histogram: list[tuple[float, float, int]]

    @property
    def failed(self) -> int:
        """Measured steps without a good answer."""
        return sum(step.count - step.good for step in self.steps)

    @property
    def transactions(self) -> dict[str, float]:
        """Step -> database transactions that one message needs, where they were counted."""
        return {each.step: each.transactions for each in self.counted}

    @property
    def too_many(self) -> list[str]:
        """Messages that need more transactions than DESIGN section 2.4 allows."""
        return [
            f"{each.step} needs {each.transactions:.2f} database transactions, {each.allowed} are allowed"
            for each in self.counted
            if each.is_too_many
        ]

    @property
    def ratios(self) -> dict[str, float]:
        """UCSP's requests beside a merchant QR payment of the same run: medians from the sending. Empty without both."""
        medians = {each.step: each.service.p50_ms for each in self.steps}
        beside = medians.get(BESIDE)
        if not beside:
            return {}
        return {step: round(p50 / beside, 2) for step, p50 in medians.items() if step.startswith("U") and p50 is not None}

    @property
    def books_agree(self) -> bool:
        return self.books.is_right and (self.orders is None or self.orders.is_right)

    @property
    def is_good(self) -> bool:
        return not self.failed and self.books_agree and not self.too_many


def build(
    results: Results,
    meters: Meters,
    verdict: Verdict,
    *,
    facts: dict[str, str],
    mix: str,
    settled_s: float,
    counted: Sequence[Counted] = (),
    verdict_on_orders: OrderVerdict | None = None,
    told: Sequence[Sample] = (),
) -> Report:
    """The report of a run that has ended; `settled_s` is when the last notice was delivered, on the monotonic clock. `told`:
    what was measured at the partners' ears; it has a row of its own and is in no other figure."""
    times, plan, measured = results.times, results.plan, results.measured
    paid = [sample for sample in measured if sample.minor]
    good = sum(not sample.failure for sample in paid)
    since_s, until_s = times.measured_from_s, times.measured_to_s
    names = [name for name in PARTS if name in meters.readings[-1].values]
    heard = [sample for sample in told if plan.is_measured(sample.due_s)]
    steps, others_cores = _steps([*measured, *heard], plan.seconds), round(_others(meters, names, since_s, until_s), 2)
    return Report(
        facts=facts,
        plan=plan,
        mix=mix,
        offered_per_s=round(len(paid) / plan.seconds, 2),
        achieved_per_s=round(good / plan.seconds, 2),
        payments=good,
        steps=steps,
        paid=step_figures("all that pay", paid, plan.seconds),
        counted=list(counted),
        parts=[_part(name, meters, since_s, settled_s if name == "worker" else until_s, good) for name in names],
        others_cores=others_cores,
        transactions_per_payment=_transactions(meters, since_s, until_s, good),
        delivered_after_s=round(settled_s - until_s, 2),
        client_text=results.client_text,
        remarks=_remarks(steps, others_cores, _busy(meters, "sandbox", since_s, until_s), nobody_paid=not paid),
        books=verdict,
        orders=verdict_on_orders,
        course=course(results.samples, since_s=0.0, until_s=plan.total_s, slot_s=_slot_s(plan)),
        cpu=_cpu_course(meters, names, times.started_s, until_s, _slot_s(plan)),
        curve=charts.curve(paid),
        histogram=histogram([sample.latency_s * 1000 for sample in paid if not sample.failure]),
    )


def _steps(measured: list[Sample], seconds: float) -> list[StepFigures]:
    names = sorted({sample.step for sample in measured})
    return [step_figures(name, [sample for sample in measured if sample.step == name], seconds) for name in names]


def _part(name: str, meters: Meters, since_s: float, until_s: float, payments: int) -> Part:
    cpu_s, waited_s = meters.used(name, since_s, until_s), meters.used(waited(name), since_s, until_s)
    return Part(
        name=PARTS[name],
        cpu_s=round(cpu_s, 2),
        ms_per_payment=round(1000 * cpu_s / max(payments, 1), 3),
        waited_ms_per_payment=round(1000 * waited_s / max(payments, 1), 3),
        cores=round(cpu_s / (until_s - since_s), 3),
    )


def _busy(meters: Meters, name: str, since_s: float, until_s: float) -> float:
    """The share of the time in which a part had something to do, whether it got a processor for it or not."""
    return (meters.used(name, since_s, until_s) + meters.used(waited(name), since_s, until_s)) / (until_s - since_s)


def _remarks(steps: list[StepFigures], others_cores: float, sandbox_busy: float, *, nobody_paid: bool) -> list[str]:
    found = []
    if nobody_paid:
        found.append("nobody was to pay: what is said for each payment is of the whole measured stretch")
    if others_cores > OTHERS_CORES:
        found.append(
            f"others used {others_cores:.1f} cores of this machine: latencies are theirs as much as the hub's; compare CPU, "
            "and only with runs made in turn with this one"
        )
    if sandbox_busy > SANDBOX_BUSY:
        found.append(
            f"the sandbox was busy or waiting for a processor {sandbox_busy:.0%} of the time: bank and acquirer are one "
            "process there, and they, not the hub, set the limit"
        )
    lag_ms = max((step.lag.p99_ms or 0.0 for step in steps), default=0.0)
    if lag_ms > LAG_MS:
        found.append(f"the client itself was up to {lag_ms:.0f} ms late (p99): look at the rows `from the sending`")
    return found


def _others(meters: Meters, names: list[str], since_s: float, until_s: float) -> float:
    """Cores that went to whoever else was there; noise, where it is not little."""
    ours_s = sum(meters.used(name, since_s, until_s) for name in names)
    return max(meters.used(MACHINE, since_s, until_s) - ours_s, 0.0) / (until_s - since_s)


def _transactions(meters: Meters, since_s: float, until_s: float, payments: int) -> float | None:
    if not any(TRANSACTIONS in reading.values for reading in meters.readings):
        return None
    return round(meters.used(TRANSACTIONS, since_s, until_s) / max(payments, 1), 2)


def _slot_s(plan: Plan) -> float:
    """A second, or what leaves some hundred slots of a long run."""
    return max(1.0, round(plan.total_s / 120))


def _cpu_course(meters: Meters, names: list[str], since_s: float, until_s: float, slot_s: float) -> list[CpuSlot]:
    slots = []
    for place in range(int((until_s - since_s) / slot_s)):
        begin_s, end_s = since_s + place * slot_s, since_s + (place + 1) * slot_s
        cores = {PARTS[name]: round(meters.used(name, begin_s, end_s) / slot_s, 3) for name in names}
        cores["others"] = round(_others(meters, names, begin_s, end_s), 3)
        slots.append(CpuSlot(at_s=place * slot_s, cores=cores))
    return slots


def as_text(report: Report) -> str:
    """For the terminal."""
    lines = [
        "",
        f"{report.plan.pattern}, seed {report.plan.seed}: offered {report.offered_per_s:.1f} payments/s, achieved "
        f"{report.achieved_per_s:.1f}/s, {report.payments} payments in {report.plan.seconds:.0f} s",
        "",
        "milliseconds from the scheduled start:",
        table(report.steps, report.transactions if report.counted else None),
        *ratios_text(report.ratios),
        *(f"TOO MANY: {each}" for each in report.too_many),
        "",
        f"{'CPU':26}{'ms/payment':>12}{'cores':>8}{'waited for a processor, ms/payment':>37}",
        *(_part_line(part) for part in report.parts),
        f"{'others on this machine':26}{'':12}{report.others_cores:>8.2f}",
        "",
    ]
    if report.transactions_per_payment is not None:
        lines.append(f"database transactions for each payment: {report.transactions_per_payment:.2f} (service and worker)")
    lines += [
        f"the last notice was delivered {report.delivered_after_s:.1f} s after the last answer",
        report.client_text,
        *(f"note: {remark}" for remark in report.remarks),
        "",
        *books_lines(report),
    ]
    return "\n".join(lines)


def ratios_text(ratios: Mapping[str, float]) -> list[str]:
    """What one takes beside a merchant QR payment."""
    head = [f"beside {BESIDE}, median from the sending:"] if ratios else []
    return head + [f"  {step:32}{ratio:>7.2f} times" for step, ratio in ratios.items()]


def _part_line(part: Part) -> str:
    return f"{part.name:26}{part.ms_per_payment:>12.2f}{part.cores:>8.2f}{part.waited_ms_per_payment:>37.2f}"


def books_text(books: Verdict) -> list[str]:
    """The comparison of the books, warm-up included."""
    total = _sums(books.approved_minor, books.approved_given_minor)
    booked = _sums(books.booked_minor, books.booked_given_minor)
    lines = [
        f"books: told approved {books.told}, hub approved {books.approved} ({total}), bank booked {books.booked} ({booked})",
        f"       {books.lost} lost, {books.twice} twice, {books.differ} differ, {books.unexplained} unexplained, "
        f"{books.untrue} untrue, {books.unfinished} unfinished, {books.undelivered} notices not delivered",
    ]
    return lines + [f"       {example}" for example in books.examples]


def books_lines(report: Report) -> list[str]:
    """Both comparisons, where both were made."""
    return books_text(report.books) + (orders.text_of(report.orders) if report.orders is not None else [])


def _sums(taken_minor: int, given_minor: int) -> str:
    """From and to customers' accounts."""
    return f"{_major(-taken_minor)} {_major(given_minor)}"


def _major(minor: int) -> str:
    return f"{'-' if minor < 0 else '+'}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def write(report: Report, folder: Path) -> tuple[Path, Path]:
    """report.json and report.html; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_html = folder / "report.json", folder / "report.html"
    as_json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    as_html.write_text(page(report), encoding="utf-8")
    return as_json, as_html


def page(report: Report) -> str:
    """One file of HTML, with everything in it."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters["ms"] = text_of
    drawn = {
        "curve": charts.percentile_curve(report.curve),
        "histogram": charts.latency_histogram(report.histogram),
        "rates": charts.rates(report.course, report.plan),
        "latencies": charts.latencies(report.course, report.plan),
        "cpu": charts.cpu([(slot.at_s, slot.cores) for slot in report.cpu], report.plan),
    }
    return environment.get_template("page.html").render(
        report=report, books_lines=books_lines(report), charts=drawn, ratios_lines=ratios_text(report.ratios)
    )
