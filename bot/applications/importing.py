"""Takes a spreadsheet of application files into the database: all or nothing, the same file twice changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.applications.spreadsheet import Problem, Record
from bot.messages import Chat, Reply
from bot.quiet import quiet_until
from bot.storage import outbox
from bot.storage.applications import application_events, application_phones, applications, news_key, subscriptions
from bot.storage.chats import chats

CHUNK = 500
SHOWN = 50
FIELDS = ("number", "programme", "state", "since", "missing", "place", "deadline", "contact", "region", "tails")

_UPDATE = (
    applications.update()
    .where(applications.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(f"new_{name}") for name in (*FIELDS, "batch", "version", "updated_at")})
)

Notice = Callable[[str, int], Reply]
"""The notice for a written form and a subscription's id."""


@dataclass
class Preview:
    """What an import changes (or would change)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    invalid: int = 0
    examples: list[tuple[int, str, str]] = field(default_factory=list)
    """(row, `new` or `changed`, what changes) of the first rows, numbers unmasked: for staff only."""
    notices: int = 0


def take(
    connection: Connection,
    items: Iterable[Record | Problem],
    *,
    keys: Keys,
    actor: str,
    now: datetime,
    notice: Notice,
    demo: bool = False,
    apply: bool = True,
    keep: Callable[[Record], None] = lambda record: None,
    progress: Callable[[int], object] = lambda rows: None,
) -> Preview:
    """Writes all records of `items` within the caller's transaction and returns what changed. When the preview
    has problems the caller must roll back: nothing may be half-applied. `notice` makes the message to those who
    asked to be told; each goes to the outbox once a change. Without `apply` nothing is written, only counted;
    `keep` is given each record that is new or changed. Where a row names no phone and no id, those known stay."""
    preview = Preview()
    batch = secrets.token_hex(8)
    for chunk in _chunks(items):
        records = []
        for item in chunk:
            if isinstance(item, Problem):
                preview.invalid += 1
                preview.problems.append(item) if len(preview.problems) < SHOWN else None
            else:
                records.append(item)
        _Chunk(connection, keys, actor, now, batch, demo, preview, notice, apply, keep).take(records)
        progress(len(chunk))
    return preview


class _Chunk:
    """Some hundred records at once: one look-up, then inserts and updates in bulk."""

    def __init__(
        self,
        connection: Connection,
        keys: Keys,
        actor: str,
        now: datetime,
        batch: str,
        demo: bool,
        preview: Preview,
        notice: Notice,
        apply: bool,
        keep: Callable[[Record], None],
    ) -> None:
        self._connection, self._keys, self._actor, self._now = connection, keys, actor, now
        self._batch, self._demo, self._preview, self._notice = batch, demo, preview, notice
        self._apply, self._keep = apply, keep

    def take(self, records: Sequence[Record]) -> None:
        query = sa.select(applications).where(applications.c.key.in_([key(record.number) for record in records]))
        known = {row.key: row for row in self._connection.execute(query)}
        new: list[dict[str, Any]] = []
        changed: list[Any] = []
        phones: dict[str, list[str]] = {}
        for record in records:
            own = key(record.number)
            row = known.get(own)
            values = self._values(record, row)
            if row is None or record.phones or record.national_ids:
                phones[own] = [self._keys.phone(phone) for phone in record.phones]
            if row is None:
                self._keep(record)
                new.append({**values, "key": own, "version": 1, "demo": self._demo, "updated_at": self._now})
                self._example(record.row, "new", f"{record.number}: {record.state}")
                continue
            changes = {name: [_plain(getattr(row, name)), _plain(values[name])] for name in FIELDS
                       if getattr(row, name) != values[name]}
            if changes:
                self._keep(record)
                changed.append((row, values, changes))
                shown = ", ".join(f"{name}: {old} → {now}" for name, (old, now) in changes.items() if name != "tails")
                self._example(record.row, "changed", f"{record.number}: {shown or 'phone / id'}")
        if self._apply:
            self._write(new, changed, phones)
        self._tell({row.key: row.version + 1 for row, _, changes in changed if set(changes) - {"tails"}})
        self._preview.new += len(new)
        self._preview.changed += len(changed)
        self._preview.unchanged += len(records) - len(new) - len(changed)

    def _values(self, record: Record, row: sa.Row[Any] | None) -> dict[str, Any]:
        moved = row is None or row.state != record.state
        today: date = self._now.date()
        given = (*record.phones, *record.national_ids)
        tails = row.tails if row and not given else sorted({self._keys.tail(each) for each in given})
        return {
            "number": record.number,
            "programme": record.programme,
            "state": record.state,
            "since": record.since or (today if moved or row is None else row.since),
            "missing": record.missing,
            "place": record.place,
            "deadline": record.deadline,
            "contact": record.contact,
            "region": record.region,
            "tails": tails,
            "batch": self._batch,
        }

    def _write(self, new: list[dict[str, Any]], changed: list[Any], phones: dict[str, list[str]]) -> None:
        connection = self._connection
        if new:
            connection.execute(applications.insert(), new)
        if changed:
            connection.execute(_UPDATE, [
                {"row_id": row.id, "new_version": row.version + 1, "new_updated_at": self._now}
                | {f"new_{name}": value for name, value in values.items()}
                for row, values, _ in changed
            ])  # fmt: skip
        touched = [item["key"] for item in new] + [row.key for row, _, _ in changed]
        if not touched:
            return
        query = sa.select(applications.c.key, applications.c.id, applications.c.version, applications.c.state)
        rows = {row.key: row for row in connection.execute(query.where(applications.c.key.in_(touched)))}
        ids = [rows[own].id for own in touched if own in phones]
        if changed:
            connection.execute(application_phones.delete().where(application_phones.c.application_id.in_(ids)))
        links = [
            {"phone": phone, "application_id": rows[own].id} for own in touched for phone in set(phones.get(own, ()))
        ]
        if links:
            connection.execute(application_phones.insert(), links)
        described = {row.key: changes for row, _, changes in changed}
        connection.execute(
            application_events.insert(),
            [
                {"application_id": row.id, "at": self._now, "actor": self._actor, "state": row.state,
                 "changes": {name: pair for name, pair in described.get(own, {}).items() if name != "tails"}}
                for own, row in rows.items()
            ],
        )

    def _tell(self, versions: dict[str, int]) -> None:
        if not versions:
            return
        query = (
            sa.select(
                subscriptions.c.id, subscriptions.c.key, chats.c.id.label("chat_id"), chats.c.channel,
                chats.c.address, chats.c.form, chats.c.chosen,
            )
            .join(chats, chats.c.id == subscriptions.c.chat_id)
            .where(subscriptions.c.key.in_(list(versions)), chats.c.blocked_at.is_(None))
        )
        letters = []
        for ahead, row in enumerate(self._connection.execute(query).all(), self._preview.notices):
            reply = self._notice(row.chosen or row.form or "fr", row.id)
            dedupe = news_key(row.id, row.key, versions[row.key])
            letters.append(
                outbox.entry(
                    Chat(row.channel, row.address, row.chat_id), reply, now=self._now, priority=outbox.NOTICE,
                    dedupe_key=dedupe, not_before=quiet_until(self._now, ahead),
                )
            )
        if self._apply:
            outbox.put(self._connection, letters)
        self._preview.notices += len(letters)

    def _example(self, row: int, kind: str, what: str) -> None:
        if len(self._preview.examples) < SHOWN:
            self._preview.examples.append((row, kind, what))


def _chunks(items: Iterable[Record | Problem]) -> Iterator[list[Record | Problem]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
