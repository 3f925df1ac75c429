"""Speaking to a person, and agreeing to be told of news."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.dialogues.handover import OpeningHours
from tests.talking import FORMS, TEXTS, Talk, actions, bare


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_goes_to_staff_until_it_ends(talk: Talk, form: str) -> None:
    talk.anew(form).press("h:start")
    assert bare(talk.reply.text) == TEXTS.get(form, "handover.open")
    assert [effect.name for effect in talk.outcome.effects] == ["handover_open"]
    assert bare(talk.say("mon numéro 0612345678").text) == TEXTS.get(form, "handover.passed")
    assert [effect.data for effect in talk.outcome.effects] == [{"text": "mon numéro •••"}]
    assert talk.say("et encore").text == ""  # said once is enough
    assert [effect.name for effect in talk.outcome.effects] == ["handover_say"]
    assert "e:start" in actions(talk.say("/menu"))
    talk.press("h:end")
    assert [effect.name for effect in talk.outcome.effects] == ["handover_close"]
    talk.say("bonjour")
    assert talk.outcome.effects == ()
    assert talk.reply.text


def test_the_question_that_asks_for_a_person_goes_along(talk: Talk) -> None:
    talk.anew("fr").say("je veux parler à un responsable s'il vous plaît")
    if "h:end" not in actions(talk.reply):
        talk.tap("t:human_handover")
    assert [effect.name for effect in talk.outcome.effects] == ["handover_open", "handover_say"]


@pytest.mark.parametrize(
    ("rule", "at", "is_open"),
    [
        ("1-5 09:00-16:30", "2026-11-30T08:30", True),  # 9:30 in Morocco, a Monday
        ("1-5 09:00-16:30", "2026-11-30T07:30", False),
        ("1-5 09:00-16:30", "2026-11-30T15:30", False),
        ("1-5 09:00-16:30", "2026-11-29T10:00", False),
        ("6 09:00-12:00", "2026-11-28T10:00", True),
        ("always", "2026-11-29T02:00", True),
    ],
)
def test_opening_hours_are_moroccos(rule: str, at: str, is_open: bool) -> None:
    assert OpeningHours(rule).open_at(datetime.fromisoformat(at).replace(tzinfo=UTC)) is is_open


@pytest.mark.parametrize("form", FORMS)
def test_news_are_agreed_to_by_buttons_and_taken_back_by_one(talk: Talk, form: str) -> None:
    talk.anew(form).press("b:ask")
    talk.tap("b:on")
    talk.tap("b:p:excellence")
    talk.tap("b:r:fes")
    assert bare(talk.reply.text) == TEXTS.get(form, "news.done")
    assert talk.chat.state["news"] == {"programme": "excellence", "region": "fes"}
    talk.press("b:off")
    assert talk.outcome.effects[0].data == {"on": False}
    assert "news" not in talk.chat.state
