"""The log of questions as staff read it: figures, rows, and what was not understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.storage.exchanges import exchanges
from bot.storage.schema import UtcDateTime, insert, metadata

handled = sa.Table(
    "handled_questions",
    metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("how", sa.String(60), nullable=False),  # ignored, out_of_scope, or topic:<id>
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
)
IGNORED = "ignored"
_RATED = exchanges.c.feedback.is_not(None)
sa.Index("ix_exchanges_decision_id", exchanges.c.decision, exchanges.c.id)
sa.Index("ix_exchanges_feedback_id", exchanges.c.feedback, exchanges.c.id, sqlite_where=_RATED, postgresql_where=_RATED)
sa.Index("ix_exchanges_topic_id", exchanges.c.topic, exchanges.c.id)
# Holds all that the figures need, so that they are counted without reading the texts.
sa.Index("ix_exchanges_figures", *(exchanges.c[name] for name in ("kind", "at", "form", "decision", "feedback")))

_QUESTION = exchanges.c.kind == "question"
_HAS_TEXT = exchanges.c.text != ""


@dataclass(frozen=True)
class Figure:
    """How many questions of one form, decision and feedback."""

    form: str
    decision: str
    feedback: str
    count: int


@dataclass(frozen=True)
class Filters:
    """Which rows of the log to show; empty means all."""

    form: str = ""
    decision: str = ""
    feedback: str = ""
    topic: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None


def figures(connection: Connection, since: datetime, until: datetime) -> list[Figure]:
    """The questions from `since` to just before `until`, counted."""
    columns = (exchanges.c.form, exchanges.c.decision, exchanges.c.feedback)
    where = (_QUESTION, exchanges.c.at >= since, exchanges.c.at < until)
    query = sa.select(*columns, sa.func.count()).where(*where).group_by(*columns)
    return [Figure(form, decision, rated or "", count) for form, decision, rated, count in connection.execute(query)]


def read_log(connection: Connection, filters: Filters, before: int | None, limit: int) -> list[sa.Row[Any]]:
    """Questions that fit `filters`, newest first, below id `before`."""
    query = sa.select(exchanges).where(_QUESTION).order_by(exchanges.c.id.desc()).limit(limit)
    for name in ("decision", "form", "feedback", "topic"):
        if value := getattr(filters, name):
            query = query.where(exchanges.c[name] == value)
    if filters.words:
        query = query.where(exchanges.c.text.icontains(filters.words, autoescape=True))
    if filters.since:
        query = query.where(exchanges.c.at >= filters.since)
    if filters.until:
        query = query.where(exchanges.c.at < filters.until)
    if before:
        query = query.where(exchanges.c.id < before)
    return list(connection.execute(query))


def not_understood(connection: Connection, since: datetime, limit: int = 10_000) -> list[sa.Row[Any]]:
    """(text, form, times, last, at, why) of questions without an answer, with an answer not liked, with "none of
    these", or asked back without anything chosen; the latest wordings first. `last` is the newest exchange, `at` its
    time."""
    pressed = exchanges.alias()
    chosen = sa.exists().where(
        pressed.c.chat_id == exchanges.c.chat_id,
        pressed.c.turn.between(exchanges.c.turn + 1, exchanges.c.turn + 2),
        pressed.c.kind == "button",
    )
    unanswered = (exchanges.c.decision == "clarify") & ~chosen
    missed = (exchanges.c.decision == "fallback") | exchanges.c.feedback.in_(("down", "none")) | unanswered
    why = sa.func.max(sa.func.coalesce(exchanges.c.feedback, exchanges.c.decision))
    last = sa.func.max(exchanges.c.id)
    count, at = sa.func.count(), sa.func.max(exchanges.c.at)
    query = (
        sa.select(
            exchanges.c.text, exchanges.c.form, count.label("times"), last.label("last"),
            sa.type_coerce(at, UtcDateTime).label("at"), why.label("why"),
        )
        .where(_QUESTION, exchanges.c.at >= since, _HAS_TEXT, missed)
        .group_by(exchanges.c.text, exchanges.c.form)
        .order_by(last.desc())
        .limit(limit)
    )  # fmt: skip
    return list(connection.execute(query))


def ranked(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """The topics that were ranked best for these questions at the time."""
    query = sa.select(exchanges.c.id, exchanges.c.ranked).where(exchanges.c.id.in_(ids))
    return {row.id: [topic for topic, _ in row.ranked or ()] for row in connection.execute(query)}


def recent_texts(connection: Connection, since: datetime, limit: int) -> list[tuple[str, str]]:
    """(text, form) of the latest different questions."""
    last = sa.func.max(exchanges.c.id)
    query = (
        sa.select(exchanges.c.text, exchanges.c.form)
        .where(exchanges.c.at >= since, _HAS_TEXT, _QUESTION)
        .group_by(exchanges.c.text, exchanges.c.form)
        .order_by(last.desc())
        .limit(limit)
    )
    return [(row.text, row.form) for row in connection.execute(query)]


def handled_keys(connection: Connection) -> dict[str, datetime | None]:
    """The wordings that staff have dealt with, each with the moment since when it counts again if it is asked
    anew; None for what is ignored for good."""
    rows = connection.execute(sa.select(handled.c.key, handled.c.how, handled.c.at))
    return {row.key: None if row.how == IGNORED else row.at for row in rows}


def handle(connection: Connection, keys: Iterable[str], how: str, who: str, now: datetime) -> None:
    """These wordings are dealt with: taught, out of scope, or ignored."""
    rows = [{"key": key, "how": how[:60], "who": who, "at": now} for key in dict.fromkeys(keys)]
    if rows:
        statement = insert(connection, handled)
        changed = {name: statement.excluded[name] for name in ("how", "who", "at")}
        connection.execute(statement.on_conflict_do_update(index_elements=[handled.c.key], set_=changed), rows)
