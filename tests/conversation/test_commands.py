"""Commands, in all four forms."""

from __future__ import annotations

import pytest

from bot.conversation import COMMANDS
from tests.talking import FORMS, TEXTS, Talk, actions


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("command", [*COMMANDS, "unheard_of"])
def test_every_command_answers_in_the_chosen_form(talk: Talk, form: str, command: str) -> None:
    reply = talk.anew(form).say(f"/{command}")
    assert reply.form == form
    assert reply.text
    assert actions(reply)


@pytest.mark.parametrize(("code", "first", "second"), [("ar-MA", "ar", "fr"), ("fr", "fr", "ar"), (None, "fr", "ar")])
def test_start_greets_by_the_apps_language_in_both_languages(talk: Talk, code: str, first: str, second: str) -> None:
    reply = talk.anew(code=code).say("/start")
    assert reply.form == first
    assert TEXTS.get("fr", "start.text").split(".")[0] in reply.text
    assert TEXTS.get("ar", "start.text").split(".")[0] in reply.text
    assert actions(reply) == ["l:fr", "l:ar", "l:ary", "l:ary-Latn"]


def test_start_later_offers_the_menu(talk: Talk) -> None:
    talk.say("/start")
    talk.tap("l:ary")
    assert "e:start" in actions(talk.say("/start"))


def test_a_command_may_name_the_bot_and_carry_words(talk: Talk) -> None:
    assert actions(talk.anew("fr").say("/forget@artisan_bot please")) == ["x:yes", "x:no"]


def test_help_names_the_commands(talk: Talk) -> None:
    for form in FORMS:
        text = talk.anew(form).say("/help").text
        assert all(f"/{name}" in text for name in ("check", "status", "language", "forget"))


@pytest.mark.parametrize("form", FORMS)
def test_forget_asks_first_then_erases_all_that_is_remembered(talk: Talk, form: str) -> None:
    talk.anew(form).say("/check")
    assert talk.say("/forget").text == talk.conversation.texts.get(form, "forget.ask")
    assert talk.outcome.effects == ()
    reply = talk.tap("x:yes")
    assert reply.text == TEXTS.get(form, "forget.done")
    assert reply.edit
    assert [effect.name for effect in talk.outcome.effects] == ["forget"]
    assert (talk.chat.form, talk.chat.chosen, talk.chat.state, talk.chat.turn) == (None, None, {}, 0)
    assert talk.outcome.exchange is None


def test_forget_can_be_declined(talk: Talk) -> None:
    talk.anew("ar").say("/check")
    before = talk.chat.state
    talk.say("/forget")
    assert talk.tap("x:no").text == TEXTS.get("ar", "forget.kept")
    assert talk.outcome.effects == ()
    assert talk.chat.state == before


@pytest.mark.parametrize("form", FORMS)
def test_privacy_explains_and_offers_to_forget(talk: Talk, form: str) -> None:
    reply = talk.anew(form).say("/privacy")
    assert actions(reply)[0] == "x:ask"
    assert actions(talk.tap("x:ask")) == ["x:yes", "x:no"]


@pytest.mark.parametrize(("command", "asked"), [("check", "craft"), ("status", "number"), ("checklist", None)])
def test_the_dialogues_start_by_command(talk: Talk, command: str, asked: str | None) -> None:
    talk.anew("fr").say(f"/{command}")
    if command == "status":
        assert talk.chat.state["status"]["asking"] == asked
    elif command == "check":
        assert f"e:a:{asked}:carpet" in actions(talk.reply)
    else:
        assert any(action.startswith("e:tick:") for action in actions(talk.reply))
