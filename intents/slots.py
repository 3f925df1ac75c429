"""What a sentence already answers of the guided check: craft, legal form, RNA, export, grouping, region."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rapidfuzz import fuzz

from intents.eligibility import Question
from intents.folding import is_arabic, plain, skeleton

QUESTIONS = ("craft", "legal", "rna", "export", "grouping", "region")
ALONE = ("legal", "alone")
YES_OR_NO = ("rna", "export", "grouping")
# How many words a negation may stand before what it denies ("ma 3ndich hadik lkarta").
REACH = 4
# Skeletons shorter than this are shared by unrelated words: such words must match letter by letter. Names of towns
# are short and many, so they collide sooner (`société` and Settat, الدخول and الداخلة).
SHORTEST_SKELETON, SHORTEST_NAME = 3, 4
# Words of one skeleton are one word only when they are spelt alike too: of the 8,700 phrasings, `quand` has that of
# Canada, `atelier` that of tailleur, واحد that of وحدي.
ALIKE = 75
# Stand before what they say in one sentence, so that a "no" of one part does not deny the next.
# One's age is such a part too: Darija says it with the word for "never" (عمري).
_BREAK = re.compile(r"[,،;؛.!?؟\n]|\s(?:et|mais|w|ou|و|walakin|ولكن|لكن)\s|\bو?(?:عمري|3[eo]?mri) \d+")
# Small words that Arabic writes onto the next one, and the article of both scripts.
_ONTO = re.compile(r"^(و)?(?:[بفكلد]?ال(?=...)|لل(?=..)|[بفكل](?=...))?")
_ARTICLE = re.compile(r"^(?:[wfbd]?l|el|al)(?=[^aeiouyl].)")
# Persons and tenses of a Darija or Arabic verb around its stem, in skeleton letters; those with an m deny, and so does
# the ending -ch.
_VERB = re.compile(r"^(m)?(?:kn|kt|k|tn|t|Gn|Gt|G|[nty])?({stems})(?:[nt]|tm)?(S)?$".replace("{stems}", "%s"))
# A Darija word that denies by itself: ma…ch ("ma7nach", "ما عنديش" in one word).
_NOT = re.compile(r"^(?:ما\w{2,}ش|ma\w{2,}[cs]h)$")
# The first half of it by itself denies the next word only: in French it is "my", in Arabic "what".
_MA = frozenset(("ma", "ما"))

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
        self._by_bare: dict[Phrase, Slot] = {}
        self._by_bones: dict[Phrase, list[tuple[str, Slot]]] = {}
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
        self._asking = _set(data["asking"])
        self._only = _set(data["only"])
        self._unlike = _set(data["unlike"])
        self._other_thing = {question: _set(entries) for question, entries in data["other_thing"].items()}
        self._general = {str(option) for option in data["general"]}
        self._short = {plain(str(entry)): str(option) for option, entries in data["words"].items() for entry in entries}
        self._longest = max(len(phrase) for phrase in self._by_plain)
        self._begins = {phrase[0] for known in (self._by_plain, self._by_bare, self._by_bones) for phrase in known}

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

    def asks(self, text: str) -> bool:
        """True for a question: what it names is asked about, not answered."""
        return "?" in text or "؟" in text or bool(self._asking.intersection(plain(text).split()))

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
            denied = said.denied or self._denied(words, begin, at, said.slot)
            denied = denied or bool(self._after.intersection(words[end : end + 1]))
            if not self._other_thing.get(said.slot[0], set()).intersection(words[end : end + 2]):
                yield said.slot, denied
            at = end

    def _denied(self, words: list[str], begin: int, at: int, slot: Slot) -> bool:
        """Whether something in words[begin:at] denies what stands at `at`."""
        if at > begin and words[at - 1] in _MA:
            return True
        # Who has no company, "just me" (غير بوحدي), is alone: only what stands right before denies that.
        places = range(max(begin, at - (1 if slot == ALONE else REACH)), at)
        return any(self._denies(words, place) for place in places if slot != ALONE or words[place] not in self._only)

    def _denies(self, words: list[str], at: int) -> bool:
        word = words[at]
        split = at > 0 and words[at - 1] in _MA and word.endswith(("ch", "ش"))
        return split or word in self._negated or bool(_NOT.match(word) and (word,) not in self._by_plain)

    def _add(self, entry: str, slot: Slot) -> None:
        words = tuple(plain(entry).split())
        self._by_plain.setdefault(words, slot)
        if words[0].startswith("ال"):
            self._by_bare.setdefault((words[0][2:], *words[1:]), slot)
        bones = tuple(skeleton(word) for word in words)
        shortest = SHORTEST_NAME if slot[0] == "region" else SHORTEST_SKELETON
        if all(len(bone) >= shortest for bone in bones):
            self._by_bones.setdefault(bones, []).append((" ".join(words), slot))

    def _at(self, words: list[str], at: int) -> _Said | None:
        first, begins = _bare(words[at])
        if self._begins.isdisjoint((words[at], first, skeleton(first))):
            return self._verb(words[at])
        for length in range(min(self._longest, len(words) - at), 0, -1):
            span = tuple(words[at : at + length])
            if slot := self._by_plain.get(span):
                return _Said(slot, length)
            bare = (first, *span[1:])
            slot = self._by_plain.get(bare) or self._by_bare.get(bare) if bare != span else None
            if slot is None and not self._unlike.intersection((first, *span)):
                slot = self._misspelt(bare)
            if slot:
                return _Said(slot, length, begins=begins)
        return self._verb(words[at])

    def _misspelt(self, span: Phrase) -> Slot | None:
        known = self._by_bones.get(tuple(map(skeleton, span)), ())
        found = max(((fuzz.ratio(" ".join(span), entry), slot) for entry, slot in known), default=(0.0, None))
        return found[1] if found[0] >= ALIKE else None

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
