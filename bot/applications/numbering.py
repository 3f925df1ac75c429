"""Application numbers as people type them.

The real numbering of the programmes is not known: the scheme is a setting, and imported numbers are taken as they
are. Two writings of one number share a `key`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from bot.privacy import western_digits

_LOOKALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_JOIN = r"[\s\-_/.,:–—]*"
_PHONE = re.compile(r"^(?:00212|212|0)[5-8]\d{8}$")
# A bare number has this many digits: shorter ones are ages, years and sums.
_BARE = re.compile(r"(?<![\w])\d(?:[ \-/.]?\d){4,11}(?![\w])")
_BARE_WORDS = re.compile(r"[^\W\d_]+")


def key(number: str) -> str:
    """`number` reduced to what distinguishes it: capitals and digits, O as 0, I and L as 1."""
    return re.sub(r"[^0-9A-Z]", "", western_digits(number).upper()).translate(_LOOKALIKE)


@dataclass(frozen=True)
class Scheme:
    """How numbers are built: PREFIX-YEAR-DIGITS, with a check character where the numbering has one."""

    prefixes: tuple[str, ...] = ("EXC", "EXP", "AGR")
    digits: int = 5
    check: str = "none"
    """`none` or `letter`."""

    def find(self, text: str, *, asked: bool = False) -> str | None:
        """The application number in `text`, as the scheme writes it (`EXC-2025-00417`), or the digits of a bare
        one. None when there is none. A bare number counts only when it was `asked` for, or when almost nothing
        else is said: a phone or a sum in a sentence is no application number."""
        plain = western_digits(text).upper()
        if found := self._pattern.search(plain):
            prefix, year, digits, check = found.groups()
            number = "-".join((prefix, year.translate(_LOOKALIKE), digits.translate(_LOOKALIKE).zfill(self.digits)))
            return number + (f"-{check}" if check else "")
        for bare in _BARE.finditer(plain):
            digits = re.sub(r"\D", "", bare.group())
            if not _PHONE.match(digits) and (asked or self._alone(plain)):
                return digits
        return None

    def valid(self, number: str) -> bool:
        """False for a typing error that the check character shows; True where there is nothing to check."""
        if self.check != "letter" or not self._pattern.search(number.upper()):
            return True
        parts = number.rsplit("-", 1)
        return len(parts) == 2 and check_character(parts[0]) == parts[1]

    def _alone(self, plain: str) -> bool:
        return len(_BARE_WORDS.findall(plain)) <= 3

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        prefixes = "|".join(re.escape(prefix) for prefix in self.prefixes)
        check = rf"(?:{_JOIN}([A-Z0-9]))?" if self.check != "none" else "()"
        return re.compile(
            rf"(?<![A-Z])({prefixes}){_JOIN}([0-9OIL]{{4}}){_JOIN}([0-9OIL]{{1,{self.digits}}}){check}(?![0-9A-Z])"
        )


def check_character(body: str) -> str:
    """The check letter of `body`: a weighted sum modulo 23 (prime, so that any one wrong character and any swap of
    neighbours changes it)."""
    value = 0
    for letter in key(body):
        value = (value * 31 + int(letter, 36)) % 23
    return "TRWAGMYFPDXBNJZSQVHLCKE"[value]
