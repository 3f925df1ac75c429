"""What a sentence already answers of the guided check: craft, legal form, RNA, export, grouping, region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from intents.eligibility import Question
from intents.folding import is_arabic, plain, skeleton

QUESTIONS = ("craft", "legal", "rna", "export", "grouping", "region")
YES_OR_NO = ("rna", "export", "grouping")
# How many words a negation may stand before what it denies ("ma 3ndich hadik lkarta").
REACH = 4
# Skeletons shorter than this are shared by unrelated words: such words must match letter by letter. Names of towns
# are short and many, so they collide sooner (`société` and Settat, الدخول and الداخلة).
SHORTEST_SKELETON, SHORTEST_NAME = 3, 4
# Stand before what they say in one sentence, so that a "no" of one part does not deny the next.
_BREAK = re.compile(r"[,،;؛.!\n]|\s(?:et|mais|w|ou|و|walakin|ولكن|لكن)\s")
# Small words that Arabic writes onto the next one, and the article of both scripts.
_ONTO = re.compile(r"^(و)?(?:[بفكل]?ال(?=...)|لل(?=..)|[بفكلد](?=...))?")
_ARTICLE = re.compile(r"^(?:[wfbd]?l|el|al)(?=[^aeiouyl].)")
# Persons and tenses of a Darija or Arabic verb around its stem, in skeleton letters; those with an m deny, and so does
# the ending -ch.
_VERB = re.compile(r"^(m)?(?:kn|kt|k|tn|t|Gn|Gt|G|[nty])?({stems})(?:[nt]|tm)?(S)?$".replace("{stems}", "%s"))
# A Darija word that denies by itself: ma…ch ("ma7nach", "ما عنديش" in one word).
_NOT = re.compile(r"^(?:ما\w{2,}ش|ma\w{2,}[cs]h)$")

Phrase = tuple[str, ...]
Slot = tuple[str, str]


@dataclass(frozen=True)
class _Said:
    """A word or phrase that answers: what, how many words long, whether its own form denies it, and whether an `and`
    stands written onto it."""

    slot: Slot
    length: int
    denied: bool = False
    begins: bool = False


class Slots:
    """Reads slots from words listed in `slots.yaml`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._by_plain: dict[Phrase, Slot] = {}
        self._by_bones: dict[Phrase, Slot | None] = {}
        for question in QUESTIONS:
            for option, entries in data[question].items():
                for entry in entries:
                    self._add(str(entry), (question, str(option)))
        self._verbs = {
            question: re.compile(_VERB.pattern % "|".join(sorted({skeleton(plain(stem)) for stem in stems})))
            for question, stems in data["verbs"].items()
        }
        self._negated = _set(data["negated"])
        self._after = _set(data["negated_after"])
        self._unlike = _set(data["unlike"])
        self._other_thing = {question: _set(entries) for question, entries in data["other_thing"].items()}
        self._general = {str(option) for option in data["general"]}
        self._short = {plain(str(entry)): str(option) for option, entries in data["words"].items() for entry in entries}
        self._longest = max(len(phrase) for phrase in self._by_plain)

    @classmethod
    def load(cls, path: Path = Path(__file__).parent / "slots.yaml") -> Slots:
        """The slots of the YAML file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def read(self, text: str) -> dict[str, str]:
        """{question: option} of what `text` says. The first word of a question counts, but a particular craft before
        a general one ("je tisse des tapis": carpets) and a no before a yes. A denied craft, form or region is not
        said."""
        found: dict[str, str] = {}
        for part in _BREAK.split(text):
            for (question, option), denied in self._heard(plain(part).split()):
                if question in YES_OR_NO:
                    found[question] = "no" if denied or found.get(question) == "no" else option
                elif not denied and (question not in found or found[question] in self._general):
                    found[question] = option
        return found

    def answer(self, question: Question, text: str) -> str | None:
        """The option of `question` that a short text names: by its button's words, or yes, no, don't know."""
        said = plain(text)
        for option in question.options:
            if any(plain(label) == said for label in option.label.values()):
                return option.id
        short = self._short.get(said)
        if short is None and (first := said.split()[:1]):
            short = self._short.get(first[0]) if len(said.split()) <= 3 else None
        return short if short and question.option(short) else None

    def _heard(self, words: list[str]) -> Iterator[tuple[Slot, bool]]:
        """What one part of a sentence says, and whether it denies it."""
        at, begin = 0, 0
        while at < len(words):
            said = self._at(words, at)
            if said is None:
                at += 1
                continue
            end = at + said.length
            begin = at if said.begins else begin
            before = words[max(begin, at - REACH) : at]
            denied = said.denied or any(map(self._denies, before)) or bool(self._after.intersection(words[end : end + 1]))
            if not self._other_thing.get(said.slot[0], set()).intersection(words[end : end + 2]):
                yield said.slot, denied
            at = end

    def _denies(self, word: str) -> bool:
        return word in self._negated or bool(_NOT.match(word) and (word,) not in self._by_plain)

    def _add(self, entry: str, slot: Slot) -> None:
        words = tuple(plain(entry).split())
        self._by_plain.setdefault(words, slot)
        if words[0].startswith("ال"):
            self._by_plain.setdefault((words[0][2:], *words[1:]), slot)
        bones = tuple(skeleton(word) for word in words)
        shortest = SHORTEST_NAME if slot[0] == "region" else SHORTEST_SKELETON
        if all(len(bone) >= shortest for bone in bones):
            # Two options that share a skeleton are told apart by their letters alone.
            known = self._by_bones.setdefault(bones, slot)
            if known != slot:
                self._by_bones[bones] = None

    def _at(self, words: list[str], at: int) -> _Said | None:
        for length in range(min(self._longest, len(words) - at), 0, -1):
            span = tuple(words[at : at + length])
            bare, begins = _bare(span[0])
            if slot := self._by_plain.get(span):
                return _Said(slot, length)
            if slot := self._by_plain.get((bare, *span[1:])):
                return _Said(slot, length, begins=begins)
            if not self._unlike.intersection(span) and (slot := self._by_bones.get(tuple(map(skeleton, span)))):
                return _Said(slot, length, begins=begins)
        return self._verb(words[at])

    def _verb(self, word: str) -> _Said | None:
        if word in self._unlike:
            return None
        for question, pattern in self._verbs.items():
            if found := pattern.match(skeleton(word)):
                return _Said((question, "yes"), 1, denied=bool(found[1] or found[3]))
        return None


def _set(entries: list[Any]) -> set[str]:
    return {plain(str(entry)) for entry in entries}


def _bare(word: str) -> tuple[str, bool]:
    """`word` without what is written onto its beginning, and whether that was an `and`."""
    if not is_arabic(word):
        return _ARTICLE.sub("", word), False
    found = _ONTO.match(word)
    return word[found.end() :] if found else word, bool(found and found[1] and len(word) > 3)
