"""The guided check as a dialogue: every path, in all forms, by buttons and by words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from bot.dialogues.result import OPEN_CALL
from bot.messages import Chat
from intents.eligibility import Check
from tests.talking import FORMS, TEXTS, Known, Rules, Talk, actions, bare, buttons

# "Open" in the four forms, as an application call would be said to be.
OPEN = re.compile(r"ouvert|مفتوح|محلول|m7lo?u?l|mefto7|open", re.IGNORECASE)
ANSWERS = {"craft": "carpet", "legal": "alone", "rna": "no", "export": "no", "grouping": "no", "region": "fes"}


def paths(talk: Talk, chat: Chat, check: Check, given: dict[str, str], turn: int = 0) -> Iterator[dict[str, str]]:
    """Presses every answer of every question, from the chat as it stood when that was asked."""
    question = check.next_question(given)
    if question is None:
        yield given
        return
    expected = [f"e:a:{question.id}:{option.id}" for option in question.options]
    assert [action for action in actions(talk.reply) if action.startswith("e:a:")] == expected
    options = question.options
    if question.id == "region" and given["craft"] != "carpet":  # changes nothing else: one of them, in turn
        options = (options[turn % len(options)],)
    for at, option in enumerate(options):
        talk.chat = chat
        talk.press(f"e:a:{question.id}:{option.id}")
        assert talk.reply.edit
        yield from paths(talk, talk.chat, check, {**given, question.id: option.id}, turn + at * 7 + len(given))


@pytest.mark.parametrize("form", FORMS)
def test_every_path_ends_with_a_verdict_on_each_programme(talk: Talk, check: Check, form: str) -> None:
    talk.anew(form).press("e:start")
    unsaid = bare(TEXTS.get(form, "eligibility.call_unknown"))
    walked = 0
    for given in paths(talk, talk.chat, check, {}):
        walked += 1
        text = bare(talk.reply.text)
        assert talk.chat.state["eligibility"]["answers"] == given
        for programme, rule in check.verdicts(given):
            line = next(line for line in text.split("\n") if programme.name[form] in line)
            assert TEXTS.get(form, f"eligibility.{rule.verdict}") in line
            assert rule.fact is None or "2025" in line or "2026" in line, line
        assert bare(TEXTS.get(form, "eligibility.no_decision")) in text
        assert unsaid in text
        assert not OPEN.search(text.replace(unsaid, ""))
        assert not re.search(r"[{}…]", text)
        assert len(text) < 1500
    assert walked == 3 * 3 * 3 * 4 * (17 + 13)


def test_six_questions_and_seven_taps_at_most(talk: Talk, check: Check) -> None:
    assert len(check.questions) <= 6
    talk.anew("fr").say("/start")
    talk.tap("e:start")
    taps = 1
    while "e:list" not in actions(talk.reply):
        talk.tap("e:a:")
        taps += 1
    assert taps <= 8


@pytest.mark.parametrize("form", FORMS)
def test_icons_stand_beside_words(talk: Talk, check: Check, form: str) -> None:
    talk.anew(form).press("e:start")
    for button in buttons(talk.reply):
        assert re.match(r"\W", button.label), button.label
        assert re.search(r"\w{2}", button.label), button.label


def finish(talk: Talk, **other: str) -> Talk:
    talk.press("e:start")
    for question, option in {**ANSWERS, **other}.items():
        talk.press(f"e:a:{question}:{option}")
    return talk


@pytest.mark.parametrize("form", FORMS)
def test_back_goes_one_question_back_and_its_answer_can_be_changed(talk: Talk, form: str) -> None:
    talk.anew(form).press("e:start")
    talk.press("e:a:craft:carpet")
    talk.press("e:a:legal:alone")
    assert "e:a:rna:yes" in actions(talk.reply)
    assert "e:a:legal:alone" in actions(talk.tap("e:back"))
    assert "e:a:craft:carpet" in actions(talk.tap("e:back"))
    assert "e:a:craft:carpet" in actions(talk.tap("e:back"))
    talk.press("e:a:craft:wood")
    assert "e:a:rna:yes" in actions(talk.reply)
    assert talk.chat.state["eligibility"]["answers"] == {"craft": "wood", "legal": "alone"}


@pytest.mark.parametrize("form", FORMS)
def test_any_answer_can_be_changed_at_the_end(talk: Talk, form: str) -> None:
    finish(talk.anew(form))
    before = talk.reply.text
    talk.tap("e:change")
    assert [action for action in actions(talk.reply) if action.startswith("e:ask:")] == [f"e:ask:{x}" for x in ANSWERS]
    talk.tap("e:ask:export")
    after = talk.press("e:a:export:yes").text
    assert after != before
    assert "e:list" in actions(talk.reply)
    talk.tap("e:change")
    talk.tap("e:restart")
    assert talk.chat.state["eligibility"]["answers"] == {}


@pytest.mark.parametrize("form", FORMS)
def test_it_can_be_stopped_and_resumed_days_later(talk: Talk, form: str) -> None:
    talk.anew(form).press("e:start")
    talk.press("e:a:craft:pottery")
    talk.tap("e:stop")
    assert bare(talk.reply.text) == TEXTS.get(form, "eligibility.stopped")
    assert talk.chat.state["dialogue"] is None
    talk.press("t:rna_what")
    reply = talk.say("/check")
    assert bare(TEXTS.get(form, "eligibility.resume")) in bare(reply.text)
    assert "e:a:legal:alone" in actions(reply)


@pytest.mark.parametrize("form", FORMS)
def test_rules_that_change_in_the_middle_keep_what_still_holds(talk: Talk, rules: Rules, form: str) -> None:
    talk.anew(form).press("e:start")
    talk.press("e:a:craft:carpet")
    talk.press("e:a:legal:alone")
    crafts, *others = rules.check.questions
    fewer = replace(crafts, options=tuple(option for option in crafts.options if option.id != "carpet"))
    rules.check = replace(rules.check, version=rules.check.version + 1, questions=(fewer, *others))
    reply = talk.press("e:a:rna:yes")
    assert bare(TEXTS.get(form, "eligibility.changed")) in bare(reply.text)
    assert talk.chat.state["eligibility"]["answers"] == {"legal": "alone", "rna": "yes"}
    assert "e:a:craft:wood" in actions(reply)
    reply = talk.press("e:a:craft:wood")
    assert "e:a:export:yes" in actions(reply)
    assert bare(TEXTS.get(form, "eligibility.changed")) not in bare(reply.text)


def test_a_question_that_is_gone_is_not_missed(talk: Talk, rules: Rules) -> None:
    talk.anew("fr").press("e:start")
    talk.press("e:a:craft:carpet")
    kept = tuple(question for question in rules.check.questions if question.id != "legal")
    items = tuple(item for item in rules.check.checklist if "legal" not in item.when)
    rules.check = replace(rules.check, version=99, questions=kept, checklist=items)
    reply = talk.press("e:a:legal:alone")
    assert "e:a:rna:yes" in actions(reply)
    assert TEXTS.get("fr", "eligibility.changed") in reply.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("fr", ["je fais des tapis", "coopérative", "oui", "non", "je ne sais pas", "Fès"]),
        ("ar", ["الخزف", "أعمل وحدي", "نعم", "لا", "لا أعرف", "مراكش"]),
        ("ary", ["الحرفة ديالي الزليج", "بوحدي", "ماعنديش", "إيه", "ما عرفتش", "ف طنجة"]),
        ("ary-Latn", ["hrfa dyali khzaf", "ta3awniya", "ma3ndich carte", "iyeh", "lla", "ana mn Agadir"]),
    ],
)
def test_words_answer_as_well_as_buttons(talk: Talk, form: str, said: list[str]) -> None:
    talk.anew(form).press("e:start")
    for at, text in enumerate(said):
        assert len(talk.chat.state["eligibility"]["answers"]) == at, text
        talk.say(text)
    assert len(talk.chat.state["eligibility"]["answers"]) == 6
    assert "e:list" in actions(talk.reply)
    assert talk.reply.form == form


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        ("fr", "c'est quoi le RNA ?"),
        ("ary-Latn", "chno hiya RNA"),
        ("ar", "ما هو السجل الوطني؟"),
        ("ary", "شنو هو السجل الوطني"),
    ],
)
def test_a_question_in_the_middle_is_answered_and_no_answer(talk: Talk, form: str, asked: str) -> None:
    talk.anew(form).press("e:start")
    talk.press("e:a:craft:wood")
    talk.press("e:a:legal:alone")
    talk.say(asked)
    assert "rna" not in talk.chat.state["eligibility"]["answers"]
    assert talk.chat.state["topic"] == "rna_what"
    talk.say("oui")
    assert talk.chat.state["eligibility"]["answers"]["rna"] == "yes"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("ana khddama f zrabi f dar, wach n9der", "legal"),
        ("Je suis potière, seule, inscrite au RNA, ai-je droit au programme d'excellence ?", "export"),
    ],
)
def test_what_the_question_says_is_not_asked_again(talk: Talk, text: str, asks: str) -> None:
    reply = talk.say(text)
    if "t:apply_eligibility" in actions(reply):
        reply = talk.tap("t:apply_eligibility")
    assert any(action.startswith(f"e:a:{asks}:") for action in actions(reply))
    assert bare(TEXTS.get(reply.form, "eligibility.heard")) in bare(reply.text)


@pytest.mark.parametrize("form", FORMS)
def test_the_checklist_is_ticked_off_over_days(talk: Talk, check: Check, form: str) -> None:
    finish(talk.anew(form))
    reply = talk.tap("e:list")
    items = check.items(ANSWERS)
    ticks = [f"e:tick:{item.id}" for item in items]
    assert actions(reply)[:-1] == ticks
    assert bare(reply.text) == TEXTS.get(form, "eligibility.checklist", done=0, total=len(items))
    reply = talk.press(ticks[1])
    assert reply.edit
    assert [button.label[0] for button in buttons(reply)[:3]] == ["⬜", "☑", "⬜"]
    talk.say("bonjour")
    reply = talk.say("/checklist")
    assert bare(reply.text) == TEXTS.get(form, "eligibility.checklist", done=1, total=len(items))
    assert "☑" not in "".join(button.label for button in buttons(talk.press(ticks[1])))


@pytest.mark.parametrize("form", FORMS)
def test_the_summary_for_an_officer_is_french_and_the_chat_keeps_its_form(talk: Talk, check: Check, form: str) -> None:
    finish(talk.anew(form), legal="cooperative")
    reply = talk.tap("e:sum")
    assert reply.form == "fr"
    assert not re.search(r"[\u0600-\u06ff]", reply.text + reply.heading)
    for label in ("Tapis", "Coopérative", "Fès-Meknès", "Programme d'excellence"):
        assert label in reply.text
    assert TEXTS.get("fr", "eligibility.no_decision") in reply.text
    assert talk.chat.form == form
    assert talk.say("/menu").form == form


@pytest.mark.parametrize("form", FORMS)
def test_a_verdict_whose_fact_has_expired_cannot_be_said(talk: Talk, form: str) -> None:
    knowledge = talk.conversation.knowledge
    assert isinstance(knowledge, Known)
    facts = dict(knowledge.content.facts)
    facts["excellence_filieres"] = replace(facts["excellence_filieres"], valid_until=date(2026, 1, 1))
    facts[OPEN_CALL] = replace(facts[OPEN_CALL], value=date(2027, 2, 1))
    knowledge.content = replace(knowledge.content, facts=facts)
    finish(talk.anew(form))
    first = bare(talk.reply.text).split("\n")[0]
    assert first.startswith("❔")
    assert TEXTS.get(form, "eligibility.no_fact") in first
    assert bare(TEXTS.get(form, "eligibility.call_until", date=TEXTS.day(form, date(2027, 2, 1)))) in bare(
        talk.reply.text
    )
