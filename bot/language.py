"""Which written form to answer in."""

from __future__ import annotations

import re

from bot.messages import Chat

# Below this, the identifier's own confidence says that the form is a toss-up: the chat's form is kept.
# Short messages carry too little to tell neighbours (ar/ary, fr/ary-Latn) apart: their script alone is believed.
SURE = 0.75
SHORT_WORDS = 2

_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]")


def script(text: str) -> str | None:
    """`arab`, `latn`, or None where the text has no letters."""
    arabic, latin = len(_ARABIC.findall(text)), len(_LATIN.findall(text))
    if arabic == latin == 0:
        return None
    return "arab" if arabic >= latin else "latn"


def form_script(form: str) -> str:
    """The script a written form is written in."""
    return "arab" if form in ("ar", "ary") else "latn"


def from_code(code: str | None) -> str:
    """The form to greet in, from what the person's app says (BCP 47): Arabic for Arabic, else French."""
    return "ar" if (code or "").lower().split("-")[0] in ("ar", "ary", "shi", "ber") else "fr"


def choose(chat: Chat, text: str, seen: str, confidence: float, code: str | None = None) -> str:
    """The form to answer `text` in. An explicit choice wins; a short or doubtful message keeps the chat's form
    where the script allows it; otherwise what was recognised (`seen`, with `confidence` 0..1)."""
    if chat.chosen:
        return chat.chosen
    written = script(text)
    if written is None:
        return chat.form or from_code(code)
    doubtful = confidence < SURE or len(text.split()) <= SHORT_WORDS
    if chat.form and doubtful and form_script(chat.form) == written:
        return chat.form
    return seen
