"""Writing documents of the content (topics, facts, out-of-scope examples): nobody's work gets lost, and every change
stands in the audit log with before and after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from bot.sheets.documents import SHOWN, differences
from bot.storage import content as storage
from bot.storage import staff as accounts
from bot.storage.staff import Member

OPEN = ("draft", "review")


def standing(connection: Connection, kind: str, key: str) -> Row[Any] | None:
    """What whoever edits a document sees: its open revision, else the published one, else None."""
    rows = [row for state in OPEN if (row := storage.current(connection, kind, key, state))]
    return max(rows, key=lambda row: row.id) if rows else storage.current(connection, kind, key)


def keep(
    connection: Connection, member: Member, kind: str, key: str, body: Mapping[str, Any], state: str, now: datetime
) -> int:
    """Keeps `body` as the open revision of a document (`state`: draft or review); returns its id. Where nothing
    changed, the revision stays the one it was."""
    before = standing(connection, kind, key)
    if before is not None and before.body == body and before.state == state:
        return int(before.id)
    based = None if before is None else before.id if before.state == "published" else before.based_on
    author = member.name
    revision = storage.save(connection, kind, key, body, author=author, now=now, based_on=based, state=state)
    old, new = logged(kind, before.body if before else None, body)
    action = "saved" if state == "draft" else "for_review"
    accounts.log(connection, author, f"{kind}.{action}", key, now, old, new)
    return revision


def publish(connection: Connection, member: Member, revision: Row[Any], now: datetime) -> None:
    """Puts an open revision in force."""
    before = storage.current(connection, revision.kind, revision.key)
    storage.publish(connection, [revision.id], member.name, now)
    old, new = logged(revision.kind, before.body if before else None, revision.body)
    accounts.log(connection, member.name, f"{revision.kind}.published", revision.key, now, old, new)


def outdated(connection: Connection, revision: Row[Any]) -> bool:
    """True where something else was published since this revision was begun."""
    current = storage.current(connection, revision.kind, revision.key)
    return current is not None and current.id != revision.based_on


def shown(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a document that people see."""
    found = SHOWN.get(kind, dict)(body)
    if kind == "topic":
        answers = body["answers"].items()
        found["review"] = {form: (answer.get("review") or {}).get("state", "pending") for form, answer in answers}
    return found


def changes(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs: (where, before, after)."""
    return differences(shown(kind, before) if before else None, shown(kind, after))


def logged(
    kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> tuple[dict[str, str] | None, dict[str, str]]:
    """Before and after, of what changed only: for the audit log."""
    found = changes(kind, before, after)
    return ({where: old for where, old, _ in found} if before else None), {where: new for where, _, new in found}
