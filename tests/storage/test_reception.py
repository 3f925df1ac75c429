"""Recorded once, in order, whatever happens: on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot import recording
from bot.errors import SourceUnavailable
from bot.messages import Incoming
from bot.reception import EffectContext, Reception
from bot.storage import chats, exchanges, forgetting, outbox
from bot.storage.database import Connection, Database
from tests.conftest import NOW, HandClock
from tests.fakes.conversation import TinyConversation

noted: list[tuple[str, int | None]] = []


def note(connection: Connection, context: EffectContext) -> None:
    noted.append((context.effect.data["said"], context.exchange_id))


async def look(data: dict[str, Any]) -> str:
    if data["for"] == "nothing":
        raise SourceUnavailable("the back office is away")
    return data["for"].upper()


def reception(db: Database, clock: HandClock, **more: Any) -> Reception:
    effects = {"forget": recording.forget, "note": note}
    return Reception(db, TinyConversation(), effects, clock, finders={"look": look}, **more)


def incoming(number: int, text: str, address: str = "7", **more: Any) -> Incoming:
    return Incoming("telegram", address, str(number), NOW, text=text, **more)


async def said(db: Database, address: str = "7") -> list[str]:
    """What waits for this chat, in order."""

    def act(connection: Connection) -> list[str]:
        rows = connection.execute(
            select(outbox.outbox.c.payload).where(outbox.outbox.c.address == address).order_by(outbox.outbox.c.id)
        )
        return [outbox.decode(row.payload).text for row in rows]

    return await db.read(act)


async def count(db: Database, table: Any) -> int:
    return await db.read(lambda connection: connection.execute(select(func.count()).select_from(table)).scalar_one())


async def test_a_message_is_recorded_with_its_answer_and_the_new_state(db: Database, clock: HandClock) -> None:
    await reception(db, clock).receive([incoming(1, "salam")])
    assert await said(db) == ["answer to salam"]
    chat = await db.read(lambda connection: chats.find(connection, "telegram", "7"))
    assert chat and (chat.form, chat.turn, chat.state) == ("fr", 1, {"said": ["salam"]})
    row = await db.read(lambda connection: connection.execute(select(exchanges.exchanges)).one())
    assert (row.chat_id, row.turn, row.text, row.ranked, row.at) == (
        chat.id,
        1,
        "salam",
        [["topic", 0.9]],
        NOW,
    )


async def test_a_redelivered_update_changes_nothing(db: Database, clock: HandClock) -> None:
    desk = reception(db, clock)
    await desk.receive([incoming(1, "a"), incoming(1, "a")])
    await desk.receive([incoming(1, "a"), incoming(2, "b")])
    assert await said(db) == ["answer to a", "answer to b"]
    assert await count(db, exchanges.exchanges) == 2


async def test_two_copies_given_the_same_updates_answer_once(db: Database, clock: HandClock) -> None:
    other = Database(db.url)
    try:
        copies = [reception(db, clock, flood_limit=0), reception(other, clock, flood_limit=0)]
        messages = [incoming(number, str(number), str(number % 5)) for number in range(60)]
        batches = [messages[start : start + 6] for start in range(0, 60, 6)]
        await asyncio.gather(*(copy.receive(batch) for batch in batches for copy in copies))
    finally:
        await other.close()
    assert await count(db, outbox.outbox) == await count(db, exchanges.exchanges) == 60
    chat = await db.read(lambda connection: chats.find(connection, "telegram", "3"))
    assert chat and chat.turn == 12


async def test_one_that_fails_is_answered_with_the_apology_and_holds_nobody_up(
    db: Database, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    batch = [incoming(1, "a"), incoming(2, "boom", trace="tg2"), incoming(3, "b"), incoming(4, "c", "8")]
    await reception(db, clock).receive(batch)
    assert sorted(await said(db)) == ["answer to a", "answer to b", "sorry"]
    assert await said(db, "8") == ["answer to c"]
    assert [record.trace for record in caplog.records if record.levelname == "ERROR"] == ["tg2"]  # type: ignore[attr-defined]
    await reception(db, clock).receive([incoming(2, "boom")])
    assert len(await said(db)) == 3


async def test_what_is_needed_is_looked_up_between_two_transactions(db: Database, clock: HandClock) -> None:
    await reception(db, clock).receive(
        [incoming(1, "look x"), incoming(2, "after"), incoming(3, "other", "8"), incoming(4, "look y", "8")]
    )
    assert await said(db) == ["found X", "answer to after"]
    assert await said(db, "8") == ["answer to other", "found Y"]


async def test_a_failed_look_up_is_apologised_for(db: Database, clock: HandClock) -> None:
    await reception(db, clock).receive([incoming(1, "look nothing"), incoming(2, "after")])
    assert await said(db) == ["sorry", "answer to after"]


async def test_effects_get_the_exchange_they_belong_to(db: Database, clock: HandClock) -> None:
    noted.clear()
    await reception(db, clock).receive([incoming(1, "a"), incoming(2, "note this"), incoming(3, "b")])
    row = await db.read(
        lambda connection: connection.execute(
            select(exchanges.exchanges.c.id).where(exchanges.exchanges.c.text == "note this")
        ).scalar_one()
    )
    assert noted == [("note this", row)]


async def test_forget_erases_the_person_and_keeps_only_the_way_for_the_farewell(db: Database, clock: HandClock) -> None:
    desk = reception(db, clock)
    await desk.receive([incoming(1, "my secret"), incoming(2, "forget", message_ref="55")])
    assert await said(db) == ["forgotten"]
    row = await db.read(lambda connection: connection.execute(select(exchanges.exchanges)).one())
    assert (row.chat_id, row.text, row.trace) == (None, None, "")
    chat = await db.read(lambda connection: chats.find(connection, "telegram", "7"))
    assert chat and (chat.form, chat.turn, chat.state) == (None, 0, {})
    await db.write(lambda connection: forgetting.bid_farewell(connection, [chat.id]))
    assert await count(db, chats.chats) == await count(db, outbox.outbox) == 0


async def test_who_writes_again_after_forget_is_a_new_acquaintance(db: Database, clock: HandClock) -> None:
    desk = reception(db, clock)
    await desk.receive([incoming(1, "a"), incoming(2, "forget"), incoming(3, "hello again")])
    chat = await db.read(lambda connection: chats.find(connection, "telegram", "7"))
    assert chat and chat.state == {"said": ["hello again"]}
    await db.write(lambda connection: forgetting.bid_farewell(connection, [chat.id]))
    assert await said(db) == ["forgotten", "answer to hello again"]


async def test_flood_gets_one_notice_then_silence_until_it_calms(sqlite_db: Database, clock: HandClock) -> None:
    desk = reception(sqlite_db, clock, flood_limit=3)
    await desk.receive([incoming(number, str(number)) for number in range(6)] + [incoming(6, "x", "8")])
    assert await said(sqlite_db) == ["answer to 0", "answer to 1", "answer to 2", "slower, please"]
    assert await said(sqlite_db, "8") == ["answer to x"]
    later = replace(incoming(7, "calm"), at=NOW + timedelta(seconds=61))
    await desk.receive([later])
    assert (await said(sqlite_db))[-1] == "answer to calm"


async def test_messages_that_piled_up_while_the_bot_was_away_are_no_flood(
    sqlite_db: Database, clock: HandClock
) -> None:
    piled = [replace(incoming(n, str(n)), at=NOW + timedelta(minutes=n)) for n in range(30)]
    await reception(sqlite_db, clock, flood_limit=3).receive(piled)
    assert len(await said(sqlite_db)) == 30


async def test_what_no_database_stores_is_taken_out(db: Database, clock: HandClock) -> None:
    await reception(db, clock).receive([incoming(1, "a\0b\ud800c")])
    assert await said(db) == ["answer to abc"]


async def test_blocking_is_remembered_and_ends_when_the_person_writes(db: Database, clock: HandClock) -> None:
    desk = reception(db, clock)
    await desk.receive([incoming(1, "a")])
    await desk.membership("telegram", "7", blocked=True)
    blocked = select(chats.chats.c.blocked_at)
    assert await db.read(lambda connection: connection.execute(blocked).scalar()) == NOW
    await desk.receive([incoming(2, "b")])
    assert await db.read(lambda connection: connection.execute(blocked).scalar()) is None
