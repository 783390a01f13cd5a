"""Databases as an older version left them: at one of the migrations, with rows in every table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command

from unionhub.adapters.sql import migrate
from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url

T = TypeVar("T")
Row = dict[str, Any]

NOT_OURS = frozenset({"alembic_version"})
AFTER = "0003"
"""The last migration that hosts had to be stopped for, or that was before there were such hosts."""


async def at_connection(url: str, work: Callable[[sa.Connection], T]) -> T:
    """Run `work` on a connection, committed."""
    engine = create_engine(database_url(url), EngineOptions(pool_size=1))
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


async def schema_of(url: str, revision: str) -> sa.MetaData:
    """Bring an empty or older database to this migration; returns its tables as they are then."""

    def upgrade(connection: sa.Connection) -> sa.MetaData:
        alembic = migrate.config()
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
        return tables_of(connection)

    return await at_connection(url, upgrade)


def tables_of(connection: sa.Connection) -> sa.MetaData:
    schema = sa.MetaData()
    schema.reflect(connection)
    for name in NOT_OURS:
        if name in schema.tables:
            schema.remove(schema.tables[name])
    return schema


def sample(table: sa.Table, number: int = 7) -> Row:
    """A row that names every column, as hosts do: numbers, texts and bytes that no default is."""
    return {column.name: _value(column, number) for column in table.columns if not _given_by_the_database(column)}


def _value(column: sa.Column[Any], number: int) -> Any:
    kind = column.type.python_type
    if kind is bool:
        return True
    if kind is int:
        return number
    return f"{column.name} {number}".encode() if kind is bytes else f"{column.name} {number}"


def _given_by_the_database(column: sa.Column[Any]) -> bool:
    return column.name == "position" and column.primary_key
