"""Masks what could tell who somebody is, before anything is logged or shown to staff."""

from __future__ import annotations

import re

_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")

# Five digits or more, however they are grouped (phones, ids, application and account numbers), with the letters
# written before them (an id such as BE123456, a number such as EXC-2025-00417), but not the words of the sentence.
_NUMBER = re.compile(r"(?:(?<!\w)(?:[A-Za-z]{1,4}-?|[A-Z]{1,3} ))?\+?\d(?:[ .\-/]?\d){4,}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def western_digits(text: str) -> str:
    """`text` with Arabic-Indic and Persian digits as 0-9."""
    return text.translate(_ARABIC_DIGITS)


def mask(text: str) -> str:
    """`text` with numbers of five digits or more and mail addresses replaced by `•••`. Years, ages and sums of
    up to four digits stay: they tell what the question is about, not who asks."""
    return _NUMBER.sub("•••", _MAIL.sub("•••", western_digits(text)))


def mask_number(number: str) -> str:
    """An application or phone number of which only the last two characters show."""
    return "•" * max(len(number) - 2, 0) + number[-2:]
