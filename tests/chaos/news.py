"""Thousands who asked for news of their file are told, while the bot is killed: each once, nobody left out."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from bot.applications.importing import Preview
from bot.applications.intake import Intake
from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.letters import Letters
from bot.sender import IN_FLIGHT
from bot.storage import applications, chats
from bot.storage.database import Connection, Database
from bot.storage.migrating import migrate
from bot.texts import Texts
from tests.chaos.crash import Copy, Outcome, environ
from tests.fakes.bot_api import BotApi

DAY = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
"""Imports happen by day, whenever this runs: at night the letters would wait for the morning."""
KEYS = Keys("test")
LETTERS = Letters(Texts())


def write_file(path: Path, files: int, state: str) -> Path:
    """A spreadsheet of so many files, all in that state."""
    lines = ["numero;etat;depuis", *(f"EXC-2025-{n:05};{state};2026-11-02" for n in range(files))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def bring(db: Database, path: Path, now: datetime) -> Preview:
    """Takes the file in, as the command and the console do."""
    with closing(Intake(path, KEYS, LETTERS)) as intake:
        await db.read(lambda connection: intake.examine(connection, now))
        return await db.write(lambda connection: intake.apply(connection, "Naima", now))


async def subscribe(db: Database, people: int, files: int) -> None:
    """Chats 1 to `people` want news of one file each; some files have several who ask."""

    def ask(connection: Connection) -> None:
        for person in range(1, people + 1):
            chat = chats.open_chat(connection, "telegram", str(person), DAY)
            applications.subscribe(connection, chat.id, key(f"EXC-2025-{person % files:05}"), DAY)

    await db.write(ask)


async def news(
    database_url: str, folder: Path, people: int = 10_000, kills: int = 5, rate: str = "30", seconds: float = 600
) -> Outcome:
    """A spreadsheet changes all files while the bot sends at `rate` a second and is killed `kills` times."""
    db = Database(database_url)
    await asyncio.to_thread(migrate, db)
    files = people * 4 // 5
    await bring(db, write_file(folder / "files.csv", files, "reçu"), DAY)
    await subscribe(db, people, files)
    chance = random.Random(3)
    async with BotApi() as api:
        copy = Copy(environ(api, database_url, folder, SEND_RATE=rate), folder / "copy.log")
        await copy.start()
        path = write_file(folder / "files.csv", files, "accepté")
        first = await bring(db, path, DAY)
        for kill in range(kills):
            await api.until_sent(people * kill // kills + chance.randrange(1, people // kills), seconds)
            await copy.end(signal.SIGKILL)
            await copy.start()
        again = await bring(db, path, DAY)  # the same file again tells nobody
        with suppress(TimeoutError):  # who is missing is counted below
            await api.until(lambda: len({sent.chat for sent in api.sent}) == people, seconds)
        api.says(people + 1, "the end")  # once this is answered, all that waited has left
        await api.until(lambda: bool(api.texts(people + 1)), 60)
        await copy.end(signal.SIGTERM)
    await db.close()
    violations = list(api.violations)
    if first.notices != people or again.notices:
        violations.append(f"notices: {first.notices} of {people}, then {again.notices}")
    return judge(api, people, kills, float(rate), violations)


def judge(api: BotApi, people: int, kills: int, rate: float, violations: list[str]) -> Outcome:
    """Counts what each got. More than one twice per chat and kill, or more than `rate` a second, is a violation."""
    got = Counter(sent.chat for sent in api.sent if sent.chat <= people)
    if got and max(got.values()) > 1 + kills:
        violations.append(f"one chat was told {max(got.values())} times")
    if rate:
        a_second = Counter(int(sent.at) for sent in api.sent)
        # The limit counts from where a letter leaves; the network and a restart may push a few together.
        if max(a_second.values()) > rate * 1.5:
            violations.append(f"{max(a_second.values())} letters within a second")
    extra = sum(count - 1 for count in got.values())
    assert extra <= IN_FLIGHT * kills
    return Outcome(people, people - len(got), 0, extra, kills, violations)
