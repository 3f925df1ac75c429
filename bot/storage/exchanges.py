"""The log: one row a question, masked. Texts are purged after RETENTION_DAYS; the figures stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, Float, Index, Integer, Row, String, Table, Text, select, update

from bot.messages import Exchange
from bot.storage.schema import Key, UtcDateTime, metadata

exchanges = Table(
    "exchanges",
    metadata,
    Column("id", Key, primary_key=True),
    Column("chat_id", Key),  # empty once the person asked to be forgotten
    Column("turn", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("text", Text),  # masked; empty once purged or forgotten
    Column("form", String(16), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("topic", String(64)),
    Column("score", Float),
    Column("ranked", JSON),
    Column("feedback", String(16)),  # up, down, none ("none of these")
    Column("ms", Float, nullable=False),
    Column("trace", String(64), nullable=False),
)
Index("ix_exchanges_chat_id_turn", exchanges.c.chat_id, exchanges.c.turn)
Index("ix_exchanges_at", exchanges.c.at)
_INSERT = exchanges.insert()
_TEXT = exchanges.c.text.is_not(None)
Index("ix_exchanges_at_text", exchanges.c.at, sqlite_where=_TEXT, postgresql_where=_TEXT)  # for the purge


def entry(
    chat_id: int, turn: int, channel: str, exchange: Exchange, now: datetime, trace: str
) -> dict[str, Any]:
    """The row of one exchange. `turn` is that of the answer: what its 👍 button carries."""
    return {
        "chat_id": chat_id, "turn": turn, "at": now, "channel": channel, "kind": exchange.kind[:32],
        "text": exchange.text, "form": exchange.form, "decision": exchange.decision, "topic": exchange.topic,
        "score": exchange.score, "ranked": [list(pair) for pair in exchange.ranked], "feedback": None,
        "ms": exchange.understanding_ms, "trace": trace,
    }  # fmt: skip


def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Stores rows made by `entry`."""
    if rows:
        connection.execute(_INSERT, rows)


def add_one(connection: Connection, row: dict[str, Any]) -> int:
    """Stores one row and returns its id."""
    key = connection.execute(_INSERT, row).inserted_primary_key
    return int(key[0]) if key else 0


def set_feedback(connection: Connection, chat_id: int, turn: int, value: str) -> None:
    """Remembers what the person thought of the answer of that turn; an unknown turn is ignored."""
    where = (exchanges.c.chat_id == chat_id, exchanges.c.turn == turn)
    connection.execute(update(exchanges).where(*where).values(feedback=value[:16]))


def forget(connection: Connection, chat_id: int) -> None:
    """Takes texts and the link to the person out of the log; what remains is counts."""
    where = exchanges.c.chat_id == chat_id
    connection.execute(update(exchanges).where(where).values(chat_id=None, text=None, trace=""))


def recent(connection: Connection, chat_id: int, most: int = 20) -> list[Row[Any]]:
    """The last exchanges of a chat, oldest first."""
    query = select(exchanges).where(exchanges.c.chat_id == chat_id).order_by(exchanges.c.id.desc()).limit(most)
    return list(connection.execute(query))[::-1]
