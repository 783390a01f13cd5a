"""The table of broken rules is about the hub as it is now, and some of it is noticed at once."""

from __future__ import annotations

import pytest

from simulation.broken import RULE_NAMED, RULES, Rewording, Rule, Stale, broken, notices
from unionhub.domain.flows.downstream import declined_code

IN_MEMORY, ON_SQLITE = (0, 1, 3), (2, 5, 8)
"""Seeds, by the store that they run on."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_can_still_be_broken(rule: Rule) -> None:
    with broken(rule):
        pass


def test_no_two_rules_have_one_name() -> None:
    assert len(RULE_NAMED) == len(RULES)


@pytest.mark.parametrize(
    ("rule_name", "seeds"),
    [
        ("settled without compare-and-set", IN_MEMORY),
        ("settled without compare-and-set", ON_SQLITE),
        ("a form that pays twice", IN_MEMORY),
    ],
)
def test_storms_soon_notice_that_a_rule_is_broken(rule_name: str, seeds: tuple[int, ...]) -> None:
    found = (notices(rule_name, seed) for seed in seeds)
    assert any(invariant and evidence for invariant, evidence in found), f"nobody notices: {rule_name}"


WHERE = "domain.flows.downstream:declined_code"


@pytest.mark.parametrize(
    ("where", "before"),
    [
        (WHERE, "a phrase that nobody wrote"),
        (WHERE, "code"),  # there more than once
        ("domain.flows.downstream:gone", "code"),
        ("domain.flows.downstream:DownstreamDesk.gone", "code"),
        ("domain.flows.downstream:_REVERSED", "91"),
    ],
    ids=["unknown phrase", "ambiguous phrase", "unknown function", "unknown method", "no function"],
)
def test_a_patch_that_no_longer_applies_is_an_error(where: str, before: str) -> None:
    stale = Rule(name="", words="", section="", broken_by=(Rewording(where=where, phrases=((before, "other"),)),))
    with pytest.raises(Stale), broken(stale):
        raise AssertionError("it was broken all the same")


def test_a_broken_function_is_broken_for_whoever_holds_it_and_only_meanwhile() -> None:
    reads = Rewording(where=WHERE, phrases=(('else "71"', 'else "72"'),))
    assert declined_code("nonsense") == "71"
    with broken(Rule(name="", words="", section="", broken_by=(reads,))):
        assert declined_code("nonsense") == "72"
    assert declined_code("nonsense") == "71"
