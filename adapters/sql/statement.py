"""Statements written once in SQLAlchemy Core, compiled once for each database, executed by the driver itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.sql.functions import FunctionElement

STORE_NOW: Final = "store_now"
"""SQLite asks the host for the time through a function of this name (see `engine.py`)."""

# SQLite took ON CONFLICT over from PostgreSQL word for word, and this construct compiles for both. The contract tests,
# which run every statement on both, hold SQLAlchemy to it.
insert: Final = postgresql.insert


class Compiled(NamedTuple):
    """What a driver needs: SQL, its parameters' names in their order, and the values that the statement itself brings."""

    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """`values` may hold more than there are parameters; KeyError if one is missing."""
        if self.constants:
            values = {**self.constants, **values}
        return [values[name] for name in self.names]


class Statement:
    """One statement of SQLAlchemy Core, at module level, so that it is compiled once for each database."""

    __slots__ = ("_compiled", "_core")

    def __init__(self, core: ClauseElement) -> None:
        self._core = core
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> Compiled:
        found = self._compiled.get(dialect.name)
        return found or self._compiled.setdefault(dialect.name, self._compile(dialect))

    def _compile(self, dialect: Dialect) -> Compiled:
        compiled = self._core.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        return Compiled(compiled.string, tuple(compiled.positiontup or ()), constants)


class _StoreNow(FunctionElement[int]):
    """The store's own time in microseconds since 1970: leases and purges run on it, whatever a host's clock says."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(_StoreNow, "postgresql")
def _(_element: _StoreNow, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


@compiles(_StoreNow, "sqlite")
def _(_element: _StoreNow, _compiler: SQLCompiler, **_options: Any) -> str:
    return f"{STORE_NOW}()"


class _TextsOf(FunctionElement[str]):
    """The texts of a JSON array, as rows: a list of any length in one parameter."""

    type = sa.Text()
    inherit_cache = True


@compiles(_TextsOf, "postgresql")
def _(element: _TextsOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json)))"


@compiles(_TextsOf, "sqlite")
def _(element: _TextsOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 - a parameter's name


class _NumbersOf(FunctionElement[int]):
    """As `_TextsOf`, for a JSON array of whole numbers."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(_NumbersOf, "postgresql")
def _(element: _NumbersOf, compiler: SQLCompiler, **options: Any) -> str:
    parameter = compiler.process(element.clauses, **options)
    return f"(SELECT CAST(json_array_elements_text(CAST({parameter} AS json)) AS BIGINT))"


@compiles(_NumbersOf, "sqlite")
def _(element: _NumbersOf, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT value FROM json_each({compiler.process(element.clauses, **options)}))"  # noqa: S608 - a parameter's name


def is_one_of_numbers(column: sa.Column[int], name: str) -> sa.ColumnElement[bool]:
    """Whether `column` is in the JSON array of whole numbers that is the parameter `name`."""
    return column.op("IN", is_comparison=True)(_NumbersOf(text(name)))


def is_one_of(column: sa.Column[str], name: str) -> sa.ColumnElement[bool]:
    """Whether `column` is in the JSON array of texts that is the parameter `name`."""
    return column.op("IN", is_comparison=True)(_TextsOf(text(name)))


def texts(items: Collection[str]) -> str:
    """Texts as the parameter of `is_one_of`."""
    return msgspec.json.encode(sorted(items)).decode()


def store_now() -> sa.ScalarSelect[int]:
    """As a subquery: read once for a statement, not once for each row."""
    return sa.select(_StoreNow()).scalar_subquery()


def number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger())


def octets(name: str) -> sa.BindParameter[bytes]:
    return sa.bindparam(name, type_=sa.LargeBinary())


def text(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def done() -> sa.ColumnClause[int]:
    """What a statement returns for each row that it wrote: RETURNING works alike on both, counts of rows do not."""
    return sa.literal_column("1", sa.Integer)


def count(rows: sa.FromClause) -> sa.ScalarSelect[int]:
    return sa.select(sa.func.count()).select_from(rows).scalar_subquery()


def prefixed(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: value for name, value in values.items()}
