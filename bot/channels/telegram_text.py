"""What a `Reply` looks like on Telegram: messages with escaped HTML and keyboards, as Bot API parameters."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from bot.messages import Choice, Reply

LONGEST = 4096
"""UTF-16 units of text in one message, markup not counted."""

_ENDS = (re.compile(r"\n\n"), re.compile(r"[.!?؟۔…]\s|\n"), re.compile(r"\s"))


def units(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, first: int = LONGEST, longest: int = LONGEST) -> list[str]:
    """`text` in pieces of at most `longest` units (the first: `first`), cut at paragraphs, else at sentences,
    else at words, else anywhere. Nothing but white space at the cuts is lost."""
    pieces = []
    room = first
    while units(text) > room:
        cut = _cut(text, room)
        pieces.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
        room = longest
    if text or not pieces:
        pieces.append(text)
    return pieces


def _cut(text: str, room: int) -> int:
    end = 0
    used = 0
    for character in text:
        used += 2 if character > "\uffff" else 1
        if used > room:
            break
        end += 1
    for pattern in _ENDS:
        cuts = [match.end() for match in pattern.finditer(text, 0, end)]
        if cuts and cuts[-1] > end // 2:
            return cuts[-1]
    return max(end, 1)


def messages(reply: Reply) -> list[dict[str, Any]]:
    """The messages that say `reply`: parameters of sendMessage but for the chat. Buttons hang on the last
    piece of the text; where a phone number is asked for next to other buttons, that is a message of its own,
    because a Telegram message carries one kind of keyboard only."""
    title = f"<b>{escape(reply.heading, quote=False)}</b>\n\n" if reply.heading else ""
    first = LONGEST - units(reply.heading) - 2 if reply.heading else LONGEST
    pieces = [reply.text] if len(reply.text) < 1500 else split(reply.text, first=max(first, 256))
    texts = [escape(piece, quote=False) for piece in pieces]
    texts[0] = (title + texts[0]).strip()
    made: list[dict[str, Any]] = [_message(text) for text in texts]
    asked = [choice for row in reply.choices for choice in row if choice.kind == "contact"]
    inline = [[_button(choice) for choice in row if choice.kind != "contact"] for row in reply.choices]
    inline = [row for row in inline if row]
    if inline:
        made[-1]["reply_markup"] = {"inline_keyboard": inline}
    if asked:
        if inline:
            made.append(_message(escape(asked[0].label, quote=False)))
        made[-1]["reply_markup"] = {
            "keyboard": [[{"text": choice.label, "request_contact": True}] for choice in asked],
            "resize_keyboard": True,
            "one_time_keyboard": True,
        }
    return made


def _message(text: str) -> dict[str, Any]:
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def _button(choice: Choice) -> dict[str, str]:
    return {"text": choice.label, "url" if choice.kind == "url" else "callback_data": choice.action}
