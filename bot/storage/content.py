"""The content in the database: each topic, fact and rule file is a document, each change of it a revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.storage.leases import raise_version
from bot.storage.schema import Key, UtcDateTime, metadata
from intents.bodies import from_bodies
from intents.models import Content

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("key", sa.String(80), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    # draft: being written; review: waits for a publisher; published: in force; replaced: was in force; dropped.
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("based_on", Key),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("published_by", sa.String(80)),
    sa.Index("ix_revisions_kind_key_state", "kind", "key", "state"),
    sa.Index("ix_revisions_state", "state"),
)
VERSION = "content"
"""The counter that tells every running copy that something new is published."""

SEED = "seed"
"""Author of what came with the program: replaced by a newer release as long as no person changed it."""

DocumentKey = tuple[str, str]


def published(connection: Connection, kind: str | None = None) -> dict[DocumentKey, dict[str, Any]]:
    """The body in force of every document (of one kind)."""
    query = sa.select(revisions.c.kind, revisions.c.key, revisions.c.body).where(revisions.c.state == "published")
    if kind:
        query = query.where(revisions.c.kind == kind)
    return {(row.kind, row.key): row.body for row in connection.execute(query)}


def in_force(connection: Connection) -> dict[DocumentKey, tuple[dict[str, Any], int]]:
    """The body in force of every document with the id of its revision."""
    query = sa.select(revisions.c.kind, revisions.c.key, revisions.c.body, revisions.c.id)
    rows = connection.execute(query.where(revisions.c.state == "published"))
    return {(row.kind, row.key): (row.body, row.id) for row in rows}


def earlier(connection: Connection, ids: Iterable[int]) -> dict[int, sa.Row[Any]]:
    """Revisions by id."""
    rows = connection.execute(sa.select(revisions).where(revisions.c.id.in_(list(ids))))
    return {row.id: row for row in rows}


def load(connection: Connection) -> Content:
    """The published content."""
    return from_bodies(published(connection))


def current(connection: Connection, kind: str, key: str, state: str = "published") -> sa.Row[Any] | None:
    """The newest revision of a document in that state."""
    where = (revisions.c.kind == kind, revisions.c.key == key, revisions.c.state == state)
    return connection.execute(sa.select(revisions).where(*where).order_by(revisions.c.id.desc())).first()


def history(connection: Connection, kind: str, key: str) -> list[sa.Row[Any]]:
    """All revisions of a document, newest first."""
    where = (revisions.c.kind == kind, revisions.c.key == key)
    return list(connection.execute(sa.select(revisions).where(*where).order_by(revisions.c.id.desc())))


def open_revisions(connection: Connection) -> list[sa.Row[Any]]:
    """All drafts and revisions that wait for a publisher, oldest first."""
    where = revisions.c.state.in_(("draft", "review"))
    return list(connection.execute(sa.select(revisions).where(where).order_by(revisions.c.id)))


def revision(connection: Connection, revision_id: int) -> sa.Row[Any] | None:
    """One revision."""
    return connection.execute(sa.select(revisions).where(revisions.c.id == revision_id)).one_or_none()


def drop(connection: Connection, revision_id: int) -> bool:
    """Puts an open revision aside; it stays in the history."""
    where = (revisions.c.id == revision_id, revisions.c.state.in_(("draft", "review")))
    return bool(connection.execute(revisions.update().where(*where).values(state="dropped")).rowcount)


def seed(connection: Connection, bodies: Mapping[DocumentKey, Mapping[str, Any]], now: datetime) -> int:
    """Brings the program's own content in. A document that a person has changed since stays as it is. Returns how
    many documents changed."""
    query = sa.select(revisions.c.kind, revisions.c.key, revisions.c.author, revisions.c.body)
    known = {(row.kind, row.key): row for row in connection.execute(query.where(revisions.c.state == "published"))}
    new = []
    for (kind, key), body in bodies.items():
        row = known.get((kind, key))
        if row is not None and (row.author != SEED or row.body == body):
            continue
        if row is not None:
            _retire(connection, kind, key)
        new.append(
            {
                "kind": kind,
                "key": key,
                "body": dict(body),
                "state": "published",
                "author": SEED,
                "note": "",
                "at": now,
                "published_at": now,
                "published_by": SEED,
                "based_on": None,
            }
        )
    if new:
        connection.execute(revisions.insert(), new)
        raise_version(connection, VERSION)
    return len(new)


def save(
    connection: Connection,
    kind: str,
    key: str,
    body: Mapping[str, Any],
    *,
    author: str,
    now: datetime,
    based_on: int | None,
    state: str = "draft",
    note: str = "",
) -> int:
    """A new revision in `state` (draft or review) in place of the document's open one; returns its id. What was
    open before stays in the history as `dropped`."""
    open_states = ("draft", "review")
    where = (revisions.c.kind == kind, revisions.c.key == key, revisions.c.state.in_(open_states))
    connection.execute(revisions.update().where(*where).values(state="dropped"))
    row = connection.execute(
        revisions.insert()
        .values(kind=kind, key=key, body=dict(body), state=state, author=author, note=note, at=now, based_on=based_on)
        .returning(revisions.c.id)
    ).one()
    return int(row.id)


def publish(connection: Connection, ids: Iterable[int], by: str, now: datetime) -> int:
    """Puts these revisions in force, together; returns how many. Raises the version once."""
    rows = connection.execute(sa.select(revisions).where(revisions.c.id.in_(list(ids)))).all()
    for row in rows:
        _retire(connection, row.kind, row.key)
        values = {"state": "published", "published_at": now, "published_by": by}
        connection.execute(revisions.update().where(revisions.c.id == row.id).values(**values))
    if rows:
        raise_version(connection, VERSION)
    return len(rows)


def put_in_force(
    connection: Connection, kind: str, key: str, body: Mapping[str, Any], *, author: str, now: datetime, note: str = ""
) -> int:
    """Saves and publishes at once: one click that teaches a phrasing, a restored revision, an import."""
    based = current(connection, kind, key)
    revision = save(
        connection, kind, key, body, author=author, now=now, based_on=based.id if based else None, note=note
    )
    publish(connection, [revision], author, now)
    return revision


def _retire(connection: Connection, kind: str, key: str) -> None:
    where = (revisions.c.kind == kind, revisions.c.key == key, revisions.c.state == "published")
    connection.execute(revisions.update().where(*where).values(state="replaced"))
