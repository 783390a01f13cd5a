"""`make perf`: PostgreSQL, hub, worker and sandbox as processes, transactions counted, a load on a schedule, the books
compared, a report.

Bounded and headless. Everything that was started is ended by its id, also after Ctrl-C. Exit code 0: every answer passed its
checks, the books agree, and no message needs more than two transactions; 1: not so; 2: the rig itself failed; 130: interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

import scenarios
from loadgen.results import Results
from loadgen.schedule import Plan
from rig import books, counting, databases, facts, orders, report
from rig.children import RigError
from rig.meters import Meters
from rig.stage import LoadOptions, Stage
from unionhub.adapters.sql.store import SqlStore
from unionhub.hosts.sandbox.seeds import BANK

HERE = Path(__file__).resolve().parent
SAMPLE_S = 0.5
SETTLE_S = 60.0
CONNECTIONS = 10  # of one host: opening one is a transaction to PostgreSQL

_begun_s = time.monotonic()


def say(text: str) -> None:
    """Progress, with the seconds since the start."""
    print(f"{time.monotonic() - _begun_s:6.1f} s  {text}", flush=True)


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make perf", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rate", type=float, default=30.0, help="customers a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=40.0, help="measured (%(default)s)")
    parser.add_argument("--warmup", type=float, default=10.0, help="seconds before, at the same rate (%(default)s)")
    parser.add_argument("--pattern", choices=["poisson", "constant"], default="poisson", help="of arrivals (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same arrivals (%(default)s)")
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres", help="(%(default)s)")
    parser.add_argument("--cardholders", type=int, default=200, help="cards that pay in turn (%(default)s)")
    parser.add_argument("--mix", type=Path, default=HERE / "mix.toml", help="which scenarios, how often (perf/mix.toml)")
    parser.add_argument("--scenario", default="", help=f"only these of the mix, with commas between; {scenarios.GROUPS_TEXT}")
    parser.add_argument("--in-flight", type=int, default=256, help="customers under way at a time (%(default)s)")
    parser.add_argument(
        "--patience", type=float, default=1.0, help="not sent within so many seconds is a failure (%(default)s)"
    )
    parser.add_argument(
        "--count-each", type=int, default=20, help="of each message, to count transactions; 0 leaves it out (%(default)s)"
    )
    parser.add_argument("--home", type=Path, help="data folder of the hub; default: a new one, gone afterwards")
    parser.add_argument("--out", type=Path, default=Path("var/perf"), help="where report and logs go (%(default)s)")
    return parser.parse_args(arguments)


@contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield given.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="unionhub-perf-home-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What the books held before this run: a home that is used again has a past."""

    payments: frozenset[int]
    refs: frozenset[str]
    orders: frozenset[int] = frozenset()

    @classmethod
    async def of(cls, store: SqlStore, control_url: str) -> Before:
        return cls(
            payments=frozenset(payment.payment_id for payment in await books.all_payments(store)),
            refs=frozenset(booking.ref for booking in await books.bookings_of(control_url, BANK)),
            orders=frozenset(order.order_id for order in await orders.orders_of(store)),
        )


async def look_back(stage: Stage) -> Before:
    """`Before.of` with a store of its own."""
    store = SqlStore(stage.database.url)
    try:
        return await Before.of(store, stage.control_url)
    finally:
        await store.close()


def count_transactions(stage: Stage, load: LoadOptions, each: int) -> tuple[list[counting.Counted], list[books.Told]]:
    """(the transactions of each message, what was paid meanwhile)."""
    if not each:
        return [], []
    say(f"counting transactions: {each} of each message, one after the other, without a worker")
    with databases.counted_from_outside(stage.database) as read_count:
        before = read_count()
        with stage.counting_service() as tells:
            sandbox = counting.open_sandbox(stage.home, stage.hub_url, stage.control_url)
            tally = counting.Tally(stage.hub_url, tells)
            found = tally.count(scenarios.load(load.mix, sandbox, load.only), each)
            own = tally.read()
        if stage.database.pid is not None:
            theirs = read_count() - before  # its sessions have ended: they have told all
            say(f"the hub counted {own} transactions since its start, PostgreSQL {theirs} (connections and checks included)")
            if theirs - own > max(each, CONNECTIONS + 5):
                raise RigError(
                    f"PostgreSQL counted {theirs} transactions, the hub {own}: a message has some that it does not count"
                )
    return found, tally.told


