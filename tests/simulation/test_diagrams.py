"""Of a run that went wrong, the transactions that its findings name are drawn, with every message about them."""

from __future__ import annotations

import re

import pytest

from simulation.__main__ import _ran, _replay
from simulation.broken import RULE_NAMED, broken
from simulation.diagrams import Passed, sequence
from simulation.run import Outcome, simulate

BROKEN = "settled without compare-and-set"
MOST = 12


@pytest.fixture(scope="module")
def wrong() -> Outcome:
    """A run of a hub with a rule broken on purpose, which somebody noticed."""
    with broken(RULE_NAMED[BROKEN]):
        for seed in range(MOST):
            outcome = simulate(seed)
            if outcome.findings:
                return outcome
    raise AssertionError(f"nobody noticed in {MOST} seeds")


def test_the_transactions_that_findings_name_are_drawn(wrong: Outcome) -> None:
    assert wrong.diagrams
    titles = {diagram.splitlines()[0] for diagram in wrong.diagrams}
    assert len(titles) == len(wrong.diagrams)
    named = re.findall(r"(?:payment|order) \d+", "\n".join(finding.evidence for finding in wrong.findings))
    drawn = "\n".join(wrong.diagrams)
    assert any(re.search(rf"^(?:--- )?{name}\b", drawn, re.MULTILINE) for name in named)
    for diagram in wrong.diagrams:
        assert "──▶" in diagram
        assert "◀──" in diagram


def test_every_message_of_a_diagram_passed(wrong: Outcome) -> None:
    lines = [line for diagram in wrong.diagrams for line in diagram.splitlines() if re.match(r"  \d\d:\d\d:\d\d\.", line)]
    passed = {Passed.read(line).msg_id for line in wrong.trace}
    assert lines
    for line in lines:
        words = line.removesuffix("  (no answer came)").split()
        assert words[-1] in passed


def test_a_replay_shows_trace_diagram_and_how_to_see_it_again(wrong: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    with broken(RULE_NAMED[BROKEN]):
        assert _replay(wrong.seed) == 1
    said = capsys.readouterr().out
    for text in (*wrong.trace, *wrong.diagrams, *_ran(wrong).wrong[:5], f"make simulate SEED={wrong.seed}"):
        assert text in said


def test_requests_and_answers_are_matched_and_what_never_came_is_said() -> None:
    trace = [
        "    1.000000 99010344 host1 MPQRC_PAYMENT_EMV A1 req",
        "    1.250000 host1 99100344 DEBIT_TRANSACTION B1 req",
        "    2.000000 99010344 host2 MPQRC_PAYMENT_EMV A1 req",
        "    2.500000 host2 99010344 MPQRC_PAYMENT_EMV A1 04",
        "    3.000000 browser host1 cashier view U1 req",
    ]
    lines = list(sequence([Passed.read(line) for line in trace]))
    assert [("no answer came" in line) for line in lines] == [True, True, False, False, True]
    assert "500.0 ms" in lines[3]
    assert " 04 " in lines[3]
    assert "cashier view" in lines[4]
