"""Which updates were handled: a redelivered one changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, delete, tuple_

from bot.messages import Incoming
from bot.storage.schema import UtcDateTime, insert_new, metadata

updates = Table(
    "updates",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("update_id", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    sqlite_with_rowid=False,
)
Index("ix_updates_at", updates.c.at)


def claim(connection: Connection, incomings: Sequence[Incoming], now: datetime) -> set[tuple[str, str]]:
    """Registers these updates; returns the (channel, update id) of those that were new."""
    keys = sorted(
        {(one.channel, one.update_id) for one in incomings}
    )  # one order for all copies: no deadlock
    rows = [{"channel": channel, "update_id": update_id, "at": now} for channel, update_id in keys]
    statement = insert_new(connection.dialect.name, updates, "channel", "update_id")
    return {(row.channel, row.update_id) for row in connection.execute(statement, rows)}


def release(connection: Connection, incomings: Iterable[Incoming]) -> None:
    """Takes claims back: these updates are handled later."""
    keys = [(one.channel, one.update_id) for one in incomings]
    if keys:
        connection.execute(delete(updates).where(tuple_(updates.c.channel, updates.c.update_id).in_(keys)))
