"""Brings the database to the newest version, however many copies start together."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from bot.storage.database import Database

HEAD = "0001_initial"
"""The newest version (a test compares it with the scripts): a database that has it is not touched, which also
spares every start the 150 ms of importing alembic."""

_LOCK = 5_413_062  # any number, the same for all copies
_SCRIPTS = Path(__file__).parent / "migrations"


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
