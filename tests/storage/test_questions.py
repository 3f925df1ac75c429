"""The log of questions as staff read it, on both engines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.messages import Exchange
from bot.storage import exchanges, questions
from bot.storage.database import Connection, Database
from bot.storage.questions import Filters
from tests.conftest import HandClock


async def ask(db: Database, *rows: tuple[str, str, dict[str, Any]], at: datetime) -> None:
    """Puts (text, decision, other columns) into the log, each of a chat of its own."""

    def write(connection: Connection) -> None:
        for number, (text, decision, more) in enumerate(rows):
            exchange = Exchange(more.pop("kind", "question"), text, more.pop("form", "fr"), decision, ranked=(("t", 0.5),))
            row = exchanges.entry(more.pop("chat", number), more.pop("turn", 1), "web", exchange, at, "trace")
            exchanges.add(connection, [{**row, **more}])

    await db.write(write)


async def test_figures_count_what_is_between(db: Database, clock: HandClock) -> None:
    now = clock()
    await ask(db, ("a", "answer", {"feedback": "down"}), ("b", "answer", {}), ("c", "answer", {"form": "ar"}), at=now)
    await ask(db, ("/start", "", {"kind": "/start"}), ("d", "answer", {}), at=now - timedelta(days=1))
    found = await db.read(lambda connection: questions.figures(connection, now, now + timedelta(hours=1)))
    counted = {(one.form, one.decision, one.feedback): one.count for one in found}
    assert counted == {("fr", "answer", "down"): 1, ("fr", "answer", ""): 1, ("ar", "answer", ""): 1}


async def test_not_understood_by_wording_with_reason_and_newest(db: Database, clock: HandClock) -> None:
    now = clock()
    await ask(
        db,
        ("vu", "fallback", {}),
        ("vu", "fallback", {}),
        ("mal", "answer", {"feedback": "down"}),
        ("rien", "clarify", {"feedback": "none"}),
        ("choisi", "clarify", {"chat": 50}),
        ("", "answer", {"chat": 50, "turn": 2, "kind": "button"}),
        ("laisse", "clarify", {"chat": 51}),
        ("bien", "answer", {}),
        at=now,
    )
    await ask(db, ("vieux", "fallback", {}), at=now - timedelta(days=40))
    rows = await db.read(lambda connection: questions.not_understood(connection, now - timedelta(days=30)))
    found = {row.text: (row.times, row.why, row.at) for row in rows}
    assert found == {
        "vu": (2, "fallback", now), "mal": (1, "down", now), "rien": (1, "none", now), "laisse": (1, "clarify", now),
    }  # fmt: skip
    lasts = [row.last for row in rows]
    assert lasts == sorted(lasts, reverse=True)
    ranked = await db.read(lambda connection: questions.ranked(connection, lasts))
    assert ranked[lasts[0]] == ["t"]


async def test_the_log_is_filtered_and_signs_are_no_patterns(db: Database, clock: HandClock) -> None:
    now = clock()
    await ask(db, ("100 % laine", "answer", {"topic": "x"}), ("cent", "fallback", {}), at=now)

    async def texts(filters: Filters, before: int | None = None) -> list[str]:
        rows = await db.read(lambda connection: questions.read_log(connection, filters, before, 10))
        return [row.text for row in rows]

    assert await texts(Filters()) == ["cent", "100 % laine"]
    assert await texts(Filters(words="% L")) == ["100 % laine"]
    assert await texts(Filters(words="1%e")) == []
    assert await texts(Filters(decision="fallback", form="fr")) == ["cent"]
    assert await texts(Filters(topic="x", since=now, until=now + timedelta(seconds=1))) == ["100 % laine"]
    assert await texts(Filters(until=now)) == []
    assert await texts(Filters(), before=1) == []


async def test_what_is_handled_is_remembered_and_may_change(db: Database, clock: HandClock) -> None:
    now = clock()

    def write(connection: Connection) -> None:
        questions.handle(connection, ["a", "b", "a"], "topic:x", "Naima", now)
        questions.handle(connection, ["b"], questions.IGNORED, "Naima", now)
        questions.handle(connection, [], questions.IGNORED, "Naima", now)

    await db.write(write)
    assert await db.read(questions.handled_keys) == {"a": now, "b": None}


async def test_recent_texts_are_different_and_newest_first(db: Database, clock: HandClock) -> None:
    now = clock()
    await ask(db, ("a", "answer", {}), ("b", "answer", {}), ("a", "answer", {}), (None, "answer", {}), at=now)  # type: ignore[arg-type]
    found = await db.read(lambda connection: questions.recent_texts(connection, now, 5))
    assert found == [("a", "fr"), ("b", "fr")]
