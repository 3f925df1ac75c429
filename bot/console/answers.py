"""Answers: topics by group, four written forms side by side, checked and previewed while they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.checking import Faults, TopicCheck
from bot.console.desk import Desk, Page, Visit
from bot.console.documents import OPEN, keep, standing
from bot.console.naming import titles
from bot.console.publishing import PublishingPages, difference_rows
from bot.console.topic_form import PENDING, empty_body, key_of, phrasings_of, read_body, reviewed
from bot.knowledge import PublishedKnowledge
from bot.letters import finished
from bot.menus import GROUPS, Menus
from bot.messages import Reply
from bot.ports import today
from bot.storage import content as storage
from bot.texts import Texts
from intents.bodies import read_topic
from intents.models import FORMS


class AnswersPages:
    """`/staff/answers`."""

    def __init__(
        self, desk: Desk, knowledge: PublishedKnowledge, texts: Texts, published: Callable[[], None]
    ) -> None:
        self._desk, self._knowledge, self._texts = desk, knowledge, texts
        self._menus, self._check = Menus(texts), TopicCheck()
        self.pages = [
            Page("/answers", "reader", self.home),
            Page("/answers/new", "editor", self.new),
            Page("/answers/new", "editor", self.create, "POST"),
            Page("/answers/topic/{topic}", "reader", self.edit),
            Page("/answers/topic/{topic}", "editor", self.save, "POST"),
            Page("/answers/topic/{topic}/check", "editor", self.check, "POST"),
            Page("/answers/topic/{topic}/history", "reader", self.history),
            *PublishingPages(desk, knowledge, published).pages,
        ]

    async def home(self, visit: Visit) -> Response:
        """Topics by group, and what waits for a publisher."""
        waiting = await self._desk.db.read(storage.open_revisions)
        groups: dict[str, list[Any]] = {}
        for topic in self._knowledge.content.topics.values():
            groups.setdefault(topic.group, []).append(topic)
        return self._desk.page(
            visit, "answers.html", groups=groups, group_titles=self._groups(visit.language), waiting=waiting,
            titles=titles(self._knowledge.content, visit.language),
            opened={row.key: row for row in waiting if row.kind == "topic"}, forms=FORMS,
        )  # fmt: skip

    async def new(self, visit: Visit) -> Response:
        """Asks for what a topic begins with."""
        return self._new(visit, visit.query("form", "fr"), visit.query("text"))

    async def create(self, visit: Visit) -> Response:
        """A draft of a new topic."""
        group, form, text = visit.text("group", 40), visit.text("form", 16), visit.text("text", 300)
        given = {language: visit.text(f"title_{language}", 80) for language in ("fr", "ar")}
        key = key_of(given["fr"])
        if group not in self._groups(visit.language) or len(key) < 2 or not given["ar"]:
            return self._new(visit, form, text, "answers.new_missing")
        now, member = self._desk.clock(), visit.member

        def write(connection: Connection) -> str:
            if standing(connection, "topic", key) is not None:
                return "answers.new_taken"
            places = [row.body["place"] for row in storage.open_revisions(connection) if row.kind == "topic"]
            places += [body.get("place", 0) for body in storage.published(connection, "topic").values()]
            body = empty_body(group, 1 + max(places, default=0))
            for language, title in given.items():
                body["answers"][language] = {"title": title, "text": "", "unknown": None, "review": PENDING}
            if form in FORMS:
                body["phrasings"][form] = phrasings_of(text.replace("•••", " "))
            keep(connection, member, "topic", key, body, "draft", now)
            return ""

        if problem := await self._desk.db.write(write):
            return self._new(visit, form, text, problem)
        return self._desk.go(f"/answers/topic/{key}", "saved")

    async def edit(self, visit: Visit) -> Response:
        """The open revision of a topic, or the published one."""
        row = await self._standing(visit)
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        return self._form(visit, row, row.body)

    async def save(self, visit: Visit) -> Response:
        """Keeps a draft, hands it to a publisher, or goes on to publishing. Where somebody else changed the topic
        meanwhile, nothing is stored: both versions are shown."""
        key, now, member = visit.path("topic"), self._desk.clock(), visit.member
        seen, action = visit.number("seen"), visit.text("action", 10)
        day = today(self._desk.clock)

        def write(connection: Connection) -> tuple[Any, dict[str, Any], int | None]:
            row = standing(connection, "topic", key)
            if row is None:
                return None, {}, None
            body = reviewed(visit, row.body, read_body(visit, row.body), day)
            if row.id != seen:
                return row, body, None
            if action == "draft" and row.body == body:
                return row, body, row.id
            state = "draft" if action == "draft" else "review"
            return row, body, keep(connection, member, "topic", key, body, state, now)

        row, body, revision = await self._desk.db.write(write)
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        if revision is None:
            return self._form(visit, row, body, conflict=True)
        if action == "publish" and member.may("publisher"):
            return self._desk.go(f"/answers/revision/{revision}")
        return self._desk.go(f"/answers/topic/{key}", "saved" if action == "draft" else "sent")

    async def check(self, visit: Visit) -> Response:
        """What is wrong with what is being written, and how it will look. Stores nothing."""
        row = await self._standing(visit)
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        body = read_body(visit, row.body)
        return self._desk.page(visit, "topic_check.html", **self._checked(visit, body))

    async def history(self, visit: Visit) -> Response:
        """Every revision."""
        key = visit.path("topic")
        rows = await self._desk.db.read(lambda connection: storage.history(connection, "topic", key))
        if not rows:
            return self._desk.refuse(visit.request, 404, visit.member)
        named = titles(self._knowledge.content, visit.language)
        return self._desk.page(visit, "history.html", rows=rows, topic_id=key, titles=named)

    async def _standing(self, visit: Visit) -> Any:
        key = visit.path("topic")
        return await self._desk.db.read(lambda connection: standing(connection, "topic", key))

    def _form(self, visit: Visit, row: Any, body: Mapping[str, Any], *, conflict: bool = False) -> Response:
        content = self._knowledge.content
        rows = difference_rows("topic", row.body, body) if conflict else []
        return self._desk.page(
            visit, "topic.html", 409 if conflict else 200, row=row, body=body, topic_id=visit.path("topic"),
            conflict=conflict, rows=rows, open_states=OPEN, groups=self._groups(visit.language), forms=FORMS,
            titles=titles(content, visit.language), facts=content.facts, day=today(self._desk.clock),
            **self._checked(visit, body),
        )  # fmt: skip

    def _checked(self, visit: Visit, body: Mapping[str, Any]) -> dict[str, Any]:
        content, key, day = self._knowledge.content, visit.path("topic"), today(self._desk.clock)
        faults: Faults = self._check.faults(content, key, body, day)
        topic = read_topic(key, body)
        inside = replace(content, topics={**content.topics, key: topic})
        previews: dict[str, Reply] = {}
        for form in topic.answers:
            previews[form] = finished(self._menus.answer(form, key, inside, 0, day), self._texts)
        return {"faults": faults, "previews": previews}

    def _groups(self, language: str) -> dict[str, str]:
        known = {topic.group for topic in self._knowledge.content.topics.values()}
        found = {name: self._texts.get(language, f"group.{name}") for name in GROUPS}
        return found | {name: self._desk.say(language, "answers.group_other") for name in sorted(known - set(found))}

    def _new(self, visit: Visit, form: str, text: str, problem: str = "") -> Response:
        given = {language: visit.text(f"title_{language}", 80) for language in ("fr", "ar")}
        return self._desk.page(
            visit, "topic_new.html", 422 if problem else 200, form=form, text=text, given=given, problem=problem,
            groups=self._groups(visit.language), group=visit.text("group", 40), forms=FORMS,
        )  # fmt: skip
