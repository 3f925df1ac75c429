"""One contract for the web page, the terminal and Telegram: the same person sees the same on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.storage.chats import chats
from bot.storage.database import Connection
from bot.storage.exchanges import exchanges
from bot.storage.outbox import outbox
from intents.models import Content
from tests.people import Person, Place, everywhere
from tests.talking import TEXTS

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("channel", ["web", "terminal", "telegram"]),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with everywhere(seeded, tmp_path_factory.mktemp("channels")) as served:
        yield served


def say(message: str, form: str = "fr", **values: object) -> str:
    return TEXTS.get(form, message, **values)


async def test_greeting_in_two_languages_with_one_tap_for_four(place: Place, channel: str) -> None:
    person = await place.person(channel)
    seen = await person.says("/start")
    assert say("start.heading") in seen.text
    assert say("start.text").split(".")[0] in seen.text
    assert say("start.text", "ar").split(".")[0] in seen.text
    assert list(seen.buttons) == ["Français", "العربية", "الدارجة", "Darija (latin)"]
    seen = await person.presses("Français")
    assert say("language.set") in seen.text
    assert say("menu.check") in seen.buttons


async def test_a_question_gets_its_answer_and_its_buttons_lead_on(place: Place, channel: str, content: Content) -> None:
    person = await place.person(channel)
    topic = content.topics["prog_excellence_what"]
    seen = await person.says(topic.phrasings["fr"][0])
    assert seen.text.startswith(topic.answers["fr"].title)
    follow_up = next(
        content.topics[each].answers["fr"].title for each in topic.follow_ups if not content.topics[each].dialogue
    )
    seen = await person.presses(follow_up)
    assert seen.text.startswith(follow_up)
    assert say("feedback.up") in (await person.presses("👍")).text


async def test_arabic_arrives_whole(place: Place, channel: str, content: Content) -> None:
    person = await place.person(channel)
    topic = content.topics["rna_what"]
    seen = await person.says(topic.phrasings["ar"][0])
    assert topic.answers["ar"].title.split(" ")[0] in seen.text
    assert "\u2068RNA\u2069" in seen.text


async def test_the_check_goes_on_in_one_message(place: Place, channel: str) -> None:
    person = await place.person(channel)
    await person.says("/check")
    before = len(person.screen)
    for label in ("🧶 Tapis", "🧍 Seul, seule", "✅ Oui", "❌ Non", "❌ Non"):
        seen = await person.presses(label)
    assert "6/6" in seen.text
    seen = await person.presses("Fès-Meknès")
    assert say("eligibility.result_heading") in seen.text
    assert say("eligibility.fits") in seen.text
    if person.edits:
        assert len(person.screen) == before
        assert person.screen[-1] == seen
    else:
        assert len(person.screen) == before + 6


async def test_the_menu_turns_its_pages_in_place(place: Place, channel: str) -> None:
    person = await place.person(channel)
    await person.says("/menu")
    before = len(person.screen)
    seen = await person.presses("🎓 " + say("group.training"))
    assert say("group.text") in seen.text
    seen = await person.presses(say("menu.back"))
    assert say("menu.check") in seen.buttons
    assert len(person.screen) == before + (0 if person.edits else 2)


async def test_what_is_delivered_twice_happens_once(place: Place, channel: str) -> None:
    person = await place.person(channel)
    await person.says("/menu")
    await person.says("bonjour")
    before, stored = list(person.screen), await place.core.db.read(counted)
    await person.again()
    assert person.screen == before
    await person.presses(say("menu.check"))
    await person.presses("🧶 Tapis")
    before = list(person.screen)
    await person.again()
    assert person.screen == before
    assert await place.core.db.read(counted) == (stored[0], stored[1] + 2, stored[2] + 2)


async def test_forgetting_leaves_nothing(place: Place, channel: str) -> None:
    before = await place.core.db.read(told)
    person = await place.person(channel)
    await person.says("je fais des tapis et je m'appelle Untel")
    await person.says("/check")
    await person.presses("🧶 Tapis")
    await person.says("/forget")
    seen = await person.presses(say("forget.yes"))
    assert say("forget.done") in seen.text
    assert await place.core.db.read(told) == before
    seen = await person.says("/start")
    assert "Français" in seen.buttons


async def test_a_file_is_found(place: Place, channel: str) -> None:
    person: Person = await place.person(channel)
    await person.says("mon dossier EXC-2025-00417")
    seen = await person.says("0042")
    assert "••••••••••••17" in seen.text
    assert say("status.subscribe") in seen.buttons


def counted(connection: Connection) -> tuple[int, ...]:
    """Chats, logged questions, letters."""
    tables = (chats, exchanges, outbox)
    return tuple(connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables)


def told(connection: Connection) -> tuple[int, int]:
    """How many chats remember something, and how many logged texts belong to somebody."""
    remembered = [row for row in connection.execute(select(chats.c.state, chats.c.form)) if row.state or row.form]
    texts = select(func.count()).select_from(exchanges).where(exchanges.c.chat_id.is_not(None))
    return len(remembered), connection.execute(texts).scalar_one()
