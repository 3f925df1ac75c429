"""The content as data: topics with their answers and phrasings in four written forms, and the facts they carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

FORMS = ("fr", "ar", "ary", "ary-Latn")
"""French, Arabic (MSA), Darija in Arabic letters, Darija in Latin letters."""

Value = Mapping[str, str] | int | float | date | None


@dataclass(frozen=True)
class Fact:
    """A date, place, sum, name or contact: said once, with its source."""

    id: str
    label: Mapping[str, str]
    """What it is, for staff (`fr`, `ar`)."""
    value: Value
    """A number, a date, a text per written form, or None where nobody knows."""
    source: str = ""
    mark: str = ""
    """`seed`, `confirmed:official`, `confirmed:press`, or `staff`."""
    ref: str = ""
    as_of: str = ""
    """`2025-06` or `2025-06-14`: when this stood, or when it was last looked for."""
    valid_until: date | None = None
    ask: Mapping[str, str] = field(default_factory=dict)
    """Who knows, while it is unknown."""

    def known(self, today: date) -> bool:
        """True when it may be said on that day."""
        return self.value is not None and (self.valid_until is None or today <= self.valid_until)


@dataclass(frozen=True)
class Review:
    """Whether a native speaker has read an answer."""

    state: str = "pending"
    """`pending`, `reviewed`, or `stale` (another language changed since)."""
    by: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Answer:
    """What the bot says in one written form."""

    title: str
    text: str
    unknown: str | None = None
    """Said instead of `text` when one of its facts is unknown or expired."""
    review: Review = field(default_factory=Review)


@dataclass(frozen=True)
class Topic:
    """One thing people want to know."""

    id: str
    group: str
    follow_ups: tuple[str, ...] = ()
    dialogue: str | None = None
    """The guided dialogue that this topic starts instead of an answer."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    phrasings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Clarification:
    """Bare words that fit several topics."""

    id: str
    ask: tuple[str, ...]
    after: Mapping[str, str]
    """By group or topic of the last answer: the topic they mean then."""
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Content:
    """All that is published."""

    topics: Mapping[str, Topic] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    clarifications: tuple[Clarification, ...] = ()
    out_of_scope: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
