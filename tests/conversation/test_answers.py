"""Answers, questions back, and what is not understood."""

from __future__ import annotations

import re

import pytest

from bot.menus import GROUPS
from intents.models import Content
from tests.talking import FORMS, TEXTS, Talk, actions, bare, buttons, shown

DIALOGUES = {"eligibility", "status", "handover", "language", "menu", "consent"}
UNFILLED = re.compile(r"[{}…]")


@pytest.mark.parametrize("form", FORMS)
def test_every_topic_shows_a_short_filled_answer(talk: Talk, content: Content, form: str) -> None:
    footer = len(TEXTS.get(form, "answer.as_of", date=TEXTS.as_of(form, "2025-09-30"))) + 12
    for topic in content.topics.values():
        if topic.dialogue in DIALOGUES:
            continue
        reply = talk.anew(form).press(f"t:{topic.id}")
        assert reply.form == form
        assert bare(reply.heading)
        assert len(bare(reply.text)) <= 600 + footer, f"{topic.id} in {form}: {len(bare(reply.text))} characters"
        assert not UNFILLED.search(reply.text), f"{topic.id} in {form}: {reply.text}"


@pytest.mark.parametrize("form", FORMS)
def test_the_first_phrasing_of_every_topic_reaches_it(talk: Talk, content: Content, form: str) -> None:
    missed = []
    for topic in content.topics.values():
        talk.anew(form).say(topic.phrasings[form][0])
        exchange = talk.outcome.exchange
        reached = talk.chat.state.get("topic") == topic.id or topic.dialogue == talk.chat.state.get("dialogue")
        if not reached and f"t:{topic.id}" not in actions(talk.reply):
            missed.append((topic.id, exchange))
    assert not missed


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_has_a_heading_follow_ups_thumbs_and_the_menu(talk: Talk, content: Content, form: str) -> None:
    reply = talk.anew(form).say(content.topics["prog_excellence_what"].phrasings[form][0])
    topic = content.topics["prog_excellence_what"]
    assert bare(reply.heading) == topic.answers[form].title
    turn = talk.chat.turn
    follow_ups = [f"t:{each}" for each in topic.follow_ups]
    assert 2 <= len(follow_ups) <= 3
    assert actions(reply) == [*follow_ups, f"f:+:{turn}", f"f:-:{turn}", "m:"]
    exchange = talk.outcome.exchange
    assert exchange
    assert (exchange.kind, exchange.decision, exchange.topic, exchange.form) == (
        "question", "answer", "prog_excellence_what", form,
    )  # fmt: skip


def test_thumbs_go_to_the_answer_they_are_about(talk: Talk) -> None:
    talk.anew("fr").press("t:prog_overview")
    turn = talk.chat.turn
    talk.press("t:prog_cost")
    assert talk.press(f"f:+:{turn}").text == TEXTS.get("fr", "feedback.up")
    assert talk.outcome.effects[0].data == {"turn": turn, "value": "up"}
    reply = talk.press(f"f:-:{turn}")
    assert talk.outcome.effects[0].data == {"turn": turn, "value": "down"}
    assert "h:start" in actions(reply)


@pytest.mark.parametrize("form", FORMS)
def test_bare_words_are_asked_back_with_none_of_these(talk: Talk, content: Content, form: str) -> None:
    papers = next(one for one in content.clarifications if one.id == "papers")
    reply = talk.anew(form).say(papers.words[form][0])
    turn = talk.chat.turn
    assert actions(reply) == [*(f"t:{topic}" for topic in papers.ask), f"n:{turn}"]
    assert talk.outcome.exchange and talk.outcome.exchange.decision == "clarify"
    reply = talk.tap("n:")
    assert talk.outcome.effects[0].data == {"turn": turn, "value": "none"}
    assert "h:start" in actions(reply)
    assert [action for action in actions(reply) if action.startswith("g:")] == [f"g:{name}" for name in GROUPS]


PAPERS = {"fr": "et les papiers ?", "ar": "والوثائق؟", "ary": "ولوراق؟", "ary-Latn": "w lwra9?"}
PRICE = {"fr": "c'est combien ?", "ar": "كم الثمن", "ary": "وشحال؟", "ary-Latn": "w chhal?"}


@pytest.mark.parametrize("form", FORMS)
def test_papers_after_a_programme_are_those_of_applying(talk: Talk, form: str) -> None:
    talk.anew(form).press("t:prog_excellence_what")
    talk.say(PAPERS[form])
    assert talk.chat.state["topic"] == "apply_documents"


@pytest.mark.parametrize("form", FORMS)
def test_how_much_after_a_programme_is_its_cost_or_asked_back(talk: Talk, form: str) -> None:
    talk.anew(form).press("t:prog_export_what")
    reply = talk.say(PRICE[form])
    offered = {action for action in actions(reply) if action.startswith("t:")}
    assert talk.chat.state["topic"] == "prog_cost" or "t:prog_cost" in offered


def test_w_chhal_in_a_french_chat(talk: Talk) -> None:
    talk.press("t:prog_excellence_what")
    reply = talk.say("w chhal?")
    assert talk.chat.state["topic"] == "prog_cost" or "t:prog_cost" in actions(reply)


@pytest.mark.parametrize("form", FORMS)
def test_out_of_scope_is_said_kindly_with_the_menu_and_a_person(talk: Talk, content: Content, form: str) -> None:
    talk.anew(form).say(content.out_of_scope[form][0])
    assert talk.outcome.exchange and talk.outcome.exchange.decision == "fallback"
    assert "h:start" in actions(talk.reply)
    assert [action for action in actions(talk.reply) if action.startswith("g:")] == [f"g:{name}" for name in GROUPS]


@pytest.mark.parametrize("form", FORMS)
def test_each_group_of_the_menu_lists_its_topics(talk: Talk, content: Content, form: str) -> None:
    for name in GROUPS:
        reply = talk.anew(form).press(f"g:{name}")
        listed = {action.removeprefix("t:") for action in actions(reply) if action.startswith("t:")}
        assert listed == {topic.id for topic in content.topics.values() if topic.group == name}
        assert reply.edit


def test_what_is_logged_is_masked(talk: Talk) -> None:
    talk.anew("fr").say("mon numéro est le 0612345678 et mon mail est a.b@c.ma, quels papiers pour postuler ?")
    assert talk.outcome.exchange
    assert "0612345678" not in talk.outcome.exchange.text
    assert "a.b@c.ma" not in talk.outcome.exchange.text


def test_titles_fit_a_button(talk: Talk, content: Content) -> None:
    for form in FORMS:
        for reply in [talk.anew(form).press("m:"), *(talk.press(f"g:{name}") for name in GROUPS)]:
            assert all(len(button.label) <= 44 for button in buttons(reply))
            assert all(text is not None for text in shown(reply))
