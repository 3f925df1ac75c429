"""The pages that need what the bot knows: today, questions, answers, facts, people. Real content, real matcher."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from bot.console.answers import AnswersPages
from bot.console.auth import Door
from bot.console.facts import FactsPages
from bot.console.people import PeoplePages
from bot.console.questions import QuestionsPages
from bot.console.today import TodayPages
from bot.console.trying import TryPages
from bot.knowledge import PublishedKnowledge
from bot.messages import Exchange
from bot.ports import Clock
from bot.seeding import lexicons
from bot.storage import chats, content, exchanges, leases
from bot.storage.database import Connection, Database
from bot.texts import Texts
from tests.console.office import Office
from tests.learned import models

FORMS = ("fr", "ar", "ary", "ary-Latn")


class Newsroom(Office):
    """Pages around the published content."""

    def __init__(self, db: Database, clock: Clock, folder: Path) -> None:
        super().__init__(db, clock, folder)
        environ = {"DATABASE_URL": db.url, "DATA_DIR": str(folder), "PATH": "/usr/bin:/bin"}
        self.knowledge = PublishedKnowledge(db, models(), lexicons(), environ)
        texts, look = Texts(), self.knowledge.look
        self.questions = QuestionsPages(self.desk, self.knowledge, look)
        self.pages = [
            *TodayPages(self.desk, self.knowledge).pages,
            *self.questions.pages,
            *AnswersPages(self.desk, self.knowledge, texts, look).pages,
            *FactsPages(self.desk, self.knowledge, look).pages,
            *TryPages(self.desk, self.knowledge, texts).pages,
            *PeoplePages(self.desk).pages,
        ]
        door = Door(self.desk)
        self.app = Starlette(routes=[*door.routes, *self.desk.routes([*self.pages, *door.pages])])

    async def asked(self, text: str, decision: str = "fallback", form: str = "fr", **more: Any) -> None:
        """Somebody asked that, and the bot did that."""
        now: datetime = more.pop("at", self.clock() - timedelta(hours=2))
        turn = more.pop("turn", 1)
        feedback, kind = more.pop("feedback", None), more.pop("kind", "question")

        def write(connection: Connection) -> None:
            chat = chats.lock(connection, "web", {f"asker {text}"}, now)[f"asker {text}"].chat
            exchange = Exchange(kind, text, form, decision, **more)
            row = exchanges.entry(chat.id, turn, "web", exchange, now, "trace")
            exchanges.add(connection, [{**row, "feedback": feedback}])

        await self.db.write(write)

    async def revision(self, kind: str, key: str, state: str = "published") -> Any:
        """The newest revision of a document in that state."""
        return await self.db.read(lambda connection: content.current(connection, kind, key, state))

    async def follow(self) -> None:
        """Waits until what was published is in force here."""
        version = await self.db.read(lambda connection: leases.version(connection, content.VERSION))
        async with self.following(), asyncio.timeout(5):
            while self.knowledge._version != version:
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """While what is published is followed, as in the running bot."""
        watching = asyncio.create_task(self.knowledge.watch())
        try:
            yield
        finally:
            for task in (watching, self.knowledge._training):
                if task:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task


def fields(page: str) -> dict[str, Any]:
    """What a browser would send of the topic's or fact's form as it stands."""
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        found[name] = html.unescape(value)
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        kind = re.search(r' type="([^"]+)"', tag)
        if name and (not kind or kind[1] not in ("checkbox", "radio") or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else "on"
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        found.setdefault(name, []).append((chosen or first or ["", ""])[1])
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in found.items()}
