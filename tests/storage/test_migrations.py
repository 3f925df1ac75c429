"""The migrations make what the code expects, on both engines."""

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import bot.storage
from bot.storage.database import Database
from bot.storage.migrating import HEAD, at_head, migrate
from bot.storage.schema import metadata


def _all_tables() -> None:
    for module in pkgutil.iter_modules(bot.storage.__path__):
        if not module.ispkg:
            importlib.import_module(f"bot.storage.{module.name}")


def test_the_migrated_database_has_what_the_code_expects(db: Database) -> None:
    _all_tables()
    with db.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_there_is_one_newest_version_and_the_code_knows_it() -> None:
    config = Config()
    config.set_main_option("script_location", "bot/storage/migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_migrating_again_changes_nothing(db: Database) -> None:
    assert at_head(db)
    migrate(db)
    assert at_head(db)
