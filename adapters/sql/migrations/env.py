"""Alembic's entry. `migrate.py` hands its connection over; `alembic revision --autogenerate` opens one by itself."""

from __future__ import annotations

import asyncio
import os

import sqlalchemy as sa
from alembic import context

from unionhub.adapters.sql.engine import EngineOptions, create_engine, database_url
from unionhub.adapters.sql.tables import METADATA


def _migrate(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_migrate() -> None:
    engine = create_engine(database_url(os.environ["UNIONHUB_DATABASE_URL"]), EngineOptions(pool_size=1))
    async with engine.begin() as connection:
        await connection.run_sync(_migrate)
    await engine.dispose()


if (given := context.config.attributes.get("connection")) is not None:
    _migrate(given)
else:
    asyncio.run(_connect_and_migrate())
