"""Every fault of the content, at once, with file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

from intents.answering import fill_answer, mentioned, placeholders
from intents.folding import plain
from intents.loading import Problem, Source, read_content
from intents.models import FORMS, Answer, Content, Fact, Topic

LONGEST_TITLE = 30
LONGEST_ANSWER = 600
FEWEST_PHRASINGS = 25
DIALOGUES = (None, "eligibility", "status", "handover", "language", "menu")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]")
_AS_OF = re.compile(r"20\d\d-(0[1-9]|1[0-2])(-\d\d)?")
MARKS = ("seed", "confirmed:official", "confirmed:press", "staff")


def check_folder(root: Path, today: date) -> list[Problem]:
    """All problems of the content below `root`. Raises ContentError where it cannot be read at all."""
    content, source = read_content(root)
    return check_content(content, today, source)


def check_content(content: Content, today: date, source: Source | None = None) -> list[Problem]:
    """All problems of `content`, in the order of files and lines."""
    source = source or Source({})
    problems = [*_topics(content, today, source), *_shared_phrasings(content, source)]
    problems += [*_facts(content, source), *_clarifications(content, source)]
    return sorted(problems)


def check_topic(content: Content, topic: Topic, today: date) -> list[str]:
    """The problems of one topic (a draft, say) within `content`, in words."""
    return [problem.message for problem in _topic(content, topic, today, Source({}))]


def _topics(content: Content, today: date, source: Source) -> Iterator[Problem]:
    for topic in content.topics.values():
        yield from _topic(content, topic, today, source)


def _topic(content: Content, topic: Topic, today: date, source: Source) -> Iterator[Problem]:
    here = ("topic", topic.id)
    for follow_up in topic.follow_ups:
        if follow_up not in content.topics:
            yield source.problem(here, f"{topic.id}: follow-up to nowhere: {follow_up}")
    if not 1 <= len(topic.follow_ups) <= 3:
        yield source.problem(here, f"{topic.id}: needs one to three follow-ups, has {len(topic.follow_ups)}")
    if topic.dialogue not in DIALOGUES:
        yield source.problem(here, f"{topic.id}: there is no dialogue {topic.dialogue}")
    for form in FORMS:
        answer = topic.answers.get(form)
        if answer is None:
            yield source.problem(here, f"{topic.id}: the form {form} is missing")
            continue
        for message in _answer(content, answer, form, today):
            yield source.problem((*here, form, "answer"), f"{topic.id} ({form}): {message}")
        texts = topic.phrasings.get(form, ())
        if len(texts) < FEWEST_PHRASINGS:
            yield source.problem(
                (*here, form, "phrasings"), f"{topic.id} ({form}): {len(texts)} phrasings, needs {FEWEST_PHRASINGS}"
            )
        for at, text in enumerate(texts):
            if _read(text, form)[1]:
                yield source.problem(
                    (*here, form, "phrasings", str(at)), f"{topic.id} ({form}): wrong script: {text!r}"
                )


def _answer(content: Content, answer: Answer, form: str, today: date) -> Iterator[str]:
    if len(answer.title) > LONGEST_TITLE:
        yield f"the title has {len(answer.title)} characters, at most {LONGEST_TITLE} fit a button: {answer.title!r}"
    for text in filter(None, (answer.text, answer.unknown)):
        for name in mentioned(text):
            if name not in content.facts:
                yield f"unknown placeholder {{{name}}}"
        if "{" in re.sub(r"\{[a-z0-9_]+(\.as_of)?\}", "", text):
            yield "a { that begins no placeholder"
        if wrong_script(text, form):
            yield "the answer is in the wrong script"
    for name in placeholders(answer.unknown or ""):
        if name in content.facts and not content.facts[name].known(today):
            yield f"the text for unknown facts uses {{{name}}}, which is unknown itself"
    unknown = [
        name for name in placeholders(answer.text) if name in content.facts and not content.facts[name].known(today)
    ]
    if unknown and not answer.unknown:
        yield f"no text for the case that {', '.join(unknown)} is unknown (as it is today)"
    filled = fill_answer(answer, content.facts, form, today, lambda value, _: str(value), lambda _, stamp: stamp)
    for length in (len(filled.text), len(re.sub(r"\{\w+(\.as_of)?\}", "", answer.text))):
        if length > LONGEST_ANSWER:
            yield f"the answer has {length} characters, at most {LONGEST_ANSWER}"
            break


def wrong_script(text: str, form: str, *, mostly: bool = True) -> bool:
    """True where most letters of `text` (or, not `mostly`, all of them) are not of the form's script. Addresses and
    placeholders do not count."""
    arabic = len(_ARABIC.findall(text))
    latin = len(_LATIN.findall(re.sub(r"\{[a-z0-9_.]+\}|\w+\.\w+\.?\w*", "", text)))
    own, other = (arabic, latin) if form in ("ar", "ary") else (latin, arabic)
    return own < other if mostly else own == 0 < other


# Before something is published all content is checked twice, and hardly a phrasing of it has changed.
@lru_cache(maxsize=32_768)
def _read(text: str, form: str) -> tuple[str, bool]:
    """The plain words of a phrasing, and True where none of its letters is of the form's script."""
    return plain(text), wrong_script(text, form, mostly=False)


