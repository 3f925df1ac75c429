"""Where is my file: how people ask, and what is never given away."""

from __future__ import annotations

import csv
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import Core
from bot.applications.demo import TRY_CODE, TRY_NUMBER
from bot.applications.models import Application, fingerprint
from bot.applications.numbering import key
from bot.dialogues.status import SESSION, Found
from bot.messages import Contact, Incoming, Reply
from tests.running import running
from tests.talking import FORMS, NOW, TEXTS, Talk, actions, bare

ASKING = Path(__file__).parent / "understanding" / "status_asking.csv"
FILE = Application("EXC-2025-00417", "excellence", "incomplete", NOW.date(), "CIN", "Fès")
OTHER = replace(FILE, number="EXP-2025-00052", state="accepted", missing="", place="")


def test_of_two_hundred_ways_to_ask_all_but_four_reach_the_right_step(talk: Talk) -> None:
    with ASKING.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    missed = []
    for row in rows:
        talk.anew().say(row["text"])
        kept = talk.chat.state.get("status", {})
        right = ("tail", key(row["number"])) if row["number"] else ("number", None)
        if (kept.get("asking"), kept.get("number")) != right:
            missed.append((row["lang"], row["text"]))
    assert len(rows) == 200
    assert len(missed) <= 0.02 * len(rows), missed


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("فين وصل الدوسي ديالي EXC-2025-00618", "ary"),
        ("رقم ملفي EXP-2025-00063 وأريد معرفة وضعيته", "ar"),
        ("bonjour, mon dossier EXC-2025-00417 en est où", "fr"),
        ("fin wsel dossier dyali EXC-2025-00417 3afak", "ary-Latn"),
    ],
)
def test_the_first_message_is_answered_in_its_own_form(talk: Talk, text: str, form: str) -> None:
    assert talk.say(text).form == form


@pytest.mark.parametrize("form", FORMS)
def test_a_number_alone_changes_no_language(talk: Talk, form: str) -> None:
    talk.anew(form)
    talk.chat = replace(talk.chat, chosen=None)
    assert talk.say("EXC-2025-00417").form == form
    talk.found = Found("ok", (FILE,))
    assert talk.say("BE1234").form == form
    assert TEXTS.get(form, "status.since", date=TEXTS.day(form, FILE.since), step=1, total=5) in bare(talk.reply.text)


@pytest.mark.parametrize(
    "text", ["crédit de 50000", "loyer 12000 dh", "0612345678", "2025", "j'ai 45 ans et 12 ouvriers"]
)
def test_sums_years_and_phones_are_no_files(talk: Talk, text: str) -> None:
    talk.anew("fr").say(text)
    assert talk.chat.state.get("status", {}).get("asking") != "tail"


@pytest.mark.parametrize("form", FORMS)
def test_a_question_in_the_middle_is_answered_and_the_number_still_expected(talk: Talk, form: str) -> None:
    talk.anew(form).say("/status")
    talk.press("t:rna_what")
    assert "f:+:" in "".join(actions(talk.reply))
    talk.say("EXC 2025 417")
    assert talk.chat.state["status"] == {"asking": "tail", "number": "EXC202500417"}


@pytest.mark.parametrize("form", FORMS)
def test_one_file_is_shown_with_its_next_step_and_news_can_be_switched(talk: Talk, form: str) -> None:
    talk.anew(form).say(FILE.number)
    talk.found = Found("ok", (FILE,))
    reply = talk.say("x417")
    assert "EXC-2025-00417" not in reply.heading
    assert bare(reply.heading).startswith("📂 ••••••••••••17")
    assert actions(reply) == ["s:on:0", "s:other", "s:forget"]
    reply = talk.press("s:on:0")
    assert reply.edit
    assert talk.outcome.effects[0].data == {"key": "EXC202500417", "on": True, "seen": fingerprint(FILE)}
    assert "s:off:0" in actions(reply)


def test_several_files_are_listed_and_opened(talk: Talk) -> None:
    talk.anew("fr").say(FILE.number)
    talk.found = Found("ok", (FILE, OTHER))
    assert actions(talk.say("0042"))[:2] == ["s:open:0", "s:open:1"]
    talk.found = Found("ok", (OTHER,))
    assert "••52" in talk.press("s:open:1").heading


