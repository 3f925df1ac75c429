"""Not understood: one row for what many people asked, mended by one click."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.desk import Desk, Page, Visit
from bot.console.naming import titles
from bot.console.teaching import OUTSIDE, holders, teach
from bot.ports import Knowledge
from bot.storage import questions
from bot.storage import staff as accounts
from intents.clustering import Cluster, cluster, key_of
from intents.folding import plain
from intents.models import FORMS
from intents.validation import wrong_script

WINDOW = timedelta(days=30)
SHOWN = 20
EXAMPLES = 6
FRESH_SECONDS = 60
"""So long the clusters are kept: what staff deal with disappears at once all the same."""
WHY = ("fallback", "clarify", "none", "down")


@dataclass(frozen=True)
class Asked:
    """What was not understood, in clusters."""

    rows: list[Any]
    keys: list[str]
    clusters: list[Cluster]

    def forms(self, one: Cluster) -> dict[str, str]:
        """The written form of each text of a cluster."""
        return {self.rows[at].text: self.rows[at].form for at in reversed(one.items)}


class QuestionsPages:
    """`/staff/questions`. `published` is called after something was published, so that this copy follows at once."""

    def __init__(self, desk: Desk, knowledge: Knowledge, published: Callable[[], None]) -> None:
        self._desk, self._knowledge, self._published = desk, knowledge, published
        self._asked: dict[str, tuple[float, Asked]] = {}
        self.pages = [
            Page("/questions", "reader", self.home),
            Page("/questions/teach", "editor", self.teach, "POST"),
            Page("/questions/ignore", "editor", self.ignore, "POST"),
        ]

    async def home(self, visit: Visit) -> Response:
        """The clusters, largest first, each with the bot's best guesses."""
        why = visit.query("why") if visit.query("why") in WHY else ""
        at = max(int(visit.query("page")), 1) if visit.query("page").isdigit() else 1
        asked = await self._clusters(why)
        handled = await self._desk.db.read(questions.handled_keys)
        left = [one for one in asked.clusters if not _handled(one, asked, handled)]
        some = left[(at - 1) * SHOWN : at * SHOWN]
        lasts = [asked.rows[one.items[0]].last for one in some]
        ranked = await self._desk.db.read(lambda connection: questions.ranked(connection, lasts))
        shown = [self._shown(one, asked, ranked) for one in some]
        topics = sorted(self._knowledge.content.topics.values(), key=lambda topic: topic.group)
        return self._desk.page(
            visit, "questions.html", clusters=shown, total=len(left), asked=sum(one.count for one in left),
            topics=topics, why=why, reasons=WHY, at=at, more=len(left) > at * SHOWN,
            problem=visit.query("problem") == "choose", titles=titles(self._knowledge.content, visit.language),
        )  # fmt: skip

    async def teach(self, visit: Visit) -> Response:
        """Adds wordings to a topic or to what is out of scope: in force at once for a publisher, for review
        otherwise."""
        target = visit.text("topic", 80) or self._named(visit)
        chosen = [self._phrasing(value) for value in visit.texts("text")[:20]]
        texts = [(form, text) for form, text in chosen if plain(text) and form in FORMS]
        if not texts or (target != OUTSIDE and target not in self._knowledge.content.topics):
            return self._desk.go(f"{_back(visit)}&problem=choose")
        member, now, keys = visit.member, self._desk.clock(), await self._keys(visit)
        places = await self._desk.db.read(lambda connection: holders(connection, target, texts))

        def write(connection: Connection) -> bool:
            questions.handle(connection, keys, target if target == OUTSIDE else f"topic:{target}", member.name, now)
            return teach(connection, member, target, texts, places, now)

        in_force = await self._desk.db.write(write)
        self._published()
        return self._desk.go(_back(visit), "published" if in_force else "added")

    async def ignore(self, visit: Visit) -> Response:
        """Not to be shown again."""
        member, now, keys = visit.member, self._desk.clock(), await self._keys(visit)
        texts = [value.partition(":")[2] for value in visit.texts("text")[:20]]

        def write(connection: Connection) -> None:
            questions.handle(connection, keys, questions.IGNORED, member.name, now)
            accounts.log(connection, member.name, "question.ignored", texts[0] if texts else "", now)

        await self._desk.db.write(write)
        return self._desk.go(_back(visit), "ignored")

    async def _clusters(self, why: str) -> Asked:
        kept = self._asked.get(why)
        if kept and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        since = self._desk.clock() - WINDOW
        rows = await self._desk.db.read(lambda connection: questions.not_understood(connection, since))
        rows = [row for row in rows if plain(row.text) and why in ("", row.why)]
        keys = await asyncio.to_thread(lambda: [key_of(row.text) for row in rows])
        asked = Asked(rows, keys, await asyncio.to_thread(cluster, [(row.text, row.times) for row in rows]))
        self._asked[why] = time.monotonic(), asked
        return asked

    async def _keys(self, visit: Visit) -> list[str]:
        """The wordings that the form is about: the whole cluster, and what was chosen of it."""
        asked = await self._clusters(visit.text("why", 10))
        own = [key_of(value.partition(":")[2]) for value in visit.texts("text")]
        key = visit.text("key", 200)
        return own + [fold for one in asked.clusters if one.key == key for fold in one.folds]

    def _shown(self, one: Cluster, asked: Asked, ranked: dict[int, list[str]]) -> dict[str, Any]:
        texts = sorted(one.texts, key=lambda text: -one.texts[text])
        forms, first = asked.forms(one), asked.rows[one.items[0]]
        topics = self._knowledge.content.topics
        guesses = [topic for topic in ranked.get(first.last, ()) if topic in topics]
        if not guesses:
            guesses = [one.topic for one in self._knowledge.understand(texts[0]).ranked]
        examples = [(forms[text], text) for text in texts[:EXAMPLES]]
        return {
            "key": one.key, "count": one.count, "examples": examples, "others": len(texts) - len(examples),
            "guesses": guesses[:3], "why": first.why, "at": first.at,
        }  # fmt: skip

    def _named(self, visit: Visit) -> str:
        """The topic that was typed: its title or its id."""
        typed = visit.text("other", 80)
        names = titles(self._knowledge.content, visit.language)
        return next((topic for topic, title in names.items() if title == typed), typed)

    def _phrasing(self, value: str) -> tuple[str, str]:
        """The form and text of a chosen wording; the form is read from the text where the chat's does not fit."""
        form, _, text = value.partition(":")
        text = " ".join(text.replace("•••", " ").split())[:300]
        if form in FORMS and wrong_script(text, form):
            form = self._knowledge.understand(text).form
        return form, text


def _handled(one: Cluster, asked: Asked, handled: dict[str, datetime | None]) -> bool:
    """True where all wordings were dealt with, and not asked again since."""

    def done(at: int) -> bool:
        key = asked.keys[at]
        until = handled.get(key)
        return key in handled and (until is None or asked.rows[at].at <= until)

    return all(done(at) for at in one.items)


def _back(visit: Visit) -> str:
    """The list as it was."""
    why, page = visit.text("why", 10), visit.text("page", 4)
    return f"/questions?why={why if why in WHY else ''}&page={page if page.isdigit() else 1}"
