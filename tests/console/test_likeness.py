"""Clusters, word differences, comparison of understanding, and the wording of faults."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from datetime import date

from bot.console.diffing import word_diff
from bot.console.wording import CODES, worded
from bot.texts import Texts
from intents.clustering import cluster
from intents.comparing import compare
from intents.models import FORMS, Answer, Content, Fact, Topic
from intents.validation import check_content

DAY = date(2026, 11, 29)


def test_the_same_question_in_both_scripts_is_one_cluster() -> None:
    asked = [("شحال نخلص ف لامو كول شهر", 2), ("xhal nkhls f lamo kol xhr", 5), ("où déposer mon dossier", 1)]
    first, second = cluster(asked)
    assert (first.count, sorted(first.items)) == (7, [0, 1])
    assert list(second.texts) == ["où déposer mon dossier"]


def test_every_question_stands_in_one_cluster() -> None:
    letters = random.Random(1)
    asked = [("".join(letters.choice("abdeilmnorst ") for _ in range(20)), 1) for _ in range(500)]
    found = cluster(asked)
    assert sorted(at for one in found for at in one.items) == list(range(500))
    assert sum(one.count for one in found) == 500


def test_ten_thousand_questions_in_less_than_five_seconds() -> None:
    letters = random.Random(2)
    words = ["".join(letters.choice("abdeilmnorstkz") for _ in range(6)) for _ in range(400)]
    asked = [(" ".join(letters.choices(words, k=6)), 1) for _ in range(10_000)]
    began = time.process_time()
    cluster(asked)
    assert time.process_time() - began < 5


def test_word_differences_give_both_texts_back() -> None:
    before, after = "Le guichet ouvre à 9 h, lundi.", "Le guichet ouvre à 10 h, mardi et jeudi."
    pieces = word_diff(before, after)
    assert "".join(text for kind, text in pieces if kind != "new") == before
    assert "".join(text for kind, text in pieces if kind != "gone") == after
    assert ("gone", "9") in pieces


@dataclass
class Understood:
    decision: str
    ranked: tuple[Topic, ...] = ()


class Parrot:
    """Understands what it was told."""

    def __init__(self, **known: str) -> None:
        self.known = known

    def understand(self, text: str, *, hint_form: str | None = None) -> Understood:
        if text not in self.known:
            return Understood("fallback")

        @dataclass
        class One:
            topic: str

        return Understood("answer", (One(self.known[text]),))  # type: ignore[arg-type]


def test_only_what_is_answered_otherwise_is_told() -> None:
    before, after = Parrot(a="x", b="y"), Parrot(a="x", b="z", c="x")
    found = compare(before, after, [("a", "fr"), ("b", "fr"), ("c", "fr"), ("d", "fr")])
    assert [(one.text, one.before.topic, one.after.topic) for one in found] == [("b", "y", "z"), ("c", None, "x")]


def broken() -> Content:
    """Content with every fault that a topic or fact can have."""
    answer = Answer("t" * 40, "Le {nothing} et { à " + "x" * 700 + " {hidden}.", "Encore {hidden}.")
    arabic = Answer("titre", "du français ici", None)
    answers = {"fr": answer, "ar": arabic, "ary": replace(arabic, text="{hidden} عند الغرفة فالمدينة ديالكم")}
    phrasings = {"fr": ("le même", "!!!"), "ar": ("des lettres latines",)}
    one = Topic("one", "g", ("nowhere", "one", "two", "two"), None, answers, phrasings)
    two = Topic("two", "g", (), None, {}, {"fr": ("le même",)})
    label = {"fr": "f", "ar": "ف"}
    facts = {
        "hidden": Fact("hidden", label, None, as_of="hier"),
        "bare": Fact("bare", label, {"fr": "a"}, as_of="2026-01"),
    }
    return Content({"one": one, "two": two}, facts, (), {"fr": ("le même",)})


def test_every_fault_has_words_in_both_languages() -> None:
    said = [worded(problem.message) for problem in check_content(broken(), DAY)]
    assert {one["code"] for one in said} == set(CODES) - {"empty", "number", "day", "other"}
    texts = Texts("console")
    for code in CODES:
        for language in ("fr", "ar"):
            assert texts.get(language, f"check.{code}", value="v", most="1", other="o", first="f")
    assert {one["form"] for one in said} <= {"", *FORMS}
