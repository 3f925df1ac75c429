"""A person who talks with the real conversation, without a database or a channel. A plugin of `tests/conftest.py`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.applications.numbering import Scheme
from bot.conversation import Conversation
from bot.dialogues.eligibility import EligibilityDialogue
from bot.dialogues.handover import HandoverDialogue, OpeningHours
from bot.dialogues.news import NewsDialogue
from bot.dialogues.status import Found, StatusDialogue
from bot.messages import Chat, Choice, Incoming, Outcome, Reply
from bot.ports import Clock, Knowledge
from bot.seeding import INTENTS
from bot.texts import Texts
from intents.eligibility import Check, load_check
from intents.matching import Matcher, Understanding
from intents.models import Content
from intents.slots import Slots
from intents.states import State, load_states
from tests import learned

NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
"""A Monday within the staff's hours."""
FORMS = ("fr", "ar", "ary", "ary-Latn")
TEXTS = Texts()
SLOTS = Slots.load()


@dataclass
class Rules:
    """The guided check in force."""

    check: Check


def conversation(knowledge: Knowledge, rules: Rules, states: Mapping[str, State], clock: Clock) -> Conversation:
    """Put together as `bot.app` does."""
    return Conversation(
        knowledge,
        TEXTS,
        [
            HandoverDialogue(OpeningHours("1-5 09:00-16:30"), TEXTS, clock),
            StatusDialogue(Scheme(), lambda: states, TEXTS, clock),
            EligibilityDialogue(lambda: rules.check, SLOTS, knowledge, TEXTS, clock),
            NewsDialogue(lambda: rules.check, TEXTS),
        ],
        clock,
    )


class Talk:
    """One person's chat. `say`, `press` and `send` return the last reply; what else followed is in `outcome`."""

    def __init__(self, spoken_to: Conversation, now: datetime) -> None:
        self.conversation = spoken_to
        self.now = now
        self.chat = Chat("telegram", "1")
        self.found: Any = Found("refused")
        self.code: str | None = None
        self.outcome = Outcome(self.chat)
        self._ids = itertools.count()

    def anew(self, form: str | None = None, channel: str = "telegram", code: str | None = None) -> Talk:
        """Somebody else: who chose `form`, or chose nothing and whose app says `code`."""
        self.chat = Chat(channel, "1", form=form, chosen=form)
        self.code = code
        return self

    def say(self, text: str, **more: Any) -> Reply:
        """Writes `text`."""
        return self.send(text=text, **more)

    def press(self, action: str) -> Reply:
        """Presses the button that carries `action`."""
        return self.send(kind="action", action=action, message_ref="7")

    def tap(self, start: str) -> Reply:
        """Presses the button of the last reply whose action begins so."""
        return self.press(next(choice.action for choice in buttons(self.reply) if choice.action.startswith(start)))

    def send(self, **what: Any) -> Reply:
        """Sends anything. What must be looked up is found to be `self.found`."""
        incoming = Incoming(self.chat.channel, "1", str(next(self._ids)), self.now, language_code=self.code, **what)
        outcome = self.conversation.respond(incoming, self.chat)
        if outcome.need:
            outcome = self.conversation.respond(incoming, self.chat, self.found)
        self.outcome = replace(outcome)
        self.chat = outcome.chat
        return self.reply if outcome.replies else Reply("")

    @property
    def reply(self) -> Reply:
        """The last reply."""
        return self.outcome.replies[-1]


def buttons(reply: Reply) -> list[Choice]:
    """All buttons of `reply`, in order."""
    return [choice for row in reply.choices for choice in row]


def actions(reply: Reply) -> list[str]:
    """What the buttons of `reply` send."""
    return [choice.action for choice in buttons(reply)]


def shown(reply: Reply) -> Iterator[str]:
    """Everything of `reply` that a person reads."""
    yield from (reply.heading, reply.text)
    yield from (choice.label for choice in buttons(reply))


def bare(text: str) -> str:
    """`text` without bidi isolates."""
    return text.replace("\u2068", "").replace("\u2069", "")


class Known:
    """`bot.ports.Knowledge` of the repository's content."""

    def __init__(self, content: Content, matcher: Matcher) -> None:
        self.content = content
        self._matcher = matcher

    def understand(self, text: str, *, hint_form: str | None = None) -> Understanding:
        return self._matcher.understand(text, hint_form=hint_form)


@pytest.fixture(scope="session")
def content() -> Content:
    """All topics, facts and clarifications as they stand in `intents/`."""
    return learned.content()


@pytest.fixture(scope="session")
def check() -> Check:
    """The guided check as published."""
    return load_check(INTENTS / "eligibility.yaml")


@pytest.fixture
def rules(check: Check) -> Rules:
    """The rules in force, which a test may change."""
    return Rules(check)


@pytest.fixture
def talk(content: Content, rules: Rules) -> Talk:
    """A new person on Telegram, before the real conversation with all its dialogues."""
    states = load_states(INTENTS / "states.yaml")
    return Talk(conversation(Known(content, learned.matcher()), rules, states, lambda: NOW), NOW)
