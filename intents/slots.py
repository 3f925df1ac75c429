"""What a sentence already answers of the guided check: craft, legal form, RNA, export, grouping, region."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from intents.eligibility import Question
from intents.folding import plain, skeleton

QUESTIONS = ("craft", "legal", "rna", "export", "grouping", "region")
# How many words a negation may stand before what it denies ("ma 3ndich hadik lkarta").
REACH = 4
# Skeletons shorter than this are shared by unrelated words: such words must match letter by letter.
SHORTEST_SKELETON = 3

Phrase = tuple[str, ...]


class Slots:
    """Reads slots from words listed in `slots.yaml`."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._by_plain: dict[Phrase, tuple[str, str]] = {}
        self._by_bones: dict[Phrase, tuple[str, str] | None] = {}
        for question in QUESTIONS:
            for option, entries in data[question].items():
                for entry in entries:
                    self._add(str(entry), (question, str(option)))
        self._negated = {plain(str(word)) for word in data["negated"]}
        self._short = {
            plain(str(entry)): str(option) for option, entries in data["words"].items() for entry in entries
        }
        self._longest = max(len(phrase) for phrase in self._by_plain)

    @classmethod
    def load(cls, path: Path = Path(__file__).parent / "slots.yaml") -> Slots:
        """The slots of the YAML file."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def read(self, text: str) -> dict[str, str]:
        """{question: option} of what `text` says; the first word of a question counts, a denied yes is a no. A denied
        craft, form or region is not said."""
        words = plain(text).split()
        bones = [skeleton(word) for word in words]
        found: dict[str, str] = {}
        at = 0
        while at < len(words):
            length, slot = self._at(words, bones, at)
            if slot is None:
                at += 1
                continue
            question, option = slot
            denied = any(word in self._negated for word in words[max(0, at - REACH) : at])
            if question in ("rna", "export", "grouping"):
                found.setdefault(question, "no" if denied else option)
            elif not (denied and words[at - 1 : at] and words[at - 1] in self._negated):
                found.setdefault(question, option)
            at += length
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

    def _add(self, entry: str, slot: tuple[str, str]) -> None:
        words = tuple(plain(entry).split())
        self._by_plain.setdefault(words, slot)
        bones = tuple(skeleton(word) for word in words)
        if all(len(bone) >= SHORTEST_SKELETON for bone in bones):
            # Two options that share a skeleton are told apart by their letters alone.
            known = self._by_bones.setdefault(bones, slot)
            if known != slot:
                self._by_bones[bones] = None

    def _at(self, words: list[str], bones: list[str], at: int) -> tuple[int, tuple[str, str] | None]:
        for length in range(min(self._longest, len(words) - at), 0, -1):
            span = slice(at, at + length)
            slot = self._by_plain.get(tuple(words[span])) or self._by_bones.get(tuple(bones[span]))
            if slot:
                return length, slot
        return 1, None
