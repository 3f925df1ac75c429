"""Erasing a person: at once what is known, and the way to them once the farewell has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.storage import chats, exchanges
from bot.storage.outbox import outbox


def forget(connection: Connection, chat_id: int, now: datetime) -> None:
    """Erases what is stored on this person. The address alone stays until the farewell has left."""
    exchanges.forget(connection, chat_id)
    connection.execute(delete(outbox).where(outbox.c.chat_id == chat_id))
    chats.mark_forgotten(connection, chat_id, now)


def bid_farewell(connection: Connection, chat_ids: Sequence[int]) -> None:
    """The last word to these people has left: their letters and chats go."""
    gone = [row.id for row in connection.execute(
        select(chats.chats.c.id).where(chats.chats.c.id.in_(chat_ids),
        chats.chats.c.forgotten_at.is_not(None))
    )]  # fmt: skip
    connection.execute(delete(outbox).where(outbox.c.chat_id.in_(gone)))
    chats.erase_forgotten(connection, gone)
