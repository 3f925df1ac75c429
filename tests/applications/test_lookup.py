"""Guessing learns nothing: an unknown number and a wrong factor look alike, five failures lock, owners stay free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest_asyncio
from sqlalchemy import select

from bot.applications.lookup import DatabaseSource, Lookup
from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.dialogues.status import Found
from bot.storage import applications
from bot.storage.database import Database
from tests.applications.test_importing import KEYS, bring, record
from tests.conftest import HandClock

NUMBER, OTHER = key("EXC-2025-00417"), key("EXC-2025-99999")


@pytest_asyncio.fixture
async def lookup(db: Database, clock: HandClock) -> Lookup:
    """One file with one phone and one id."""
    await bring(db, clock, record(417, phones=("0612345678",), national_ids=("BE9876",)))
    return Lookup(db, DatabaseSource(db), KEYS, clock)


def guess(number: str = NUMBER, tail: str = "0000", address: str = "7") -> dict[str, Any]:
    return {"channel": "telegram", "address": address, "number": number, "tail": tail}


async def test_the_last_four_of_phone_or_id_open_the_file(lookup: Lookup) -> None:
    for tail in ("5678", "٥٦٧٨", "9876", "0612345678", "be 9876"):
        found = await lookup.check(guess(tail=tail, address=tail))
        assert found.result == "ok" and found.applications[0].number == "EXC-2025-00417", tail


async def test_unknown_number_and_wrong_factor_answer_alike(lookup: Lookup) -> None:
    assert await lookup.check(guess()) == await lookup.check(guess(OTHER)) == Found("refused")


async def test_five_failures_lock_the_chat_for_an_hour(lookup: Lookup, clock: HandClock) -> None:
    for number in range(5):
        assert (await lookup.check(guess(key(f"EXC-2025-{number:05}")))).result == "refused"
    assert (await lookup.check(guess(tail="5678"))).result == "locked"
    assert (await lookup.check(guess(tail="5678", address="8"))).result == "ok"  # only that chat
    clock.now += timedelta(minutes=61)
    assert (await lookup.check(guess(tail="5678"))).result == "ok"


async def test_five_failures_from_many_chats_lock_the_number_but_not_its_owner(lookup: Lookup) -> None:
    for chat in range(5):
        await lookup.check(guess(address=f"thief {chat}"))
    assert (await lookup.check(guess(tail="5678", address="owner"))).result == "locked"
    tap = {"channel": "telegram", "address": "owner", "phone": "+212612345678"}
    assert (await lookup.by_phone(tap)).result == "ok"


async def test_an_unknown_number_locks_in_the_same_way(lookup: Lookup) -> None:
    for chat in range(5):
        await lookup.check(guess(OTHER, address=f"thief {chat}"))
    assert (await lookup.check(guess(OTHER, address="next"))).result == "locked"


async def test_what_is_counted_names_nobody(lookup: Lookup, db: Database) -> None:
    await lookup.check(guess())
    rows = await db.read(lambda connection: list(connection.execute(select(applications.attempts))))
    assert {row.scope for row in rows} == {"chat", "number"}
    for row in rows:
        assert NUMBER not in row.subject and "00417" not in row.label and len(row.subject) == 40


async def test_news_open_only_for_who_asked(lookup: Lookup, db: Database, clock: HandClock) -> None:
    from bot.storage import chats

    def ask(connection: Any) -> None:
        chat = chats.open_chat(connection, "telegram", "7", clock())
        applications.subscribe(connection, chat.id, NUMBER, clock())

    await db.write(ask)
    mine = {"channel": "telegram", "address": "7", "subscription": 1}
    assert (await lookup.news(mine)).result == "ok"
    assert (await lookup.news({**mine, "address": "8"})).result == "refused"


def test_keys_differ_by_secret_and_purpose() -> None:
    assert Keys("a").tail("5678") != Keys("b").tail("5678") and Keys("a").tail("5678") != Keys("a").phone("5678")
    assert Keys("a").phone("06 12 34 56 78") == Keys("a").phone("+212-612-345678") == Keys("a").phone("00212612345678")
