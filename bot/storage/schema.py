"""What all tables share: the MetaData they are registered in, and column types that behave alike on both
engines.

Each area defines its tables in its own module of this package: `Table("name", metadata, ...)`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, DateTime, Dialect, Integer, MetaData, Table, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer(), "sqlite")
"""Type of running numbers: SQLite counts only INTEGER PRIMARY KEY up by itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC goes in and comes out, on both engines. A naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def insert(connection: Connection, table: Table) -> Any:
    """An INSERT for this engine that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return _insert(connection.dialect.name, table)


@cache
def insert_new(dialect: str, table: Table, *returned: str) -> Any:
    """An INSERT that leaves out rows known already and returns these columns of those that were new. Made once:
    making a statement costs as much as running it."""
    statement = _insert(dialect, table).on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in returned)) if returned else statement


def _insert(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)
