"""A large spreadsheet comes in by the command line while the bot serves on SQLite: answers wait, none is lost, and a
command that is killed leaves nothing half done."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.applications.lookup import DatabaseSource, Lookup
from bot.applications.numbering import key
from bot.errors import StorageError
from bot.storage import chats, database
from bot.storage.applications import applications
from bot.storage.database import Database
from tests.applications.test_importing import KEYS, total
from tests.chaos.crash import ROOT
from tests.chaos.news import write_file
from tests.conftest import HandClock

ROWS = 8_000


async def command(url: str, path: Path) -> asyncio.subprocess.Process:
    """`main.py applications import`, in a process of its own."""
    environ = dict(os.environ) | {"DATABASE_URL": url, "DATA_DIR": str(path.parent), "SECRET_KEY": "test"}
    arguments = ("main.py", "applications", "import", str(path))
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, env=environ, stdout=asyncio.subprocess.DEVNULL
    )


async def test_the_bot_answers_while_a_file_comes_in(
    sqlite_url: str, sqlite_db: Database, tmp_path: Path, clock: HandClock
) -> None:
    lookup = Lookup(sqlite_db, DatabaseSource(sqlite_db), KEYS, clock)
    path = tmp_path / "files.csv"
    for state in ("reçu", "accepté"):
        importing = await command(sqlite_url, write_file(path, ROWS, state))
        ending = asyncio.create_task(importing.wait())
        count, longest = 0, 0.0
        while not ending.done():
            guess = {"channel": "telegram", "number": key("EXC-2025-00001"), "tail": "none"}
            began = time.monotonic()
            address = f"{state} {count}"
            await sqlite_db.write(lambda c, to=address: chats.open_chat(c, "telegram", to, clock()))  # type: ignore[misc]
            assert (await lookup.check(guess | {"address": address})).result in ("refused", "locked")
            longest = max(longest, time.monotonic() - began)
            count += 1
        print(f"{state}: {count} answers meanwhile, the longest waited {longest:.2f} s")
        assert await ending == 0 and count > 20
        stored = await total(sqlite_db, chats.chats)
        assert stored >= count
    states = await sqlite_db.read(lambda c: set(c.scalars(select(applications.c.state).distinct())))
    assert states == {"accepted"} and await total(sqlite_db, applications) == ROWS


async def test_a_command_that_is_killed_while_it_writes_leaves_nothing(
    sqlite_url: str, sqlite_db: Database, tmp_path: Path, clock: HandClock
) -> None:
    path = write_file(tmp_path / "files.csv", ROWS, "reçu")
    importing = await command(sqlite_url, path)
    path_of_database = sqlite_url.removeprefix("sqlite:///")
    probe = sqlite3.connect(path_of_database, timeout=0.1, isolation_level=None, check_same_thread=False)
    while not await asyncio.to_thread(_locked, probe):
        assert importing.returncode is None
    importing.send_signal(signal.SIGKILL)
    await importing.wait()
    assert await total(sqlite_db, applications) == 0
    importing = await command(sqlite_url, path)
    assert await importing.wait() == 0
    assert await total(sqlite_db, applications) == ROWS
    probe.close()


def _locked(probe: sqlite3.Connection) -> bool:
    """Whether somebody holds the lock for longer than the probe waits."""
    try:
        probe.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    probe.execute("ROLLBACK")
    return False


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of a serving bot, a hundred times shorter."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.01)
    monkeypatch.setattr(database, "PATIENCE", 0.1)


@pytest.mark.usefixtures("hurried")
async def test_another_process_may_hold_the_lock_for_longer_than_a_fault(sqlite_url: str, clock: HandClock) -> None:
    bot, other = Database(sqlite_url), Database(sqlite_url)
    with other.begin():
        writing = asyncio.create_task(
            bot.write(lambda c: chats.open_chat(c, "telegram", "1", clock()).address, patience=0.1)
        )
        done, _ = await asyncio.wait([writing], timeout=0.5)
        assert not done
        with pytest.raises(StorageError, match="locked"):  # who asked for less patience gets no more
            await bot.write(lambda c: None, patience=0.05)
    assert await writing == "1"
    await bot.close()
    await other.close()


@pytest.mark.usefixtures("hurried")
async def test_but_not_for_ever(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCKED_PATIENCE", 0.2)
    bot, other = Database(sqlite_url), Database(sqlite_url)
    with other.begin(), pytest.raises(StorageError, match="locked"):
        await bot.write(lambda c: None, patience=0.1)
    await bot.close()
    await other.close()
