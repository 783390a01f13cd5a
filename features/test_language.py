"""The language of the features: every step is said by exactly one definition, and no definition or phrase is idle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import steps.bank
import steps.card_info
import steps.card_life
import steps.cardholders
import steps.cashier
import steps.consumer_qr
import steps.issuing
import steps.launch
import steps.login
import steps.marketing
import steps.meeting
import steps.orders
import steps.outcomes
import steps.payments
import steps.presets
import steps.results
import steps.shops
import steps.times
import steps.transfers
import steps.undo
import steps.url_mode  # noqa: F401 - importing them is what registers their steps
from charts import CHARTS, Chart
from pytest_bdd.feature import get_features
from pytest_bdd.parser import Feature, Scenario, Step
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry
from rows import Row, read_table
from words import Phrase

FOLDER = Path(__file__).parent
THE_TABLE = "the messages were"


@cache
def features() -> tuple[Feature, ...]:
    return tuple(get_features([str(FOLDER)]))


def scenarios(feature: Feature) -> Iterator[Scenario]:
    """Each scenario as it runs: an outline once for each of its examples."""
    for template in feature.scenarios.values():
        contexts = [context for examples in template.examples for context in examples.as_contexts()]
        for context in contexts or [{}]:
            yield template.render(context)


def said_steps() -> Iterator[Step]:
    return (step for feature in features() for scenario in scenarios(feature) for step in scenario.steps)


def definitions() -> list[StepFunctionContext]:
    return [each for each in step_function_context_registry.values() if each.step_func.__module__.startswith("steps.")]


def said_by(step: Step) -> list[StepFunctionContext]:
    return [each for each in definitions() if each.type == step.type and each.parser.is_matching(step.name)]


def test_there_are_features_and_steps() -> None:
    assert features()
    assert len(definitions()) > 30


def test_no_two_scenarios_of_a_feature_have_the_same_name() -> None:
    """pytest-bdd would drop the earlier one without a word."""
    for path in FOLDER.rglob("*.feature"):
        titles = re.findall(r"^ *Scenario(?: Outline)?: (.+)$", path.read_text(), re.MULTILINE)
        assert sorted(set(titles)) == sorted(titles), path.name


def test_every_step_is_said_by_exactly_one_definition() -> None:
    wrong = {f"{step.type} {step.name}": len(said_by(step)) for step in said_steps() if len(said_by(step)) != 1}
    assert wrong == {}


def test_every_definition_is_used() -> None:
    used = {id(found) for step in said_steps() for found in said_by(step)}
    assert [each.parser.name for each in definitions() if id(each) not in used] == []


def test_every_phrase_that_a_step_offers_is_used() -> None:
    idle = {
        (each.parser.name, phrase)
        for each in definitions()
        if isinstance(each.parser, Phrase)
        for table in each.parser.choices.values()
        for phrase in table
    }
    for step in said_steps():
        for found in said_by(step):
            idle -= {(found.parser.name, value) for value in (found.parser.parse_arguments(step.name) or {}).values()}
    assert idle == set()


def test_every_scenario_ends_with_its_messages() -> None:
    for feature in features():
        for scenario in scenarios(feature):
            last = scenario.steps[-1]
            assert (last.type, last.name) == ("then", THE_TABLE), scenario.name
            assert last.datatable is not None, scenario.name
            assert read_table(last.datatable.raw()), scenario.name


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.feature)
def test_no_numbered_step_of_the_seeds_chart_is_missing(chart: Chart) -> None:
    numbers = sorted({*(number for number, _ in chart.steps), *chart.off})
    assert numbers == list(range(1, len(numbers) + 1))
    feature = next(each for each in features() if each.filename == str(FOLDER / chart.feature))
    drawn = [scenario for scenario in scenarios(feature) if scenario.name == chart.scenario]
    assert drawn
    for scenario in drawn:
        table = scenario.steps[-1].datatable
        assert table is not None
        assert missing(chart, read_table(table.raw())) == []


def missing(chart: Chart, rows: list[Row]) -> list[tuple[int, Row]]:
    """The chart's steps that do not stand in `rows`, in their order, other rows between them."""
    left = iter(rows)
    return [(number, row) for number, row in chart.steps if row not in left]


def test_a_missing_step_would_be_seen() -> None:
    rows = [row for _, row in CHARTS[0].steps]
    assert missing(CHARTS[0], rows) == []
    assert missing(CHARTS[0], rows[:1] + rows[2:])
    assert missing(CHARTS[0], rows[::-1])
