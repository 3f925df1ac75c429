"""Conversations with staff, canned answers, and who agreed to be told of news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.messages import Chat
from bot.storage.schema import Key, UtcDateTime, insert, metadata

handovers = sa.Table(
    "handovers",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("chat_id", sa.ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    sa.Column("form", sa.String(16), nullable=False, default="fr"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("taken_by", sa.String(80)),
    sa.Column("taken_at", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("closed_by", sa.String(80)),
    sa.Column("told_at", UtcDateTime),
    sa.Index("ix_handovers_chat_id", "chat_id"),
    sa.Index("ix_handovers_closed_at", "closed_at"),
)
lines = sa.Table(
    "handover_lines",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("handover_id", sa.ForeignKey("handovers.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
canned = sa.Table(
    "canned_answers",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("title", sa.String(80), nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
)
consents = sa.Table(
    "consents",
    metadata,
    sa.Column("chat_id", sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("programme", sa.String(40), nullable=False, default=""),
    sa.Column("region", sa.String(40), nullable=False, default=""),
    sa.Column("at", UtcDateTime, nullable=False),
)


def current(connection: Connection, chat_id: int) -> sa.Row[Any] | None:
    """The open handover of a chat."""
    where = (handovers.c.chat_id == chat_id, handovers.c.closed_at.is_(None))
    return connection.execute(sa.select(handovers).where(*where)).first()


def open_one(connection: Connection, chat: Chat, now: datetime) -> int:
    """Opens a handover, or finds the one that is open; returns its id."""
    if row := current(connection, chat.id):
        return int(row.id)
    values = {"chat_id": chat.id, "form": chat.form or "fr", "opened_at": now}
    return int(connection.execute(handovers.insert().values(**values).returning(handovers.c.id)).scalar_one())


def say(connection: Connection, chat_id: int, who: str, text: str, now: datetime) -> bool:
    """Adds a line to the open handover of a chat; False where there is none (staff closed it meanwhile)."""
    row = current(connection, chat_id)
    if row is None:
        return False
    connection.execute(lines.insert().values(handover_id=row.id, at=now, who=who, text=text))
    return True


def take(connection: Connection, handover_id: int, name: str, now: datetime) -> bool:
    """True where `name` now has it; False where somebody else took it or it is closed: taking is exclusive."""
    free = (handovers.c.taken_by.is_(None)) | (handovers.c.taken_by == name)
    where = (handovers.c.id == handover_id, handovers.c.closed_at.is_(None), free)
    return bool(connection.execute(handovers.update().where(*where).values(taken_by=name, taken_at=now)).rowcount)


def give_back(connection: Connection, handover_id: int, name: str) -> None:
    """Lets somebody else take it."""
    where = (handovers.c.id == handover_id, handovers.c.taken_by == name)
    connection.execute(handovers.update().where(*where).values(taken_by=None, taken_at=None))


def close(connection: Connection, chat_id: int, now: datetime, by: str) -> bool:
    """Closes the open handover of a chat."""
    where = (handovers.c.chat_id == chat_id, handovers.c.closed_at.is_(None))
    return bool(connection.execute(handovers.update().where(*where).values(closed_at=now, closed_by=by)).rowcount)


def read_lines(connection: Connection, handover_id: int) -> list[sa.Row[Any]]:
    """What was said, in order."""
    return list(connection.execute(sa.select(lines).where(lines.c.handover_id == handover_id).order_by(lines.c.id)))


def forget(connection: Connection, chat_id: int) -> None:
    """Deletes all handovers of a chat with what was said, and its consent."""
    ids = sa.select(handovers.c.id).where(handovers.c.chat_id == chat_id)
    connection.execute(lines.delete().where(lines.c.handover_id.in_(ids)))
    connection.execute(handovers.delete().where(handovers.c.chat_id == chat_id))
    connection.execute(consents.delete().where(consents.c.chat_id == chat_id))


def purge(connection: Connection, before: datetime) -> int:
    """Deletes what was said in handovers closed before that moment (retention); returns how many lines."""
    ids = sa.select(handovers.c.id).where(handovers.c.closed_at < before)
    return connection.execute(lines.delete().where(lines.c.handover_id.in_(ids))).rowcount


def set_consent(connection: Connection, chat_id: int, data: Mapping[str, Any], now: datetime) -> None:
    """Agrees to news (`on`), perhaps for one programme and region, or takes it back."""
    if not data.get("on"):
        connection.execute(consents.delete().where(consents.c.chat_id == chat_id))
        return
    values = {"programme": data.get("programme", ""), "region": data.get("region", ""), "at": now}
    statement = insert(connection, consents).values(chat_id=chat_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["chat_id"], set_=values))


def agreed(connection: Connection) -> int:
    """How many agreed to be told of news."""
    return connection.scalar(sa.select(sa.func.count()).select_from(consents)) or 0


# For staff


def waiting(connection: Connection) -> list[sa.Row[Any]]:
    """The open handovers, those nobody has taken first, then by age."""
    query = sa.select(handovers).where(handovers.c.closed_at.is_(None))
    return list(connection.execute(query.order_by(handovers.c.taken_by.is_not(None), handovers.c.opened_at)))


def closed(connection: Connection, most: int = 50) -> list[sa.Row[Any]]:
    """Those closed last."""
    query = sa.select(handovers).where(handovers.c.closed_at.is_not(None)).limit(most)
    return list(connection.execute(query.order_by(handovers.c.closed_at.desc())))


def get(connection: Connection, handover_id: int, *, lock: bool = False) -> sa.Row[Any] | None:
    """One handover, perhaps locked until the transaction ends."""
    query = sa.select(handovers).where(handovers.c.id == handover_id)
    return connection.execute(query.with_for_update() if lock else query).one_or_none()


def last_lines(connection: Connection, ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """The last thing said in each of these handovers."""
    newest = sa.select(sa.func.max(lines.c.id)).where(lines.c.handover_id.in_(ids)).group_by(lines.c.handover_id)
    return {row.handover_id: row for row in connection.execute(sa.select(lines).where(lines.c.id.in_(newest)))}


def tell(connection: Connection, handover_id: int, now: datetime) -> bool:
    """True the first time: staff are told once that somebody waits."""
    where = (handovers.c.id == handover_id, handovers.c.told_at.is_(None))
    return bool(connection.execute(handovers.update().where(*where).values(told_at=now)).rowcount)


def canned_answers(connection: Connection) -> list[sa.Row[Any]]:
    """Answers kept for use, by title."""
    return list(connection.execute(sa.select(canned).order_by(canned.c.title, canned.c.id)))


def add_canned(connection: Connection, title: str, texts: Mapping[str, str]) -> None:
    """Keeps an answer for use; `texts` by written form."""
    connection.execute(canned.insert().values(title=title, texts=dict(texts)))


def delete_canned(connection: Connection, canned_id: int) -> str | None:
    """Deletes one; returns its title."""
    statement = canned.delete().where(canned.c.id == canned_id).returning(canned.c.title)
    return connection.execute(statement).scalar_one_or_none()