def test_the_session_ends_by_itself(talk: Talk) -> None:
    talk.anew("fr").say(FILE.number)
    talk.found = Found("ok", (FILE,))
    talk.say("x417")
    assert "📂" in talk.say("/status").heading
    until = datetime.fromisoformat(talk.chat.state["status"]["until"])
    assert until - NOW <= SESSION
    past = {**talk.chat.state["status"], "until": (NOW - timedelta(minutes=1)).isoformat()}
    talk.chat = replace(talk.chat, state={**talk.chat.state, "status": past})
    assert talk.say("/status").text == TEXTS.get("fr", "status.ask_number")


@pytest.mark.parametrize("opening", ["/status", "où en est mon dossier"])
def test_whoever_was_shown_a_file_need_not_prove_it_again(talk: Talk, opening: str) -> None:
    talk.anew("fr").say(FILE.number)
    talk.found = Found("ok", (FILE,))
    talk.say("x417")
    for reply in (talk.say(opening), talk.press("s:start"), talk.press("t:apply_status")):
        assert "📂" in reply.heading


def test_forgetting_on_this_phone_ends_the_session_and_the_news(talk: Talk) -> None:
    talk.anew("fr").say(FILE.number)
    talk.found = Found("ok", (FILE,))
    talk.say("x417")
    talk.tap("s:forget")
    assert [effect.name for effect in talk.outcome.effects] == ["unsubscribe"]
    assert "status" not in talk.chat.state
    assert talk.say("/status").text == TEXTS.get("fr", "status.ask_number")


def test_only_ones_own_shared_phone_counts(talk: Talk) -> None:
    talk.anew("fr").say("/status")
    talk.found = Found("ok", (FILE,))
    reply = talk.send(kind="contact", contact=Contact("+212600000042", own=False))
    assert reply.text == TEXTS.get("fr", "status.not_own")
    assert "📂" in talk.send(kind="contact", contact=Contact("+212600000042", own=True)).heading


def test_where_no_phone_can_be_shared_none_is_asked_for(talk: Talk) -> None:
    reply = talk.anew("fr", channel="web").say(FILE.number)
    assert reply.text == TEXTS.get("fr", "status.ask_tail")
    assert reply.choices == ()


# With the real look-up on a real database


together = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Core]:
    async with running(seeded, tmp_path_factory.mktemp("status")) as built:
        yield built


_ids = itertools.count()


async def heard(bot: Core, address: str, *texts: str) -> list[Reply]:
    """All replies to somebody who writes `texts` in turn."""
    for text in texts:
        await bot.reception.receive([Incoming("web", address, str(next(_ids)), datetime.now(UTC), text=text)])
    return [reply for _, reply in await bot.inbox.pull("web", address, 0)]


@together
async def test_an_unknown_number_and_a_wrong_code_get_the_very_same_replies(bot: Core) -> None:
    for form in ("فين وصل الدوسي", "où en est mon dossier"):
        unknown = await heard(bot, f"{form}1", form, "EXC-2025-99999", "9999", "EXC-2025-99998", "1234")
        wrong = await heard(bot, f"{form}2", form, TRY_NUMBER, "9999", "EXC-2025-00120", "1234")
        assert unknown == wrong
        assert bare(unknown[-1].text) == TEXTS.get(unknown[-1].form, "status.refused")


@together
async def test_the_right_code_shows_the_file(bot: Core) -> None:
    replies = await heard(bot, "a", f"mon dossier {TRY_NUMBER}", TRY_CODE)
    assert replies[-1].heading.startswith("📂")
    assert TRY_NUMBER not in repr(replies)


@together
async def test_guessing_is_stopped_alike_for_real_and_unknown_numbers(bot: Core) -> None:
    locked, unknown = [
        await heard(bot, number, *itertools.chain(*[[number, "0000"]] * 8))
        for number in ("AGR-2025-00101", "AGR-2025-99997")
    ]
    assert locked == unknown
    assert locked[-1].text == TEXTS.get("fr", "status.locked")
