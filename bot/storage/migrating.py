"""Brings the database to the newest version, however many copies start together."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from sqlalchemy import Table, inspect, text

import bot.storage
from bot.storage.database import Database
from bot.storage.schema import metadata

HEAD = "0001_initial"
"""The newest version (a test compares it with the scripts): a database that has it is not touched, which also
spares every start the 150 ms of importing alembic."""

_LOCK = 5_413_062  # any number, the same for all copies
_SCRIPTS = Path(__file__).parent / "migrations"


def all_tables() -> list[Table]:
    """The tables of every area, those that others point to first."""
    for module in pkgutil.iter_modules(bot.storage.__path__):
        if not module.ispkg:
            importlib.import_module(f"bot.storage.{module.name}")
    return list(metadata.sorted_tables)


def at_head(database: Database) -> bool:
    """True when the database is at `HEAD`. Raises StorageError where it does not answer."""
    with database.begin() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def migrate(database: Database) -> None:
    """Afterwards the database is at `HEAD`. Copies that start together wait for the one that migrates. Raises
    StorageError where the database does not answer."""
    with database.begin() as connection:
        if not database.embedded:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        versioned = inspect(connection).has_table("alembic_version")
        if versioned and connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD:
            return
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
