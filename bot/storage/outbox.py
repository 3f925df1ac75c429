"""Everything that leaves, until it has left. Written in the transaction that decides it; the sender empties
it towards channels that push, and channels that are asked (web page, terminal) `pull` their rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from bot.messages import Chat, Reply
from bot.storage.payload import decode as decode
from bot.storage.payload import encode as encode
from bot.storage.schema import Key, UtcDateTime, insert_new, metadata

REPLY, NOTICE, BROADCAST = 0, 1, 2
"""Priorities: what a person waits for goes before what we tell of ourselves, and that before what we tell
all."""

PUSHING = ("telegram",)
"""Channels that the sender delivers to."""

LONGEST_WAIT = timedelta(minutes=15)
"""No retry is set further ahead: a retry's `not_before` beyond was written before the clock jumped back, and is
ignored. What was never tried may wait longer: for the morning."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("chat_id", Key, nullable=False),
    Column("channel", String(16), nullable=False),
    Column("address", String(128), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("state", String(10), nullable=False),  # pending, sent, dropped (chat gone), poisoned (refused)
    Column("error", Text),
    Column("sent_at", UtcDateTime),
    Column("message_ref", String(64)),
    Column("dedupe_key", String(128), unique=True),
    Column("trace", String(64), nullable=False),
    # The last word to somebody who is forgotten: the chat's row goes with it.
    Column("farewell", Boolean, nullable=False),
    sqlite_autoincrement=True,  # a number is never given twice: `pull` counts on it
)
_PENDING = outbox.c.state == "pending"
Index(
    "ix_outbox_pending",
    outbox.c.channel,
    outbox.c.priority,
    outbox.c.id,
    sqlite_where=_PENDING,
    postgresql_where=_PENDING,
)
Index("ix_outbox_chat_id_id", outbox.c.chat_id, outbox.c.id)
Index(
    "ix_outbox_poisoned",
    outbox.c.id,
    sqlite_where=outbox.c.state == "poisoned",
    postgresql_where=outbox.c.state == "poisoned",
)
Index("ix_outbox_created_at", outbox.c.created_at)


@dataclass(frozen=True, slots=True)
class Letter:
    """One row on its way."""

    id: int
    chat_id: int
    channel: str
    address: str
    priority: int
    payload: str
    attempts: int
    created_at: datetime
    trace: str
    farewell: bool

    @property
    def reply(self) -> Reply:
        """What it says. Raises ValueError, TypeError or KeyError where the row is damaged."""
        return decode(self.payload)


@dataclass(frozen=True, slots=True)
class Mark:
    """What became of one letter."""

    id: int
    state: str
    error: str | None = None
    message_ref: str | None = None
    attempts: int = 0
    not_before: datetime | None = None


def entry(
    chat: Chat,
    reply: Reply,
    *,
    now: datetime,
    priority: int = REPLY,
    dedupe_key: str | None = None,
    trace: str = "",
    not_before: datetime | None = None,
    farewell: bool = False,
) -> dict[str, Any]:
    """The row that sends `reply` to `chat`."""
    return {
        "chat_id": chat.id, "channel": chat.channel, "address": chat.address, "priority": priority,
        "payload": encode(reply), "created_at": now, "not_before": not_before, "attempts": 0,
        "state": "pending", "dedupe_key": dedupe_key, "trace": trace, "farewell": farewell,
    }  # fmt: skip


def put(connection: Connection, entries: Sequence[dict[str, Any]]) -> None:
    """Stores rows made by `entry`; one whose `dedupe_key` is known already is left out."""
    if entries:
        connection.execute(insert_new(connection.dialect.name, outbox), entries)


