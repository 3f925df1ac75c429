"""Run by alembic: one transaction on the connection that `bot.storage.migrating.migrate` opened and
locked."""

from alembic import context

from bot.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
