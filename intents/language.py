"""Which written form a text is in: its script decides between two, what was learned of the phrasings between those."""

from __future__ import annotations

import re

import numpy as np

from intents.folding import words
from intents.index import Floats, Ints
from intents.lexicon import Lexicons
from intents.models import FORMS

_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]")
ARABIC_FORMS, LATIN_FORMS = ("ar", "ary"), ("fr", "ary-Latn")
# Digits inside Latin words stand for Arabic letters: nobody writes French so.
_ARABIZI = re.compile(r"[a-z][379][a-z]|\b[379][a-z]{2}|[a-z]{2}[379]\b", re.IGNORECASE)

# Below this confidence the form is a toss-up; `bot.language` keeps the chat's form from the same value on.
TOSS_UP = 0.75


def candidates(text: str) -> tuple[str, ...]:
    """The written forms that the script of `text` allows; all of them where it has no letters."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if arabic == latin == 0:
        return FORMS
    return ARABIC_FORMS if arabic >= latin else LATIN_FORMS


class Identifier:
    """Tells the forms apart. `weights` (features x 4 forms) are learned with the topics; without them, the small
    words of the lexicons decide."""

    def __init__(self, lexicons: Lexicons, weights: Floats | None = None, bias: Floats | None = None) -> None:
        self._weights, self._bias = weights, bias
        self._small = {form: frozenset(w for each in lexicons.function_words.get(form, ()) for w in words(each))
                       for form in FORMS}

    def identify(self, text: str, places: Ints, values: Floats) -> tuple[str, float]:
        """The form and how sure it is (0..1; .5 is a toss-up between two)."""
        allowed = candidates(text)
        scores = self._counted(text)
        if self._weights is not None and self._bias is not None and len(places):
            scores = scores + values @ self._weights[places] + self._bias
        at = [FORMS.index(form) for form in allowed]
        chances = np.exp(scores[at] - scores[at].max())
        chances /= chances.sum()
        best = int(chances.argmax())
        return allowed[best], float(chances[best])

    def _counted(self, text: str) -> Floats:
        seen = words(text)
        scores = np.array([sum(word in self._small[form] for word in seen) for form in FORMS], np.float32)
        if _ARABIZI.search(text):
            scores[FORMS.index("ary-Latn")] += 2.0
        return scores