def enqueue(
    connection: Connection,
    chat: Chat,
    replies: Iterable[Reply],
    *,
    now: datetime,
    priority: int = NOTICE,
    dedupe_key: str | None = None,
    trace: str = "",
) -> None:
    """Sends `replies` to `chat` when this transaction commits (call `Sender.wake()` after it). With a
    `dedupe_key`, at most once however often this runs."""
    put(connection, [
        entry(chat, reply, now=now, priority=priority, trace=trace,
              dedupe_key=f"{dedupe_key}/{position}" if dedupe_key and position else dedupe_key)
        for position, reply in enumerate(replies)
    ])  # fmt: skip


_LETTER = [outbox.c[name] for name in Letter.__dataclass_fields__]
_DUE = (
    select(*_LETTER)
    .where(
        _PENDING,
        outbox.c.channel == bindparam("on"),
        outbox.c.priority <= bindparam("up_to"),
        or_(
            outbox.c.not_before.is_(None),
            outbox.c.not_before <= bindparam("now"),
            and_(outbox.c.attempts > 0, outbox.c.not_before > bindparam("horizon")),
        ),
    )
    .order_by(outbox.c.priority, outbox.c.id)
    .limit(bindparam("most"))
)


def due(
    connection: Connection, channel: str, now: datetime, most: int, up_to: int = BROADCAST
) -> list[Letter]:
    """What may leave now, what people wait for first, in order."""
    asked = {"on": channel, "up_to": up_to, "now": now, "horizon": now + LONGEST_WAIT, "most": most}
    return [Letter(*row) for row in connection.execute(_DUE, asked)]


_MARK = (
    update(outbox)
    .where(outbox.c.id == bindparam("key"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("state", "error", "sent_at", "message_ref", "attempts", "not_before")
        }
    )
)


def mark(connection: Connection, marks: Sequence[Mark], now: datetime) -> None:
    """Records what became of letters."""
    if marks:
        connection.execute(_MARK, [
            {"key": one.id, "new_state": one.state, "new_error": one.error,
             "new_message_ref": one.message_ref, "new_attempts": one.attempts,
             "new_sent_at": now if one.state == "sent" else None, "new_not_before": one.not_before}
            for one in marks
        ])  # fmt: skip


def drop(connection: Connection, chat_id: int, error: str) -> None:
    """Gives up all that waits for this chat: the person blocked the bot or the chat is gone."""
    where = (outbox.c.chat_id == chat_id, _PENDING)
    connection.execute(update(outbox).where(*where).values(state="dropped", error=error))


def pull(connection: Connection, chat_id: int, after_id: int, most: int = 50) -> list[tuple[int, Reply]]:
    """The letters to this chat after `after_id`, in order, with their ids; those up to `after_id` have
    arrived and count as sent. Needs a writing transaction."""
    mine = outbox.c.chat_id == chat_id
    arrived = update(outbox).where(mine, _PENDING, outbox.c.id <= after_id)
    connection.execute(arrived.values(state="sent", sent_at=func.now()))
    wanted = select(outbox.c.id, outbox.c.payload).where(mine, outbox.c.id > after_id).order_by(outbox.c.id)
    return [(row.id, decode(row.payload)) for row in connection.execute(wanted.limit(most))]


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """How many letters the sender still has to deliver, and since when the oldest waits."""
    counted = select(func.count(), func.min(outbox.c.created_at)).where(
        _PENDING, outbox.c.channel.in_(PUSHING)
    )
    count, oldest = connection.execute(counted).one()
    return count, oldest


def poisoned(connection: Connection, most: int = 100) -> list[Row[Any]]:
    """Letters a channel refused for good, newest first, with their `error`: for staff to see."""
    wanted = select(outbox).where(outbox.c.state == "poisoned").order_by(outbox.c.id.desc()).limit(most)
    return list(connection.execute(wanted))


def counted(letter: Letter) -> Letter:
    """`letter` after one more attempt."""
    return replace(letter, attempts=letter.attempts + 1)


def addressed(reply: Reply, reference: str | None) -> Reply:
    """`reply` with the message it replaces filled in, where it replaces one."""
    return replace(reply, reference=reference) if reply.edit else reply
