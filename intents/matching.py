"""Understands questions: features, what was learned of all phrasings, and the nearest phrasings, combined into ranked
topics with scores that mean "how often this is right". Numpy alone at run time; learning is in `training`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from intents.decision import OUT_OF_SCOPE, Decision, decide
from intents.features import WORDS_KEPT, Extractor, of_word
from intents.folding import fold, plain, words
from intents.index import (
    LEARNED_WEIGHTS,
    LIKENESS_WEIGHTS,
    Floats,
    Ints,
    Vocabulary,
    build_index,
    build_vocabulary,
)
from intents.language import TOSS_UP, Identifier, candidates
from intents.learned import Example, Learned, read_learned, write_learned
from intents.lexicon import Lexicons
from intents.models import FORMS, Content

__all__ = ["Example", "Matcher", "Ranked", "Understanding", "examples_of"]

# Raised when the features or the learning change: files learned before are then not used any more.
METHOD = 7
NEIGHBOURS = 20
# How much the nearest phrasing adds to what was learned, and its weight where a class has too few examples to learn
# from (fewer than LEARNABLE on average): then the neighbours decide alone.
NEAR_WEIGHT, NEAR_ALONE, LEARNABLE = 3.0, 24.0, 3.0
# Feature seen in one text only: kept where there are too few texts to be choosy.
FEW_TEXTS = 3000
# A phrasing this like the question is nearly the question itself: what was learned must not outvote it.
SAME, SAME_WEIGHT, EXACT = 0.8, 6.0, 1.5
# Taken off the out-of-scope score: its examples are three times as many as any topic's, so it is learned too eagerly
# (chosen together with the thresholds, see `decision`).
OUTSIDE_DISCOUNT = 1.0


@dataclass(frozen=True)
class Ranked:
    """A topic and how sure it is the right one (0..1)."""

    topic: str
    score: float


@dataclass(frozen=True)
class Understanding:
    """How one text was understood."""

    text: str
    form: str
    form_confidence: float
    decision: Decision
    ranked: tuple[Ranked, ...]
    """Best first; out of scope is not among them."""
    options: tuple[str, ...] = ()
    """The topics to offer when the decision is `clarify`: at most three."""
    out_of_scope: float = 0.0
    """How sure it is that nothing here is meant (0..1)."""


def examples_of(content: Content) -> list[Example]:
    """All phrasings of `content`, its out-of-scope examples among them."""
    found = [
        Example(text, topic.id, form)
        for topic in content.topics.values()
        for form, texts in topic.phrasings.items()
        for text in texts
    ]
    return found + [Example(text, OUT_OF_SCOPE, form) for form, texts in content.out_of_scope.items() for text in texts]


class Matcher:
    """Understands; immutable, so that it can be swapped while others use it."""

    def __init__(
        self,
        learned: Learned,
        lexicons: Lexicons,
        examples: Sequence[Example] | None = None,
        like: Matcher | None = None,
    ) -> None:
        """`examples` replace those that were learned: new ones are found by likeness at once. `like`, a matcher of the
        same `learned`, lends what it has read, so that only what is new costs time."""
        self._learned = learned
        self._lexicons = lexicons
        self._extractor: Extractor = like._extractor if like else Extractor(lexicons)
        self._of_word: Callable[[str], Ints] = like._of_word if like else _reader(learned.vocabulary)
        wanted = dict.fromkeys(examples if examples is not None else learned.examples)
        known = frozenset(learned.examples)
        added = [one for one in wanted if one not in known]
        self._examples = (*learned.examples, *added)
        self.labels = tuple(dict.fromkeys([*learned.labels, *(one.label for one in added)]))
        place = {label: at for at, label in enumerate(self.labels)}
        # The place of each example's label; -1 for one that was learned but is no longer wanted.
        self._label_of = np.array([place[one.label] if one in wanted else -1 for one in self._examples], np.int32)
        self._dropped = bool((self._label_of < 0).any())
        self._index = learned.index
        self._added = build_index([self._vector(one.text) for one in added], learned.vocabulary) if added else None
        present = {one.label for one in wanted}
        self._place = place
        self._absent = np.array([at for label, at in place.items() if label not in present], np.int32)
        kept: dict[str, str] = like._plain if like else {}
        self._plain: dict[str, str] = {one.text: kept.get(one.text) or plain(one.text) for one in wanted}
        self._exact = {self._plain[one.text]: one.label for one in wanted}
        weights = learned.form_weights if len(learned.form_weights) else None
        self._identifier = Identifier(lexicons, weights, learned.form_bias)

    @classmethod
    def build(
        cls, examples: Sequence[Example], lexicons: Lexicons, progress: Callable[[float], None] = lambda share: None
    ) -> Matcher:
        """Learns `examples` anew. The same examples give the same matcher."""
        from intents.training import learn

        extractor = Extractor(lexicons)
        found = [extractor.features(one.text) for one in examples]
        labels = tuple(sorted({one.label for one in examples}))
        learnable = len(examples) >= LEARNABLE * len(labels)
        channels = LEARNED_WEIGHTS if learnable else LIKENESS_WEIGHTS
        vocabulary = build_vocabulary(found, 2 if learnable and len(examples) >= FEW_TEXTS else 1, channels)
        vectors = [vocabulary.vector(one) for one in found]
        size = len(vocabulary.features)
        weights, bias = np.empty((0, len(labels)), np.float32), np.zeros(len(labels), np.float32)
        if learnable:
            place = {label: at for at, label in enumerate(labels)}
            weights, bias = learn(vectors, [place[one.label] for one in examples], len(labels), size, progress)
        form_weights, form_bias = np.empty((0, len(FORMS)), np.float32), np.zeros(len(FORMS), np.float32)
        if all(one.form in FORMS for one in examples):
            forms = [FORMS.index(one.form) for one in examples if one.form]
            form_weights, form_bias = learn(vectors, forms, len(FORMS), size)
        index = build_index(vectors, vocabulary)
        learned = Learned(
            vocabulary, labels, weights.astype(np.float16), bias, form_weights, form_bias, tuple(examples), index
        )
        return cls(learned, lexicons)

    @staticmethod
    def fingerprint(content: Content, lexicons: Lexicons) -> str:
        """Names what is learned of this content with these lexicons by this method."""
        rows = sorted((one.label, one.form or "", one.text) for one in examples_of(content))
        return hashlib.sha256(repr((METHOD, lexicons.fingerprint, rows)).encode()).hexdigest()[:24]

    def adapted(self, content: Content) -> Matcher:
        """A matcher of `content` with what this one learned: in force at once, until learning is through."""
        return Matcher(self._learned, self._lexicons, examples_of(content), like=self)

    def understand(self, text: str, *, hint_form: str | None = None) -> Understanding:
        """How `text` is understood. `hint_form` is the form of the chat: it is taken where the form of `text` is
        a toss-up and its script allows it."""
        places, values = self._vector(text)
        form, sure = self._identifier.identify(text, places, values)
        if hint_form in candidates(text) and sure < TOSS_UP:
            form = hint_form
        scores, _, _ = self._scores(text, places, values)
        order = np.argsort(-scores, kind="stable")[:6]
        ranked = [(self.labels[at], float(scores[at])) for at in order]
        decision, options = decide(ranked, form)
        shown = tuple(Ranked(label, score) for label, score in ranked if label != OUT_OF_SCOPE)
        outside = next((score for label, score in ranked if label == OUT_OF_SCOPE), 0.0)
        return Understanding(text, form, sure, decision, shown, options, outside)

    def explain(self, text: str) -> dict[str, Any]:
        """How `text` was read: words, skeletons, concepts, nearest phrasings, scores, decision. JSON."""
        places, values = self._vector(text)
        _, near, similar = self._scores(text, places, values)
        understood = self.understand(text)
        nearest = [
            {"phrasing": self._examples[at].text, "topic": self._examples[at].label, "likeness": round(float(how), 3)}
            for at, how in list(zip(near, similar, strict=True))[:5]
        ]
        return {
            "words": words(text),
            "skeletons": fold(text).split(),
            "concepts": self._extractor.concepts(text),
            "form": understood.form,
            "form_confidence": round(understood.form_confidence, 3),
            "nearest": nearest,
            "exact": plain(text) in self._exact,
            "ranked": [{"topic": one.topic, "score": round(one.score, 3)} for one in understood.ranked],
            "out_of_scope": round(understood.out_of_scope, 3),
            "decision": understood.decision,
            "options": list(understood.options),
        }

    def _vector(self, text: str) -> tuple[Ints, Floats]:
        seen, between = self._extractor.parts(text)
        vocabulary = self._learned.vocabulary
        return vocabulary.weighed(np.concatenate([*map(self._of_word, seen), vocabulary.places(between)]))

    def _scores(self, text: str, places: Ints, values: Floats) -> tuple[Floats, Ints, Floats]:
        """Score of each label (0..1), and the nearest examples with their likeness."""
        near, similar = self._nearest(places, values)
        closest = np.zeros(len(self.labels), np.float32)
        closest[self._label_of[near[::-1]]] = similar[::-1]  # the nearest is written last, so it stays
        if (exact := self._exact.get(plain(text))) is not None:
            closest[self._place[exact]] = EXACT
        learned = self._learned
        if len(learned.weights):
            raw = np.full(len(self.labels), -6.0, np.float32)
            raw[: len(learned.labels)] = values @ learned.weights[places].astype(np.float32) + learned.bias
            if len(self.labels) > len(learned.labels):
                raw[len(learned.labels) :] = raw[: len(learned.labels)].mean()
            raw += NEAR_WEIGHT * closest + SAME_WEIGHT * np.maximum(closest - SAME, 0)
            if OUT_OF_SCOPE in self._place:
                raw[self._place[OUT_OF_SCOPE]] -= OUTSIDE_DISCOUNT
        else:
            raw = NEAR_ALONE * closest
        raw[self._absent] = -30.0
        return _softmax(raw), near, similar

    def _nearest(self, places: Ints, values: Floats) -> tuple[Ints, Floats]:
        """The nearest wanted examples, nearest first, and their likeness."""
        near, similar = self._index.nearest(places, values, NEIGHBOURS)
        if self._dropped:
            wanted = self._label_of[near] >= 0
            near, similar = near[wanted], similar[wanted]
        if self._added is None:
            return near, similar
        more, likeness = self._added.nearest(places, values, NEIGHBOURS)
        near = np.concatenate([near, more + len(self._learned.examples)]).astype(np.int32)
        similar = np.concatenate([similar, likeness])
        order = np.argsort(-similar, kind="stable")[:NEIGHBOURS]
        return near[order], similar[order]

    def save(self, path: Path) -> None:
        """Writes what was learned to `path` (.npz), whole or not at all."""
        write_learned(path, self._learned)

    @classmethod
    def load(cls, path: Path, content: Content, lexicons: Lexicons) -> Matcher:
        """The matcher of a file, for `content`. Raises ValueError or OSError for a file that cannot be read."""
        return cls(read_learned(path), lexicons, examples_of(content))


def _reader(vocabulary: Vocabulary) -> Callable[[str], Ints]:
    """The known features of one word; words already seen cost a look-up."""
    return lru_cache(WORDS_KEPT)(lambda word: vocabulary.places(of_word(word)))


def _softmax(raw: Floats) -> Floats:
    chances = np.exp(raw - raw.max())
    shares: Floats = chances / chances.sum()
    return shares
