"""A pytest plugin that records each scenario as it runs: its steps, its outcome, and what the partners saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from charts import CHARTS
from pytest_bdd.parser import Feature, Scenario, ScenarioTemplate, Step
from pytest_bdd.scenario import scenario_wrapper_template_registry
from rows import Row
from story import Story

from unionhub.adapters.telemetry.logs import mask_card_numbers
from unionhub.hosts.sandbox.journal import Entry

from . import record

_RUN: Final = pytest.StashKey[record.Run]()
_LEVELS: Final = ("not run", "passed", "skipped", "failed")
_MAX_ERROR_CHARS: Final = 4000


class Recorder:
    """Writes into `folder`. One scenario runs at a time, so one record is open at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / record.FILE).unlink(missing_ok=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before the fixtures: a scenario whose house does not open is told of too."""
        if isinstance(item, pytest.Function) and (template := scenario_wrapper_template_registry.get(item.function)):
            item.stash[_RUN] = _begun(template, item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        run = item.stash.get(_RUN, None)
        if run is not None:
            _learn(run, report, call)
            if report.when == "teardown":
                record.write(self._folder, run)
        return report

    def pytest_bdd_after_step(self, request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> None:
        _step_of(request, scenario, step).outcome = "passed"

    def pytest_bdd_step_error(self, request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> None:
        _step_of(request, scenario, step).outcome = "failed"

    def pytest_bdd_step_func_lookup_error(self, request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> None:
        _step_of(request, scenario, step).outcome = "failed"

    def pytest_bdd_after_scenario(self, request: pytest.FixtureRequest, feature: Feature, scenario: Scenario) -> None:
        story: Story = request.getfixturevalue("story")
        if story.holders:
            request.node.stash[_RUN].messages = _messages(story, feature, scenario)


def _begun(template: ScenarioTemplate, item: pytest.Function) -> record.Run:
    params: dict[str, Any] = dict(item.callspec.params)
    example: dict[str, str] = params.get("_pytest_bdd_example", {})
    feature = template.feature
    titles = [examples.name or "" for examples in template.examples if example in list(examples.as_contexts())]
    steps = template.render(example).steps
    return record.Run(
        feature=feature.name,
        file=feature.rel_filename,
        about=feature.description,
        rule=template.rule.name if template.rule else "",
        name=template.name,
        line=template.line_number,
        examples=titles[0] if titles else "",
        example=example,
        way=params["house_of_way"],
        steps=[
            record.Step(
                keyword=step.keyword.strip(),
                text=step.name,
                table=[[str(cell) for cell in row] for row in step.datatable.raw()] if step.datatable else [],
            )
            for step in steps
        ],
    )


def _learn(run: record.Run, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """The worst of setup, call and teardown is the outcome; only the call's time counts, a house opens for many."""
    run.outcome = max(run.outcome, report.outcome, key=_LEVELS.index)
    if report.when == "call":
        run.seconds = round(report.duration, 3)
    if call.excinfo is not None:
        text = mask_card_numbers(call.excinfo.exconly())
        run.error = f"{run.error}\n{text}".strip()[:_MAX_ERROR_CHARS]


def _step_of(request: pytest.FixtureRequest, scenario: Scenario, step: Step) -> record.Step:
    run: record.Run = request.node.stash[_RUN]
    return run.steps[scenario.steps.index(step)]


def _messages(story: Story, feature: Feature, scenario: Scenario) -> list[record.Message]:
    chart = next((each for each in CHARTS if feature.filename.endswith(each.feature) and each.scenario == scenario.name), None)
    numbers = {row: number for number, row in chart.steps} if chart else {}
    return [_message(entry, row, numbers.get(row, 0)) for entry, row in zip(story.entries(), story.rows(), strict=True)]


def _message(entry: Entry, row: Row, number: int) -> record.Message:
    return record.Message(
        sender=row.sender,
        receiver=row.receiver,
        name=row.name,
        is_request=row.is_request,
        msg_id=entry.msg_id,
        at=entry.at,
        code=row.message.partition(" ")[2],
        ms=entry.ms,
        fault=entry.fault,
        number=number,
    )
