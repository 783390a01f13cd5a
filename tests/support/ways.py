"""How much of the product of cases and stores runs: all of it in CI and `make report`, less in `make test`."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import pytest

EVERY_EXAMPLE: Final = "UNIONHUB_TEST_EVERY_EXAMPLE"
"""Set it, and every case runs in every way."""

EVERY_WAY: Final = "every_way"
"""The mark of tests that look at what a way has left behind: they run in each of them, always."""

_SQL: Final = ("sqlite", "postgres")
_WAYS: Final = frozenset(("memory", *_SQL))
_WAY: Final = re.compile(rf"\b({'|'.join(sorted(_WAYS))})\b")


class Case(NamedTuple):
    """One item. `name` is the same in every way, and begins with that of its outline up to `[`; `way` is empty where none is
    meant; `example`: one of an outline's; `always`: nothing of it is left out."""

    name: str
    way: str
    example: bool = False
    always: bool = False


def left_out(cases: Sequence[Case]) -> list[Case]:
    """What would run in all three ways runs in memory and on one of the two databases: the name alone says which, so that each
    run leaves out the same. Of an outline's examples, those after the first run only in memory: they differ in a word or an
    amount, which no way treats differently. What runs in fewer ways, or was selected in fewer, stays."""
    ways: dict[str, set[str]] = {}
    for case in cases:
        ways.setdefault(case.name, set()).add(case.way)
    first: dict[str, str] = {}  # example of each outline
    found = []
    for case in cases:
        if case.way not in _SQL or ways[case.name] != _WAYS or case.always:
            continue
        later = case.example and first.setdefault(case.name.partition("[")[0], case.name) != case.name
        if later or case.way != _SQL[zlib.crc32(case.name.encode()) % len(_SQL)]:
            found.append(case)
    return found


def thin_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what `left_out` says, unless EVERY_EXAMPLE is set. To be called after -k and the like, as often as you like."""
    if os.environ.get(EVERY_EXAMPLE):
        return
    cases = [_case_of(item) for item in items]
    gone = set(left_out(cases))
    if gone:
        config.hook.pytest_deselected(items=[item for item, case in zip(items, cases, strict=True) if case in gone])
        items[:] = [item for item, case in zip(items, cases, strict=True) if case not in gone]


def _case_of(item: pytest.Item) -> Case:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    ways = {value for value in params.values() if isinstance(value, str) and value in _WAYS}
    test, _, case = item.nodeid.partition("[")
    return Case(
        name=f"{test}[{_WAY.sub('*', case)}",
        way=ways.pop() if len(ways) == 1 else "",
        example=bool(params.get("_pytest_bdd_example")),
        always=item.get_closest_marker(EVERY_WAY) is not None,
    )
