"""`make pressure`: does a bank that hangs take down other issuers' payments, and does overload answer quickly?

PostgreSQL, hub, worker and a sandbox with two issuers as processes, as in `make perf`; half of the payments are each one's.
Stretches: both healthy; one bank takes every message and says nothing; healed; its address takes connections and says nothing;
healed; so in turn, several rounds; then more than the hub can do, and as at first. Side by side: what the other issuer's payers
waited, what the hanging one's got and when, the hub's memory. Then the books of both banks.

Bounded, and it ends by itself. Exit code 0: the other issuer's p99 stayed within twice its usual, as the rounds' median says;
refusals came at once, memory stayed, every payment ended, the books agree. 1: not so. 2: the rig itself failed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import psutil
from run import SAMPLE_S, say

from loadgen.figures import Sample, percentile
from loadgen.results import Results
from loadgen.schedule import Plan
from rig import books, databases
from rig.children import RigError
from rig.stage import LOOPBACK, LoadOptions, Stage
from rig.two_banks import ISSUERS
from unionhub.adapters.sql.store import SqlStore

HERE: Final = Path(__file__).resolve().parent
HANGS, OTHER = ISSUERS
WITHIN: Final = 2.0  # the other issuer's p99, against its usual
REFUSED_WITHIN_S: Final = 1.0
MEMORY_MIB: Final = 96.0  # more than before, at most
HEALING_S: Final = 17.0  # the time-out of what was sent last, then the breaker's time, and one that tries
SETTLE_S: Final = 120.0
SAYS_NOTHING: Final = "one bank says nothing"
MUTE_ADDRESS: Final = "its address says nothing"
MESSAGES: Final = ("DEBIT_TRANSACTION", "TRX_RESULT_INQUIRY", "REVERSAL")
REFUSED: Final = frozenset({"http_503", "code_96"})

SETTINGS: Final = {
    "UNIONHUB_INQUIRE_AFTER_S": "1,2,4",
    "UNIONHUB_REVERSE_AFTER_S": "8",
    "UNIONHUB_REVERSAL_FIRST_WAIT_S": "1",
    "UNIONHUB_REVERSAL_WAIT_MAX_S": "5",
    "UNIONHUB_LOG_LEVEL": "warning",
}
"""What comes after an unknown outcome is quicker than by default, so that the run ends; bounds are the defaults."""


class Stretch(msgspec.Struct, kw_only=True):
    """One load, and what was seen of it."""

    name: str
    samples: list[Sample]
    seconds: float
    rss_mib: dict[str, tuple[float, float]]  # part -> before, highest
    notices_ms: dict[str, list[float]] = {}  # issuer -> from the outcome until its notice was delivered

    def of(self, issuer: str) -> list[Sample]:
        return [sample for sample in self.samples if sample.step.endswith(issuer)]

    def waits_ms(self, issuer: str) -> list[float]:
        """From the scheduled start, whatever was answered, in order."""
        return sorted((sample.done_s - sample.due_s) * 1000 for sample in self.of(issuer))


def p99_ms(samples: Sequence[Sample]) -> float:
    """Infinite where more than 1 in 100 got no right answer."""
    return percentile(sorted(sample.latency_s for sample in samples), 0.99) * 1000


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="make pressure", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rate", type=float, default=16.0, help="payments a second, both issuers together (%(default)s)")
    parser.add_argument("--seconds", type=float, default=15.0, help="each stretch: more than a time-out of 10 s (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of each silence and the usual beside it (%(default)s)")
    parser.add_argument("--overload-rate", type=float, default=250.0, help="more than the hub can do (%(default)s); 0: none")
    parser.add_argument("--overload-seconds", type=float, default=20.0, help="(%(default)s)")
    parser.add_argument("--cardholders", type=int, default=100, help="of each issuer (%(default)s)")
    parser.add_argument("--only", choices=["hang", "overload"], help="one of the two measurements")
    parser.add_argument("--out", type=Path, default=Path("var/pressure"), help="where samples and logs go (%(default)s)")
    return parser.parse_args(arguments)


class Rig:
    """The house, and one load after the other."""

    def __init__(self, stage: Stage, out: Path) -> None:
        self.stage = stage
        self.out = out
        self.stretches: list[Stretch] = []

    def play(self, name: str, rate_per_s: float, seconds: float, *, in_flight: int = 400) -> Stretch:
        """Drive a load to its end. Raises RigError if a part of the house ends meanwhile."""
        say(f"{name}: {rate_per_s:g} payments/s for {seconds:g} s")
        plan = Plan(rate_per_s=rate_per_s, seconds=seconds, warmup_s=2.0, seed=len(self.stretches) + 1)
        file = self.out / f"samples-{len(self.stretches) + 1}.json"
        file.unlink(missing_ok=True)
        before = {part: _rss_mib(self.stage.pids[part]) for part in ("service", "worker")}
        highest = dict(before)
        since_us = time.time_ns() // 1000
        load = LoadOptions(mix=HERE / "pressure.toml", in_flight=in_flight, patience_s=1.0)
        client = self.stage.load(plan, load, file)
        while client.exit_code is None:
            self.stage.check("client")
            for part in highest:
                highest[part] = max(highest[part], _rss_mib(self.stage.pids[part]))
            time.sleep(SAMPLE_S)
        if not file.exists():
            client.check()
        results = msgspec.json.decode(file.read_bytes(), type=Results)
        stretch = Stretch(
            name=name,
            samples=results.samples,
            seconds=plan.seconds,
            rss_mib={part: (before[part], highest[part]) for part in before},
            notices_ms=asyncio.run(_notices_ms(self.stage.database.url, since_us)),
        )
        self.stretches.append(stretch)
        return stretch

    @contextmanager
    def silent_bank(self) -> Iterator[None]:
        """Inside the block, the hanging bank hears everything and says nothing."""
        self._silence(1_000_000)
        try:
            yield
        finally:
            self._silence(0)

    def _silence(self, times: int) -> None:
        for message in MESSAGES:
            order = {"party": HANGS, "message": message, "fault": "no_answer", "times": times}
            request = urllib.request.Request(  # noqa: S310 - our own, loopback
                f"{self.stage.control_url}/sandbox/faults", json.dumps(order).encode(), method="POST"
            )
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                answer.read()

    @contextmanager
    def silent_address(self) -> Iterator[None]:
        """Inside the block, the hanging bank's address takes connections, and nobody ever speaks."""
        with _mute_listener() as address:
            before = asyncio.run(self._move(HANGS, f"http://{address}"))
            time.sleep(1.5)  # hosts look once a second
            try:
                yield
            finally:
                asyncio.run(self._move(HANGS, before))
                time.sleep(1.5)

    async def _move(self, app_id: str, base_url: str) -> str:
        store = SqlStore(self.stage.database.url)
        try:
            async with store.begin() as unit:
                party = next(party for party in await unit.parties() if party.app_id == app_id)
                await unit.put_party(msgspec.structs.replace(party, base_url=base_url))
                await unit.commit()
        finally:
            await store.close()
        return party.base_url

    async def verdict(self) -> books.Verdict:
        """Wait until everything has ended, then compare with both banks' books."""
        store = SqlStore(self.stage.database.url)
        try:
            undelivered = await books.settle(store, timeout_s=SETTLE_S)
            booked = [each for issuer in ISSUERS for each in await books.bookings_of(self.stage.control_url, issuer)]
            samples = [sample for stretch in self.stretches for sample in stretch.samples]
            told = [books.Told(s.sender, s.msg_id, s.minor) for s in samples if s.minor and not s.failure]
            return books.compare(told, await books.all_payments(store), booked, undelivered)
        finally:
            await store.close()


