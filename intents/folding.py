"""Two readings of a word: `plain` (its own script, without accents and spelling variants) and `skeleton` (one Maghrebi
consonant skeleton for Arabic and Latin letters alike, so that `kifach`, `kifash` and `كيفاش` are one word).

The skeleton merges what people write in several ways: 7/h/ح/ه, 9/q/g/ق/گ, kh/5/خ, ch/sh/x/ش, gh/8/غ, doubled letters;
it drops vowels (also و and ي, which stand for them) inside and at the end of a word, and the article."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_LETTERS = str.maketrans("أإآٱىةؤئگڭݣکیپڤ", "ااااي" + "هوي" + "قققكيبف")
_MARKS = re.compile(r"[\u0300-\u036f\u064b-\u065f\u0670\u0640\u200b-\u200f\u2066-\u2069]")
_WORD = re.compile(r"[^\W_]+")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_REPEATED = re.compile(r"(.)\1{2,}")


@lru_cache(maxsize=512)
def plain(text: str) -> str:
    """`text` in lower case without accents, vowel marks and stretched letters; Arabic letters in one spelling;
    signs as spaces; Arabic-Indic digits as 0-9."""
    text = unicodedata.normalize("NFKD", text.translate(_DIGITS).lower())
    text = _MARKS.sub("", unicodedata.normalize("NFKC", _MARKS.sub("", text))).translate(_LETTERS)
    return " ".join(_REPEATED.sub(r"\1\1", word) for word in _WORD.findall(text))


def words(text: str) -> list[str]:
    """The words of `text` in plain reading."""
    return plain(text).split()


def is_arabic(word: str) -> bool:
    """True for a word in Arabic letters."""
    return bool(_ARABIC.search(word))


_FROM_ARABIC = str.maketrans(
    {
        "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "h", "خ": "X", "د": "d", "ذ": "d", "ر": "r", "ز": "z",
        "س": "s", "ش": "S", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "ع": "3", "غ": "G", "ف": "f", "ق": "q",
        "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "y", "ا": "a", "ء": "",
    }
)  # fmt: skip
# `kh` before `h` alone, `ch` after it: in the other order the h of kh would be taken for one of ch.
_DIGRAPHS = (("tch", "tS"), ("kh", "X"), ("gh", "G"), ("ch", "S"), ("sh", "S"), ("ph", "f"), ("qu", "k"), ("ou", "w"))
_DIGIT_LETTERS = {"5": "X", "8": "G", "7": "h", "9": "q", "2": "", "6": "t", "4": ""}
_FROM_LATIN = str.maketrans({**_DIGIT_LETTERS, "x": "S", "g": "q", "p": "b", "v": "f", "ç": "s"})
_SOFT_C = re.compile(r"c(?=[eiy])")
_DOUBLED = re.compile(r"(.)\1+")
# The feminine ending (ة, written ه on phones), which Latin letters write as a vowel.
_FINAL_H = re.compile(r"(?<=..)h$")
_VOWELS = re.compile(r"[aeiouywAEIOUYW]")
_ARABIC_ARTICLE = re.compile(r"^(?:[وفبكل]?ال|لل)(?=..)")
_LATIN_ARTICLE = re.compile(r"^(?:[wfb]?l|ell?|al)(?=[^aeiouywlh\W]..)")


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """The consonant skeleton of a word in plain reading. A word of vowels only keeps its first letter; digits stay
    as they are (`2025` is a year, not letters)."""
    if word.isdigit():
        return word
    if is_arabic(word):
        word = _ARABIC_ARTICLE.sub("", word).translate(_FROM_ARABIC)
        word = _FINAL_H.sub("", word)
    else:
        for pair, code in _DIGRAPHS:
            word = word.replace(pair, code)
        word = _LATIN_ARTICLE.sub("", word)
        word = _SOFT_C.sub("s", word).replace("c", "k").translate(_FROM_LATIN)
    word = _DOUBLED.sub(r"\1", word)
    first = word[:1].translate({ord("i"): "y", ord("u"): "w", ord("o"): "w", ord("a"): "", ord("e"): ""})
    body = _VOWELS.sub("", word[1:])
    return _DOUBLED.sub(r"\1", first + body) or word[:1]


def fold(text: str) -> str:
    """The skeletons of the words of `text`, joined by spaces."""
    return " ".join(skeleton(word) for word in words(text))
