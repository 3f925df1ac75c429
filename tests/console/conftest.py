"""The console on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.seeding import program_bodies
from bot.storage import content
from bot.storage.database import Database
from tests.conftest import HandClock
from tests.console.newsroom import Newsroom
from tests.console.office import Office, Person


@pytest.fixture(scope="session")
def bodies() -> dict[tuple[str, str], dict[str, Any]]:
    """The content that comes with the program."""
    return program_bodies()


@pytest_asyncio.fixture
async def office(
    db: Database, clock: HandClock, tmp_path: Path, bodies: dict[tuple[str, str], dict[str, Any]]
) -> Office:
    """With the program's content published."""
    now: datetime = clock()
    await db.write(lambda connection: content.seed(connection, bodies, now))
    return Office(db, clock, tmp_path)


@pytest_asyncio.fixture
async def publisher(office: Office) -> AsyncIterator[Person]:
    """Naima may publish."""
    person = await office.person("Naima", "publisher")
    yield person
    await person.browser.aclose()


@pytest_asyncio.fixture
async def newsroom(
    sqlite_db: Database, clock: HandClock, tmp_path: Path, bodies: dict[tuple[str, str], dict[str, Any]]
) -> Newsroom:
    """With the program's content published and understood."""
    now: datetime = clock()
    await sqlite_db.write(lambda connection: content.seed(connection, bodies, now))
    room = Newsroom(sqlite_db, clock, tmp_path)
    await room.knowledge.load()
    return room
