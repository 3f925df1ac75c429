"""One row a chat: what the conversation remembers, who blocked us, who asked to be forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    update,
)

from bot.messages import Chat
from bot.storage.schema import Key, UtcDateTime, insert_new, metadata

chats = Table(
    "chats",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("address", String(128), nullable=False),
    Column("form", String(16)),
    Column("chosen", String(16)),
    Column("turn", Integer, nullable=False, default=0),
    Column("state", JSON, nullable=False, default=dict),
    # When the messages of the last minute came (seconds since 1970) and whether the flood notice was given.
    Column("recent", JSON, nullable=False, default=list),
    Column("muted", Integer, nullable=False, default=0),
    Column("blocked_at", UtcDateTime),
    Column("forgotten_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "address"),
)
Index(
    "ix_chats_forgotten_at",
    chats.c.forgotten_at,
    sqlite_where=chats.c.forgotten_at.is_not(None),
    postgresql_where=chats.c.forgotten_at.is_not(None),
)
Index("ix_chats_seen_at", chats.c.seen_at)


@dataclass(slots=True)
class Kept:
    """A chat as stored, with what only the reception needs of it."""

    chat: Chat
    recent: list[int]
    muted: bool


def _kept(row: Row[Any]) -> Kept:
    return Kept(_chat(row), list(row.recent), bool(row.muted))


def _chat(row: Row[Any]) -> Chat:
    return Chat(row.channel, row.address, row.id, row.form, row.chosen, row.turn, dict(row.state))


_LOCK = (
    select(chats)
    .where(
        chats.c.channel == bindparam("in_channel"),
        chats.c.address.in_(bindparam("in_addresses", expanding=True)),
    )
    .order_by(chats.c.id)  # one order for all copies, or two batches wait for each other for ever
    .with_for_update()
)
_SAVE = (
    update(chats)
    .where(chats.c.id == bindparam("key"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("form", "chosen", "turn", "state", "recent", "muted", "seen_at")
        }
        | {"blocked_at": None, "forgotten_at": None}
    )
)


def lock(connection: Connection, channel: str, addresses: Iterable[str], now: datetime) -> dict[str, Kept]:
    """The chats of these addresses, created where absent, each locked until the transaction ends."""
    wanted = sorted(set(addresses))
    found = _locked(connection, channel, wanted)
    absent = [address for address in wanted if address not in found]
    if absent:
        rows = [
            {
                "channel": channel,
                "address": address,
                "turn": 0,
                "state": {},
                "recent": [],
                "muted": 0,
                "created_at": now,
                "seen_at": now,
            }
            for address in absent
        ]
        connection.execute(insert_new(connection.dialect.name, chats), rows)
        found |= _locked(connection, channel, absent)
    return found


def _locked(connection: Connection, channel: str, addresses: list[str]) -> dict[str, Kept]:
    rows = connection.execute(_LOCK, {"in_channel": channel, "in_addresses": addresses})
    return {row.address: _kept(row) for row in rows}


def save(connection: Connection, kept: Iterable[Kept], now: datetime) -> None:
    """Stores these chats. Whoever writes has not blocked us and is not forgotten any more."""
    rows = [
        {
            "key": one.chat.id,
            "new_form": one.chat.form,
            "new_chosen": one.chat.chosen,
            "new_turn": one.chat.turn,
            "new_state": one.chat.state,
            "new_recent": one.recent,
            "new_muted": int(one.muted),
            "new_seen_at": now,
        }
        for one in kept
    ]
    if rows:
        connection.execute(_SAVE, rows)


def get(connection: Connection, chat_id: int) -> Chat | None:
    """The chat of that id, or None."""
    row = connection.execute(select(chats).where(chats.c.id == chat_id)).first()
    return _chat(row) if row else None


def find(connection: Connection, channel: str, address: str) -> Chat | None:
    """The chat at that address, or None."""
    where = (chats.c.channel == channel, chats.c.address == address)
    row = connection.execute(select(chats).where(*where)).first()
    return _chat(row) if row else None


def open_chat(connection: Connection, channel: str, address: str, now: datetime) -> Chat:
    """The chat at that address, created where absent (for staff groups and tests)."""
    return lock(connection, channel, [address], now)[address].chat


def set_blocked(connection: Connection, channel: str, address: str, at: datetime | None) -> None:
    """Remembers that this person blocked the bot (`at`), or unblocked it (None)."""
    where = (chats.c.channel == channel, chats.c.address == address)
    connection.execute(update(chats).where(*where).values(blocked_at=at))


def set_state(connection: Connection, chat_id: int, state: dict[str, Any]) -> None:
    """Replaces what the conversation remembers of this chat: for staff who take it over and give it back."""
    connection.execute(update(chats).where(chats.c.id == chat_id).values(state=state))


def mark_forgotten(connection: Connection, chat_id: int, now: datetime) -> None:
    """Empties the row at once. The address stays until the farewell has left, then `erase_forgotten` removes
    it."""
    connection.execute(
        update(chats)
        .where(chats.c.id == chat_id)
        .values(
            form=None, chosen=None, turn=0, state={}, recent=[], muted=0, blocked_at=None, forgotten_at=now
        )
    )


def erase_forgotten(connection: Connection, chat_ids: Iterable[int]) -> None:
    """Deletes those of these chats that are still forgotten (who wrote again in between is a new
    acquaintance)."""
    ids = list(chat_ids)
    if ids:
        connection.execute(delete(chats).where(chats.c.id.in_(ids), chats.c.forgotten_at.is_not(None)))
