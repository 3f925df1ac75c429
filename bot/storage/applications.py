"""Application files, their history, who wants news of them, and the failures counted against guessing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.applications.models import Application
from bot.storage.chats import chats
from bot.storage.schema import Key, UtcDateTime, metadata

applications = sa.Table(
    "applications",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("key", sa.String(40), nullable=False, unique=True),
    sa.Column("number", sa.String(80), nullable=False),
    sa.Column("programme", sa.String(200), nullable=False, default=""),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("missing", sa.Text, nullable=False, default=""),
    sa.Column("place", sa.Text, nullable=False, default=""),
    sa.Column("deadline", sa.Date),
    sa.Column("contact", sa.Text, nullable=False, default=""),
    sa.Column("region", sa.String(200), nullable=False, default=""),
    sa.Column("tails", sa.JSON, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Integer, nullable=False, default=1),
    sa.Column("batch", sa.String(32), nullable=False, default=""),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)
application_phones = sa.Table(
    "application_phones",
    metadata,
    sa.Column("phone", sa.String(40), primary_key=True),
    sa.Column("application_id", sa.ForeignKey("applications.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_application_phones_application_id", "application_id"),
)
application_events = sa.Table(
    "application_events",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("application_id", sa.ForeignKey("applications.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.String(80), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("changes", sa.JSON, nullable=False),
)
subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("chat_id", sa.ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.String(40), nullable=False),
    sa.Column("seen", sa.String(64), nullable=False, default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("chat_id", "key"),
    sa.Index("ix_subscriptions_key", "key"),
)
attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("scope", sa.String(8), primary_key=True),
    sa.Column("subject", sa.String(40), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("locked_until", UtcDateTime),
    sa.Column("label", sa.String(80), nullable=False, default=""),
)

# Five failures within an hour lock for an hour (issue 5).
FAILURES = 5
LOCK = timedelta(hours=1)

_FIND = sa.select(applications).where(applications.c.key == sa.bindparam("key"))


def find(connection: Connection, key: str) -> Application | None:
    """The application of a number's key, with the hashes of its phones; None when there is none."""
    row = connection.execute(_FIND, {"key": key}).one_or_none()
    return _application(row) if row else None


def find_many(connection: Connection, keys: Sequence[str]) -> tuple[Application, ...]:
    """The applications of several keys, in the order of the keys; unknown ones are left out."""
    rows = connection.execute(sa.select(applications).where(applications.c.key.in_(keys))).all()
    found = {row.key: _application(row) for row in rows}
    return tuple(found[key] for key in keys if key in found)


def find_by_phone(connection: Connection, phone: str) -> tuple[Application, ...]:
    """The applications on which that phone (a hash) stands, newest change first."""
    query = (
        sa.select(applications)
        .join(application_phones, application_phones.c.application_id == applications.c.id)
        .where(application_phones.c.phone == phone)
        .order_by(applications.c.updated_at.desc(), applications.c.id)
    )
    return tuple(_application(row) for row in connection.execute(query))


def _application(row: sa.Row[Any]) -> Application:
    return Application(
        number=row.number,
        programme=row.programme,
        state=row.state,
        since=row.since,
        missing=row.missing,
        place=row.place,
        deadline=row.deadline,
        contact=row.contact,
        region=row.region,
        tails=frozenset(row.tails),
    )


# Guessing


def locked(connection: Connection, subjects: Mapping[str, str], now: datetime) -> frozenset[str]:
    """Which scopes of {scope: subject} are locked now."""
    query = sa.select(attempts.c.scope).where(
        sa.tuple_(attempts.c.scope, attempts.c.subject).in_(list(subjects.items())), attempts.c.locked_until > now
    )
    return frozenset(connection.scalars(query))


def count_failure(
    connection: Connection, subjects: Mapping[str, str], labels: Mapping[str, str], now: datetime
) -> None:
    """One more failure for each subject; the fifth within an hour locks it for an hour. `labels` (masked) are
    what staff see."""
    for scope, subject in sorted(subjects.items()):
        where = (attempts.c.scope == scope) & (attempts.c.subject == subject)
        row = connection.execute(sa.select(attempts).where(where).with_for_update()).one_or_none()
        if row is None:
            values = {"failures": 1, "first_at": now, "locked_until": None, "label": labels.get(scope, "")}
            connection.execute(attempts.insert().values(scope=scope, subject=subject, **values))
            continue
        fresh = row.first_at < now - LOCK
        failures = 1 if fresh else row.failures + 1
        locked_until = now + LOCK if failures >= FAILURES else None
        connection.execute(
            attempts.update()
            .where(where)
            .values(failures=failures, first_at=now if fresh else row.first_at, locked_until=locked_until)
        )


def clear_failures(connection: Connection, scope: str, subject: str) -> bool:
    """Lifts a lock; True when there was something to lift."""
    where = (attempts.c.scope == scope) & (attempts.c.subject == subject)
    return bool(connection.execute(attempts.delete().where(where)).rowcount)


def open_locks(connection: Connection, now: datetime) -> list[sa.Row[Any]]:
    """The locks in force, latest first: scope, subject, failures, locked_until, label."""
    query = sa.select(attempts).where(attempts.c.locked_until > now).order_by(attempts.c.locked_until.desc())
    return list(connection.execute(query))


# News


def subscribe(connection: Connection, chat_id: int, key: str, now: datetime) -> None:
    """This chat wants news of that file; asking twice changes nothing."""
    where = (subscriptions.c.chat_id == chat_id) & (subscriptions.c.key == key)
    if connection.execute(sa.select(subscriptions.c.id).where(where)).first() is None:
        connection.execute(subscriptions.insert().values(chat_id=chat_id, key=key, at=now, seen=""))


def unsubscribe(connection: Connection, chat_id: int, key: str | None = None) -> None:
    """No more news of that file, or of any."""
    query = subscriptions.delete().where(subscriptions.c.chat_id == chat_id)
    connection.execute(query if key is None else query.where(subscriptions.c.key == key))


def subscribed(connection: Connection, channel: str, address: str) -> dict[int, str]:
    """The files a chat wants news of: {subscription id: key}."""
    query = (
        sa.select(subscriptions.c.id, subscriptions.c.key)
        .join(chats, chats.c.id == subscriptions.c.chat_id)
        .where(chats.c.channel == channel, chats.c.address == address)
    )
    return {row.id: row.key for row in connection.execute(query)}


def any_application(connection: Connection) -> bool:
    """True when there is any application file."""
    return connection.execute(sa.select(applications.c.id).limit(1)).first() is not None


def demo_present(connection: Connection) -> bool:
    """True while made-up files are there."""
    return connection.execute(sa.select(applications.c.id).where(applications.c.demo).limit(1)).first() is not None
