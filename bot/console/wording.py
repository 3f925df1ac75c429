"""The faults of the content in the words of the console. The checks speak English, as the command line does; each of
their sentences is recognised here (a test goes through them all)."""

from __future__ import annotations

import re

_HERE = r"^(?:(?:fact )?(?P<id>[a-z0-9_]+)(?: \((?P<form>[\w-]+)\))?: )?"
_SENTENCES = {
    "follow_up": r"follow-up to nowhere: (?P<value>.*)",
    "follow_ups": r"needs one to three follow-ups, has (?P<value>\d+)",
    "form": r"the form (?P<value>\S+) is missing",
    "few": r"(?P<value>\d+) phrasings, needs (?P<most>\d+)",
    "phrasing_script": r"wrong script: (?P<value>.*)",
    "title": r"the title has (?P<value>\d+) characters, at most (?P<most>\d+) .*",
    "placeholder": r"unknown placeholder (?P<value>.*)",
    "brace": r"a \{ that begins no placeholder",
    "script": r"the answer is in the wrong script",
    "unknown_uses": r"the text for unknown facts uses (?P<value>\{\w+\}), which is unknown itself",
    "no_unknown": r"no text for the case that (?P<value>.*) is unknown \(as it is today\)",
    "long": r"the answer has (?P<value>\d+) characters, at most (?P<most>\d+)",
    "shared": r"phrasing shared by (?P<first>\S+) and (?P<other>[a-z0-9_]+): (?P<value>.*)",
    "no_words": r"a phrasing without words: (?P<value>.*)",
    "outside": r"out of scope, but a phrasing of (?P<other>[a-z0-9_]+): (?P<value>.*)",
    "as_of": r"as_of is .*",
    "source": r"no source",
    "mark": r"mark must be one of .*",
    "values": r"no value in (?P<value>.*)",
}
_PATTERNS = {code: re.compile(_HERE + sentence + "$", re.DOTALL) for code, sentence in _SENTENCES.items()}
CODES = (*_SENTENCES, "empty", "number", "day", "other")
"""Each has a text `check.<code>`."""

HARMLESS = frozenset({"few"})
"""Worth saying, no reason not to publish."""


def worded(message: str) -> dict[str, str]:
    """A fault as `code`, `form` (perhaps empty) and the values of its text."""
    for code, pattern in _PATTERNS.items():
        if found := pattern.match(message):
            return {"value": "", "most": "", "other": "", "first": "", **_given(found), "code": code}
    return fault("other", value=message)


def fault(code: str, form: str = "", value: str = "") -> dict[str, str]:
    """A fault that the console found itself."""
    return {"code": code, "form": form, "value": value, "most": "", "other": "", "first": "", "id": ""}


def _given(found: re.Match[str]) -> dict[str, str]:
    return {name: value or "" for name, value in found.groupdict().items()}
