"""All or nothing, the same file twice changes nothing, each change told once."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.applications import commands
from bot.applications.importing import Preview, take
from bot.applications.intake import Intake
from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.applications.spreadsheet import Record
from bot.letters import Letters
from bot.settings import Settings
from bot.storage import applications, chats, filing, outbox
from bot.storage.database import Connection, Database
from bot.texts import Texts
from tests.conftest import HandClock

KEYS = Keys("a key for tests only")
LETTERS = Letters(Texts())


def record(number: int, state: str = "received", **more: Any) -> Record:
    return Record(
        row=number + 2, number=f"EXC-2025-{number:05}", programme="excellence", state=state,
        since=more.get("since"), missing=more.get("missing", ""), place="", deadline=None, contact="", region="",
        phones=more.get("phones", ()), national_ids=more.get("national_ids", ()),
    )  # fmt: skip


async def bring(db: Database, clock: HandClock, *records: Record) -> Preview:
    return await db.write(
        lambda c: take(c, records, keys=KEYS, actor="Naima", now=clock(), notice=LETTERS.news)
    )


async def total(db: Database, table: Any) -> int:
    return await db.read(lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one())


async def test_new_changed_unchanged(db: Database, clock: HandClock) -> None:
    first = await bring(db, clock, *(record(number) for number in range(1200)))
    assert (first.new, first.changed, first.unchanged) == (1200, 0, 0)
    clock.now = clock.now.replace(day=30)
    again = await bring(db, clock, *(record(number) for number in range(1200)))
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1200)
    changed = await bring(db, clock, record(7, "accepted"))
    assert (changed.changed, changed.examples[0][1]) == (1, "changed")
    row = await db.read(lambda connection: filing.row_of(connection, key("EXC-2025-00007")))
    assert row and row.version == 2 and row.since == date(2026, 11, 30)
    events = await db.read(lambda connection: filing.history(connection, row.id))
    assert [event.state for event in events] == ["accepted", "received"]
    assert events[0].changes["state"] == ["received", "accepted"]


async def test_comparing_writes_nothing_and_keeps_what_differs(db: Database, clock: HandClock) -> None:
    await bring(db, clock, record(1), record(2))
    kept: list[Record] = []
    wanted = [record(1), record(2, "accepted"), record(3)]
    found = await db.read(
        lambda c: take(c, wanted, keys=KEYS, actor="", now=clock(), notice=LETTERS.news, apply=False, keep=kept.append)
    )
    assert (found.new, found.changed, found.unchanged) == (1, 1, 1) and kept == wanted[1:]
    assert await total(db, applications.applications) == 2


async def test_each_change_is_told_once(db: Database, clock: HandClock) -> None:
    await bring(db, clock, record(1), record(2))

    def ask(connection: Connection) -> None:
        for address in ("7", "8"):
            chat = chats.open_chat(connection, "telegram", address, clock())
            applications.subscribe(connection, chat.id, key("EXC-2025-00001"), clock())

    await db.write(ask)
    for _ in range(2):
        await bring(db, clock, record(1, "accepted"), record(2, "accepted"))
    assert await total(db, outbox.outbox) == 2
    changed = await bring(db, clock, record(1, "accepted", phones=("0612345678",)))
    assert changed.changed == 1 and await total(db, outbox.outbox) == 2  # a corrected phone is no news
    await bring(db, clock, record(1, "withdrawn"))
    assert await total(db, outbox.outbox) == 4


async def test_an_empty_phone_cell_forgets_no_phone(db: Database, clock: HandClock) -> None:
    await bring(db, clock, record(1, phones=("0612345678",), national_ids=("BE1234",)))
    await bring(db, clock, record(1, "accepted"))

    def found(connection: Connection, phone: str) -> int:
        return len(applications.find_by_phone(connection, KEYS.phone(phone)))

    assert await db.read(lambda connection: found(connection, "+212 612345678")) == 1
    await bring(db, clock, record(1, "accepted", phones=("0699999999",)))
    assert await db.read(lambda connection: found(connection, "0612345678")) == 0
    assert await db.read(lambda connection: found(connection, "0699999999")) == 1


async def test_nothing_readable_of_phone_and_id_is_stored(sqlite_db: Database, clock: HandClock) -> None:
    await bring(sqlite_db, clock, record(1, phones=("0612345678",), national_ids=("BE123456",)))
    path = Path(sqlite_db.url.removeprefix("sqlite:///"))
    stored = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    for secret in (b"612345678", b"BE123456", b"3456"):
        assert secret not in stored.replace(b"EXC-2025", b"")


async def test_the_command_takes_all_or_nothing(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, secret_key="k", database_url=sqlite_url)  # type: ignore[arg-type]
    path = tmp_path / "a.csv"

    def run(dry: bool = False) -> int:
        return int(commands.import_file(settings, path, dry))

    lines = ["numero;etat", *(f"EXC-2025-{number:05};reçu" for number in range(2000))]
    path.write_text("\n".join([*lines, "EXC-2025-09999;jolie"]), encoding="utf-8")
    assert await asyncio.to_thread(run) == 2
    assert "2002  state" in capsys.readouterr().err
    path.write_text("\n".join(lines), encoding="utf-8")
    for dry, expected in ((True, "nouveaux: 2000"), (False, "nouveaux: 2000"), (False, "inchangés: 2000")):
        assert await asyncio.to_thread(run, dry) == 0
        assert expected in capsys.readouterr().out
    assert await asyncio.to_thread(commands.show, settings, "exc 2025 00007") == 0
    assert "EXC-2025-00007" in capsys.readouterr().out
    assert await asyncio.to_thread(commands.show, settings, "NONE-1") == 2


async def test_an_intake_that_is_tried_again_starts_anew(db: Database, clock: HandClock, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("numero;etat\nA-1;reçu\nA-2;reçu\n", encoding="utf-8")
    intake = Intake(path, KEYS, LETTERS)
    for _ in range(2):
        await db.read(lambda connection: intake.examine(connection, clock()))
    done = await db.write(lambda connection: intake.apply(connection, "Naima", clock()))
    intake.close()
    assert done.new == 2 and await total(db, applications.applications) == 2
