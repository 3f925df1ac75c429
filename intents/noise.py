"""Spoils questions as phones and hurried people do: a robustness set made from the test questions."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from intents.evaluation import Question

SEED = 11
_POLITE = {
    "fr": ("Bonjour, s'il vous plaît, ", ", merci beaucoup"),
    "ar": ("السلام عليكم، من فضلكم ", " وشكرا جزيلا"),
    "ary": ("السلام عليكم عافاكم ", " الله يحفظكم"),
    "ary-Latn": ("salam 3afak ", " choukran bzaf lah y7efdek"),
}
_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn", "ضصثقفغعهخحج", "شسيبلاتنمك", "ئءؤرىةوزظ")


def _each_word(change: Callable[[str, random.Random], str], share: float) -> Callable[[str, str, random.Random], str]:
    def spoil(text: str, lang: str, chance: random.Random) -> str:
        return " ".join(
            change(word, chance) if len(word) > 3 and chance.random() < share else word for word in text.split(" ")
        )

    return spoil


def _drop_vowel(word: str, chance: random.Random) -> str:
    places = [at for at in range(1, len(word) - 1) if word[at] in "aeiouyéèاوي"]
    return word[: (at := chance.choice(places))] + word[at + 1 :] if places else word


def _double(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word))
    return word[:at] + word[at] + word[at:]


def _swap(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _neighbour(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    row = next((row for row in _ROWS if word[at] in row), None)
    if row is None:
        return word
    near = row[max(0, row.index(word[at]) - 1) : row.index(word[at]) + 2].replace(word[at], "")
    return word[:at] + chance.choice(near) + word[at + 1 :]


def _join(text: str, lang: str, chance: random.Random) -> str:
    return re.sub(" ", lambda _: "" if chance.random() < 0.25 else " ", text)


def _table(**pairs: str) -> Callable[[str, str, random.Random], str]:
    def spoil(text: str, lang: str, chance: random.Random) -> str:
        for old, new in pairs.items():
            text = text.replace(old, new)
        return text

    return spoil


def _no_accents(text: str, lang: str, chance: random.Random) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _digits(text: str, lang: str, chance: random.Random) -> str:
    """Arabizi with letters for digits, and digits for letters, half of the time each."""
    if lang != "ary-Latn":
        return text
    if chance.random() < 0.5:
        return text.replace("3", "a").replace("7", "h").replace("9", "q")
    return text.replace("kh", "5").replace("gh", "8").replace("ch", "x")


def _indic(text: str, lang: str, chance: random.Random) -> str:
    return text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if lang in ("ar", "ary") else text


def _emojis(text: str, lang: str, chance: random.Random) -> str:
    return f"{chance.choice('🙏😊🤔')} {text} {chance.choice('🙏😭👍')}{chance.choice('🙏❤!')}"


def _polite(text: str, lang: str, chance: random.Random) -> str:
    before, after = _POLITE.get(lang, _POLITE["fr"])
    return before + text + after


KINDS: dict[str, Callable[[str, str, random.Random], str]] = {
    "vowels dropped": _each_word(_drop_vowel, 0.4),
    "letters doubled": _each_word(_double, 0.3),
    "letters swapped": _each_word(_swap, 0.2),
    "wrong keys": _each_word(_neighbour, 0.2),
    "spaces missing": _join,
    "ة as ه": _table(ة="ه"),
    "ى as ي": _table(ى="ي", ي="ى"),
    "hamza lost": _table(أ="ا", إ="ا", آ="ا"),
    "accents lost": _no_accents,
    "digits and letters": _digits,
    "arabic digits": _indic,
    "emojis": _emojis,
    "politeness": _polite,
}
"""Each kind of noise by name."""


def noisy(questions: Sequence[Question], kind: str) -> list[Question]:
    """The questions spoilt in one way; the same every time."""
    chance = random.Random(f"{SEED} {kind}")
    return [replace(one, text=KINDS[kind](one.text, one.lang, chance)) for one in questions]
