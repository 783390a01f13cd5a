"""Nothing lost, nothing twice, over seeded storms; and the simulation itself: the same seed is the same run."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from simulation.network import OUTAGES, QUIET
from simulation.run import simulate
from simulation.services import MOODS
from unionhub.domain.model.transactions import KINDS as KINDS_OF_MONEY

TESTS = Path(__file__).parents[1]
SEEDS = 102
TOGETHER = 34  # in one test; enough for every fault and every kind of money to come about
KINDS = set(KINDS_OF_MONEY) | {"OPEN_ACCOUNT", "CARD_ENROLLMENT"}
ORDERS = ("order PAID", "order CLOSED", "PAY DECLINED", "PAY REVERSED", "PAYMENT_RESULT REVERSED", "login ADMITTED")
FAULTS = (
    *QUIET.__struct_fields__,
    *(f"bank_{outage}" for outage in OUTAGES),
    *(f"partner_{mood}" for mood in MOODS),
    "grant_suspended",
    "grant_revoked",
    "party_suspended",
)
COINCIDENCES = (
    "PAY after an inquiry's 25",
    "PAY without a grant",
    "login without a grant",
    "REVERSAL of a PAY put off",
    "code paid beside its PAY",
    "result of a PAY that was taken back",
    "enrolment ended by wrong passwords",
    "keys exchanged",
    "notice queued again by an operator",
    "numbers used up",
    "password too late",
    "password used twice",
    "password wrong",
)
"""Without which some broken rule would be noticed by nobody (broken.py)."""


@pytest.mark.parametrize("first", range(0, SEEDS, TOGETHER))
def test_after_the_storm_everything_has_ended_and_the_books_agree(first: int) -> None:
    injected: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for seed in range(first, first + TOGETHER):
        outcome = simulate(seed)
        assert not outcome.findings, f"seed {seed}: {outcome.findings}; replay: make simulate SEED={seed}"
        assert outcome.payments > 10
        injected.update(outcome.injected)
        seen.update(outcome.states)
        seen.update(outcome.seen)
    # A storm that blows nowhere would prove nothing, nor one that nobody is out in.
    for fault in FAULTS:
        assert injected[fault], f"no {fault} in {TOGETHER} seeds"
    succeeded = {what.split()[0] for what in seen if what.endswith(("APPROVED", "ISSUED"))}
    assert succeeded == KINDS
    for what in (*ORDERS, *COINCIDENCES):
        assert seen[what], f"no {what} in {TOGETHER} seeds"


@pytest.mark.parametrize("seed", [7, 8], ids=["in memory", "on SQLite"])
def test_the_same_seed_is_the_same_run_in_another_process_too(seed: int) -> None:
    here = simulate(seed).trace
    assert simulate(seed).trace == here
    script = f"from simulation.run import simulate; print('\\n'.join(simulate({seed}).trace))"
    there = subprocess.run(
        [sys.executable, "-c", script], cwd=TESTS, env={"PYTHONPATH": str(TESTS), "PYTHONHASHSEED": "12345"},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert there.splitlines() == here