@contextmanager
def _mute_listener() -> Iterator[str]:
    held: list[socket.socket] = []
    with socket.create_server((LOOPBACK, 0), backlog=512) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.append(listener.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        yield f"{LOOPBACK}:{listener.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


def _rss_mib(pid: int) -> float:
    process = psutil.Process(pid)
    return float(sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))) / 2**20


async def _notices_ms(url: str, since_us: int) -> dict[str, list[float]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT p.issuer, min(a.at) - n.created_at FROM notices n JOIN attempts a USING (notice_id)"
            " JOIN payments p USING (payment_id) WHERE n.created_at >= $1 AND p.state = 'APPROVED'"
            " GROUP BY n.notice_id, p.issuer, n.created_at",
            since_us,
        )
    finally:
        await connection.close()
    found: dict[str, list[float]] = {issuer: [] for issuer in ISSUERS}
    for issuer, took_us in rows:
        found[issuer].append(took_us / 1000)
    return {issuer: sorted(values) for issuer, values in found.items()}


# --- what was seen


def _three(values_ms: Sequence[float]) -> str:
    ordered = sorted(values_ms)
    if not ordered:
        return f"{'-':>9}{'-':>9}{'-':>9}"
    return "".join(f"{percentile(ordered, share):9.0f}" for share in (0.5, 0.95, 0.99))


