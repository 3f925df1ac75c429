"""Files in a back office, over real HTTP: who follows one is told once a change, whatever else happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from sqlalchemy import select

from bot.applications.following import STEP, Follower
from bot.applications.http_source import PAUSE, HttpSource
from bot.applications.models import fingerprint
from bot.errors import SourceUnavailable
from bot.housekeeping import Housekeeping
from bot.storage import applications, chats, outbox
from bot.storage.database import Connection, Database
from tests.applications.test_importing import KEYS, LETTERS
from tests.conftest import HandClock
from tests.running import running


class BackOffice:
    """Files by key; counts what is asked at once."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self.down: set[str] = set()
        self.asked = self.at_once = self.most_at_once = 0
        self.time = 0.0
        self.url = ""

    def move(self, key: str, state: str, **more: Any) -> None:
        """The office changes a file."""
        self.files[key] = {"number": key, "state": state, "since": "2026-11-02", "phones": ["0612345678"], **more}

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)  # lets the others of the same step arrive
        self.at_once -= 1
        key = request.match_info["key"]
        if key in self.down:
            return web.Response(status=503)
        return web.json_response(self.files[key]) if key in self.files else web.Response(status=404)


@pytest_asyncio.fixture
async def office() -> AsyncIterator[BackOffice]:
    """A real server on a free port."""
    made = BackOffice()
    app = web.Application()
    app.router.add_get("/applications/{key}", made.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def source(office: BackOffice) -> AsyncIterator[HttpSource]:
    """What stands before it."""
    async with aiohttp.ClientSession() as session:
        yield HttpSource(office.url, "", KEYS, session, lambda: office.time)


@pytest.fixture
def follower(db: Database, source: HttpSource, clock: HandClock) -> Follower:
    """Under test."""
    return Follower(db, source, LETTERS.news, clock, pause=0)


async def follow(db: Database, *wanted: tuple[str, str], seen: str = "") -> None:
    """(chat, key) each."""

    def ask(connection: Connection) -> None:
        for address, key in wanted:
            chat = chats.open_chat(connection, "telegram", address, HandClock()())
            applications.subscribe(connection, chat.id, key, HandClock()(), seen)

    await db.write(ask)


async def told(db: Database) -> list[str]:
    """To whom, in order."""
    query = select(outbox.outbox.c.address).order_by(outbox.outbox.c.id)
    return await db.read(lambda connection: list(connection.scalars(query)))


async def test_each_change_is_told_once(db: Database, office: BackOffice, follower: Follower) -> None:
    await follow(db, ("1", "A1"), ("2", "A1"), ("3", "B2"))
    office.move("A1", "received")
    office.move("B2", "received")
    assert await follower.round() == 0  # the first look is no news
    office.move("A1", "accepted")
    assert [await follower.round(), await follower.round()] == [2, 0]
    assert await told(db) == ["1", "2"]
    office.move("A1", "received")  # and back again: news too
    office.move("B2", "received", phones=["0699999999"])  # a corrected phone is none
    assert await follower.round() == 2
    assert await told(db) == ["1", "2", "1", "2"]


async def test_what_changes_between_asking_and_the_first_look_is_told(
    db: Database, office: BackOffice, source: HttpSource, follower: Follower
) -> None:
    office.move("A1", "received")
    shown = await source.find("A1")
    assert shown
    await follow(db, ("1", "A1"), seen=fingerprint(shown))
    office.move("A1", "accepted")
    assert await follower.round() == 1


async def test_two_copies_at_once_tell_once(
    db: Database, office: BackOffice, source: HttpSource, clock: HandClock
) -> None:
    people = [(str(n), f"K{n % 10}") for n in range(30)]
    await follow(db, *people)
    copies = [Follower(db, source, LETTERS.news, clock, pause=0) for _ in range(3)]
    for state in ("received", "accepted"):
        for n in range(10):
            office.move(f"K{n}", state)
        rounds = await asyncio.gather(*(copy.round() for copy in copies))
    assert sum(rounds) == 30 and sorted(await told(db)) == sorted(address for address, _ in people)


async def test_a_fault_loses_no_news(db: Database, office: BackOffice, follower: Follower) -> None:
    keys = [f"K{n:02}" for n in range(3 * STEP)]
    await follow(db, *((str(n), key) for n, key in enumerate(keys)))
    for key in keys:
        office.move(key, "received")
    await follower.round()
    for key in keys:
        office.move(key, "accepted")
    office.down = set(keys[-STEP:])
    with pytest.raises(SourceUnavailable):
        await follower.round()
    assert len(await told(db)) == 2 * STEP
    office.down, office.time = set(), PAUSE + 1
    assert await follower.round() == STEP and len(set(await told(db))) == 3 * STEP
    assert office.most_at_once <= STEP


async def test_one_damaged_file_keeps_no_news_of_others(
    db: Database, office: BackOffice, follower: Follower
) -> None:
    keys = [f"K{n:02}" for n in range(2 * STEP)]
    await follow(db, *((str(n), key) for n, key in enumerate(keys)))
    for state in ("received", "accepted"):
        for key in keys:
            office.move(key, state)
        office.move(keys[0], "flying")
        office.down = {keys[1]}
        await follower.round()
    assert len(await told(db)) == 2 * STEP - 2


async def test_unknown_files_and_people_who_left_are_no_trouble(
    db: Database, office: BackOffice, follower: Follower, clock: HandClock
) -> None:
    await follow(db, ("1", "A1"), ("2", "A1"), ("3", "NONE"))
    office.move("A1", "received")
    await follower.round()
    await db.write(lambda connection: chats.set_blocked(connection, "telegram", "2", clock()))
    office.move("A1", "accepted")
    assert await follower.round() == 1 and await told(db) == ["1"]
    office.files.clear()  # gone from the office: nothing to tell
    assert await follower.round() == 0


async def test_at_night_the_letter_waits(
    db: Database, office: BackOffice, follower: Follower, clock: HandClock
) -> None:
    await follow(db, ("1", "A1"))
    office.move("A1", "received")
    await follower.round()
    office.move("A1", "accepted")
    clock.now = clock.now.replace(hour=23)
    assert await follower.round() == 1
    asked = {"channel": "telegram", "most": 10}
    due = await db.read(lambda connection: outbox.due(connection, now=clock(), **asked))  # type: ignore[arg-type]
    assert due == []
    clock.now += timedelta(hours=9)
    due = await db.read(lambda connection: outbox.due(connection, now=clock(), **asked))  # type: ignore[arg-type]
    assert [letter.address for letter in due] == ["1"]


async def test_the_running_bot_follows(seeded: Path, tmp_path: Path, office: BackOffice, clock: HandClock) -> None:
    async with running(seeded, tmp_path, APPLICATION_SOURCE_URL=office.url) as core:
        await follow(core.db, ("1", "A1"))
        house = Housekeeping(core, clock)
        office.move("A1", "received")
        await house.follow()
        office.move("A1", "accepted")
        await house.follow()
        assert await told(core.db) == ["1"]
        other = Housekeeping(core, clock)  # a second copy leaves the office in peace
        before = office.asked
        await other.follow()
        assert office.asked == before
        await house.close()
        await other.follow()
        assert office.asked == before + 1
        await other.close()


async def test_without_a_back_office_nothing_is_followed(seeded: Path, tmp_path: Path, clock: HandClock) -> None:
    async with running(seeded, tmp_path) as core:
        assert core.follower is None
        await Housekeeping(core, clock).follow()
