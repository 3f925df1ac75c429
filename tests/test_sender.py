"""Order, limits, priorities and retries of what leaves, without Telegram: a channel that notes what it is given."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select

from bot.errors import StorageError, TryAgain
from bot.lanes import Lanes
from bot.messages import Reply
from bot.pacing import ChatPace, Pace, backoff
from bot.sender import Sender
from bot.storage import chats, outbox
from bot.storage.database import Connection, Database
from tests.conftest import NOW, HandClock


class Notebook:
    """A channel that notes deliveries; `failing` may raise."""

    name = "telegram"

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.flying: set[str] = set()
        self.failing: Callable[[str, str], None] = lambda address, text: None
        self.changed = asyncio.Condition()

    async def deliver(self, address: str, reply: Reply) -> str | None:
        assert address not in self.flying, "two letters to one chat in flight"
        self.flying.add(address)
        await asyncio.sleep(0)
        self.flying.discard(address)
        self.failing(address, reply.text)
        self.got.append((address, reply.text))
        async with self.changed:
            self.changed.notify_all()
        return str(len(self.got))

    async def until(self, count: int) -> None:
        async with asyncio.timeout(15), self.changed:
            await self.changed.wait_for(lambda: len(self.got) >= count)


async def put(db: Database, letters: list[tuple[str, str, int]]) -> None:
    """Letters (address, text, priority), in this order."""

    def act(connection: Connection) -> None:
        for address, text, priority in letters:
            chat = chats.open_chat(connection, "telegram", address, NOW)
            outbox.enqueue(connection, chat, [Reply(text)], now=NOW, priority=priority)

    await db.write(act)


@asynccontextmanager
async def sending(db: Database, channel: Notebook, **more: Any) -> Any:
    sender = Sender(db, {"telegram": channel}, HandClock(), **({"rate": 0, "rate_chat": 0} | more))
    running = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        sender.stop(5)
        await running


async def states(db: Database) -> set[str]:
    return await db.read(lambda connection: set(connection.execute(select(outbox.outbox.c.state)).scalars()))


async def test_order_is_kept_per_chat_and_replies_go_first(db: Database) -> None:
    letters = [(str(number % 7), f"news {number}", outbox.BROADCAST) for number in range(70)]
    letters += [(str(number % 7), f"reply {number}", outbox.REPLY) for number in range(70)]
    await put(db, letters)
    channel = Notebook()
    async with sending(db, channel):
        await channel.until(140)
    assert await states(db) == {"sent"}
    for address in map(str, range(7)):
        mine = [text for to, text in channel.got if to == address]
        expected = [text for to, text, _ in sorted(letters, key=lambda one: one[2]) if to == address]
        assert mine == expected
    assert all(text.startswith("reply") for _, text in channel.got[:48])


async def test_two_copies_never_send_the_same(db: Database) -> None:
    other = Database(db.url)
    await put(db, [(str(number % 9), str(number), 0) for number in range(90)])
    channel = Notebook()
    async with sending(db, channel), sending(other, channel):
        await channel.until(90)
    await other.close()
    assert sorted(int(text) for _, text in channel.got) == list(range(90))


async def test_the_other_copy_takes_over_when_one_stops(db: Database) -> None:
    other = Database(db.url)
    channel = Notebook()
    async with sending(db, channel):
        await put(db, [("1", "a", 0)])
        await channel.until(1)
        second = asyncio.create_task(_send_until(other, channel, 2))
        await asyncio.sleep(0)
    await put(db, [("1", "b", 0)])
    await second
    await other.close()
    assert channel.got == [("1", "a"), ("1", "b")]


async def _send_until(db: Database, channel: Notebook, count: int) -> None:
    async with sending(db, channel):
        await channel.until(count)


async def test_what_fails_for_a_while_leaves_later_and_in_order(sqlite_db: Database) -> None:
    failures = itertools.count()
    channel = Notebook()

    def failing(address: str, text: str) -> None:
        if address == "1" and next(failures) < 2:
            raise TryAgain("502", after=0.05)

    channel.failing = failing
    await put(sqlite_db, [("1", "a", 0), ("1", "b", 0), ("2", "c", 0)])
    async with sending(sqlite_db, channel):
        await channel.until(3)
    assert [text for to, text in channel.got if to == "1"] == ["a", "b"]
    tries = select(outbox.outbox.c.attempts).order_by(outbox.outbox.c.id)
    assert await sqlite_db.read(lambda connection: connection.execute(tries).scalars().all()) == [3, 1, 1]


async def test_the_rate_over_all_chats_holds_in_every_second(
    sqlite_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(sqlite_db, [(str(number), "x", 0) for number in range(50)])
    channel = Notebook()
    left: list[float] = []
    count = Pace.count
    # When they leave, not when they arrive: a busy machine may hand them over a little bunched.
    monkeypatch.setattr(Pace, "count", lambda pace, now: (left.append(now), count(pace, now))[1])
    async with sending(sqlite_db, channel, rate=20):
        await channel.until(50)
    assert len(left) == 50
    assert all(later - earlier >= 1.0 for earlier, later in zip(left, left[20:], strict=False))


async def test_a_damaged_row_is_set_aside(sqlite_db: Database) -> None:
    await put(sqlite_db, [("1", "a", 0), ("1", "b", 0)])
    spoil = outbox.outbox.update().where(outbox.outbox.c.id == 1).values(payload="{")
    await sqlite_db.write(lambda connection: connection.execute(spoil).rowcount)
    channel = Notebook()
    async with sending(sqlite_db, channel):
        await channel.until(1)
    assert channel.got == [("1", "b")]
    assert [row.id for row in await sqlite_db.read(outbox.poisoned)] == [1]


async def test_stopping_sends_what_waits_first(sqlite_db: Database) -> None:
    channel = Notebook()
    async with sending(sqlite_db, channel):
        await put(sqlite_db, [("1", "a", 0), ("2", "b", 0)])
    assert len(channel.got) == 2


def test_pace_allows_so_many_in_any_second_and_bursts_per_chat() -> None:
    pace, chat_pace = Pace(3), ChatPace(1, burst=2)
    for _ in range(3):
        assert pace.wait(10.0) == 0
        pace.count(10.0)
    assert 0.9 < pace.wait(10.1) < 1.0 and pace.wait(11.1) == 0
    for _ in range(2):
        assert chat_pace.wait(1, 10.0) == 0
        chat_pace.count(1, 10.0)
    assert chat_pace.wait(1, 10.0) == pytest.approx(1.0) and chat_pace.wait(2, 10.0) == 0
    assert Pace(0).wait(1) == ChatPace(0).wait(1, 1) == 0
    slow = Pace(0.5)
    slow.count(0.0)
    assert slow.wait(1.0) > 1.0
    assert all(backoff(n) <= 60 for n in (1, 10, 1000))


def test_a_look_that_is_older_than_a_mark_brings_nothing_back() -> None:
    lanes = Lanes()
    letter = outbox.Letter(1, 1, "telegram", "1", 0, "{}", 0, NOW, "", False)
    with lanes.look() as add:
        add([letter])
    (lane,) = lanes
    lane.busy = True
    with lanes.look() as add:
        with lanes.look() as add_other:  # two looks cross: another one that ends forgets nothing
            add_other([])
        lanes.done(lane)
        with lanes.look() as add_other:
            add_other([])
        add([letter])
    assert len(lanes) == 0


async def test_what_a_glance_saw_in_its_transaction_leaves_without_a_look(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = Notebook()
    async with sending(db, channel) as sender:
        await put(db, [("0", "so that it sends", outbox.REPLY)])
        await channel.until(1)

        async def away(*_: object, **__: object) -> None:
            raise StorageError("nobody reads here")

        monkeypatch.setattr(db, "read", away)
        with sender.glance() as look:
            await db.write(lambda connection: (_put_one(connection, "1", "a"), look(connection)))
        await channel.until(2)
        assert channel.got[1] == ("1", "a")
        monkeypatch.undo()


async def test_what_a_glance_saw_in_a_transaction_that_was_undone_never_leaves(db: Database) -> None:
    channel = Notebook()
    async with sending(db, channel) as sender:
        await put(db, [("0", "so that it sends", outbox.REPLY)])
        await channel.until(1)

        def undone(connection: Connection, look: Callable[[Connection], None]) -> None:
            _put_one(connection, "1", "never")
            look(connection)
            raise RuntimeError("undo all this")

        with pytest.raises(RuntimeError), sender.glance() as look:
            await db.write(lambda connection: undone(connection, look))
        with sender.glance() as look:  # run twice, as after a fault that passes
            with pytest.raises(RuntimeError):
                await db.write(lambda connection: undone(connection, look))
            await db.write(lambda connection: (_put_one(connection, "2", "b"), look(connection)))
        await channel.until(2)
        await put(db, [("3", "c", outbox.REPLY)])
        sender.wake()
        await channel.until(3)
    assert channel.got[1:] == [("2", "b"), ("3", "c")]


def _put_one(connection: Connection, address: str, text: str) -> None:
    chat = chats.open_chat(connection, "telegram", address, NOW)
    outbox.enqueue(connection, chat, [Reply(text)], now=NOW, priority=outbox.REPLY)
