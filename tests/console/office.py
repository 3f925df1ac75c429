"""The console as a browser meets it, without a browser: real routes, real database, HTTP in memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.console.auth import Door
from bot.console.broadcasts import BroadcastsPages
from bot.console.conversations import ConversationsPages
from bot.console.desk import COOKIE, Desk, Page
from bot.console.files import FilesPages
from bot.console.sheets import SheetsPages
from bot.letters import Letters
from bot.ports import Clock
from bot.settings import Settings
from bot.storage import staff
from bot.storage.database import Connection, Database
from bot.texts import Texts
from intents.models import Content


class Office:
    """Four pages of the console, and people of the staff who use them."""

    def __init__(self, db: Database, clock: Clock, folder: Path) -> None:
        self.db, self.clock = db, clock
        self.settings = Settings(data_dir=folder, secret_key="a key for tests only", database_url=db.url)
        self.desk = Desk(db, Texts("console"), clock, self.settings)
        self.woken = 0
        letters = Letters(Texts())
        self.pages: list[Page] = [
            *FilesPages(self.desk, letters, self._wake).pages,
            *ConversationsPages(self.desk, letters, self._wake, Content).pages,
            *BroadcastsPages(self.desk, letters, self._wake).pages,
            *SheetsPages(self.desk).pages,
        ]
        door = Door(self.desk)
        self.app = Starlette(routes=[*door.routes, *self.desk.routes([*self.pages, *door.pages])])

    def _wake(self) -> None:
        self.woken += 1

    def visitor(self) -> httpx.AsyncClient:
        """Somebody who is not logged in."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://staff.test")

    async def person(self, name: str, role: str, language: str = "fr") -> Person:
        """Somebody of that role, logged in."""
        now = self.clock()

        def add(connection: Connection) -> str:
            staff_id = staff.add(connection, name, role, "", now, language)
            return staff.open_session(connection, staff_id, now)

        token = await self.db.write(add)
        browser = self.visitor()
        browser.cookies.set(COOKIE, token)
        page = await browser.get("/staff/account")
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert found
        return Person(browser, found[1])


class Person:
    """A browser with a session."""

    def __init__(self, browser: httpx.AsyncClient, csrf: str) -> None:
        self.browser, self.csrf = browser, csrf

    async def get(self, path: str) -> httpx.Response:
        return await self.browser.get(f"/staff{path}")

    async def post(
        self, path: str, data: dict[str, Any] | None = None, file: tuple[str, bytes] | None = None
    ) -> httpx.Response:
        """Sends a form of a page."""
        fields = {"csrf": self.csrf, **(data or {})}
        return await self.browser.post(f"/staff{path}", data=fields, files={"file": file} if file else None)


def words(answer: httpx.Response) -> str:
    """The text of a page, without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def filled(path: str) -> str:
    """A path with something in its places."""
    return re.sub(r"\{[^}]+\}", "1", path)


def below(role: str) -> Sequence[str]:
    """The roles that are less than `role`."""
    return staff.ROLES[: staff.ROLES.index(role)]
