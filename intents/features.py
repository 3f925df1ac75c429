"""A text as numbers: hashed features of its two readings and its concepts, in channels that are weighed apart.

Channels: plain words and their pairs, character n-grams of plain words, skeleton words and their pairs, character
n-grams of skeletons, concepts and their pairs."""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from intents.folding import skeleton, words
from intents.lexicon import Lexicons

BITS = 22
CHANNELS = 5
WORD, LETTERS, BONE, BONE_LETTERS, CONCEPT = range(CHANNELS)
LONGEST = 60
"""Words read of one message: the rest of a letter tells no more what it is about."""

WORDS_KEPT = 8_000
"""Words whose features are remembered: 2.3 MB, and nine words in ten of real questions."""

_MASK = (1 << BITS) - 1


def _hash(channel: int, text: str) -> int:
    return (crc32(text.encode()) & _MASK) | (channel << BITS)


def _letters(channel: int, word: str, shortest: int, longest: int) -> list[int]:
    framed = f"<{word}>"
    return [
        _hash(channel, framed[at : at + size])
        for size in range(shortest, longest + 1)
        for at in range(len(framed) - size + 1)
    ]


def of_word(word: str) -> NDArray[np.int64]:
    """The features of one word by itself, in both readings."""
    bone = skeleton(word)
    found = [_hash(WORD, word), *_letters(LETTERS, word, 2, 5), _hash(BONE, bone), *_letters(BONE_LETTERS, bone, 2, 4)]
    return np.array(found, dtype=np.int64)


class Extractor:
    """Turns texts into features. Words already seen cost a look-up."""

    def __init__(self, lexicons: Lexicons) -> None:
        self._lexicons = lexicons
        self._concepts = lru_cache(maxsize=WORDS_KEPT)(lexicons.concepts_of)
        self._of_word = lru_cache(maxsize=WORDS_KEPT)(of_word)
        self._apart = lru_cache(maxsize=WORDS_KEPT)(lexicons.apart)

    def _read(self, text: str) -> list[str]:
        seen = self._lexicons.without_courtesies(words(text))[:LONGEST]
        return [part for word in seen for part in self._apart(word)]

    def concepts(self, text: str) -> list[str]:
        """The concepts of a text, in order."""
        seen = self._read(text)
        found = [concept for word in seen for concept in self._concepts(word)]
        return found + self._lexicons.phrases_in([skeleton(word) for word in seen])

    def features(self, text: str) -> NDArray[np.int64]:
        """The feature numbers of `text`, repeated as often as they occur; the channel is in the bits above BITS."""
        seen, between = self.parts(text)
        return np.concatenate([*map(self._of_word, seen), between])

    def parts(self, text: str) -> tuple[list[str], NDArray[np.int64]]:
        """The words of `text`, each with the features `of_word` has, and the features between words and of what they
        mean."""
        seen = self._read(text)
        bones = [skeleton(word) for word in seen]
        found = [_hash(WORD, f"{one} {two}") for one, two in zip(seen, seen[1:], strict=False)]
        found += [_hash(BONE, f"{one} {two}") for one, two in zip(bones, bones[1:], strict=False)]
        grouped = [self._concepts(word) for word in seen]
        found += [_hash(CONCEPT, concept) for group in grouped for concept in group]
        found += [_hash(CONCEPT, concept) for concept in self._lexicons.phrases_in(bones)]
        meant = [group[0] for group in grouped if group]
        found += [_hash(CONCEPT, f"{one} {two}") for one, two in zip(meant, meant[1:], strict=False)]
        return seen, np.array(found, dtype=np.int64)