def table(stretches: Sequence[Stretch]) -> str:
    """Side by side; milliseconds."""
    lines = [
        f"{'':30}{'payments':>9}{'right':>8}{'p50':>9}{'p95':>9}{'p99':>9}   notices p99   service, worker: MiB before, top"
    ]
    for stretch in stretches:
        for issuer, whose in ((OTHER, "the other issuer"), (HANGS, "the one that hangs")):
            samples = stretch.of(issuer)
            right = sum(not sample.failure for sample in samples)
            told = stretch.notices_ms.get(issuer) or []
            notices = f"{percentile(told, 0.99):9.0f}" if told else f"{'-':>9}"
            memory = ", ".join(f"{was:.0f} {top:.0f}" for was, top in stretch.rss_mib.values()) if issuer == OTHER else ""
            head = f"{stretch.name}" if issuer == OTHER else ""
            lines.append(head) if head else None
            lines.append(f"  {whose:28}{len(samples):>9}{right:>8}{_three(stretch.waits_ms(issuer))}{notices:>14}   {memory}")
            for answer, count in Counter(sample.failure for sample in samples if sample.failure).most_common():
                took = [(s.done_s - (s.sent_s or s.due_s)) * 1000 for s in samples if s.failure == answer]
                lines.append(f"    {answer:26}{count:>9}{'':8}{_three(took)}")
    return "\n".join(lines)


def growth_mib(stretches: Sequence[Stretch]) -> float:
    """The most that a part grew beyond what it had when the first stretch had ended."""
    base = {part: top for part, (_, top) in stretches[0].rss_mib.items()}
    return max(stretch.rss_mib[part][1] - base[part] for stretch in stretches for part in base)


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A silence, and the usual that was measured right before and right after it: a machine has its hours."""

    what: str
    before: Stretch
    silent: Stretch
    after: Stretch

    @property
    def ratio(self) -> float:
        """The other issuer's p99 against its usual; not a number where the usual itself was not right."""
        usual_ms = p99_ms([*self.before.of(OTHER), *self.after.of(OTHER)])
        return p99_ms(self.silent.of(OTHER)) / usual_ms if math.isfinite(usual_ms) else math.nan

    @property
    def noise(self) -> float:
        """The same of the usual afterwards against the usual before: what the machine does by itself."""
        before_ms = p99_ms(self.before.of(OTHER))
        return p99_ms(self.after.of(OTHER)) / before_ms if math.isfinite(before_ms) else math.nan

    @property
    def refused_after(self) -> float:
        """The share of the healed bank's payments that got no right answer."""
        healed = self.after.of(HANGS)
        return sum(bool(sample.failure) for sample in healed) / max(len(healed), 1)


def typical(values: Iterable[float]) -> float:
    """Their median, of those that are numbers; not a number where fewer than half are. What somebody else does to this machine
    spoils a round or two; a hub that lets one bank take the others' places is slow in every one."""
    every = list(values)
    numbers = [value for value in every if not math.isnan(value)]
    return statistics.median_high(numbers) if 2 * len(numbers) > len(every) else math.nan


def judged(rounds: Sequence[Beside]) -> list[str]:
    """What is wrong; says what was seen."""
    wrong = []
    for what in dict.fromkeys(each.what for each in rounds):
        of_it = [each for each in rounds if each.what == what]
        ratio, each_ratio = typical(each.ratio for each in of_it), ", ".join(f"{each.ratio:.2f}" for each in of_it)
        together = p99_ms([sample for each in of_it for sample in each.silent.of(OTHER)])
        usual = p99_ms([sample for each in of_it for stretch in (each.before, each.after) for sample in stretch.of(OTHER)])
        say(f"{what}: the other issuer's p99 is {ratio:.2f} times its usual (rounds: {each_ratio}; all samples: {together:.0f}")
        say(f"    and {usual:.0f} ms; the usual after against the usual before: {typical(each.noise for each in of_it):.2f})")
        if math.isnan(ratio):
            wrong.append(f"{what}: the usual itself was not answered as it should be: lower --rate")
        elif ratio > WITHIN:
            wrong.append(f"{what}: the other's p99 is {ratio:.2f} times its usual")
    if refused := typical(each.refused_after for each in rounds):
        wrong.append(f"healed, {refused:.0%} of its payments are refused")
    return wrong


