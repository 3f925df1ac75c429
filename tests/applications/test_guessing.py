"""Ten thousand guesses learn nothing: neither from what is answered nor from how long it takes."""

from __future__ import annotations

import random
import time
from collections import Counter
from statistics import median
from typing import Any

import pytest_asyncio

from bot.applications.lookup import DatabaseSource, Lookup
from bot.applications.numbering import key
from bot.dialogues.status import Found
from bot.storage.applications import FAILURES
from bot.storage.database import Database
from tests.applications.test_importing import KEYS, bring, record
from tests.conftest import HandClock

GUESSES = 10_000
FILES = 800
"""Files that exist; as many numbers next to them do not."""
CHATS = 3_000


def number(n: int) -> str:
    """Even ones exist."""
    return key(f"EXC-2025-{n:05}")


def phone(n: int) -> str:
    return f"06{n:04}{n + 1111:04}"


def guess(chat: int | str, n: int, tail: str) -> dict[str, Any]:
    return {"channel": "telegram", "address": str(chat), "number": number(n), "tail": tail}


@pytest_asyncio.fixture
async def lookup(sqlite_db: Database, clock: HandClock) -> Lookup:
    """Files with a phone and an id each."""
    files = [record(2 * n, phones=(phone(2 * n),), national_ids=(f"BE{n:04}X",)) for n in range(FILES)]
    await bring(sqlite_db, clock, *files)
    return Lookup(sqlite_db, DatabaseSource(sqlite_db), KEYS, clock)


class Attacker:
    """Guesses, and keeps what an attacker could learn from: how often each answer came, and after what time."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self.chats: Counter[int] = Counter()
        self.numbers: Counter[int] = Counter()
        self.took: dict[tuple[str, bool], list[float]] = {}

    async def tries(self, chat: int, n: int, tail: str) -> None:
        """One guess. What must come follows from how often was guessed before, and from nothing else."""
        locked = self.chats[chat] >= FAILURES or self.numbers[n] >= FAILURES
        began = time.perf_counter()
        found = await self._lookup.check(guess(chat, n, tail))
        took = time.perf_counter() - began
        assert found == Found("locked" if locked else "refused"), (chat, n)
        if not locked:
            self.chats[chat] += 1
            self.numbers[n] += 1
        self.took.setdefault((found.result, n % 2 == 0), []).append(took)


async def test_ten_thousand_guesses_learn_nothing(lookup: Lookup, sqlite_url: str, clock: HandClock) -> None:
    attacker, chance = Attacker(lookup), random.Random(5)
    for _ in range(GUESSES):
        n = chance.randrange(2 * FILES)
        # Once a number is locked, the attacker may as well know the right factor: it is not told either.
        tail = phone(n) if attacker.numbers[n] >= FAILURES else "wrong0"
        await attacker.tries(chance.randrange(CHATS), n, tail)
    for result in ("refused", "locked"):
        known, unknown = attacker.took[result, True], attacker.took[result, False]
        assert len(known) > 500 and len(unknown) > 500
        difference = abs(median(known) - median(unknown))
        print(f"{result}: exists {median(known) * 1000:.3f} ms, does not {median(unknown) * 1000:.3f} ms")
        assert difference < max(0.001, 0.05 * median(unknown))
    other = Database(sqlite_url)  # another copy of the bot
    second = Lookup(other, DatabaseSource(other), KEYS, clock)
    locked = [n for n, count in attacker.numbers.items() if count >= FAILURES and n % 2 == 0]
    assert len(locked) > FILES / 4
    for n in locked[:20]:
        assert await second.check(guess("fresh chat", n, phone(n))) == Found("locked")
        tap = {"channel": "telegram", "address": "owner", "phone": phone(n)}
        assert (await second.by_phone(tap)).applications[0].number == f"EXC-2025-{n:05}"
    await other.close()


async def test_a_locked_chat_locks_no_number_and_a_locked_number_no_chat(lookup: Lookup) -> None:
    for n in range(FAILURES):
        await lookup.check(guess("thief", n, "wrong0"))
    assert await lookup.check(guess("thief", 0, phone(0))) == Found("locked")
    assert (await lookup.check(guess("owner", 0, phone(0)))).result == "ok"
    for chat in range(FAILURES):
        await lookup.check(guess(chat, 100, "wrong0"))
    assert await lookup.check(guess("owner", 100, phone(100))) == Found("locked")
    assert (await lookup.check(guess("owner", 102, phone(102)))).result == "ok"


async def test_what_is_refused_while_locked_prolongs_no_lock(lookup: Lookup, clock: HandClock) -> None:
    """A thief who goes on and on keeps nobody out for more than the hour."""
    for chat in range(FAILURES):
        await lookup.check(guess(chat, 0, "wrong0"))
    clock.now = clock.now.replace(hour=clock.now.hour, minute=59)
    for chat in range(50):
        assert (await lookup.check(guess(chat + 100, 0, "wrong0"))).result == "locked"
    clock.now = clock.now.replace(hour=clock.now.hour + 1, minute=1)
    assert (await lookup.check(guess("owner", 0, phone(0)))).result == "ok"


async def test_one_file_of_ones_own_buys_no_more_guesses(lookup: Lookup) -> None:
    for n in range(2, 2 + FAILURES):
        assert (await lookup.check(guess("thief", 0, phone(0)))).result == "ok"
        assert (await lookup.check(guess("thief", n, "wrong0"))).result == "refused"
    assert (await lookup.check(guess("thief", 0, phone(0)))).result == "locked"
