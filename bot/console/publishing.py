"""Revisions: what one changes, in words and in understanding; published, put aside, compared, restored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.checking import Faults, check_publishing, content_version, prevents
from bot.console.desk import Desk, Page, Visit
from bot.console.diffing import word_diff
from bot.console.documents import OPEN, changes, keep, outdated, publish
from bot.console.naming import titles
from bot.knowledge import PublishedKnowledge
from bot.storage import content as storage
from bot.storage import questions
from bot.storage import staff as accounts
from intents.bodies import Key, from_bodies
from intents.comparing import Difference, compare
from intents.models import FORMS, Content

WINDOW = timedelta(days=30)
ASKED = 400
"""Of the questions of 30 days, the latest different ones: they and the phrasings take about two seconds."""
PHRASINGS = 300
SHOWN = 60
_LISTS = ("phrasings", "follow_ups", "examples")


class PublishingPages:
    """`/staff/answers/revision/…`, of topics, facts and out-of-scope examples alike."""

    def __init__(self, desk: Desk, knowledge: PublishedKnowledge, published: Callable[[], None]) -> None:
        self._desk, self._knowledge, self._published = desk, knowledge, published
        one = "/answers/revision/{id:int}"
        self.pages = [
            Page(one, "reader", self.look),
            Page(f"{one}/otherwise", "reader", self.otherwise),
            Page(f"{one}/publish", "publisher", self.publish, "POST"),
            Page(f"{one}/drop", "editor", self.drop, "POST"),
            Page(f"{one}/restore", "editor", self.restore, "POST"),
        ]

    async def look(self, visit: Visit) -> Response:
        """What a revision changes, compared with what is in force (or with another one: `with`). Of an open one also
        what would break; which questions would be answered otherwise takes longer and is fetched by the page."""
        return await self._look(visit)

    async def otherwise(self, visit: Visit) -> Response:
        """The questions of 30 days and the phrasings that an open revision would have answered otherwise."""
        number = int(visit.path("id"))

        def read(connection: Connection) -> tuple[Any, dict[Key, dict[str, Any]]]:
            return storage.revision(connection, number), storage.published(connection)

        row, bodies = await self._desk.db.read(read)
        if row is None or row.state not in OPEN:
            return self._desk.refuse(visit.request, 404, visit.member)
        return self._desk.page(
            visit, "otherwise.html", otherwise=await self._otherwise(row, bodies), shown=SHOWN,
            titles=titles(self._knowledge.content, visit.language),
        )  # fmt: skip

    async def publish(self, visit: Visit) -> Response:
        """Puts a revision in force; in all copies within two seconds."""
        number, now, member = int(visit.path("id")), self._desk.clock(), visit.member
        override = visit.text("override") == "yes"
        row = await self._desk.db.read(lambda connection: storage.revision(connection, number))
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        version, faults = await check_publishing(self._desk.db, (row.kind, row.key), row.body, now)

        def write(connection: Connection) -> str:
            row = storage.revision(connection, number)
            if row is None or row.state not in OPEN:
                return "revision.closed"
            if content_version(connection) != version or (outdated(connection, row) and not override):
                return "revision.outdated"
            publish(connection, member, row, now)
            return ""

        if problem := "revision.broken" if prevents(faults) else await self._desk.db.write(write):
            return await self._look(visit, problem)
        self._published()
        return self._desk.go(_home(row), "published")

    async def drop(self, visit: Visit) -> Response:
        """Puts an open revision aside; it stays in the history."""
        number, now, member = int(visit.path("id")), self._desk.clock(), visit.member

        def write(connection: Connection) -> None:
            row = storage.revision(connection, number)
            if row is not None and storage.drop(connection, number):
                accounts.log(connection, member.name, f"{row.kind}.dropped", row.key, now, {"revision": number})

        await self._desk.db.write(write)
        return self._desk.go("/answers", "removed")

    async def restore(self, visit: Visit) -> Response:
        """Makes an old revision the open one, to be looked at and published as any other."""
        number, now, member = int(visit.path("id")), self._desk.clock(), visit.member

        def write(connection: Connection) -> int | None:
            row = storage.revision(connection, number)
            return keep(connection, member, row.kind, row.key, row.body, "review", now) if row is not None else None

        made = await self._desk.db.write(write)
        if made is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        return self._desk.go(f"/answers/revision/{made}", "restored")

    async def _look(self, visit: Visit, problem: str = "") -> Response:
        number, now = int(visit.path("id")), self._desk.clock()
        other = int(visit.query("with")) if visit.query("with").isdigit() else None

        def read(connection: Connection) -> dict[str, Any] | None:
            row = storage.revision(connection, number)
            if row is None or row.kind == "rules":
                return None
            against = storage.revision(connection, other) if other else storage.current(connection, row.kind, row.key)
            if against is not None and (against.kind, against.key) != (row.kind, row.key):
                return None
            found: dict[str, Any] = {"row": row, "against": against, "outdated": False}
            if row.state in OPEN:
                found["outdated"] = outdated(connection, row)
            return found

        found = await self._desk.db.read(read)
        if found is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        row, against = found["row"], found["against"]
        faults: Faults = []
        if row.state in OPEN:
            faults = (await check_publishing(self._desk.db, (row.kind, row.key), row.body, now))[1]
        return self._desk.page(
            visit, "revision.html", 409 if problem else 200, **found, problem=problem, faults=faults,
            rows=difference_rows(row.kind, against.body if against else None, row.body), broken=prevents(faults),
            titles=titles(self._knowledge.content, visit.language), home=_home(row),
        )  # fmt: skip

    async def _otherwise(self, row: Any, bodies: dict[Key, dict[str, Any]]) -> list[Difference] | None:
        """The questions that would be answered otherwise; None where no phrasing changes."""
        part = "phrasings" if row.kind == "topic" else "examples"
        before = (bodies.get((row.kind, row.key)) or {}).get(part)
        if row.kind not in ("topic", "out_of_scope") or before == row.body[part]:
            return None
        since = self._desk.clock() - WINDOW
        asked = await self._desk.db.read(lambda connection: questions.recent_texts(connection, since, ASKED))
        content = from_bodies({**bodies, (row.kind, row.key): row.body})
        trial = await self._knowledge.trial(content)
        probes = dict.fromkeys([*asked, *sample(self._knowledge.content, PHRASINGS)])
        return await asyncio.to_thread(compare, self._knowledge, trial, probes)


def sample(content: Content, most: int) -> list[tuple[str, str]]:
    """Phrasings (text, form) of all topics, evenly taken."""
    texts = [
        (text, form)
        for topic in content.topics.values()
        for form in FORMS
        for text in topic.phrasings.get(form, ())
    ]
    return texts[:: max(len(texts) // most, 1)]


def difference_rows(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What differs, each as part, written form (or ``) and pieces for `<del>` and `<ins>`; whole lines in lists."""
    rows = []
    for where, old, new in changes(kind, before, after):
        names = where.split(" · ")
        form = next((name for name in names if name in FORMS), "")
        part = [name for name in names if name not in FORMS][-1]
        if names[0] in _LISTS:
            pieces = [("gone", line) for line in old.splitlines()] + [("new", line) for line in new.splitlines()]
            pieces = [(sign, f"{line}\n") for sign, line in pieces]
        else:
            pieces = word_diff(old, new)
        rows.append({"part": part, "form": form, "pieces": pieces})
    return rows


def _home(row: Any) -> str:
    if row.kind == "topic":
        return f"/answers/topic/{row.key}"
    return f"/facts/one/{row.key}" if row.kind == "fact" else "/answers"
