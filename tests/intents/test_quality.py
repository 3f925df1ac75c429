"""The quality gate: understanding may not get worse than what is recorded, above all not more often wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intents.evaluation import Question, Report, ask, read_questions, report
from intents.folding import plain
from intents.models import FORMS
from intents.noise import KINDS, noisy
from tests import learned

HERE = Path(__file__).parent.parent / "understanding"
RECORDED = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
# Bars of the project (issue 3), whatever is recorded.
SERVED, TOP1, WRONG, OUTSIDE, LANGUAGE, NOISE = 0.93, 0.80, 0.04, 0.08, 0.95, 0.05
# One question of a form's 221 to 274: another processor rounds sums differently, which may turn one on the edge. Wrong
# answers are given no such room.
ONE = 0.0046


def questions() -> list[Question]:
    return [one for form in FORMS for one in read_questions(HERE / f"{form}.csv")]


@pytest.fixture(scope="module")
def made() -> Report:
    return report(list(ask(learned.matcher(), questions())))


@pytest.mark.parametrize("form", FORMS)
def test_understanding_is_as_good_as_recorded(made: Report, form: str) -> None:
    figures, kept = made.forms[form], RECORDED[form]
    assert figures.wrong <= min(kept["wrong"], WRONG), "more answers are wrong than recorded"
    assert figures.outside_answered <= min(kept["outside_answered"] + 0.023, OUTSIDE), (
        "more out-of-scope questions answered"
    )
    assert figures.top1 >= max(kept["top1"] - ONE, TOP1)
    assert figures.served >= max(kept["served"] - ONE, SERVED)
    assert figures.language is not None and figures.language >= max(kept["language"] - ONE, LANGUAGE)


def test_recorded_figures_are_kept_up(made: Report) -> None:
    """What got better by a point must be recorded: else it could be lost again unnoticed."""
    for form in FORMS:
        assert made.forms[form].served <= RECORDED[form]["served"] + 0.015, f"record the better figures of {form}"


@pytest.mark.parametrize("kind", KINDS)
def test_noise_costs_little(made: Report, kind: str) -> None:
    worse = report(list(ask(learned.matcher(), noisy(questions(), kind)))).forms["all"]
    assert made.forms["all"].served - worse.served <= NOISE
    assert made.forms["all"].top1 - worse.top1 <= NOISE


def test_no_question_is_a_phrasing() -> None:
    """The questions measure understanding, not memory: only greetings and the like may coincide."""
    topics = learned.content().topics.values()
    phrasings = {plain(text) for topic in topics for texts in topic.phrasings.values() for text in texts}
    phrasings |= {plain(text) for texts in learned.content().out_of_scope.values() for text in texts}
    greetings = {topic.id for topic in topics if topic.group == "conversation"}
    assert not [one.text for one in questions() if one.topic not in greetings and plain(one.text) in phrasings]
