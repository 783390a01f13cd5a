"""What `make test` leaves out of the product of cases and stores (support.ways), and that it is never more."""

from __future__ import annotations

import pytest

from support.ways import Case, left_out

WAYS = ("memory", "sqlite", "postgres")


def in_ways(name: str, ways: tuple[str, ...] = WAYS, **more: bool) -> list[Case]:
    return [Case(name, way, **more) for way in ways]


def stays(cases: list[Case]) -> list[tuple[str, str]]:
    gone = left_out(cases)
    return [(case.name, case.way) for case in cases if case not in gone]


@pytest.mark.parametrize(
    "cases",
    [
        in_ways("test_a[*]", always=True),
        in_ways("test_a[*]", ("memory", "sqlite")),
        in_ways("test_a[*]", ("sqlite", "postgres")),
        in_ways("test_a[*]", ("postgres",)),
        [Case("test_a[", ""), Case("test_b[1]", "")],
        in_ways("test_a[x-*]", ("sqlite",), example=True) + in_ways("test_a[y-*]", ("sqlite",), example=True),
    ],
    ids=["always", "one database", "no memory", "selected by its way", "no way", "examples on one database"],
)
def test_stays_as_it_is(cases: list[Case]) -> None:
    assert left_out(cases) == []


def test_three_ways_become_memory_and_a_database_which_the_name_alone_says() -> None:
    many = [case for number in range(40) for case in in_ways(f"test_{number}[*]")]
    kept = stays(many)
    assert sorted(kept) == sorted(stays(many[::-1]))
    assert stays(in_ways("test_7[*]")) == [each for each in kept if each[0] == "test_7[*]"]
    assert [name for name, way in kept if way == "memory"] == [f"test_{number}[*]" for number in range(40)]
    on = {database: [name for name, way in kept if way == database] for database in WAYS[1:]}
    assert sorted(on["sqlite"] + on["postgres"]) == sorted(f"test_{number}[*]" for number in range(40))
    assert min(len(on["sqlite"]), len(on["postgres"])) > 10


def test_of_an_outline_the_examples_after_the_first_stay_in_memory() -> None:
    cases = [Case(f"test_o[{word}-*]", way, example=True) for way in WAYS for word in ("x", "y", "z")]
    kept = stays(cases)
    assert [name for name, way in kept if way == "memory"] == ["test_o[x-*]", "test_o[y-*]", "test_o[z-*]"]
    assert [name for name, way in kept if way != "memory"] == ["test_o[x-*]"]


def test_again_it_leaves_out_nothing_more() -> None:
    cases = [Case(f"test_o[{word}-*]", way, example=True) for way in WAYS for word in ("x", "y")] + in_ways("test_a[*]")
    gone = left_out(cases)
    assert gone
    assert left_out([case for case in cases if case not in gone]) == []
