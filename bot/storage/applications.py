"""Application files, their history, who wants news of them, and the failures counted against guessing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.applications.models import Application
from bot.storage.chats import chats
from bot.storage.schema import Key, UtcDateTime, insert_new, metadata

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
    # In this order: two copies that count the same subjects never wait for each other in a circle.
    ordered = sorted(subjects.items())
    connection.execute(insert_new(connection.dialect.name, attempts), [
        {"scope": scope, "subject": subject, "failures": 0, "first_at": now, "label": labels.get(scope, "")}
        for scope, subject in ordered
    ])  # fmt: skip
    for scope, subject in ordered:
        where = (attempts.c.scope == scope) & (attempts.c.subject == subject)
        row = connection.execute(sa.select(attempts).where(where).with_for_update()).one()
        fresh = row.first_at < now - LOCK
        failures = 1 if fresh else row.failures + 1
        locked_until = now + LOCK if failures >= FAILURES else None
        connection.execute(
            attempts.update()
            .where(where)
            .values(failures=failures, first_at=now if fresh else row.first_at, locked_until=locked_until)
        )


def purge_attempts(connection: Connection, now: datetime) -> int:
    """Forgets failures that count no more: somebody who guesses must not fill the disk. Returns how many."""
    over = attempts.c.locked_until.is_(None) | (attempts.c.locked_until < now)
    return connection.execute(attempts.delete().where(attempts.c.first_at < now - LOCK, over)).rowcount


def clear_failures(connection: Connection, scope: str, subject: str) -> bool:
    """Lifts a lock; True when there was something to lift."""
    where = (attempts.c.scope == scope) & (attempts.c.subject == subject)
    return bool(connection.execute(attempts.delete().where(where)).rowcount)


def open_locks(connection: Connection, now: datetime) -> list[sa.Row[Any]]:
    """The locks in force, latest first: scope, subject, failures, locked_until, label."""
    query = sa.select(attempts).where(attempts.c.locked_until > now).order_by(attempts.c.locked_until.desc())
    return list(connection.execute(query))


# News


def subscribe(connection: Connection, chat_id: int, key: str, now: datetime, seen: str = "") -> None:
    """This chat wants news of that file, which it has `seen` (a fingerprint) just now; asking twice changes
    nothing."""
    where = (subscriptions.c.chat_id == chat_id) & (subscriptions.c.key == key)
    if connection.execute(sa.select(subscriptions.c.id).where(where)).first() is None:
        connection.execute(subscriptions.insert().values(chat_id=chat_id, key=key, at=now, seen=seen))


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


def news_key(subscription: int, key: str, version: int) -> str:
    """Names one notice for the outbox, so that it leaves once. With the file's key: SQLite gives the number of a
    deleted subscription again."""
    return f"news:{subscription}:{key}:{version}"


def followed(connection: Connection, after: str, most: int) -> list[str]:
    """The next keys after `after`, in order, that somebody who can be reached wants news of."""
    query = (
        sa.select(subscriptions.c.key)
        .join(chats, chats.c.id == subscriptions.c.chat_id)
        .where(subscriptions.c.key > after, chats.c.blocked_at.is_(None))
    )
    return list(connection.scalars(query.distinct().order_by(subscriptions.c.key).limit(most)))


def see(connection: Connection, prints: Mapping[str, str]) -> list[sa.Row[Any]]:
    """Notes what the files of these keys look like now ({key: fingerprint}) and returns who must be told: the
    subscriptions whose last look was another, with their chats. Each change is returned once, however many copies
    ask; a first look is no news."""
    query = (
        sa.select(
            subscriptions.c.id, subscriptions.c.key, subscriptions.c.seen, chats.c.id.label("chat_id"),
            chats.c.channel, chats.c.address, chats.c.form, chats.c.chosen, chats.c.blocked_at,
        )
        .join(chats, chats.c.id == subscriptions.c.chat_id)
        .where(subscriptions.c.key.in_(list(prints)))
        .order_by(subscriptions.c.id)
        .with_for_update(of=subscriptions)
    )  # fmt: skip
    rows: list[sa.Row[Any]] = list(connection.execute(query))
    moved = [row for row in rows if row.seen != prints[row.key]]
    if moved:
        connection.execute(
            subscriptions.update().where(subscriptions.c.id == sa.bindparam("row_id")).values(seen=sa.bindparam("now")),
            [{"row_id": row.id, "now": prints[row.key]} for row in moved],
        )
    return [row for row in moved if row.seen and row.blocked_at is None]


def any_application(connection: Connection) -> bool:
    """True when there is any application file."""
    return connection.execute(sa.select(applications.c.id).limit(1)).first() is not None


def demo_present(connection: Connection) -> bool:
    """True while made-up files are there."""
    return connection.execute(sa.select(applications.c.id).where(applications.c.demo).limit(1)).first() is not None
