"""All tables of the first release."""

import importlib
import pkgutil

from alembic import op

import bot.storage
from bot.storage.schema import metadata

revision = "0001_initial"
down_revision = None


def upgrade() -> None:
    for module in pkgutil.iter_modules(bot.storage.__path__):
        if not module.ispkg:
            importlib.import_module(f"bot.storage.{module.name}")
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
