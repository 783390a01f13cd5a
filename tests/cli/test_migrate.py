"""`unionhub migrate`."""

from __future__ import annotations

import asyncio
import sqlite3

from upgrades.schemas import schema_of

from support.operator import Operator
from unionhub.adapters.sql.migrate import head
from unionhub.ports.store import UnitOfWork


def revision(operator: Operator, text: str) -> None:
    """Pretend that the database is at another revision."""
    with sqlite3.connect(operator.home / "unionhub.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (text,))
    connection.close()


def test_a_new_database_is_made_and_then_up_to_date(nobody: Operator) -> None:
    behind = nobody("migrate", "--check")
    assert (behind.code, behind.err) == (1, "")
    assert behind.out.startswith("pending  ")
    assert not nobody.home.exists()  # to look changes nothing
    made = nobody.json("migrate")
    assert made["head"] == head()
    assert made["applied"][-1] == head()
    assert nobody.home.stat().st_mode & 0o777 == 0o700
    assert nobody.json("migrate", "--check") == {"head": head(), "database": head(), "pending": []}
    assert "which is what this version wants" in nobody.does("migrate").out


def nobody_may_run_on_it(operator: Operator) -> None:
    """As a newer version says that has taken something away."""
    with sqlite3.connect(operator.home / "unionhub.db") as connection:
        connection.execute("UPDATE markers SET value = '9999' WHERE name = 'oldest_host'")
    connection.close()


def at(operator: Operator, text: str) -> None:
    """A database that stands at this migration."""
    operator.home.mkdir(parents=True)
    asyncio.run(schema_of(f"sqlite:///{operator.home / 'unionhub.db'}", text))


def test_what_is_pending_is_told_and_whether_hosts_may_go_on(nobody: Operator) -> None:
    at(nobody, "0003")
    told = nobody("migrate", "--check")
    assert told.code == 1
    first, *_, last = told.out.splitlines()
    assert first == "pending  0004  UCSP: the card lists that were given out"
    assert last == "hosts may go on meanwhile: it only adds what they need not know"
    assert nobody("migrate", "--check", "--json").json["database"] == "0003"
    assert nobody.does("migrate").out.startswith("applied  0004  UCSP")


def test_hosts_of_the_first_schema_have_to_stop(nobody: Operator) -> None:
    at(nobody, "0001")
    told = nobody("migrate", "--check")
    assert told.code == 1
    assert told.out.splitlines()[-1].startswith("stop every host first")


def test_a_newer_database_that_only_has_more_is_run_on(nobody: Operator) -> None:
    """Of two versions side by side, the older one's hosts and commands go on."""
    nobody.does("migrate")
    revision(nobody, "9999")
    assert nobody.json("migrate", "--check") == {"head": head(), "database": "9999", "pending": []}
    assert "newer than what this version wants" in nobody.does("migrate").out
    assert nobody.json("migrate")["database"] == "9999"  # left as it is
    nobody.does("cards", "list")


def test_numbers_that_were_given_since_a_backup_are_skipped(nobody: Operator) -> None:
    nobody.does("migrate")

    async def reserve(uow: UnitOfWork) -> dict[str, int]:
        return {name: await uow.reserve_numbers(name, 1) for name in ("message", "623609800000001:token:CARD")}

    before = nobody.work(reserve)
    assert nobody.json("migrate", "--after-restore", "--cards", "20") == {"moved": sorted(before)}
    after = nobody.work(reserve)
    assert {name: after[name] - before[name] - 1 for name in before} == dict(zip(before, (100_000_000, 20), strict=True))
    assert "one at a time" in nobody.refuses("migrate", "--after-restore", "--check")


def test_nothing_is_skipped_in_a_database_that_is_behind(nobody: Operator) -> None:
    assert "there is no database" in nobody.refuses("migrate", "--after-restore")
    at(nobody, "0003")
    assert "behind" in nobody.refuses("migrate", "--after-restore")


def test_a_database_that_is_behind_is_listed_and_refused(nobody: Operator) -> None:
    nobody.does("migrate")
    with sqlite3.connect(nobody.home / "unionhub.db") as connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()
    checked = nobody("migrate", "--check", "--json")
    assert (checked.code, checked.json["pending"][-1]) == (1, head())
    assert "migration(s) behind: run `unionhub migrate` first" in nobody.refuses("parties", "list")


def test_a_newer_database_is_told(nobody: Operator) -> None:
    nobody.does("migrate")
    revision(nobody, "9999")
    nobody_may_run_on_it(nobody)
    for command in (["migrate"], ["migrate", "--check"], ["cards", "list"]):
        assert nobody.refuses(*command) == "the database is of a newer unionhub than this one: run that version"
