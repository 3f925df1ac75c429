"""Home: what was asked, what needs somebody, how the outbox does; and the rows behind the figures."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.desk import Desk, Page, Visit
from bot.console.naming import titles
from bot.ports import Knowledge, today
from bot.privacy import mask_number
from bot.storage import handovers, outbox, questions
from bot.storage.questions import Figure, Filters
from bot.texts import MOROCCO
from intents.models import FORMS

DAYS = 30
SOON = timedelta(days=14)
ROWS = 50
KEPT_SECONDS = 600
DECISIONS = ("answer", "clarify", "fallback")
FEEDBACK = ("up", "down", "none")
CHARTS = ("asked", "clarify", "fallback", "down")


class TodayPages:
    """`/staff`, `/staff/log` and `/staff/letters`."""

    def __init__(self, desk: Desk, knowledge: Knowledge) -> None:
        self._desk, self._knowledge = desk, knowledge
        self._past: dict[date, tuple[float, list[Figure]]] = {}
        self.pages = [
            Page("", "reader", self.home),
            Page("/log", "reader", self.log),
            Page("/letters", "reader", self.letters),
        ]

    async def home(self, visit: Visit) -> Response:
        """Figures of today and of thirty days; everything leads to its rows."""
        day = today(self._desk.clock)
        days = [day - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "figures": [(on, self._figures(connection, on, on == day)) for on in days],
                "waiting": len(handovers.waiting(connection)),
                "outbox": outbox.waiting(connection),
                "poisoned": len(outbox.poisoned(connection)),
            }

        found = await self._desk.db.read(read)
        figures = [(on, figure) for on, counted in found.pop("figures") for figure in counted]
        facts = self._knowledge.content.facts.values()
        known = [fact for fact in facts if fact.known(day)]
        return self._desk.page(
            visit, "today.html", **found, forms=FORMS, decisions=DECISIONS, day=day, days=days,
            today=_table(figure for on, figure in figures if on == day),
            month=_table(figure for _, figure in figures), charts=_charts(figures, days),
            unknown=sum(fact.value is None for fact in facts),
            expired=sum(fact.value is not None and not fact.known(day) for fact in facts),
            expiring=sum(bool(fact.valid_until and fact.valid_until <= day + SOON) for fact in known),
        )  # fmt: skip

    def _figures(self, connection: Connection, day: date, running: bool) -> list[Figure]:
        """The questions of a day in Morocco. Of days gone by they are counted anew only now and then: nothing but a
        late 👍 changes them."""
        kept = self._past.get(day)
        if kept and not running and time.monotonic() - kept[0] < KEPT_SECONDS:
            return kept[1]
        counted = questions.figures(connection, _midnight(day), _midnight(day + timedelta(days=1)))
        if not running:
            self._past[day] = time.monotonic(), counted
            self._past.pop(day - timedelta(days=DAYS), None)
        return counted

    async def log(self, visit: Visit) -> Response:
        """Questions, masked, newest first, page by page."""
        names = ("form", "decision", "feedback", "topic", "words")
        given = {name: visit.query(name) for name in names}
        since, until = _date(visit.query("since")), _date(visit.query("until"))
        filters = Filters(
            **given, since=_midnight(since) if since else None,
            until=_midnight(until + timedelta(days=1)) if until else None,
        )  # fmt: skip
        before = visit.query("before")
        last = int(before) if before.isdigit() and len(before) < 19 else None
        rows = await self._desk.db.read(lambda connection: questions.read_log(connection, filters, last, ROWS + 1))
        given |= {"since": since.isoformat() if since else "", "until": until.isoformat() if until else ""}
        return self._desk.page(
            visit, "log.html", rows=rows[:ROWS], given=given, more=rows[ROWS - 1].id if len(rows) > ROWS else None,
            forms=FORMS, decisions=DECISIONS, feedback=FEEDBACK,
            titles=titles(self._knowledge.content, visit.language),
        )  # fmt: skip

    async def letters(self, visit: Visit) -> Response:
        """What waits to be sent, and what a channel refused."""

        def read(connection: Connection) -> dict[str, Any]:
            return {"outbox": outbox.waiting(connection), "rows": outbox.poisoned(connection)}

        found = await self._desk.db.read(read)
        rows = [{"row": row, "address": mask_number(row.address)} for row in found["rows"]]
        return self._desk.page(visit, "letters.html", outbox=found["outbox"], rows=rows)


def _midnight(day: date) -> datetime:
    """When a day begins in Morocco."""
    return datetime.combine(day, time_of_day(), MOROCCO)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _table(figures: Iterable[Figure]) -> dict[str, Any]:
    """Questions by (form, decision), of each form, of each feedback, and in all."""
    cells: Counter[tuple[str, str]] = Counter()
    forms: Counter[str] = Counter()
    feedback: Counter[str] = Counter()
    for figure in figures:
        cells[figure.form, figure.decision] += figure.count
        forms[figure.form] += figure.count
        feedback[figure.feedback] += figure.count
    return {"cells": cells, "forms": forms, "feedback": feedback, "all": sum(forms.values())}


def _charts(figures: Iterable[tuple[date, Figure]], days: list[date]) -> dict[str, list[int]]:
    """What there was of each kind on each of `days`."""
    counted: dict[str, Counter[date]] = {name: Counter() for name in CHARTS}
    for day, figure in figures:
        for name in ("asked", figure.decision, figure.feedback):
            if name in counted:
                counted[name][day] += figure.count
    return {name: [counts[day] for day in days] for name, counts in counted.items()}
