"""`unionhub migrate`."""

from __future__ import annotations

import sqlite3

from support.operator import Operator
from unionhub.adapters.sql.migrate import head


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
    assert nobody.json("migrate", "--check") == {"head": head(), "pending": []}
    assert "which is what this version wants" in nobody.does("migrate").out


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
    for command in (["migrate"], ["migrate", "--check"], ["cards", "list"]):
        assert nobody.refuses(*command) == "the database is of a newer unionhub than this one: run that version"
