"""The matcher beside rapidfuzz's WRatio, BM25 and TF-IDF with a linear classifier, on the same questions in one run."""

from __future__ import annotations

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from bot.seeding import INTENTS, lexicons
from intents.decision import OUT_OF_SCOPE
from intents.evaluation import Question, read_questions
from intents.folding import words
from intents.index import build_vocabulary
from intents.loading import load_content
from intents.matching import Example, Matcher, examples_of
from intents.training import learn

QUESTIONS = Path("tests/understanding")
Rank = Callable[[str], str]


def questions() -> list[Question]:
    """Our own worded questions, all forms."""
    return [one for form in ("fr", "ar", "ary", "ary-Latn") for one in read_questions(QUESTIONS / f"{form}.csv")]


def run() -> None:
    """Prints one line a method: share right (top-1) and milliseconds a question; then what growth and rebuilding cost."""
    asked = questions()
    content = load_content(INTENTS)
    examples = examples_of(content)
    topics = [one for one in examples if one.label != OUT_OF_SCOPE]
    began = time.perf_counter()
    matcher = Matcher.build(examples, lexicons())
    print(f"learned {len(examples)} phrasings in {time.perf_counter() - began:.1f} s")
    methods: dict[str, Rank] = {
        "this matcher": lambda text: matcher.understand(text).ranked[0].topic,
        "rapidfuzz WRatio 1-NN": _wratio(topics),
        "BM25 1-NN": _bm25(topics),
        "TF-IDF + linear": _linear(topics),
    }
    print(f"{'method':24} {'top-1':>6} {'p50 ms':>8} {'p95 ms':>8}")
    for name, rank in methods.items():
        _print(name, rank, [one for one in asked if one.topic != OUT_OF_SCOPE])
    began = time.perf_counter()
    matcher.adapted(content)
    print(f"in force after a content change: {time.perf_counter() - began:.2f} s (learning goes on in another process)")
    many = _many(topics, 100_000)
    large = Matcher(matcher._learned, lexicons(), many)
    inside = [one for one in asked if one.topic != OUT_OF_SCOPE]
    _print(f"this, {len(many)} phrasings", lambda text: large.understand(text).ranked[0].topic, inside)
    print(
        f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB (all methods)"
    )


def _print(name: str, rank: Rank, asked: Sequence[Question]) -> None:
    right, times = 0, []
    for one in asked:
        began = time.perf_counter()
        found = rank(one.text)
        times.append((time.perf_counter() - began) * 1000)
        right += found in {one.topic, *one.also_ok}
    p50, p95 = np.percentile(times, [50, 95])
    print(f"{name:24} {right / len(asked):6.3f} {p50:8.2f} {p95:8.2f}", flush=True)


def _many(topics: Sequence[Example], size: int) -> list[Example]:
    """Phrasings multiplied by joining halves of two of the same topic: as many as staff may gather in years."""
    chance = np.random.default_rng(3)
    by_label = defaultdict(list)
    for one in topics:
        by_label[one.label].append(one.text.split())
    made = list(topics)
    while len(made) < size:
        label = topics[int(chance.integers(len(topics)))].label
        first, second = (by_label[label][int(chance.integers(len(by_label[label])))] for _ in range(2))
        made.append(Example(" ".join(first[: len(first) // 2 + 1] + second[len(second) // 2 :]), label))
    return made


def _wratio(topics: Sequence[Example]) -> Rank:
    texts = [one.text for one in topics]

    def rank(text: str) -> str:
        found = process.extractOne(text, texts, scorer=fuzz.WRatio)
        return topics[found[2]].label

    return rank


def _bm25(topics: Sequence[Example], k: float = 1.2, b: float = 0.75) -> Rank:
    documents = [words(one.text) for one in topics]
    mean = sum(map(len, documents)) / len(documents)
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for at, document in enumerate(documents):
        for word, count in Counter(document).items():
            postings[word].append((at, count * (k + 1) / (count + k * (1 - b + b * len(document) / mean))))

    def rank(text: str) -> str:
        scores: dict[int, float] = defaultdict(float)
        for word in words(text):
            idf = np.log(1 + (len(documents) - len(postings[word]) + 0.5) / (len(postings[word]) + 0.5))
            for at, weight in postings[word]:
                scores[at] += idf * weight
        return topics[max(scores, key=scores.__getitem__)].label if scores else ""

    return rank


def _linear(topics: Sequence[Example]) -> Rank:
    """Character n-grams of plain words with a linear classifier: no fold, no concepts, no neighbours."""
    from zlib import crc32

    def features(text: str) -> np.ndarray:
        framed = [f"<{word}>" for word in words(text)]
        grams = [word[at : at + n] for word in framed for n in range(2, 6) for at in range(len(word) - n + 1)]
        return np.array([crc32(gram.encode()) & 0x3FFFFF for gram in grams + framed], dtype=np.int64)

    found = [features(one.text) for one in topics]
    vocabulary = build_vocabulary(found, 2)
    vectors = [vocabulary.vector(one) for one in found]
    labels = sorted({one.label for one in topics})
    place = {label: at for at, label in enumerate(labels)}
    weights, bias = learn(vectors, [place[one.label] for one in topics], len(labels), len(vocabulary.features))

    def rank(text: str) -> str:
        places, values = vocabulary.vector(features(text))
        return labels[int((values @ weights[places] + bias).argmax())]

    return rank
