"""Fills an answer with its facts, or says honestly that they are not known."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from intents.models import Answer, Content, Fact

_PLACEHOLDER = re.compile(r"\{([a-z0-9_]+)(\.as_of)?\}")

Format = Callable[[object, str], str]
"""Writes a value for a form."""


@dataclass(frozen=True)
class FilledAnswer:
    """An answer ready to be shown."""

    title: str
    text: str
    as_of: str | None
    """The oldest date of the facts in it (`2025-06` or `2025-06-14`); None where it has none."""
    known: bool
    """False where the answer says that something is not known."""


def placeholders(text: str) -> list[str]:
    """The ids of the facts whose values `text` uses."""
    return [found[1] for found in _PLACEHOLDER.finditer(text) if not found[2]]


def mentioned(text: str) -> list[str]:
    """The ids of all facts that `text` names, for their value or their date."""
    return [found[1] for found in _PLACEHOLDER.finditer(text)]


def fill(
    content: Content,
    topic_id: str,
    form: str,
    today: date,
    format_value: Format,
    format_date: Callable[[str, str], str],
) -> FilledAnswer:
    """The answer of a topic in `form` on that day. Its `unknown` text is taken when a fact of its text is unknown or
    expired. `format_date` takes (form, stamp)."""
    answer = content.topics[topic_id].answers[form]
    return fill_answer(answer, content.facts, form, today, format_value, format_date)


def fill_answer(
    answer: Answer,
    facts: Mapping[str, Fact],
    form: str,
    today: date,
    format_value: Format,
    format_date: Callable[[str, str], str],
) -> FilledAnswer:
    """`fill` of an answer by itself (a draft, say)."""
    known = all(name in facts and facts[name].known(today) for name in placeholders(answer.text))
    text = answer.text if known or not answer.unknown else answer.unknown
    used = [facts[name] for name in placeholders(text) if name in facts and facts[name].known(today)]

    def value(found: re.Match[str]) -> str:
        fact = facts.get(found[1])
        if fact is None:
            return "…"
        if found[2]:
            return format_date(form, fact.as_of)
        if not fact.known(today):
            return "…"
        shown = fact.value.get(form, "…") if isinstance(fact.value, Mapping) else fact.value
        return format_value(shown, form)

    filled = _PLACEHOLDER.sub(value, text)
    stamps = sorted(fact.as_of for fact in used if fact.as_of)
    return FilledAnswer(answer.title, filled, stamps[0] if stamps else None, known)