class Driven(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen while the load ran, and until everything was delivered."""

    results: Results
    meters: Meters
    undelivered: int
    settled_s: float  # of the monotonic clock


async def measure(
    stage: Stage,
    plan: Plan,
    load: LoadOptions,
    out: Path,
    before: Before,
    counted: list[counting.Counted],
    told: list[books.Told],
) -> report.Report:
    """Drive the load, read the meters beside it, wait until everything is delivered, compare the books.

    `told` was paid before the load.
    """
    store = SqlStore(stage.database.url)
    counter = await databases.Counter.connect(stage.database)
    try:
        known = facts.facts(HERE) | {"database": await _about(counter)}
        driven = await _drive(stage, plan, load, out, store, counter)
        found, orders_found = await _compare(stage, store, before, driven, told)
        return report.build(
            driven.results,
            driven.meters,
            found,
            facts=known,
            mix=_mix_text(load),
            settled_s=driven.settled_s,
            counted=counted,
            verdict_on_orders=orders_found,
            told=orders.notice_samples(driven.results.samples, stage.heard(), driven.results.times.started_s),
        )
    finally:
        await store.close()
        if counter is not None:
            await counter.close()


async def _drive(
    stage: Stage, plan: Plan, load: LoadOptions, out: Path, store: SqlStore, counter: databases.Counter | None
) -> Driven:
    """The load, until the last notice: the meters are read all the while."""
    file = out / "samples.json"
    file.unlink(missing_ok=True)
    client = stage.load(plan, load, file)
    meters = Meters(stage.pids)
    reading = asyncio.create_task(_read_on(meters, counter))
    try:
        while client.exit_code is None:
            stage.check("client")
            if reading.done():
                reading.result()
            await asyncio.sleep(0.1)
        if not file.exists():
            client.check()
        say("the load has ended; waiting for notices and unfinished payments")
        undelivered = await books.settle(store, timeout_s=SETTLE_S)
        settled_s = time.monotonic()
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    meters.read()
    results = msgspec.json.decode(file.read_bytes(), type=Results)
    return Driven(results=results, meters=meters, undelivered=undelivered, settled_s=settled_s)


async def _compare(
    stage: Stage, store: SqlStore, before: Before, driven: Driven, told: list[books.Told]
) -> tuple[books.Verdict, orders.OrderVerdict]:
    """What was told, what the hub recorded and what the bank booked: of this run only."""
    told = told + [books.Told(s.sender, s.msg_id, s.minor) for s in driven.results.samples if s.minor and not s.failure]
    ever = await books.all_payments(store)
    payments = [each for each in ever if each.payment_id not in before.payments]
    booked = [each for each in await books.bookings_of(stage.control_url, BANK) if each.ref not in before.refs]
    told, confirmed = orders.of_orders(told)
    verdict = books.compare(told, [each for each in payments if not each.does.downstream], booked, driven.undelivered)
    off, used = await orders.budgets_of(store, ever)
    new = [order for order in await orders.orders_of(store) if order.order_id not in before.orders]
    hub = orders.Hub(orders=new, payments=payments, off=off, used=used)
    return verdict, orders.compare(confirmed, hub, stage.heard())


def _mix_text(load: LoadOptions) -> str:
    mix = load.mix.read_text(encoding="utf-8")
    return f"# only: {load.only}\n{mix}" if load.only else mix


async def _read_on(meters: Meters, counter: databases.Counter | None) -> None:
    while True:
        meters.read(**({} if counter is None else {report.TRANSACTIONS: await counter.read()}))
        await asyncio.sleep(SAMPLE_S)


async def _about(counter: databases.Counter | None) -> str:
    if counter is None:
        return "SQLite, WAL, synchronous=FULL"
    settings = await counter.facts()
    return "PostgreSQL " + ", ".join(f"{value}" if "version" in name else f"{name}={value}" for name, value in settings.items())


def run(chosen: argparse.Namespace) -> int:
    """A whole run; returns the exit code."""
    scenarios.chosen(chosen.scenario)  # a wrong name is told now, not in the middle
    plan = Plan(
        rate_per_s=chosen.rate,
        seconds=chosen.seconds,
        warmup_s=chosen.warmup,
        pattern=chosen.pattern,
        seed=chosen.seed,
    )
    load = LoadOptions(mix=chosen.mix, in_flight=chosen.in_flight, patience_s=chosen.patience, only=chosen.scenario)
    out = chosen.out.resolve()
    with ExitStack() as stack:
        try:
            home = stack.enter_context(_home(chosen.home))
            say(f"starting {chosen.database}")
            database = stack.enter_context(databases.opened(chosen.database, home))
            stage = stack.enter_context(Stage(home, database, out / "log", say))
            stage.open_sandbox(chosen.cardholders)
            before = asyncio.run(look_back(stage))
            counted, told = count_transactions(stage, load, chosen.count_each)
            stage.open_hub()
            say(f"ready; signing ahead, then {plan.warmup_s:.0f} s warm-up and {plan.seconds:.0f} s measured")
            made = asyncio.run(measure(stage, plan, load, out, before, counted, told))
        finally:
            _no_more_interrupts()  # an impatient second Ctrl-C must not leave processes behind
            say("ending everything that was started")
    print(report.as_text(made))
    for path in report.write(made, out):
        print(f"wrote {path}")
    return 0 if made.is_good else 1


def _no_more_interrupts() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """`run` with its exit codes."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return run(options())
    except KeyboardInterrupt:
        print("interrupted; everything that was started has been ended", file=sys.stderr)
        return 130
    except (RigError, scenarios.MixError, ValueError) as error:
        print(f"perf: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
