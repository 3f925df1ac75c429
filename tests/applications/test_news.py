"""Agreeing to news: buttons only, taken back at once, stored for whom it is."""

from __future__ import annotations

from pathlib import Path

from bot.dialogues.news import NewsDialogue
from bot.messages import Chat, Incoming, Outcome
from bot.seeding import INTENTS
from bot.texts import Texts
from intents.eligibility import load_check
from intents.models import FORMS
from tests.conftest import NOW

CHECK = load_check(Path(INTENTS) / "eligibility.yaml")


def press(chat: Chat, action: str, form: str = "fr") -> Outcome:
    incoming = Incoming("telegram", "7", "1", NOW, kind="action", action=f"b:{action}")
    return NewsDialogue(lambda: CHECK, Texts()).act(incoming, chat, form, action)


def test_yes_is_stored_at_once_and_narrowed_by_taps() -> None:
    outcome = press(Chat("telegram", "7"), "on")
    assert outcome.effects[0].data == {"on": True}
    outcome = press(outcome.chat, "p:export")
    outcome = press(outcome.chat, "r:fes")
    assert outcome.effects[0].data == {"on": True, "programme": "export", "region": "fes"}
    outcome = press(outcome.chat, "p:all")
    assert outcome.effects[0].data["programme"] == ""
    outcome = press(outcome.chat, "off")
    assert outcome.effects[0].data == {"on": False} and "news" not in outcome.chat.state


def test_asking_and_nonsense_store_nothing() -> None:
    for action in ("ask", "p:nothing", "r:nowhere", "x"):
        assert press(Chat("telegram", "7"), action).effects == ()
    incoming = Incoming("telegram", "7", "1", NOW, text="oui")
    assert NewsDialogue(lambda: CHECK, Texts()).hear(incoming, Chat("telegram", "7"), "fr") is None


def test_every_step_speaks_every_form_and_fits_a_button() -> None:
    for form in FORMS:
        for action in ("ask", "on", "p:all", "r:all", "off"):
            (reply,) = press(Chat("telegram", "7"), action, form).replies
            assert reply.form == form and reply.text
            assert all(len(choice.action.encode()) <= 64 for row in reply.choices for choice in row)
