"""Backup, restore, retention, leases, migration: on both engines where both do it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select

from bot.errors import InputError, StorageError
from bot.messages import Chat, Choice, Exchange, Incoming, Reply
from bot.storage import chats, exchanges, leases, migrating, outbox, retention, updates
from bot.storage.backup import backup, restore
from bot.storage.database import Connection, Database
from bot.storage.leases import Lease
from tests.conftest import NOW, HandClock


def fill(connection: Connection, days_ago: int = 0, count: int = 3) -> None:
    """`count` people who asked one thing each, some days ago."""
    then = NOW - timedelta(days=days_ago)
    for number in range(count):
        chat = chats.open_chat(connection, "telegram", f"{days_ago}-{number}", then)
        kept = chats.Kept(Chat("telegram", chat.address, chat.id, "ary", turn=1, state={"topic": "ش"}), [1], False)
        chats.save(connection, [kept], then)
        exchange = Exchange("question", "كيفاش", "ary", "answer", "t", 0.5, (("t", 0.5),))
        exchanges.add(connection, [exchanges.entry(chat.id, 1, "telegram", exchange, then, "x")])
        outbox.enqueue(connection, chat, [Reply("جواب", choices=((Choice("a", "b"),),))], now=then)
        updates.claim(connection, [Incoming("telegram", chat.address, f"{days_ago}/{number}", then)], then)


def everything(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = [table for table in migrating.all_tables() if table.name != "leases"]
    return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in tables}


@pytest.mark.parametrize("to", ["sqlite_url", "postgres_url"])
async def test_a_backup_restores_on_either_engine_and_counting_goes_on(
    db: Database, to: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    await db.write(fill)
    file = tmp_path / "copy.backup"
    await asyncio.to_thread(backup, db, file)
    assert file.stat().st_mode & 0o077 == 0
    other = tmp_path / "other"
    other.mkdir()
    url = f"sqlite:///{other / 'bot.sqlite'}" if to == "sqlite_url" else request.getfixturevalue(to)
    target = Database(url)
    migrating.migrate(target)
    await target.write(lambda connection: fill(connection, days_ago=1, count=5))
    await asyncio.to_thread(restore, target, file)
    assert await target.read(everything) == await db.read(everything)
    await target.write(lambda connection: fill(connection, days_ago=2))
    await target.close()


def test_where_there_is_no_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    """A nightly backup in the wrong folder must not succeed with an empty file."""
    absent = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    with pytest.raises(InputError, match="DATA_DIR"):
        backup(absent, tmp_path / "copy")
    absent.close_now()
    assert not (tmp_path / "copy").exists()


async def test_restore_refuses_what_is_no_backup_and_a_running_bot(
    db: Database, clock: HandClock, tmp_path: Path
) -> None:
    await db.write(fill)
    file = tmp_path / "x"
    file.write_text("no backup", encoding="ascii")
    with pytest.raises(InputError, match="not a backup"):
        await asyncio.to_thread(restore, db, file)
    await asyncio.to_thread(backup, db, tmp_path / "good")
    clock.now = __import__("datetime").datetime.now(NOW.tzinfo)
    lease = Lease(db, "sender", clock)
    assert await lease.take()
    with pytest.raises(InputError, match="running"):
        await asyncio.to_thread(restore, db, tmp_path / "good")
    await lease.give_back()
    await asyncio.to_thread(restore, db, tmp_path / "good")


async def test_retention_purges_texts_and_keeps_figures(db: Database) -> None:
    await db.write(lambda connection: fill(connection, days_ago=100))
    await db.write(lambda connection: fill(connection, days_ago=10))
    sent = outbox.outbox.update().values(state="sent")
    await db.write(lambda connection: connection.execute(sent).rowcount)
    while await db.write(lambda connection: retention.purge(connection, NOW, 90)):
        pass
    log = exchanges.exchanges
    texts = await db.read(lambda connection: connection.execute(select(log.c.text).order_by(log.c.at)).scalars().all())
    assert texts == [None] * 3 + ["كيفاش"] * 3
    count = select(func.count()).select_from(outbox.outbox)
    assert await db.read(lambda connection: connection.execute(count).scalar()) == 3
    old = await db.read(lambda connection: chats.find(connection, "telegram", "100-1"))
    assert old and (old.form, old.state) == ("ary", {})
    assert await db.read(lambda connection: connection.execute(select(updates.updates)).all()) == []


async def test_one_holds_a_lease_and_another_takes_over(db: Database, clock: HandClock) -> None:
    first, second = Lease(db, "sender", clock), Lease(db, "sender", clock)
    assert await first.take() and first.held and await first.take()
    assert not await second.take() and not second.held
    await first.give_back()
    assert await second.take() and not await first.take()
    await second.give_back()


async def test_a_lease_that_was_not_renewed_is_free_and_a_clock_that_jumps_back_holds_nobody_up(
    postgres_url: str, clock: HandClock
) -> None:
    db = Database(postgres_url)

    def take(holder: str) -> object:
        return db.write(lambda connection: leases.take(connection, "x", holder, clock(), 5))

    assert await take("a") and not await take("b")  # type: ignore[misc]
    clock.now = NOW + timedelta(seconds=6)
    assert await take("b")  # type: ignore[misc]
    clock.now = NOW - timedelta(hours=1)
    assert await take("c")  # type: ignore[misc]
    await db.close()


async def test_letters_put_off_before_the_clock_jumped_back_are_not_held_up(db: Database) -> None:
    def act(connection: Connection) -> None:
        chat = chats.open_chat(connection, "telegram", "1", NOW)
        outbox.put(
            connection,
            [outbox.entry(chat, Reply("a"), now=NOW, not_before=NOW + timedelta(minutes=5)) | {"attempts": 1}],
        )

    await db.write(act)
    for moment, due in ((NOW, 0), (NOW + timedelta(minutes=6), 1), (NOW - timedelta(hours=1), 1)):
        found = await db.read(lambda connection, moment=moment: outbox.due(connection, "telegram", moment, 10))
        assert len(found) == due


async def test_copies_that_start_together_migrate_once(postgres: str, tmp_path: Path) -> None:
    from tests.conftest import _sql

    _sql(postgres, "CREATE DATABASE fresh_together")
    files = [f"sqlite:///{tmp_path / f'fresh{number}.sqlite'}" for number in range(30)]  # it failed once in sixty
    for url in (postgres.format(name="fresh_together"), *files):
        copies = [Database(url) for _ in range(3)]
        await asyncio.gather(*(asyncio.to_thread(migrating.migrate, copy) for copy in copies))
        with copies[0].begin() as connection:
            assert "outbox" in inspect(connection).get_table_names()
        for copy in copies:
            await copy.close()


def test_the_newest_migration_is_the_head_that_starts_compare_with() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrating._SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == migrating.HEAD


async def test_what_the_database_says_is_said_plainly(tmp_path: Path) -> None:
    away = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(StorageError, match="DATABASE_URL"):
        await away.read(outbox.waiting, patience=0.1)
    await away.close()


async def test_web_replies_are_pulled_in_order_and_marked_when_the_next_are_asked_for(db: Database) -> None:
    def start(connection: Connection) -> int:
        chat = chats.open_chat(connection, "web", "abc", NOW)
        outbox.enqueue(connection, chat, [Reply("one"), Reply("two")], now=NOW)
        return chat.id

    chat_id = await db.write(start)
    first = await db.write(lambda connection: outbox.pull(connection, chat_id, 0))
    assert [reply.text for _, reply in first] == ["one", "two"]
    again = await db.write(lambda connection: outbox.pull(connection, chat_id, first[0][0]))
    assert [reply.text for _, reply in again] == ["two"]
    states = select(outbox.outbox.c.state).order_by(outbox.outbox.c.id)
    assert await db.read(lambda connection: connection.execute(states).scalars().all()) == ["sent", "pending"]
    assert await db.read(outbox.waiting) == (0, None)
