"""What must not be kept for ever. Everything goes in small steps, so that nobody waits for a purge."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, select, update

from bot.storage import chats, forgetting, outbox
from bot.storage.exchanges import exchanges
from bot.storage.updates import updates

STEP = 2000
UPDATES_KEPT = timedelta(days=3)
"""Telegram brings an update again for a day at most."""
LOOK_BACK = timedelta(days=30)
"""Who left longer ago was done with in an earlier purge: looking at them all would cost more every day."""
FAREWELL = timedelta(minutes=10)
"""So long the last word to a forgotten person may wait to be fetched."""


def purge(connection: Connection, now: datetime, days: int) -> int:
    """Erases message texts older than `days`, and what is of no use any more; returns how many rows that
    were. At most a step's worth of each kind: call it again while it returns something."""
    old = now - timedelta(days=days)
    texts = _some(connection, exchanges, exchanges.c.at < old, exchanges.c.text.is_not(None))
    connection.execute(update(exchanges).where(exchanges.c.id.in_(texts)).values(text=None, trace=""))
    box = outbox.outbox
    letters = _some(connection, box, box.c.created_at < old, box.c.state != "pending")
    connection.execute(delete(box).where(box.c.id.in_(letters)))
    people = chats.chats
    stale = _some(connection, people, people.c.seen_at < old, people.c.seen_at > old - LOOK_BACK, people.c.turn > 0)
    # The language stays; what was said, and in which dialogue, goes.
    connection.execute(update(people).where(people.c.id.in_(stale)).values(state={}, recent=[], turn=0))
    left = _some(connection, people, people.c.forgotten_at < now - FAREWELL)
    if left:
        forgetting.bid_farewell(connection, left)
    return len(texts) + len(letters) + len(stale) + len(left) + _purge_updates(connection, now)


def _some(connection: Connection, table: Table, *where: ColumnElement[bool]) -> list[int]:
    return list(connection.execute(select(table.c.id).where(*where).limit(STEP)).scalars())


def _purge_updates(connection: Connection, now: datetime) -> int:
    """Deletes the numbers of updates nobody will bring again, a day's worth at most."""
    old = updates.c.at < now - UPDATES_KEPT
    oldest = connection.execute(select(updates.c.at).where(old).order_by(updates.c.at).limit(1)).scalar()
    if oldest is None:
        return 0
    gone = delete(updates).where(old, updates.c.at <= oldest + timedelta(minutes=10))
    return connection.execute(gone).rowcount
