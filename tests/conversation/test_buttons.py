"""Every button that can be reached: short enough for Telegram, alive, and readable in Arabic."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.applications.models import STATES, Application
from bot.dialogues.status import Found
from bot.messages import Chat, Reply
from tests.talking import FORMS, NOW, Talk, buttons, shown

ISOLATED = re.compile("\u2068[^\u2069]*\u2069")
OUTSIDE = re.compile(r"[A-Za-zÀ-ÿ0-9]")
NUMBERED = re.compile(r"\d+")


def everything(talk: Talk, form: str) -> Iterator[Reply]:
    """All replies that buttons lead to, each kind of button pressed once, from the state it was shown in."""
    waiting: list[tuple[str, Chat]] = []
    seen: set[str] = set()
    files = tuple(
        Application(f"EXC-2025-0000{at}", "excellence", state, NOW.date(), "CIN", "Fès", NOW.date(), "05 35 00 00 00")
        for at, state in enumerate(STATES)
    )
    for opening in ("/start", "/menu", "/privacy", "/check", "/checklist", "/status", "/language"):
        talk.anew(form).say(opening)
        for step in ("", "EXC-2025-00417", "1234"):
            if step and opening == "/status":
                talk.found = Found("ok", files, frozenset(["EXC202500000"]))
                talk.say(step)
            for reply in talk.outcome.replies:
                yield reply
                waiting += [(choice.action, talk.chat) for choice in buttons(reply) if choice.kind == "button"]
    while waiting:
        action, chat = waiting.pop(0)
        alike = NUMBERED.sub("0", action)
        if alike in seen or action.startswith("l:"):
            continue
        seen.add(alike)
        talk.chat = chat
        if action.startswith("s:"):
            talk.found = Found("ok", files[:1])
        talk.press(action)
        for reply in talk.outcome.replies:
            yield reply
            waiting += [(choice.action, talk.chat) for choice in buttons(reply) if choice.kind == "button"]


@pytest.mark.parametrize("form", FORMS)
def test_every_button_works_fits_and_reads_in_its_direction(talk: Talk, form: str) -> None:
    pressed, unheard = set(), talk.anew(form).press("unheard:of")
    for reply in everything(talk, form):
        for choice in buttons(reply):
            assert 1 <= len(choice.action.encode()) <= 64 or choice.kind == "contact"
            assert choice.action.isascii()
            assert 1 <= len(choice.label) <= 100
            pressed.add(choice.action)
        assert reply.text
        assert len(reply.text) < 4096
        assert not re.search(r"[{}]", reply.text)
        if reply.form in ("ar", "ary"):
            for text in shown(reply):
                assert not OUTSIDE.search(ISOLATED.sub("", text)), text
        assert reply.text != unheard.text or "e:start" in pressed
    assert len(pressed) > 120