def hang(rig: Rig, rate: float, seconds: float, rounds: int) -> list[str]:
    """The first measurement; returns what is wrong. Silences and the usual take turns; each silence begins with the breaker
    closed, so that its time-outs are in it."""
    found = []
    usual = rig.play("both healthy", rate, seconds)
    for number in range(1, rounds + 1):
        for what in (SAYS_NOTHING, MUTE_ADDRESS):
            with rig.silent_address() if what == MUTE_ADDRESS else rig.silent_bank():
                silent = rig.play(f"{what} ({number})", rate, seconds)
            time.sleep(HEALING_S)
            healed = rig.play(f"healed ({number})", rate, seconds)
            found.append(Beside(what=what, before=usual, silent=silent, after=healed))
            usual = healed
    return judged(found)


def overload(rig: Rig, rate: float, seconds: float, usual_rate: float) -> list[str]:
    """The second measurement."""
    before = rig.play("before the overload", usual_rate, seconds)
    much = rig.play("more than it can do", rate, seconds, in_flight=2000)
    after = rig.play("after the overload", usual_rate, seconds)
    refused = [sample for sample in much.samples if sample.failure in REFUSED]
    good = [sample for sample in much.samples if not sample.failure]
    wrong = []
    if not refused:
        wrong.append("nothing was refused: raise --overload-rate")
    else:
        took_s = percentile(sorted(s.done_s - (s.sent_s or s.due_s) for s in refused), 0.99)
        done_per_s, due_per_s = len(good) / seconds, len(much.samples) / seconds
        say(f"{done_per_s / due_per_s:.0%} of the payments were done, {len(refused) / len(much.samples):.0%} refused")
        if took_s > REFUSED_WITHIN_S:
            wrong.append(f"refusals took {took_s:.2f} s (p99)")
    slow = [sample.failure for sample in much.samples if sample.failure and sample.failure not in REFUSED]
    if len(slow) > len(much.samples) / 100:
        wrong.append(f"of the others, not answered as they should: {dict(Counter(slow))}")
    if late := [sample.failure for sample in after.samples if sample.failure]:
        wrong.append(f"it did not recover: {dict(Counter(late))}")
    say(f"p99 afterwards against before: {p99_ms(after.of(OTHER)) / p99_ms(before.of(OTHER)):.2f}")
    return wrong


def run(chosen: argparse.Namespace) -> int:
    """A whole run; returns the exit code."""
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="unionhub-pressure-home-"))
    wrong: list[str] = []
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        say("starting PostgreSQL")
        database = stack.enter_context(databases.opened("postgres", home))
        stage = stack.enter_context(Stage(home, database, out / "log", say, SETTINGS))
        stage.open_sandbox(chosen.cardholders, "rig.two_banks")
        stage.open_hub()
        rig = Rig(stage, out)
        rig.play("warm-up", chosen.rate, 8.0)
        if chosen.only != "overload":
            wrong += hang(rig, chosen.rate, chosen.seconds, chosen.rounds)
        if chosen.only != "hang" and chosen.overload_rate:
            wrong += overload(rig, chosen.overload_rate, chosen.overload_seconds, chosen.rate)
        say("waiting until every payment has ended")
        verdict = asyncio.run(rig.verdict())
        if not verdict.is_right:
            wrong.append(f"the books: {verdict}")
        if (grown := growth_mib(rig.stretches)) > MEMORY_MIB:
            wrong.append(f"memory grew by {grown:.0f} MiB")
        print(table(rig.stretches))
        print(
            f"books: {verdict.told} told approved, {verdict.approved} approved, {verdict.booked} booked, "
            f"{verdict.unfinished} unfinished; memory grew by {grown:.0f} MiB at most"
        )
    for line in wrong:
        print(f"NOT RIGHT: {line}")
    return 1 if wrong else 0


def main() -> int:
    """`run` with its exit codes."""
    try:
        return run(options())
    except KeyboardInterrupt:
        print("interrupted; everything that was started has been ended", file=sys.stderr)
        return 130
    except (RigError, ValueError) as error:
        print(f"pressure: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
