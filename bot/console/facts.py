"""Facts: every date, place, sum and contact once, with source and dates; unknown ones first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.checking import Faults, check_publishing, content_version, prevents
from bot.console.desk import Desk, Page, Visit
from bot.console.documents import keep, publish, standing
from bot.console.naming import titles
from bot.console.publishing import difference_rows
from bot.console.topic_form import key_of
from bot.console.wording import fault, worded
from bot.ports import Knowledge, today
from bot.storage import content as storage
from bot.storage import staff as accounts
from intents.answering import placeholders
from intents.bodies import read_fact
from intents.models import FORMS, Fact
from intents.validation import MARKS, fact_faults

SOON = timedelta(days=14)
STATES = ("unknown", "expired", "soon", "known")
KINDS = ("unknown", "text", "number", "date")
LINES = 30


class FactsPages:
    """`/staff/facts`."""

    def __init__(self, desk: Desk, knowledge: Knowledge, published: Callable[[], None]) -> None:
        self._desk, self._knowledge, self._published = desk, knowledge, published
        self.pages = [
            Page("/facts", "reader", self.home),
            Page("/facts/new", "editor", self.new),
            Page("/facts/new", "editor", self.create, "POST"),
            Page("/facts/one/{fact}", "reader", self.edit),
            Page("/facts/one/{fact}", "editor", self.save, "POST"),
        ]

    async def home(self, visit: Visit) -> Response:
        """All facts: unknown ones by the number of answers that wait for them, expired, soon to expire, the rest."""
        day, content = today(self._desk.clock), self._knowledge.content
        waiting = Counter(name for topic in content.topics for name in self._used_by(topic))
        groups: dict[str, list[Fact]] = {state: [] for state in STATES}
        for fact in sorted(content.facts.values(), key=lambda fact: -waiting[fact.id]):
            groups[state_of(fact, day)].append(fact)
        opened = await self._desk.db.read(storage.open_revisions)
        return self._desk.page(
            visit, "facts.html", groups=groups, waiting=waiting,
            opened={row.key for row in opened if row.kind == "fact"},
        )  # fmt: skip

    async def new(self, visit: Visit) -> Response:
        """Asks what the fact is called."""
        return self._desk.page(visit, "fact_new.html", problem="", given={"fr": "", "ar": ""})

    async def create(self, visit: Visit) -> Response:
        """A fact that nobody knows yet: a draft, to be filled and published."""
        given = {language: visit.text(f"label_{language}", 160) for language in ("fr", "ar")}
        key, now, member = key_of(given["fr"]), self._desk.clock(), visit.member
        if len(key) < 2 or not given["ar"]:
            return self._desk.page(visit, "fact_new.html", 422, problem="facts.new_missing", given=given)
        texts = {"source": "", "mark": "", "ref": "", "as_of": today(self._desk.clock).isoformat()}
        body = {"label": given, "value": None, **texts, "valid_until": None, "ask": {}}

        def write(connection: Connection) -> bool:
            if standing(connection, "fact", key) is not None:
                return False
            keep(connection, member, "fact", key, body, "draft", now)
            return True

        if not await self._desk.db.write(write):
            return self._desk.page(visit, "fact_new.html", 422, problem="answers.new_taken", given=given)
        return self._desk.go(f"/facts/one/{key}", "saved")

    async def edit(self, visit: Visit) -> Response:
        """One fact: what waits for a publisher, or what is in force."""
        return await self._form(visit)

    async def save(self, visit: Visit) -> Response:
        """In force at once for a publisher, for review otherwise. Where somebody else changed the fact meanwhile,
        or something is wrong, nothing is stored and nothing typed is lost."""
        key, now, member = visit.path("fact"), self._desk.clock(), visit.member
        seen = visit.number("seen")
        before = await self._desk.db.read(lambda connection: standing(connection, "fact", key))
        if before is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        body, faults = _read(visit, before.body)
        if not faults:
            faults = [worded(message) for message in fact_faults(read_fact(key, body))]
        version = 0
        if not faults:
            version, faults = await check_publishing(self._desk.db, ("fact", key), body, now)

        def write(connection: Connection) -> bool:
            row = standing(connection, "fact", key)
            if row is None or row.id != seen or content_version(connection) != version:
                return False
            revision = storage.revision(connection, keep(connection, member, "fact", key, body, "review", now))
            if revision is not None and member.may("publisher"):
                publish(connection, member, revision, now)
            return True

        if before.id != seen or prevents(faults) or not await self._desk.db.write(write):
            return await self._form(visit, body, faults, conflict=not prevents(faults))
        self._published()
        return self._desk.go(f"/facts/one/{key}", "published" if member.may("publisher") else "sent")

    async def _form(
        self, visit: Visit, mine: Mapping[str, Any] | None = None, faults: Faults | None = None, conflict: bool = False
    ) -> Response:
        key = visit.path("fact")

        def read(connection: Connection) -> tuple[Any, list[Any]]:
            lines = accounts.search_audit(connection, key, None, LINES)
            return standing(connection, "fact", key), [one for one in lines if one.subject == key]

        row, lines = await self._desk.db.read(read)
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        body = row.body if mine is None else mine
        content = self._knowledge.content
        status = 409 if conflict else 422 if faults else 200
        return self._desk.page(
            visit, "fact.html", status, fact_id=key, row=row, body=body, faults=faults or [], conflict=conflict,
            rows=difference_rows("fact", row.body, body) if conflict else [], kind=_kind(body), kinds=KINDS,
            forms=FORMS, marks=MARKS, lines=lines,
            used=[topic for topic in content.topics if key in self._used_by(topic)],
            titles=titles(content, visit.language), state=state_of(read_fact(key, row.body), today(self._desk.clock)),
        )  # fmt: skip

    def _used_by(self, topic_id: str) -> set[str]:
        answers = self._knowledge.content.topics[topic_id].answers.values()
        return {name for answer in answers for name in placeholders(answer.text)}


def state_of(fact: Fact, day: date) -> str:
    """One of `STATES`."""
    if fact.value is None:
        return "unknown"
    if not fact.known(day):
        return "expired"
    return "soon" if fact.valid_until and fact.valid_until <= day + SOON else "known"


def _kind(body: Mapping[str, Any]) -> str:
    value = body["value"]
    if isinstance(value, Mapping):
        return "date" if set(value) == {"date"} else "text"
    return "unknown" if value is None else "number"


def _read(visit: Visit, before: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
    kind, faults = visit.text("kind", 10), []
    value: Any = None
    if kind == "number":
        text = re.sub(r"[\s\u00a0\u202f]", "", visit.text("number", 30)).replace(",", ".")
        if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text):
            value = float(text) if "." in text else int(text)
        else:
            faults.append(fault("number", value=text))
    elif kind == "date":
        value = {"date": visit.text("date", 10)}
        if not _is_day(value["date"]):
            faults.append(fault("day", value=value["date"]))
    elif kind == "text":
        value = {form: visit.text(f"value_{form}", 500) for form in FORMS}
    until = visit.text("valid_until", 10)
    if until and not _is_day(until):
        faults.append(fault("day", value=until))
    as_of = visit.text("as_of", 10)
    if len(as_of) == 10 and not _is_day(as_of):
        faults.append(fault("day", value=as_of))
    both = {name: {at: visit.text(f"{name}_{at}", 200) for at in ("fr", "ar")} for name in ("label", "ask")}
    texts = {name: visit.text(name, longest) for name, longest in (("source", 300), ("mark", 20))}
    asked = {language: text for language, text in both["ask"].items() if text}
    dates = {"as_of": as_of, "valid_until": until or None}
    return {**before, "value": value, **texts, **dates, "label": both["label"], "ask": asked}, faults


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
