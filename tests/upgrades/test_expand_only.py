"""Hosts of the version before go on while their database is migrated: what comes after `migrate.OLDEST_HOST` only adds what
such a host need not know. What has to go, goes in a later release, which raises OLDEST_HOST (adapters/sql/migrate.py)."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from upgrades.schemas import Row, at_connection, sample, schema_of, tables_of

from support import loop, stores
from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url

REVISIONS = migrate._known()
SINCE = REVISIONS[REVISIONS.index(migrate.OLDEST_HOST) :]
STEPS = list(itertools.pairwise(SINCE))  # a schema that hosts run on, and the migration after it

NOT_A_CHANGE = re.compile(r"(SELECT|PRAGMA|BEGIN|COMMIT|UPDATE alembic_version|INSERT INTO alembic_version)\b", re.IGNORECASE)
ADDS = (
    re.compile(r"CREATE TABLE \"?(\w+)\"?", re.IGNORECASE),
    re.compile(r"CREATE (?:UNIQUE )?INDEX \"?\w+\"? ON \"?(\w+)\"?", re.IGNORECASE),
    re.compile(r"ALTER TABLE \"?(\w+)\"? ADD COLUMN\b", re.IGNORECASE),
)
UNIQUE_INDEX = re.compile(r"CREATE UNIQUE INDEX \"?\w+\"? ON \"?(\w+)\"?", re.IGNORECASE)


def objections(statement: str, made: set[str]) -> list[str]:
    """Why hosts that run meanwhile would notice this statement of a migration. `made`: tables that it made itself."""
    if NOT_A_CHANGE.match(statement):
        return []
    matches = [found for pattern in ADDS if (found := pattern.match(statement))]
    if not matches:
        table = re.match(r"(?:INSERT INTO|ALTER TABLE|UPDATE|DELETE FROM) \"?(\w+)\"?", statement, re.IGNORECASE)
        return [] if table and table[1] in made else ["does more than add"]
    if statement.upper().startswith("CREATE TABLE"):
        made.add(matches[0][1])
        return []
    if matches[0][1] in made:
        return []
    if UNIQUE_INDEX.match(statement) and " WHERE " not in statement.upper():
        return ["a unique index over rows that hosts of before write"]
    if "ADD COLUMN" in statement.upper() and "NOT NULL" in statement.upper() and "DEFAULT" not in statement.upper():
        return ["a column that hosts of before do not fill"]
    return []


@pytest.mark.parametrize(
    ("statement", "objection"),
    [
        ("CREATE TABLE orders (order_id BIGINT NOT NULL)", ""),
        ("CREATE INDEX ix_payments_order_id ON payments (order_id)", ""),
        ("ALTER TABLE payments ADD COLUMN order_id BIGINT", ""),
        ("ALTER TABLE payments ADD COLUMN held BOOLEAN DEFAULT false NOT NULL", ""),
        ("CREATE UNIQUE INDEX uq_payments_order_id ON payments (order_id) WHERE order_id IS NOT NULL", ""),
        ("INSERT INTO orders (order_id) VALUES (1)", ""),  # made above
        ("ALTER TABLE payments ADD COLUMN held BOOLEAN NOT NULL", "a column that hosts of before do not fill"),
        ("CREATE UNIQUE INDEX uq ON payments (msg_id)", "a unique index over rows that hosts of before write"),
        ("ALTER TABLE payments DROP COLUMN asks", "does more than add"),
        ("ALTER TABLE payments RENAME COLUMN asks TO asked", "does more than add"),
        ("ALTER TABLE payments ALTER COLUMN asks TYPE TEXT", "does more than add"),
        ("ALTER TABLE payments ADD CONSTRAINT ck CHECK (asks > 0)", "does more than add"),
        ("DROP TABLE notices", "does more than add"),
        ("DROP INDEX ix_payments_msg_id", "does more than add"),
        ("UPDATE payments SET asks = 0", "does more than add"),
        ("DELETE FROM notices", "does more than add"),
        ("INSERT INTO claims (msg_id) VALUES ('m')", "does more than add"),
    ],
)
def test_what_is_objected_to(statement: str, objection: str) -> None:
    assert objections(statement, {"orders"} if "INTO orders" in statement else set()) == ([objection] if objection else [])


def _fresh(on: str, folder: Path) -> str:
    if on == "sqlite":
        return stores.sqlite_url(folder, migrated=False)
    try:
        return stores.postgres_url(migrated=False)
    except stores.NoPostgres as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    return _fresh(request.param, tmp_path)


@pytest.mark.parametrize(("before", "revision"), STEPS)
def test_a_migration_only_adds(url: str, before: str, revision: str) -> None:
    async def statements() -> list[str]:
        await schema_of(url, before)
        seen: list[str] = []

        def step(connection: sa.Connection) -> None:
            sa.event.listen(connection, "before_cursor_execute", lambda *told: seen.append(" ".join(told[2].split())))
            alembic = migrate.config()
            alembic.attributes["connection"] = connection
            command.upgrade(alembic, revision)

        await at_connection(url, step)
        return seen

    made: set[str] = set()
    found = {text: why for text in loop.run(statements()) if (why := objections(text, made))}
    assert not found, f"migration {revision} cannot run while hosts of {before} serve; see OLDEST_HOST: {found}"


@pytest.mark.parametrize("before", [before for before, _ in STEPS])
def test_hosts_of_before_write_and_read_as_ever(url: str, before: str) -> None:
    """Row by row and column by column: their statements name all columns that they know, and no other."""

    async def live() -> None:
        old = await schema_of(url, before)
        await migrate.upgrade(url)
        await at_connection(url, lambda connection: _live_with(connection, old.sorted_tables))

    loop.run(live())


def _live_with(connection: sa.Connection, tables: list[sa.Table]) -> None:
    """`tables` in an order in which none refers to a later one."""
    for table in tables:
        row = sample(table, 7)
        connection.execute(sa.insert(table), row)
        assert _read(connection, table, row) == [row]
        stays = {column.name for column in table.columns if column.primary_key or column.name.endswith("_id")}
        change = {name: value for name, value in sample(table, 8).items() if name not in stays}
        if change:
            connection.execute(sa.update(table).where(_same(table, row)).values(change))
            assert _read(connection, table, row) == [row | change]
    for table in reversed(tables):
        assert connection.execute(sa.delete(table).where(_same(table, sample(table, 7)))).rowcount == 1


def _same(table: sa.Table, row: Row) -> sa.ColumnElement[bool]:
    key = [column == row[column.name] for column in table.primary_key.columns if column.name in row]
    return sa.and_(*key) if key else sa.true()


def _read(connection: sa.Connection, table: sa.Table, row: Row) -> list[Row]:
    query = sa.select(*(table.c[name] for name in row)).where(_same(table, row))
    return [dict(found._mapping) for found in connection.execute(query)]


@pytest.mark.parametrize("before", sorted({STEPS[0][0], STEPS[-1][0]}))
def test_hosts_of_before_write_while_the_migration_runs(url: str, before: str) -> None:
    """Nothing that they write meanwhile fails or is lost: at most it waits."""

    async def live() -> tuple[int, int]:
        old = await schema_of(url, before)
        payments = old.tables["payments"]
        engine = create_engine(database_url(url), EngineOptions(pool_size=3))
        written = 0
        over = asyncio.Event()

        async def write(first: int) -> None:
            nonlocal written
            number = first
            while not over.is_set():
                async with engine.begin() as connection:
                    await connection.execute(sa.insert(payments), _payment(payments, number))
                written += 1
                number += 3
                await asyncio.sleep(0.001)

        writing = [asyncio.create_task(write(first)) for first in (1, 2, 3)]
        while written < 20:  # noqa: ASYNC110 - they are under way
            await asyncio.sleep(0.005)
        await migrate.upgrade(url)
        after = written
        while written < after + 20:
            await asyncio.sleep(0.005)
            assert not any(task.done() for task in writing), [task.exception() for task in writing if task.done()]
        over.set()
        try:
            await asyncio.gather(*writing)
        finally:
            await engine.dispose()
        return written, await at_connection(
            url, lambda connection: connection.execute(sa.select(sa.func.count()).select_from(payments)).scalar_one()
        )

    written, there = loop.run(live())
    assert written == there


def test_who_reads_for_long_does_not_make_hosts_wait_behind_the_migration() -> None:
    """PostgreSQL's locks are a queue: a pg_dump reads payments, the migration waits for it, and everybody else for both."""

    async def live() -> tuple[float, list[str]]:
        old = await schema_of(url, "0003")
        engine = create_engine(database_url(url), EngineOptions(pool_size=3))
        loop = asyncio.get_running_loop()
        longest_s = 0.0
        async with engine.connect() as dump:
            await dump.execute(sa.text("LOCK TABLE payments, notices, services IN ACCESS SHARE MODE"))
            migrating = asyncio.create_task(migrate.upgrade(url))
            until_s = loop.time() + 6.0
            number = 1
            while loop.time() < until_s:
                begun_s = loop.time()
                async with engine.begin() as connection:
                    await connection.execute(sa.insert(old.tables["payments"]), _payment(old.tables["payments"], number))
                longest_s = max(longest_s, loop.time() - begun_s)
                number += 1
                await asyncio.sleep(0.02)
            assert not migrating.done()
            await dump.rollback()
        applied = await migrating
        await engine.dispose()
        return longest_s, applied

    url = _fresh("postgres", Path())
    longest_s, applied = loop.run(live())
    assert applied[-1] == migrate.head()
    assert longest_s < EngineOptions().lock_timeout_s, "a host would have answered 96"


