"""Which written form a text is in: its script decides between two, what was learned of the phrasings between those."""

from __future__ import annotations

import math
import re

from intents.folding import words
from intents.index import Floats, Ints
from intents.lexicon import Lexicons
from intents.models import FORMS

_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]+")
ARABIC_FORMS, LATIN_FORMS = ("ar", "ary"), ("fr", "ary-Latn")
# Digits inside Latin words stand for Arabic letters: nobody writes French so.
_ARABIZI = re.compile(r"[a-z][379][a-z]|\b[379][a-z]{2}|[a-z]{2}[379]\b", re.IGNORECASE)

# Below this confidence the form is a toss-up; `bot.language` keeps the chat's form from the same value on.
TOSS_UP = 0.75


def candidates(text: str) -> tuple[str, ...]:
    """The written forms that the script of `text` allows; all of them where it has no letters."""
    arabic = 0 if text.isascii() else len(_ARABIC.findall(text))
    latin = len("".join(_LATIN.findall(text)))
    if arabic == latin == 0:
        return FORMS
    return ARABIC_FORMS if arabic >= latin else LATIN_FORMS


class Identifier:
    """Tells the forms apart. `weights` (features x 4 forms) are learned with the topics; without them, the small
    words of the lexicons decide."""

    def __init__(self, lexicons: Lexicons, weights: Floats | None = None, bias: Floats | None = None) -> None:
        self._weights, self._bias = weights, bias
        self._forms_of: dict[str, set[int]] = {}
        for at, form in enumerate(FORMS):
            for each in lexicons.function_words.get(form, ()):
                for word in words(each):
                    self._forms_of.setdefault(word, set()).add(at)

    def identify(self, text: str, places: Ints, values: Floats) -> tuple[str, float]:
        """The form and how sure it is (0..1; .5 is a toss-up between two)."""
        allowed = candidates(text)
        scores = self._counted(text)
        if self._weights is not None and self._bias is not None and len(places):
            learned = (values @ self._weights[places] + self._bias).tolist()
            scores = [one + other for one, other in zip(scores, learned, strict=True)]
        found = {form: scores[FORMS.index(form)] for form in allowed}
        best = max(found, key=found.__getitem__)
        return best, 1.0 / sum(math.exp(score - found[best]) for score in found.values())

    def _counted(self, text: str) -> list[float]:
        scores = [0.0] * len(FORMS)
        for word in words(text):
            for at in self._forms_of.get(word, ()):
                scores[at] += 1.0
        if _ARABIZI.search(text):
            scores[FORMS.index("ary-Latn")] += 2.0
        return scores
