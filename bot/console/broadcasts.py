"""Letters to those who agreed: written in four forms, previewed, tested, scheduled, watched, stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.choices import published_choices
from bot.console.desk import Desk, Page, Visit
from bot.letters import Letters
from bot.quiet import quiet_until
from bot.storage import broadcasts as storage
from bot.storage import chats, handovers, outbox
from bot.storage import staff as accounts
from bot.texts import MOROCCO
from intents.models import FORMS

LONGEST = 1000
CHANNELS = ("telegram", "web")


class BroadcastsPages:
    """`/staff/broadcasts`."""

    def __init__(self, desk: Desk, letters: Letters, wake: Callable[[], None]) -> None:
        self._desk, self._letters, self._wake = desk, letters, wake
        self.pages = [
            Page("/broadcasts", "reader", self.home),
            Page("/broadcasts", "publisher", self.save, "POST"),
            Page("/broadcasts/new", "publisher", self.new),
            Page("/broadcasts/one/{id:int}", "reader", self.one),
            Page("/broadcasts/one/{id:int}/test", "publisher", self.test, "POST"),
            Page("/broadcasts/one/{id:int}/schedule", "publisher", self.schedule, "POST"),
            Page("/broadcasts/one/{id:int}/stop", "publisher", self.stop, "POST"),
            Page("/broadcasts/one/{id:int}/delete", "publisher", self.delete, "POST"),
        ]

    async def home(self, visit: Visit) -> Response:
        """All broadcasts, and how many agreed."""

        def read(connection: Connection) -> dict[str, Any]:
            rows = storage.latest(connection)
            counts = {row.id: row.counts or storage.counted(connection, row.id) for row in rows if row.state != "draft"}
            return {"rows": rows, "counts": counts, "agreed": handovers.agreed(connection)}

        return self._desk.page(visit, "broadcasts.html", **await self._desk.db.read(read))

    async def new(self, visit: Visit) -> Response:
        """An empty form."""
        return await self._form(visit, _empty())

    async def one(self, visit: Visit) -> Response:
        """A draft to be written, or one that left with what became of it."""
        return await self._one(visit)

    async def save(self, visit: Visit) -> Response:
        """Keeps a draft."""
        given = self._given(visit)
        number, now, who = visit.number("id"), self._desk.clock(), visit.member.name
        if not given["title"]:
            return await self._form(visit, {**given, "id": number}, "broadcasts.no_title")

        def write(connection: Connection) -> int | None:
            before = storage.get(connection, number) if number else None
            saved = storage.save(connection, number, now, **given, author=who)
            if saved:
                old = {name: getattr(before, name) for name in given} if before else None
                accounts.log(connection, who, "broadcast.saved", given["title"], now, old, given)
            return saved

        saved = await self._desk.db.write(write)
        if saved is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        return self._desk.go(f"/broadcasts/one/{saved}", "saved")

    async def test(self, visit: Visit) -> Response:
        """Sends the four texts to one chat that knows the bot: one's own."""
        number, now = int(visit.path("id")), self._desk.clock()
        channel, address = visit.text("channel", 16), visit.text("address", 80)

        def write(connection: Connection) -> str:
            row = storage.get(connection, number)
            chat = chats.find(connection, channel, address) if channel in CHANNELS else None
            if row is None or chat is None:
                return "broadcasts.no_chat"
            replies = [self._letters.broadcast(form, row.texts[form]) for form in row.forms if row.texts.get(form)]
            outbox.enqueue(connection, chat, replies, now=now)
            return ""

        if problem := await self._desk.db.write(write):
            return await self._one(visit, problem)
        self._wake()
        return self._desk.go(f"/broadcasts/one/{number}", "sent")

    async def schedule(self, visit: Visit) -> Response:
        """Starts it now or at a time in Morocco. Refused while a text is missing."""
        number, now, who = int(visit.path("id")), self._desk.clock(), visit.member.name
        try:
            starts = _moment(visit.text("at", 16)) or now
        except ValueError:
            return await self._one(visit, "broadcasts.bad_time")

        def write(connection: Connection) -> str:
            row = storage.get(connection, number)
            if row is None or row.state != "draft":
                return "broadcasts.not_draft"
            if not row.forms or any(not row.texts.get(form) for form in row.forms):
                return "broadcasts.missing_text"
            letters = {form: outbox.encode(self._letters.broadcast(form, row.texts[form])) for form in row.forms}
            if not storage.schedule(connection, number, max(starts, now), letters):
                return "broadcasts.not_draft"
            after = {"texts": row.texts, "starts_at": starts.isoformat()}
            accounts.log(connection, who, "broadcast.scheduled", row.title, now, None, after)
            return ""

        if problem := await self._desk.db.write(write):
            return await self._one(visit, problem)
        return self._desk.go(f"/broadcasts/one/{number}", "saved")

    async def stop(self, visit: Visit) -> Response:
        """Nothing more of it leaves."""
        number, now, who = int(visit.path("id")), self._desk.clock(), visit.member.name

        def write(connection: Connection) -> bool:
            stopped = storage.stop(connection, number, now)
            if stopped:
                accounts.log(connection, who, "broadcast.stopped", str(number), now)
            return stopped

        if not await self._desk.db.write(write):
            return await self._one(visit, "broadcasts.left")
        return self._desk.go(f"/broadcasts/one/{number}", "stopped")

    async def delete(self, visit: Visit) -> Response:
        """Deletes a draft."""
        number, now, who = int(visit.path("id")), self._desk.clock(), visit.member.name

        def write(connection: Connection) -> None:
            if storage.delete(connection, number):
                accounts.log(connection, who, "broadcast.deleted", str(number), now)

        await self._desk.db.write(write)
        return self._desk.go("/broadcasts", "removed")

    def _given(self, visit: Visit) -> dict[str, Any]:
        return {
            "title": visit.text("title", 120),
            "programme": visit.text("programme", 40),
            "region": visit.text("region", 40),
            "forms": [form for form in FORMS if form in visit.texts("forms")],
            "texts": {form: text for form in FORMS if (text := visit.text(f"text_{form}", LONGEST))},
        }

    async def _one(self, visit: Visit, problem: str = "") -> Response:
        number = int(visit.path("id"))
        row = await self._desk.db.read(lambda connection: storage.get(connection, number))
        if row is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        if row.state == "draft":
            return await self._form(visit, {str(name): value for name, value in row._mapping.items()}, problem)
        counts = row.counts or await self._desk.db.read(lambda connection: storage.counted(connection, number))
        choices = await self._desk.db.read(lambda connection: published_choices(connection, visit.language))
        values = {"row": row, "counts": counts, "problem": problem, **choices, "night": self._night()}
        return self._desk.page(visit, "broadcast_sent.html", 409 if problem else 200, **values)

    async def _form(self, visit: Visit, row: Mapping[str, Any], problem: str = "") -> Response:
        def read(connection: Connection) -> dict[str, Any]:
            audience = storage.audience(connection, row["programme"], row["region"], row["forms"])
            return {"audience": audience, **published_choices(connection, visit.language)}

        found = await self._desk.db.read(read)
        values = {"row": row, "problem": problem, **found, "night": self._night(), "channels": CHANNELS}
        return self._desk.page(visit, "broadcast.html", 422 if problem else 200, **values)

    def _night(self) -> bool:
        return quiet_until(self._desk.clock()) is not None


def _empty() -> dict[str, Any]:
    return {"id": None, "title": "", "programme": "", "region": "", "forms": list(FORMS), "texts": {}}


def _moment(text: str) -> datetime | None:
    """What a `datetime-local` field gives, in Morocco's time; None where empty. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=MOROCCO) if text else None