def _payment(payments: sa.Table, number: int) -> Row:
    row: dict[str, Any] = sample(payments, number)
    # What is unique by a condition of its own differs with the number already: every text does.
    return row | {"reservations": "[]", "discounts": "[]", "merchant": "{}"}


def test_the_oldest_host_is_one_of_ours_and_kept_in_the_database(url: str) -> None:
    async def kept() -> str:
        await migrate.upgrade(url)
        text = sa.text("SELECT value FROM markers WHERE name = 'oldest_host'")
        return str(await at_connection(url, lambda connection: connection.execute(text).scalar_one()))

    assert loop.run(kept()) == migrate.OLDEST_HOST
    assert migrate.OLDEST_HOST in REVISIONS
    assert [migrate.serves(version, oldest) for version, oldest in SERVES] == list(SERVES.values())
    assert not migrate.stops_hosts(SINCE[1:])
    assert migrate.stops_hosts(SINCE)


SERVES: dict[tuple[str, str | None], bool] = {
    (migrate.head(), None): True,
    (migrate.head(), "0002"): True,
    ("9999", "0002"): True,  # newer, and nothing was taken away since
    ("9999", migrate.head()): True,
    ("9999", "9998"): False,  # something was taken away that we name
    ("9999", None): False,
    ("0003" if migrate.head() != "0003" else "0002", "0002"): False,  # behind: we name what it has not
    ("", None): False,
}


def test_tables_of_reads_what_is_there(url: str) -> None:
    """The guard above would be green over nothing."""

    async def names() -> set[str]:
        await migrate.upgrade(url)
        return set(await at_connection(url, lambda connection: tuple(tables_of(connection).tables)))

    assert {"payments", "claims", "notices", "cards", "logins"} <= loop.run(names())
