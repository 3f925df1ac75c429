"""What is not a written question."""

from __future__ import annotations

import pytest

from bot.messages import Contact
from tests.talking import FORMS, TEXTS, Talk, actions, bare


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["voice", "sticker", "photo", "location", "document", "edited", "other"])
def test_each_kind_gets_its_own_word_and_the_menu(talk: Talk, form: str, kind: str) -> None:
    reply = talk.anew(form).send(kind=kind)
    assert reply.form == form
    assert bare(reply.text) == TEXTS.get(form, f"media.{kind}")
    assert "e:start" in actions(reply)
    assert talk.outcome.exchange and talk.outcome.exchange.kind == kind


def test_an_edited_question_is_answered_as_it_stands_now(talk: Talk) -> None:
    talk.anew("fr").send(kind="edited", text="et les papiers ?")
    assert "t:apply_documents" in actions(talk.reply)


@pytest.mark.parametrize("form", FORMS)
def test_a_phone_that_nobody_asked_for_is_not_kept(talk: Talk, form: str) -> None:
    reply = talk.anew(form).send(kind="contact", contact=Contact("+212600000042", own=True))
    assert bare(reply.text) == TEXTS.get(form, "media.contact")
    assert "212600000042" not in repr(talk.outcome)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("😀", "input.emoji"),
        ("👍🏽", "input.emoji"),
        ("؟؟؟", "input.emoji"),
        ("12", "input.digits"),
        ("٢٠٢٥", "input.digits"),
    ],
)
def test_no_words(talk: Talk, form: str, text: str, message: str) -> None:
    assert bare(talk.anew(form).say(text).text) == TEXTS.get(form, message)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 5000, "a " * 3000, "سلام " * 2000, "\u200f" * 200, "\n\n\n", "{fact}", "{0}", "%s", "<b>", "\u2068",
        "😀" * 900, "/", "//", "/start" * 90, "'; DROP TABLE chats; --",
    ],
)  # fmt: skip
def test_strange_and_very_long_texts_get_something(talk: Talk, text: str) -> None:
    for form in FORMS:
        assert talk.anew(form).say(text).text


@pytest.mark.parametrize(
    "action",
    [
        "", ":", "zz:zz", "t:", "t:nothing", "g:nothing", "f:", "f:x:y", "f:+:", "f:+:x", "n:", "n:x", "l:", "l:xx",
        "x:", "x:perhaps", "e:", "e:a", "e:a:zz:yy", "e:a:craft:zz", "e:ask:zz", "e:tick:zz", "s:", "s:open:9",
        "s:open:-1", "s:on:0", "s:news:x", "s:news:7", "h:", "b:", "b:zz", "m:zz", "t:" + "a" * 60,
    ],
)  # fmt: skip
def test_an_unknown_button_gets_something_sensible(talk: Talk, action: str) -> None:
    for form in FORMS:
        reply = talk.anew(form).press(action)
        assert reply.text
        assert reply.form == form
