"""What staff see of application files: search, history, who was told. Locks are in `bot.storage.applications`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.storage.applications import application_events, application_phones, applications, news_key, subscriptions
from bot.storage.outbox import outbox

FOUND = 50
_EXPORTED = (
    "number", "programme", "state", "since", "missing", "place", "deadline", "contact", "region",
)  # fmt: skip


def row_of(connection: Connection, key: str) -> sa.Row[Any] | None:
    """The application of that key."""
    return connection.execute(sa.select(applications).where(applications.c.key == key)).one_or_none()


def search(connection: Connection, key: str) -> list[sa.Row[Any]]:
    """Applications whose key begins with `key`; without one, those changed last."""
    query = sa.select(applications).limit(FOUND)
    if key:
        # A range instead of LIKE: it uses the index on both engines. Keys have digits and capitals only.
        return list(connection.execute(
            query.where(applications.c.key >= key, applications.c.key < key + "ZZZZ").order_by(applications.c.key)
        ))  # fmt: skip
    return list(connection.execute(query.order_by(applications.c.id.desc())))


def by_state(connection: Connection) -> dict[str, int]:
    """How many applications are in each state."""
    query = sa.select(applications.c.state, sa.func.count()).group_by(applications.c.state)
    return {state: count for state, count in connection.execute(query).tuples()}


def history(connection: Connection, application_id: int) -> list[sa.Row[Any]]:
    """What happened to one application, newest first."""
    where = application_events.c.application_id == application_id
    return list(connection.execute(sa.select(application_events).where(where).order_by(application_events.c.id.desc())))


def phones(connection: Connection, application_id: int) -> int:
    """How many phones stand on it."""
    where = application_phones.c.application_id == application_id
    return connection.scalar(sa.select(sa.func.count()).select_from(application_phones).where(where)) or 0


def subscribers(connection: Connection, key: str) -> int:
    """How many chats want news of it."""
    query = sa.select(sa.func.count()).select_from(subscriptions).where(subscriptions.c.key == key)
    return connection.scalar(query) or 0


def notices(connection: Connection, key: str, version: int) -> list[sa.Row[Any]]:
    """The notices of it that were sent or wait, newest first: channel, state, created_at, sent_at."""
    ids = connection.scalars(sa.select(subscriptions.c.id).where(subscriptions.c.key == key)).all()
    wanted = [news_key(one, key, number) for one in ids for number in range(max(2, version - 20), version + 1)]
    query = sa.select(outbox.c.id, outbox.c.channel, outbox.c.state, outbox.c.created_at, outbox.c.sent_at)
    found: list[sa.Row[Any]] = []
    for at in range(0, len(wanted), 500):
        found.extend(connection.execute(query.where(outbox.c.dedupe_key.in_(wanted[at : at + 500]))))
    return sorted(found, key=lambda row: -row.id)[:FOUND]


def export_rows(connection: Connection) -> Iterator[list[object]]:
    """All applications as rows for a spreadsheet, a few at a time."""
    last = 0
    while True:
        query = sa.select(applications).where(applications.c.id > last).order_by(applications.c.id).limit(1000)
        rows = connection.execute(query).all()
        if not rows:
            return
        for row in rows:
            yield [getattr(row, name) for name in _EXPORTED]
        last = rows[-1].id

