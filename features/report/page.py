"""The living document as one page: features, rules, scenarios, ways, steps, diagrams. Nothing in it needs a network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .diagram import Line, draw, joined, lines_of, same
from .record import Outcome, Run, Step

PAGE: Final = "index.html"
WAYS: Final = {"memory": "in process", "sqlite": "SQLite", "postgres": "PostgreSQL"}
"""Way -> its name on the page. A way that is not here has its own."""

RED: Final = ("failed", "not run")

_FOLDER: Final = Path(__file__).parent
_WORST: Final[tuple[Outcome, ...]] = ("failed", "not run", "passed", "skipped")


class Diagram(msgspec.Struct, frozen=True, kw_only=True):
    """What passed between the partners, in these ways."""

    ways: list[str]
    svg: str


class Case(msgspec.Struct, kw_only=True):
    """A scenario, or one row of an outline's examples, in every way that it ran in."""

    anchor: str
    example: dict[str, str]
    runs: dict[str, Run]
    diagrams: list[Diagram]

    @property
    def outcome(self) -> Outcome:
        return worst(run.outcome for run in self.runs.values())

    @property
    def steps(self) -> list[Step]:
        """Of the way that went worst."""
        return min(self.runs.values(), key=lambda run: _WORST.index(run.outcome)).steps

    @property
    def errors(self) -> dict[str, list[str]]:
        """What went wrong -> in which ways."""
        found: dict[str, list[str]] = {}
        for way, run in self.runs.items():
            if run.error and run.outcome in RED:
                found.setdefault(run.error, []).append(WAYS.get(way, way))
        return found


class Examples(msgspec.Struct, kw_only=True):
    title: str
    cases: list[Case]


class Scenario(msgspec.Struct, kw_only=True):
    anchor: str
    name: str
    examples: list[Examples]

    @property
    def cases(self) -> list[Case]:
        return [case for examples in self.examples for case in examples.cases]

    @property
    def is_outline(self) -> bool:
        return bool(self.cases[0].example)

    @property
    def outcome(self) -> Outcome:
        return worst(case.outcome for case in self.cases)

    def outcome_in(self, way: str) -> Outcome:
        return worst(case.runs[way].outcome for case in self.cases if way in case.runs)


class Rule(msgspec.Struct, kw_only=True):
    name: str
    scenarios: list[Scenario]


class Feature(msgspec.Struct, kw_only=True):
    anchor: str
    name: str
    file: str
    about: list[str]  # paragraphs
    rules: list[Rule]

    @property
    def scenarios(self) -> list[Scenario]:
        return [scenario for rule in self.rules for scenario in rule.scenarios]

    @property
    def outcome(self) -> Outcome:
        return worst(scenario.outcome for scenario in self.scenarios)


class Tally(msgspec.Struct, kw_only=True):
    """How one way did."""

    way: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    reason: str = ""  # why something was skipped

    @property
    def outcome(self) -> Outcome:
        return "failed" if self.failed else "passed" if self.passed else "skipped"


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Red if anything is; skipped only if all of it was."""
    return min(outcomes, key=_WORST.index, default="not run")


def write(folder: Path, runs: Sequence[Run], now: datetime | None = None) -> Path:
    """Write the page of these runs; returns where."""
    features = arranged(runs)
    ways = list(dict.fromkeys(run.way for run in runs))
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["way"] = lambda way: WAYS.get(way, way)
    page = environment.get_template("page.html.j2").render(
        features=features,
        tallies=[_tally(way, [run for run in runs if run.way == way]) for way in ways],
        outcome=worst(feature.outcome for feature in features),
        red=[scenario for feature in features for scenario in feature.scenarios if scenario.outcome in RED],
        count=sum(len(scenario.cases) for feature in features for scenario in feature.scenarios),
        style=(_FOLDER / "style.css").read_text(encoding="utf-8"),
        at=now or datetime.now(UTC),
    )
    target = folder / PAGE
    target.write_text(page, encoding="utf-8")
    return target


def arranged(runs: Sequence[Run]) -> list[Feature]:
    """Runs as the features tell them: by file, rule, scenario and example, each in its own order."""
    by_file: dict[str, list[Run]] = {}
    for run in runs:
        by_file.setdefault(run.file, []).append(run)
    return [_feature(found) for found in by_file.values()]


def _feature(runs: Sequence[Run]) -> Feature:
    first = runs[0]
    anchor = _slug(first.file.rpartition("/")[2].removesuffix(".feature"))
    by_rule: dict[str, dict[int, list[Run]]] = {}
    for run in sorted(runs, key=lambda run: run.line):
        by_rule.setdefault(run.rule, {}).setdefault(run.line, []).append(run)
    return Feature(
        anchor=anchor,
        name=first.name if not first.feature else first.feature,
        file=first.file,
        about=[" ".join(part.split()) for part in first.about.split("\n\n") if part.strip()],
        rules=[
            Rule(name=name, scenarios=[_scenario(anchor, found) for found in by_line.values()])
            for name, by_line in by_rule.items()
        ],
    )


def _scenario(feature: str, runs: Sequence[Run]) -> Scenario:
    anchor = f"{feature}-{runs[0].line}"
    tables: dict[str, dict[tuple[str, ...], list[Run]]] = {}
    for run in runs:
        tables.setdefault(run.examples, {}).setdefault(tuple(run.example.values()), []).append(run)
    numbers = iter(range(1, len(runs) + 1))
    return Scenario(
        anchor=anchor,
        name=runs[0].name,
        examples=[
            Examples(title=title, cases=[_case(f"{anchor}-{next(numbers)}", found) for found in by_example.values()])
            for title, by_example in tables.items()
        ],
    )


def _case(anchor: str, runs: Sequence[Run]) -> Case:
    return Case(
        anchor=anchor, example=runs[0].example, runs={run.way: run for run in runs}, diagrams=_diagrams(runs, runs[0].name)
    )


def _diagrams(runs: Sequence[Run], title: str) -> list[Diagram]:
    """One diagram, as long as all ways recorded the same; else one for each that differs."""
    kinds: list[tuple[list[str], list[Line]]] = []
    for run in runs:
        lines = lines_of(run.messages, run.way)
        alike = next((kind for kind in kinds if same(kind[1], lines)), None)
        if not lines:
            continue
        if alike is None:
            kinds.append(([run.way], lines))
        else:
            alike[0].append(run.way)
            alike[1][:] = joined(alike[1], lines)
    return [Diagram(ways=ways, svg=draw(lines, title)) for ways, lines in kinds]


def _tally(way: str, runs: Sequence[Run]) -> Tally:
    outcomes = [run.outcome for run in runs]
    return Tally(
        way=way,
        passed=outcomes.count("passed"),
        failed=len(outcomes) - outcomes.count("passed") - outcomes.count("skipped"),
        skipped=outcomes.count("skipped"),
        seconds=sum(run.seconds for run in runs),
        reason=next((run.error for run in runs if run.outcome == "skipped"), ""),
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
