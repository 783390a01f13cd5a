"""`make simulate SEEDS=n`: many seeds on all cores. `make simulate SEED=n`: one, with every message that passed."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Final

import msgspec

from simulation.run import Outcome, simulate

_TELL_EVERY_S: Final = 30.0
_EVIDENCE_SHOWN: Final = 5
_INTERRUPTED: Final = 130


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a process tells of one seed: counts, and what was wrong."""

    seed: int
    messages: int
    payments: int
    states: dict[str, int]
    injected: dict[str, int]
    wrong: list[str]


class Tally:
    """What has been run so far."""

    def __init__(self) -> None:
        self.seeds = 0
        self.messages = 0
        self.payments = 0
        self.states: Counter[str] = Counter()
        self.injected: Counter[str] = Counter()
        self.failed: list[int] = []
        self._since_s = time.monotonic()

    def add(self, ran: Ran) -> None:
        self.seeds += 1
        self.messages += ran.messages
        self.payments += ran.payments
        self.states.update(ran.states)
        self.injected.update(ran.injected)
        if ran.wrong:
            self.failed.append(ran.seed)

    @property
    def line(self) -> str:
        counts = f"{self.seeds} seeds, {self.messages} messages, {self.payments} payments, {self.injected.total()} faults"
        return f"{counts}, {len(self.failed)} failed in {time.monotonic() - self._since_s:.0f} s"

    def tell(self) -> None:
        print(self.line)
        print(_table("what became of them", self.states))
        print(_table("faults injected", self.injected))
        broke = f"{len(self.failed)} seed(s) broke an invariant, replay with make simulate SEED=...: {self.failed[:20]}"
        print(broke if self.failed else "all invariants hold")


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, help="replay this one and print its trace")
    options = parser.parse_args()
    if options.seed is not None:
        return _replay(options.seed)
    return _storm(range(options.first, options.first + options.seeds))


def _replay(seed: int) -> int:
    outcome, tally = simulate(seed), Tally()
    print("\n".join(outcome.trace))
    for diagram in outcome.diagrams:
        print(f"\n{diagram}")
    print()
    ran = _ran(outcome)
    _show(ran)
    tally.add(ran)
    tally.tell()
    return 1 if tally.failed else 0


def _storm(seeds: range) -> int:
    """A failing seed is shown when it fails; Ctrl-C shows what there is."""
    tally, told_s, interrupted = Tally(), time.monotonic(), False
    with ProcessPoolExecutor(os.cpu_count(), initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)) as pool:
        running = [pool.submit(_run, seed) for seed in seeds]
        try:
            for done in as_completed(running):
                tally.add(ran := done.result())
                _show(ran)
                if time.monotonic() - told_s > _TELL_EVERY_S:
                    told_s = time.monotonic()
                    print(f"  {tally.line}", flush=True)
        except KeyboardInterrupt:
            interrupted = True
            pool.shutdown(cancel_futures=True)
            print(f"\ninterrupted after {tally.seeds} of {len(seeds)} seeds")
    tally.tell()
    return _INTERRUPTED if interrupted else 1 if tally.failed else 0


def _run(seed: int) -> Ran:
    return _ran(simulate(seed))


def _ran(outcome: Outcome) -> Ran:
    return Ran(
        seed=outcome.seed,
        messages=len(outcome.trace),
        payments=outcome.payments,
        states=outcome.states,
        injected=outcome.injected,
        wrong=[f"{finding.invariant}: {finding.evidence}" for finding in outcome.findings],
    )


def _show(ran: Ran) -> None:
    """What was wrong, and how to see it again."""
    for line in ran.wrong[:_EVIDENCE_SHOWN]:
        print(f"seed {ran.seed}: {line}")
    if len(ran.wrong) > _EVIDENCE_SHOWN:
        print(f"seed {ran.seed}: and {len(ran.wrong) - _EVIDENCE_SHOWN} more")
    if ran.wrong:
        print(f"  replay, with its sequence diagram: make simulate SEED={ran.seed}", flush=True)


def _table(title: str, counts: Counter[str]) -> str:
    return "\n".join((f"{title}:", *(f"  {count:8} {what}" for what, count in sorted(counts.items()))))


if __name__ == "__main__":
    sys.exit(main())
