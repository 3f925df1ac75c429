"""Compares what a spreadsheet brings with what was exported and with what is in force now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.sheets.documents import SHOWN, Document, Fault, Sheets, differences
from bot.storage import content as storage
from bot.transfer import new_faults
from intents.bodies import Key
from intents.revising import with_reviews


@dataclass(frozen=True)
class Change:
    """One document that the spreadsheet changes."""

    key: Key
    body: Mapping[str, Any]
    differences: list[tuple[str, str, str]]
    """(where, in force, in the spreadsheet)"""
    new: bool
    conflict: bool
    """Somebody changed it in the console since the export."""


@dataclass
class Merge:
    """What taking the spreadsheet in would mean. With `faults` or `messages` nothing may be taken."""

    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    """Faults of the content as a whole that it has not already, in words."""

    @property
    def conflicts(self) -> list[Change]:
        """Those changed on both sides."""
        return [change for change in self.changes if change.conflict]

    @property
    def sound(self) -> bool:
        """True where nothing is wrong."""
        return not self.faults and not self.messages


def merge(connection: Connection, sheets: Sheets, now: datetime) -> Merge:
    """Compares `sheets` with what is in force. Writes nothing."""
    current = storage.in_force(connection)
    wanted = [document.revision for document in sheets.documents if document.revision]
    exported = storage.earlier(connection, wanted)
    groups = {body["group"] for (kind, _), (body, _) in current.items() if kind == "topic"}
    place = 1 + max((body.get("place", 0) for (kind, _), (body, _) in current.items() if kind == "topic"), default=0)
    found = Merge(faults=list(sheets.faults))
    for document in sheets.documents:
        if document.kind == "topic" and document.shown["group"] not in groups:
            found.faults.append(Fault("topics", 0, "group", f"{document.key}: {document.shown['group']}"[:60]))
        change = _compare(document, current.get((document.kind, document.key)), exported, place)
        if change is None:
            found.unchanged += 1
        else:
            found.changes.append(change)
            place += change.new
    if found.changes and not found.faults:
        before = {key: body for key, (body, _) in current.items()}
        after = {**before, **{change.key: dict(change.body) for change in found.changes}}
        found.messages = new_faults(before, after, now)
    return found


def _compare(
    document: Document, current: tuple[Mapping[str, Any], int] | None, exported: Mapping[int, Any], place: int
) -> Change | None:
    show = SHOWN[document.kind]
    key = (document.kind, document.key)
    body, revision = current if current else (None, None)
    shown = show(body) if body is not None else None
    base = exported.get(document.revision or 0)
    untouched = base is not None and (base.kind, base.key) == key and show(base.body) == document.shown
    if shown == document.shown or (untouched and body is not None):
        return None
    made = (_topic if document.kind == "topic" else _fact)(body, document.shown, place)
    conflict = body is not None and revision != document.revision
    return Change(key, made, differences(shown, document.shown), body is None, conflict)


def _topic(body: Mapping[str, Any] | None, shown: Mapping[str, Any], place: int) -> dict[str, Any]:
    old = body or {"place": place, "dialogue": None, "answers": {}}
    pending = {"state": "pending", "by": "", "on": None}
    reviews = {form: answer["review"] for form, answer in old["answers"].items() if answer.get("review")}
    answers = {
        form: {**answer, "unknown": answer["unknown"] or None, "review": reviews.get(form, pending)}
        for form, answer in shown["answers"].items()
    }
    made = {**old, "group": shown["group"], "follow_ups": shown["follow_ups"], "answers": answers}
    return with_reviews(body, {**made, "phrasings": dict(shown["phrasings"])})


def _fact(body: Mapping[str, Any] | None, shown: Mapping[str, Any], place: int) -> dict[str, Any]:
    ask = {language: text for language, text in shown["ask"].items() if text}
    return {**(body or {}), **shown, "valid_until": shown["valid_until"] or None, "ask": ask}
