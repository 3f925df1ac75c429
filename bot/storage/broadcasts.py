"""Letters to all who agreed: written, scheduled, put into the outbox a few at a time, counted.

A broadcast is `draft`, `scheduled`, `running` (being put into the outbox), `leaving` (all put, some still on their
way), `done` or `stopped`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.messages import Chat
from bot.quiet import quiet_until
from bot.storage import outbox
from bot.storage.chats import chats
from bot.storage.handovers import consents
from bot.storage.schema import Key, UtcDateTime, insert, metadata

CHUNK = 200
# No more than this waits in the outbox at once: ten seconds of sending, so that a broadcast that is stopped stops,
# and none is still leaving when the night begins.
AHEAD = 300

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("author", sa.String(80), nullable=False),
    sa.Column("programme", sa.String(40), nullable=False, default=""),
    sa.Column("region", sa.String(40), nullable=False, default=""),
    sa.Column("forms", sa.JSON, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
    sa.Column("letters", sa.JSON, nullable=False, default=dict),
    sa.Column("state", sa.String(10), nullable=False, default="draft"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("starts_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("cursor", Key, nullable=False, default=0),
    sa.Column("counts", sa.JSON, nullable=False, default=dict),
    sa.Index("ix_broadcasts_state", "state"),
)
recipients = sa.Table(
    "broadcast_recipients",
    metadata,
    sa.Column("broadcast_id", sa.ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("chat_id", sa.ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("dedupe_key", sa.String(128), nullable=False),
)

_FORM = sa.func.coalesce(chats.c.chosen, chats.c.form, "fr")


def save(connection: Connection, broadcast_id: int | None, now: datetime, **values: Any) -> int | None:
    """Writes a draft, new without `broadcast_id`; returns its id, None where it is a draft no more."""
    if broadcast_id is None:
        row = broadcasts.insert().values(created_at=now, state="draft", letters={}, counts={}, cursor=0, **values)
        return int(connection.execute(row.returning(broadcasts.c.id)).scalar_one())
    where = (broadcasts.c.id == broadcast_id, broadcasts.c.state == "draft")
    changed = connection.execute(broadcasts.update().where(*where).values(**values)).rowcount
    return broadcast_id if changed else None


def delete(connection: Connection, broadcast_id: int) -> bool:
    """Deletes a draft."""
    where = (broadcasts.c.id == broadcast_id, broadcasts.c.state == "draft")
    return bool(connection.execute(broadcasts.delete().where(*where)).rowcount)


def schedule(connection: Connection, broadcast_id: int, starts_at: datetime, letters: Mapping[str, str]) -> bool:
    """From now on it leaves by itself at that moment. `letters` are encoded replies by written form. False where it
    is a draft no more: it can be started once."""
    where = (broadcasts.c.id == broadcast_id, broadcasts.c.state == "draft")
    values = {"state": "scheduled", "starts_at": starts_at, "letters": dict(letters)}
    return bool(connection.execute(broadcasts.update().where(*where).values(**values)).rowcount)


def stop(connection: Connection, broadcast_id: int, now: datetime) -> bool:
    """Nothing more of it leaves; False where it had left already."""
    running = ("scheduled", "running", "leaving")
    where = (broadcasts.c.id == broadcast_id, broadcasts.c.state.in_(running))
    values = {"state": "stopped", "finished_at": now}
    if not connection.execute(broadcasts.update().where(*where).values(**values)).rowcount:
        return False
    keys = sa.select(recipients.c.dedupe_key).where(recipients.c.broadcast_id == broadcast_id)
    letters = outbox.outbox
    mine = (letters.c.dedupe_key.in_(keys), letters.c.state == "pending")
    connection.execute(letters.update().where(*mine).values(state="dropped", error="stopped by staff"))
    connection.execute(
        broadcasts.update().where(broadcasts.c.id == broadcast_id).values(counts=counted(connection, broadcast_id))
    )
    return True


def get(connection: Connection, broadcast_id: int) -> sa.Row[Any] | None:
    """One broadcast."""
    return connection.execute(sa.select(broadcasts).where(broadcasts.c.id == broadcast_id)).one_or_none()


def latest(connection: Connection, most: int = 50) -> Sequence[sa.Row[Any]]:
    """The newest broadcasts."""
    return connection.execute(sa.select(broadcasts).order_by(broadcasts.c.id.desc()).limit(most)).all()


def audience(connection: Connection, programme: str, region: str, forms: Sequence[str]) -> dict[str, int]:
    """How many would get it, by written form."""
    query = _audience(programme, region, forms, _FORM.label("used"), sa.func.count()).group_by("used")
    return {form: count for form, count in connection.execute(query).tuples()}


def _audience(programme: str, region: str, forms: Sequence[str], *columns: Any) -> sa.Select[Any]:
    """Who agreed and can be reached. Who named no programme or no region wants news of all of them."""
    query = (
        sa.select(*columns)
        .select_from(consents.join(chats, chats.c.id == consents.c.chat_id))
        .where(chats.c.blocked_at.is_(None), chats.c.forgotten_at.is_(None), _FORM.in_(list(forms)))
    )
    if programme:
        query = query.where(consents.c.programme.in_([programme, ""]))
    if region:
        query = query.where(consents.c.region.in_([region, ""]))
    return query


def counted(connection: Connection, broadcast_id: int) -> dict[str, int]:
    """What became of its letters: sent, pending, waiting (for people to open the web page again), dropped,
    poisoned; and `total`."""
    letters = outbox.outbox
    pushed = letters.c.channel.in_(outbox.PUSHING)
    state = sa.case((sa.and_(letters.c.state == "pending", sa.not_(pushed)), "waiting"), else_=letters.c.state)
    query = (
        sa.select(state.label("became"), sa.func.count())
        .select_from(recipients.join(letters, letters.c.dedupe_key == recipients.c.dedupe_key))
        .where(recipients.c.broadcast_id == broadcast_id)
        .group_by("became")
    )
    found = {became: count for became, count in connection.execute(query).tuples()}
    return {**found, "total": sum(found.values())}


def broadcast_round(connection: Connection, now: datetime) -> int:
    """Puts the next letters of a broadcast that is due into the outbox; returns how many. Several copies may call it
    at once: the row is locked, and nobody gets a letter twice."""
    due = (broadcasts.c.state.in_(("scheduled", "running", "leaving")), broadcasts.c.starts_at <= now)
    query = sa.select(broadcasts).where(*due).order_by(broadcasts.c.id).with_for_update(skip_locked=True)
    for row in connection.execute(query).all():
        if row.state == "leaving":
            _finish(connection, row, now)
        elif quiet_until(now) is None and _waiting(connection) < AHEAD:
            return _put(connection, row, now)
    return 0


def _put(connection: Connection, row: sa.Row[Any], now: datetime) -> int:
    columns = (chats.c.id, chats.c.channel, chats.c.address, _FORM.label("used"))
    forms = [form for form in row.forms if form in row.letters]
    query = _audience(row.programme, row.region, forms, *columns).where(chats.c.id > row.cursor)
    people = connection.execute(query.order_by(chats.c.id).limit(CHUNK)).all()
    letters = [
        outbox.entry(
            Chat(one.channel, one.address, one.id), outbox.decode(row.letters[one.used]), now=now,
            priority=outbox.BROADCAST, dedupe_key=f"broadcast:{row.id}:{one.id}",
        )
        for one in people
    ]  # fmt: skip
    if letters:
        entries = [
            {"broadcast_id": row.id, "chat_id": letter["chat_id"], "dedupe_key": letter["dedupe_key"]}
            for letter in letters
        ]
        connection.execute(insert(connection, recipients).on_conflict_do_nothing(), entries)
        outbox.put(connection, letters)
    values = {
        "state": "running" if len(people) == CHUNK else "leaving",
        "cursor": people[-1].id if people else row.cursor,
    }
    connection.execute(broadcasts.update().where(broadcasts.c.id == row.id).values(**values))
    return len(letters)


def _finish(connection: Connection, row: sa.Row[Any], now: datetime) -> None:
    counts = counted(connection, row.id)
    if not counts.get("pending"):
        values = {"state": "done", "finished_at": now, "counts": counts}
        connection.execute(broadcasts.update().where(broadcasts.c.id == row.id).values(**values))


def _waiting(connection: Connection) -> int:
    letters = outbox.outbox
    pushed = letters.c.channel.in_(outbox.PUSHING)
    where = (letters.c.state == "pending", pushed, letters.c.priority == outbox.BROADCAST)
    return connection.scalar(sa.select(sa.func.count()).select_from(letters).where(*where)) or 0
