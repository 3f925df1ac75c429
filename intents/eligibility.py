"""The guided check as data: questions, rules over answers, and what to prepare. Pure: no text of its own, no state.

A rule says only what a published fact says; where nothing is published the verdict is `unknown`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml

Texts = Mapping[str, str]
Verdict = Literal["fits", "unfit", "unknown"]
Answers = Mapping[str, str]
FORMS = ("fr", "ar", "ary", "ary-Latn")
VERDICTS = ("fits", "unfit", "unknown")


@dataclass(frozen=True)
class Option:
    """One possible answer: a button with an icon and a word."""

    id: str
    icon: str
    label: Texts


@dataclass(frozen=True)
class Question:
    """One question with its buttons, `width` to a row."""

    id: str
    text: Texts
    options: tuple[Option, ...]
    width: int = 1

    def option(self, option_id: str) -> Option | None:
        """The option of that id."""
        return next((option for option in self.options if option.id == option_id), None)


@dataclass(frozen=True)
class Rule:
    """Holds when every answer named in `when` is one of those listed."""

    when: Mapping[str, tuple[str, ...]]
    verdict: Verdict
    because: Texts
    fact: str | None

    def holds(self, answers: Answers) -> bool:
        """True when all conditions are met by `answers`."""
        return all(answers.get(question) in allowed for question, allowed in self.when.items())


@dataclass(frozen=True)
class Programme:
    """A programme and its rules; the first that holds decides."""

    id: str
    name: Texts
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Item:
    """A line of the checklist."""

    id: str
    label: Texts
    when: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Check:
    """All of `eligibility.yaml`."""

    version: int
    questions: tuple[Question, ...]
    programmes: tuple[Programme, ...]
    checklist: tuple[Item, ...]

    def question(self, question_id: str) -> Question | None:
        """The question of that id."""
        return next((question for question in self.questions if question.id == question_id), None)

    def valid(self, answers: Answers) -> dict[str, str]:
        """`answers` without those whose question or option no longer exists."""
        found = {}
        for question in self.questions:
            answer = answers.get(question.id)
            if answer is not None and question.option(answer):
                found[question.id] = answer
        return found

    def next_question(self, answers: Answers) -> Question | None:
        """The first question without an answer; None when all are answered."""
        return next((question for question in self.questions if question.id not in answers), None)

    def verdicts(self, answers: Answers) -> tuple[tuple[Programme, Rule], ...]:
        """For each programme the rule that decides. Always one, since the last rule has no condition."""
        return tuple((each, next(rule for rule in each.rules if rule.holds(answers))) for each in self.programmes)

    def items(self, answers: Answers) -> tuple[Item, ...]:
        """What to prepare, given `answers`."""
        return tuple(
            item
            for item in self.checklist
            if all(answers.get(question) in allowed for question, allowed in item.when.items())
        )


def load_check(path: Path) -> Check:
    """`read_check` of a YAML file."""
    return read_check(yaml.safe_load(path.read_text(encoding="utf-8")))


def read_check(data: Mapping[str, Any]) -> Check:
    """The check of a body. Raises ValueError with every fault at once when it is not sound."""
    check = Check(
        version=int(data["version"]),
        questions=tuple(_question(name, body) for name, body in data["questions"].items()),
        programmes=tuple(
            Programme(name, body["name"], tuple(_rule(rule) for rule in body["rules"]))
            for name, body in data["programmes"].items()
        ),
        checklist=tuple(Item(name, _labels(body), _when(body)) for name, body in data["checklist"].items()),
    )
    if problems := check_rules(check):
        raise ValueError("eligibility.yaml:\n" + "\n".join(problems))
    return check


def _question(name: str, body: Mapping[str, Any]) -> Question:
    options = tuple(Option(key, value.get("icon", ""), _labels(value)) for key, value in body["answers"].items())
    return Question(name, body["text"], options, int(body.get("width", 1)))


def _rule(body: Mapping[str, Any]) -> Rule:
    return Rule(_when(body), body["verdict"], body["because"], body.get("fact"))


def _when(body: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {question: tuple(allowed) for question, allowed in body.get("when", {}).items()}


def _labels(body: Mapping[str, Any]) -> dict[str, str]:
    return {form: body[form] for form in FORMS if form in body}


def check_rules(check: Check, facts: frozenset[str] | None = None) -> list[str]:
    """Every fault in plain words: a text missing in a form, a condition on an unknown answer, a programme some
    answers leave undecided, a rule that no answers reach, a verdict that names no fact (or, with `facts`, an
    unknown one). That each path ends without asking twice follows from `next_question`: each answer given takes
    one question away."""
    problems = []
    for name, texts in _texts(check):
        problems += [f"{name}: no text in {form}" for form in FORMS if not texts.get(form)]
    for name, when in _conditions(check):
        for question_id, allowed in when.items():
            question = check.question(question_id)
            if question is None:
                problems.append(f"{name}: there is no question {question_id}")
                continue
            problems += [f"{name}: {question_id} has no answer {x}" for x in allowed if not question.option(x)]
    if problems:
        return problems
    for programme in check.programmes:
        problems += _unreached(check, programme)
        for place, rule in enumerate(programme.rules, 1):
            name = f"programmes.{programme.id}.rules[{place}]"
            if rule.verdict not in VERDICTS:
                problems.append(f"{name}: verdict must be one of {', '.join(VERDICTS)}")
            if rule.verdict != "unknown" and not rule.fact:
                problems.append(f"{name}: '{rule.verdict}' must name the fact that says so")
            if facts is not None and rule.fact and rule.fact not in facts:
                problems.append(f"{name}: there is no fact {rule.fact}")
    return problems


def _unreached(check: Check, programme: Programme) -> list[str]:
    asked = sorted({question for rule in programme.rules for question in rule.when})
    options = [[option.id for option in question.options] for q in asked if (question := check.question(q))]
    reached: set[int] = set()
    for combination in product(*options):
        answers = dict(zip(asked, combination, strict=True))
        place = next((at for at, rule in enumerate(programme.rules) if rule.holds(answers)), None)
        if place is None:
            return [f"programmes.{programme.id}: no rule decides {answers}"]
        reached.add(place)
    return [
        f"programmes.{programme.id}.rules[{at + 1}]: no answers reach it"
        for at in range(len(programme.rules))
        if at not in reached
    ]


def _texts(check: Check) -> list[tuple[str, Texts]]:
    found: list[tuple[str, Texts]] = []
    for question in check.questions:
        found.append((f"questions.{question.id}", question.text))
        found += [(f"questions.{question.id}.{option.id}", option.label) for option in question.options]
    for programme in check.programmes:
        found.append((f"programmes.{programme.id}", programme.name))
        found += [(f"programmes.{programme.id}.because", rule.because) for rule in programme.rules]
    return found + [(f"checklist.{item.id}", item.label) for item in check.checklist]


def _conditions(check: Check) -> list[tuple[str, Mapping[str, tuple[str, ...]]]]:
    rules = [(f"programmes.{p.id}", rule.when) for p in check.programmes for rule in p.rules]
    return rules + [(f"checklist.{item.id}", item.when) for item in check.checklist]
