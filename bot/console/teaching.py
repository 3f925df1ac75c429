"""Phrasings put where they belong by one click: into a topic or out of scope, and out of wherever else they stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.console.documents import OPEN, keep, logged, standing
from bot.storage import content as storage
from bot.storage import staff as accounts
from bot.storage.staff import Member
from intents.bodies import Key
from intents.folding import plain
from intents.models import FORMS

OUTSIDE = "out_of_scope"
Phrasings = Sequence[tuple[str, str]]
"""(written form, text)."""


def holders(connection: Connection, target: str, texts: Phrasings) -> list[Key]:
    """The documents that must change for `texts` to mean `target` (a topic or what is out of scope) and nothing else.
    To be found before the writing transaction, which must be short: all phrasings are read for it."""
    wanted = {plain(text) for _, text in texts}
    published = storage.published(connection)
    documents = [(key, body) for key, body in published.items() if key[0] in ("topic", OUTSIDE)]
    found = [key for key, body in documents if _with(key, body, target, texts, wanted) != body]
    if target == OUTSIDE:
        found += [(OUTSIDE, form) for form, _ in texts if (OUTSIDE, form) not in published]
    return list(dict.fromkeys(found))


def teach(
    connection: Connection, member: Member, target: str, texts: Phrasings, places: Sequence[Key], now: datetime
) -> bool:
    """Adds `texts` to the topic `target` (or to what is out of scope): in force at once for a publisher, for review
    otherwise. A text that stood elsewhere is taken away there: one phrasing cannot mean two things (`places` are the
    `holders`). An open draft of the same document gets the same change, so that it neither gets lost nor undoes this
    one. Returns True where it is in force."""
    wanted = {plain(text) for _, text in texts}
    for key in places:
        current = storage.current(connection, *key)
        body = current.body if current is not None else {"examples": []}
        changed = _with(key, body, target, texts, wanted)
        if changed == body:
            continue
        if member.may("publisher"):
            _put_in_force(connection, member, key, changed, (target, texts, wanted), now)
        else:
            row = standing(connection, *key)
            state = row.state if row is not None and row.state in OPEN else "review"
            keep(connection, member, *key, _with(key, row.body if row else body, target, texts, wanted), state, now)
    return member.may("publisher")


def _put_in_force(
    connection: Connection, member: Member, key: Key, body: dict[str, Any], change: tuple[str, Phrasings, set[str]],
    now: datetime,
) -> None:  # fmt: skip
    before = storage.current(connection, *key)
    drafts = [row for state in OPEN if (row := storage.current(connection, *key, state))]
    revision = storage.put_in_force(connection, *key, body, author=member.name, now=now)
    for row in drafts[-1:]:
        based = revision if before is None or row.based_on == before.id else row.based_on
        storage.save(
            connection, *key, _with(key, row.body, *change), author=row.author, now=now, based_on=based,
            state=row.state, note=row.note,
        )  # fmt: skip
    old, new = logged(key[0], before.body if before else None, body)
    accounts.log(connection, member.name, f"{key[0]}.taught", key[1], now, old, new)


def _with(key: Key, body: Mapping[str, Any], target: str, texts: Phrasings, wanted: set[str]) -> dict[str, Any]:
    """`body` with the texts, if it is the target, or without them."""
    kind, name = key
    if kind == OUTSIDE:
        mine = [text for form, text in texts if form == name and target == OUTSIDE]
        return {**body, "examples": _merged(body["examples"], mine, wanted)}
    phrasings = {
        form: _merged(old, [text for at, text in texts if at == form and name == target], wanted)
        for form in FORMS
        if (old := body["phrasings"].get(form, [])) is not None
    }
    return {**body, "phrasings": phrasings}


def _merged(old: Sequence[str], new: Sequence[str], wanted: set[str]) -> list[str]:
    mine = {plain(text) for text in new}
    kept = [text for text in old if plain(text) not in wanted or plain(text) in mine]
    known = {plain(text) for text in kept}
    added = {plain(text): text for text in new if plain(text) not in known}
    return [*kept, *added.values()]
