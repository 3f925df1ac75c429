"""Which form is answered in."""

from __future__ import annotations

import pytest

from bot import language
from bot.messages import Chat
from tests.talking import FORMS, TEXTS, Talk, bare

GREETINGS = {"fr": "bonjour, comment allez-vous", "ar": "السلام عليكم ورحمة الله", "ary": "لاباس عليك أ خويا"}


@pytest.mark.parametrize("form", FORMS)
def test_one_tap_chooses_a_form_and_it_wins_until_changed(talk: Talk, form: str) -> None:
    talk.say("/language")
    assert bare(talk.tap(f"l:{form}").text) == TEXTS.get(form, "language.set")
    assert talk.reply.form == form
    for text in GREETINGS.values():
        assert talk.say(text).form == form
    other = "ar" if form == "fr" else "fr"
    talk.say("/language")
    assert talk.tap(f"l:{other}").form == other
    assert talk.say(GREETINGS["ary"]).form == other


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Quels sont les papiers demandés pour postuler au programme ?", "fr"),
        ("ما هي الوثائق المطلوبة للمشاركة في البرنامج؟", "ar"),
        ("شنو هما لوراق اللي خاصني باش ندفع للبرنامج؟", "ary"),
        ("chno homa lwra9 li khassni bach ndfe3 l programme?", "ary-Latn"),
    ],
)
def test_a_message_is_answered_in_its_own_form(talk: Talk, text: str, form: str) -> None:
    assert talk.say(text).form == form
    assert talk.chat.form == form


@pytest.mark.parametrize(
    ("form", "short"), [("fr", "carte"), ("ar", "نعم"), ("ary", "البطاقة"), ("ary-Latn", "carte"), ("ary-Latn", "oui")]
)
def test_short_messages_keep_the_chats_form(talk: Talk, form: str, short: str) -> None:
    talk.anew()
    talk.chat = Chat("telegram", "1", form=form)
    assert talk.say(short).form == form


def test_another_script_changes_the_form_even_of_a_short_message(talk: Talk) -> None:
    talk.chat = Chat("telegram", "1", form="fr")
    assert language.form_script(talk.say("شكرا").form) == "arab"


@pytest.mark.parametrize("text", ["123", "👍", "...", "?"])
def test_what_has_no_letters_keeps_the_form(talk: Talk, text: str) -> None:
    talk.chat = Chat("telegram", "1", form="ary-Latn")
    assert talk.say(text).form == "ary-Latn"


@pytest.mark.parametrize(
    ("code", "form"), [("ar", "ar"), ("ary-MA", "ar"), ("fr-MA", "fr"), ("en", "fr"), (None, "fr")]
)
def test_who_has_written_nothing_is_met_in_their_apps_language(talk: Talk, code: str | None, form: str) -> None:
    assert talk.anew(code=code).send(kind="voice").form == form


def test_a_language_that_does_not_exist_asks_again(talk: Talk) -> None:
    talk.anew("fr").press("l:xx")
    assert talk.chat.chosen == "fr"
    assert talk.reply.text == TEXTS.get("fr", "language.ask")
