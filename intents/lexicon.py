"""Words of one meaning in all written forms: concepts that let a question in Darija find one in French or Arabic."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from rapidfuzz import fuzz, process

from intents.folding import plain, skeleton
from intents.models import FORMS

FOLDERS = {"fr": "fr", "ar": "ar", "ary": "ary", "ary-Latn": "ary_Latn"}
FUNCTION_WORDS, COURTESIES = "_function_words", "_courtesies"
# A word this long or longer may be misspelt by one letter in five and still be meant; shorter ones collide
# (3 of 4 five-letter skeletons have a neighbour at distance 1 in the lexicons of 2026-11-29).
FUZZY_FROM = 6
FUZZY_CUTOFF = 84
# A word shorter than this is no two words run together: two known words of two letters would be found in any.
JOINED_FROM = 7

# Beginnings and endings of Darija and Arabic words, in skeleton letters, longest first: tense and person, negation,
# possession. French needs none: its endings are vowels, which the skeleton drops.
_BEFORE = ("kn", "kt", "k", "Gd", "G", "n", "t", "y", "w", "b", "f", "m")
_AFTER = ("tS", "S", "km", "hm", "tk", "t", "n", "k", "h")


@dataclass(frozen=True)
class Lexicons:
    """Concepts by written form, and the small words that tell the forms apart."""

    concepts: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """{form: {concept: words or short phrases}}"""
    function_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    courtesies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any word changes."""
        rows = sorted((form, name, words) for form, names in self.concepts.items() for name, words in names.items())
        return hashlib.sha256(
            repr((rows, sorted(self.function_words.items()), sorted(self.courtesies.items()))).encode()
        ).hexdigest()[:12]

    @cached_property
    def _plain_words(self) -> dict[str, tuple[str, ...]]:
        return self._index(lambda word: word)

    @cached_property
    def _skeletons(self) -> dict[str, tuple[str, ...]]:
        return self._index(skeleton)

    @cached_property
    def _phrases(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        found: dict[tuple[str, ...], set[str]] = {}
        for names in self.concepts.values():
            for concept, entries in names.items():
                for entry in entries:
                    parts = tuple(skeleton(word) for word in plain(entry).split())
                    if len(parts) in (2, 3):
                        found.setdefault(parts, set()).add(concept)
        return {parts: tuple(sorted(concepts)) for parts, concepts in found.items()}

    @cached_property
    def _long(self) -> dict[str, list[str]]:
        """Words long enough to be misspelt, by first letter: a first letter is seldom wrong, and a search among
        all words would cost more than everything else together."""
        found: dict[str, list[str]] = {}
        for word in sorted(word for word in self._plain_words if len(word) >= FUZZY_FROM):
            found.setdefault(word[0], []).append(word)
        return found

    def _index(self, reading: object) -> dict[str, tuple[str, ...]]:
        found: dict[str, set[str]] = {}
        for names in self.concepts.values():
            for concept, entries in names.items():
                for entry in entries:
                    parts = plain(entry).split()
                    if len(parts) == 1:
                        found.setdefault(reading(parts[0]), set()).add(concept)  # type: ignore[operator]
        # A reading that fits many concepts tells none of them.
        return {word: tuple(sorted(concepts)) for word, concepts in found.items() if len(concepts) <= 3}

    @cached_property
    def _courtesies(self) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(plain(each).split()) for texts in self.courtesies.values() for each in texts)

    @cached_property
    def _longest_courtesy(self) -> int:
        return max((len(each) for each in self._courtesies), default=0)

    def without_courtesies(self, seen: list[str]) -> list[str]:
        """The words of a text without greetings before and thanks after what is asked; all of them where nothing else
        is said: then the courtesy is the message."""
        start, end = 0, len(seen)
        while start < end and (length := self._courtesy(seen[start:end][: self._longest_courtesy])):
            start += length
        while start < end and (length := self._courtesy(seen[start:end][-self._longest_courtesy :], last=True)):
            end -= length
        return seen[start:end] or seen

    @cached_property
    def _known(self) -> frozenset[str]:
        small = (word for each in self.function_words.values() for one in each for word in plain(one).split())
        return frozenset(self._plain_words) | frozenset(small)

    def apart(self, word: str) -> tuple[str, ...]:
        """The words of one written without the spaces between ("kifachnqder"); itself where it is known, short, or no
        such words are known."""
        if len(word) < JOINED_FROM or word in self._known or skeleton(word) in self._skeletons:
            return (word,)
        splits = [at for at in range(2, len(word) - 1) if word[:at] in self._known]
        whole = [at for at in splits if word[at:] in self._known]
        if whole:
            at = max(whole, key=lambda at: min(at, len(word) - at))
            return (word[:at], word[at:])
        for at in sorted(splits, reverse=True):
            rest = self.apart(word[at:])
            if len(rest) > 1:
                return (word[:at], *rest)
        return (word,)

    def _courtesy(self, near: list[str], last: bool = False) -> int:
        """How many words of `near`, from its beginning (or up to its end), are the longest courtesy; 0 for none."""
        for length in range(len(near), 0, -1):
            if tuple(near[-length:] if last else near[:length]) in self._courtesies:
                return length
        return 0

    def concepts_of(self, word: str) -> tuple[str, ...]:
        """The concepts of one word in plain reading: as it stands, by its skeleton, without beginnings and
        endings, or as the misspelling of a longer word."""
        if found := self._plain_words.get(word):
            return found
        bones = skeleton(word)
        if len(bones) >= 2 and (found := self._skeletons.get(bones)):
            return found
        if found := self._stemmed(bones):
            return found
        if len(word) >= FUZZY_FROM and not word.isdigit():
            near = process.extractOne(word, self._long.get(word[0], ()), scorer=fuzz.ratio, score_cutoff=FUZZY_CUTOFF)
            if near:
                return self._plain_words[near[0]]
        return ()

    def _stemmed(self, bones: str) -> tuple[str, ...]:
        for before in ("", *_BEFORE):
            if not bones.startswith(before):
                continue
            for after in ("", *_AFTER):
                if not bones.endswith(after):
                    continue
                stem = bones[len(before) : len(bones) - len(after)]
                if len(stem) >= 3 and stem != bones and (found := self._skeletons.get(stem)):
                    return found
        return ()

    def phrases_in(self, bones: list[str]) -> list[str]:
        """The concepts of two- and three-word phrases in a list of skeletons."""
        found: list[str] = []
        for length in (2, 3):
            for at in range(len(bones) - length + 1):
                found += self._phrases.get(tuple(bones[at : at + length]), ())
        return found


def load_lexicons(root: Path) -> Lexicons:
    """The lexicons of `root` (`locales/`); forms without a file have no words."""
    concepts: dict[str, dict[str, tuple[str, ...]]] = {}
    function_words: dict[str, tuple[str, ...]] = {}
    courtesies: dict[str, tuple[str, ...]] = {}
    for form in FORMS:
        path = root / FOLDERS[form] / "lexicon.yaml"
        if not path.exists():
            continue
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        function_words[form] = tuple(str(word) for word in data.pop(FUNCTION_WORDS, ()))
        courtesies[form] = tuple(str(text) for text in data.pop(COURTESIES, ()))
        concepts[form] = {name: tuple(str(word) for word in entries) for name, entries in data.items()}
    return Lexicons(concepts, function_words, courtesies)