def _shared_phrasings(content: Content, source: Source) -> Iterator[Problem]:
    owner: dict[str, tuple[str, str]] = {}
    for topic in content.topics.values():
        for form, texts in topic.phrasings.items():
            for at, text in enumerate(texts):
                words = _read(text, form)[0]
                first = owner.setdefault(words, (topic.id, form))
                path = ("topic", topic.id, form, "phrasings", str(at))
                if first[0] != topic.id:
                    yield source.problem(path, f"phrasing shared by {first[0]} and {topic.id}: {text!r}")
                elif not words:
                    yield source.problem(path, f"{topic.id} ({form}): a phrasing without words: {text!r}")
    for form, texts in content.out_of_scope.items():
        for at, text in enumerate(texts):
            if (words := _read(text, form)[0]) in owner:
                topic_id = owner[words][0]
                yield source.problem(
                    ("out_of_scope", form, str(at)), f"out of scope, but a phrasing of {topic_id}: {text!r}"
                )


def _facts(content: Content, source: Source) -> Iterator[Problem]:
    for fact in content.facts.values():
        for message in fact_faults(fact):
            yield source.problem(("fact", fact.id), f"fact {fact.id}: {message}")


def fact_faults(fact: Fact) -> Iterator[str]:
    """What is wrong with a fact, in words."""
    if not _AS_OF.fullmatch(fact.as_of):
        yield f"as_of is {fact.as_of!r}, not a date such as 2025-06 or 2025-06-14"
    if fact.value is None:
        return
    if not fact.source:
        yield "no source"
    if fact.mark not in MARKS:
        yield f"mark must be one of {', '.join(MARKS)}"
    if isinstance(fact.value, dict):
        missing = [form for form in FORMS if not fact.value.get(form)]
        if missing:
            yield f"no value in {', '.join(missing)}"


def _clarifications(content: Content, source: Source) -> Iterator[Problem]:
    for one in content.clarifications:
        here = ("clarification", one.id)
        for topic_id in (*one.ask, *one.after.values()):
            if topic_id not in content.topics:
                yield source.problem(here, f"clarification {one.id}: there is no topic {topic_id}")
        groups = {topic.group for topic in content.topics.values()}
        for place in one.after:
            if place not in content.topics and place not in groups:
                yield source.problem(here, f"clarification {one.id}: no topic or group {place}")
        if not 2 <= len(one.ask) <= 3:
            yield source.problem(here, f"clarification {one.id}: offers {len(one.ask)} topics, needs 2 or 3")
