"""`make simulate SEEDS=n`: many seeds on both cores. `make simulate SEED=n`: one, with every message that passed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from simulation.run import Outcome, simulate


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
    outcome = simulate(seed)
    print("\n".join(outcome.trace))
    print(f"\nseed {seed}: {outcome.payments} payments {outcome.states}, faults {outcome.injected}")
    return _judge([outcome])


def _storm(seeds: range) -> int:
    started_s = time.monotonic()
    injected: Counter[str] = Counter()
    states: Counter[str] = Counter()
    payments = 0
    failed: list[Outcome] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(simulate, seeds, chunksize=5):
            injected.update(outcome.injected)
            states.update(outcome.states)
            payments += outcome.payments
            if outcome.findings:
                failed.append(outcome)
    print(f"{len(seeds)} seeds, {payments} payments in {time.monotonic() - started_s:.0f} s")
    print("\n".join(f"  {count:6} {what}" for what, count in sorted(states.items())))
    print(f"faults injected: {dict(injected.most_common())}")
    return _judge(failed)


def _judge(outcomes: list[Outcome]) -> int:
    bad = [outcome for outcome in outcomes if outcome.findings]
    for outcome in bad:
        for finding in outcome.findings:
            print(f"seed {outcome.seed}: {finding.invariant}: {finding.evidence}")
        print(f"  replay: make simulate SEED={outcome.seed}")
    print("all invariants hold" if not bad else f"{len(bad)} seed(s) broke an invariant")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
