"""Letters to those who agreed: to whom, once, by day, stopped, counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.storage import broadcasts, chats, handovers, outbox
from bot.storage.database import Connection
from tests.console.office import Office, Person, words

TEXTS = {
    "text_fr": "Salon à Fès",
    "text_ar": "معرض بفاس",
    "text_ary": "كاين سالون ف فاس",
    "text_ary-Latn": "Kayn salon f Fes",
}
ALL = {"title": "Salon", "forms": ["fr", "ar", "ary", "ary-Latn"], **TEXTS}


async def agree(office: Office, first: int, last: int, **more: Any) -> None:
    """Chats `first` to `last` agree; every second one reads Darija in Latin letters."""

    def store(connection: Connection) -> None:
        for number in range(first, last):
            chat = chats.open_chat(connection, more.get("channel", "telegram"), str(number), office.clock())
            form = "ary-Latn" if number % 2 else "fr"
            connection.execute(chats.chats.update().where(chats.chats.c.id == chat.id).values(form=form))
            handovers.set_consent(connection, chat.id, {"on": True, **more}, office.clock())

    await office.db.write(store)


async def start(person: Person, **more: Any) -> int:
    saved = await person.post("/broadcasts", {**ALL, **more})
    number = int(saved.headers["location"].split("/")[-1].split("?")[0])
    answer = await person.post(f"/broadcasts/one/{number}/schedule")
    assert answer.status_code == 303, words(answer)
    return number


async def rounds(office: Office) -> int:
    return await office.db.write(lambda connection: broadcasts.broadcast_round(connection, office.clock()))


async def send(office: Office) -> list[outbox.Letter]:
    """What the sender does, without a network."""

    def deliver(connection: Connection) -> list[outbox.Letter]:
        due = outbox.due(connection, "telegram", office.clock(), 1000)
        outbox.mark(connection, [outbox.Mark(letter.id, "sent") for letter in due], office.clock())
        return due

    return await office.db.write(deliver)


async def run(office: Office) -> list[outbox.Letter]:
    """Until nothing more comes."""
    sent: list[outbox.Letter] = []
    while await rounds(office):
        sent += await send(office)
    await rounds(office)
    return sent


@pytest.fixture
def few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several chunks with few people."""
    monkeypatch.setattr(broadcasts, "CHUNK", 4)
    monkeypatch.setattr(broadcasts, "AHEAD", 6)


async def test_everybody_who_agreed_gets_it_once_in_their_form(
    office: Office, publisher: Person, few_at_a_time: None
) -> None:
    await agree(office, 0, 10)
    number = await start(publisher)
    sent = await run(office)
    assert sorted(int(letter.address) for letter in sent) == list(range(10))
    for letter in sent:
        said = "Kayn salon" if int(letter.address) % 2 else "Salon à Fès"
        assert letter.reply.text.startswith(said) and letter.priority == outbox.BROADCAST
        assert letter.reply.choices[0][0].action == "b:off"
    row = await office.db.read(lambda connection: broadcasts.get(connection, number))
    assert row and row.state == "done" and row.counts == {"sent": 10, "total": 10}
    assert "terminé" in words(await publisher.get("/broadcasts"))
    again = await publisher.post(f"/broadcasts/one/{number}/schedule")
    assert again.status_code == 409 and await run(office) == []


async def test_a_copy_that_repeats_a_round_tells_nobody_twice(
    office: Office, publisher: Person, few_at_a_time: None
) -> None:
    await agree(office, 0, 6)
    number = await start(publisher)
    await rounds(office)

    def forget_progress(connection: Connection) -> None:
        connection.execute(broadcasts.broadcasts.update().values(cursor=0))

    await office.db.write(forget_progress)
    await run(office)
    count = select(func.count()).select_from(outbox.outbox)
    assert await office.db.read(lambda connection: connection.execute(count).scalar_one()) == 6
    assert (await office.db.read(lambda c: broadcasts.counted(c, number)))["total"] == 6


async def test_programme_region_and_form_narrow_it(office: Office, publisher: Person) -> None:
    await agree(office, 0, 2, programme="export", region="fes")
    await agree(office, 2, 4, programme="export", region="souss")
    await agree(office, 4, 6, programme="excellence", region="fes")
    await agree(office, 6, 8)  # everything, everywhere
    await start(publisher, programme="export", region="fes", forms=["fr"])
    assert sorted(letter.address for letter in await run(office)) == ["0", "6"]


async def test_who_took_it_back_or_blocked_us_gets_nothing(office: Office, publisher: Person) -> None:
    await agree(office, 0, 4)

    def leave(connection: Connection) -> None:
        chats.set_blocked(connection, "telegram", "0", office.clock())
        chat = chats.find(connection, "telegram", "1")
        assert chat
        handovers.set_consent(connection, chat.id, {"on": False}, office.clock())

    await office.db.write(leave)
    await start(publisher)
    assert sorted(letter.address for letter in await run(office)) == ["2", "3"]


async def test_nothing_leaves_at_night_nor_before_its_time(office: Office, publisher: Person) -> None:
    await agree(office, 0, 2)
    saved = await publisher.post("/broadcasts", ALL)
    number = int(saved.headers["location"].split("/")[-1].split("?")[0])
    await publisher.post(f"/broadcasts/one/{number}/schedule", {"at": "2026-11-29T21:30"})
    assert await rounds(office) == 0
    for hours in (11, 13):  # 22:00 and 0:00 in Morocco
        office.clock.now += timedelta(hours=hours)  # type: ignore[attr-defined]
        assert await rounds(office) == 0
        office.clock.now -= timedelta(hours=hours)  # type: ignore[attr-defined]
    office.clock.now += timedelta(hours=22)  # type: ignore[attr-defined]
    assert await rounds(office) == 2


async def test_stopping_stops(office: Office, publisher: Person, few_at_a_time: None) -> None:
    await agree(office, 0, 10)
    number = await start(publisher)
    await rounds(office)
    answer = await publisher.post(f"/broadcasts/one/{number}/stop")
    assert answer.headers["location"].endswith("done=stopped")
    assert await send(office) == [] and await run(office) == []
    assert "arrêté" in words(await publisher.get(f"/broadcasts/one/{number}"))
    assert (await publisher.post(f"/broadcasts/one/{number}/stop")).status_code == 409


async def test_a_missing_text_or_a_bad_time_starts_nothing(office: Office, publisher: Person) -> None:
    saved = await publisher.post("/broadcasts", {**ALL, "text_ary": ""})
    number = int(saved.headers["location"].split("/")[-1].split("?")[0])
    assert (await publisher.post(f"/broadcasts/one/{number}/schedule")).status_code == 422
    assert (await publisher.post(f"/broadcasts/one/{number}/schedule", {"at": "hier"})).status_code == 422
    assert (await publisher.post(f"/broadcasts/one/{number}/delete")).status_code == 303
    assert (await publisher.get(f"/broadcasts/one/{number}")).status_code == 404


async def test_a_test_goes_to_one_known_chat_in_four_forms(office: Office, publisher: Person) -> None:
    await agree(office, 5, 6)
    saved = await publisher.post("/broadcasts", ALL)
    number = int(saved.headers["location"].split("/")[-1].split("?")[0])
    unknown = await publisher.post(f"/broadcasts/one/{number}/test", {"channel": "telegram", "address": "999"})
    assert unknown.status_code == 422
    await publisher.post(f"/broadcasts/one/{number}/test", {"channel": "telegram", "address": "5"})
    assert [letter.reply.form for letter in await send(office)] == ["fr", "ar", "ary", "ary-Latn"]
