"""What one part needs from another, as Protocols, so that no part imports its neighbours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.applications.models import Application
from bot.messages import Chat, Incoming, Outcome, Reply
from intents.models import Content


class Clock(Protocol):
    """Now, so that tests can choose it."""

    def __call__(self) -> datetime:
        """Aware UTC."""
        ...


class Knowledge(Protocol):
    """The published content and what understands questions about it; swapped as one when staff publish."""

    @property
    def content(self) -> Content: ...

    def understand(self, text: str, *, hint_form: str | None = None) -> Any:
        """An `intents.matching.Understanding`."""
        ...


class Channel(Protocol):
    """Delivers what leaves."""

    name: str

    async def deliver(self, address: str, reply: Reply) -> str | None:
        """Send one message; returns the channel's id of it. Raises TryAgain, ChatGone or Rejected."""
        ...


class Dialogue(Protocol):
    """A guided dialogue: a small state machine whose state lives in `chat.state[name]`.

    Actions of its buttons start with its `prefix` and a colon."""

    name: str
    prefix: str

    def start(self, incoming: Incoming, chat: Chat, form: str, said: str) -> Outcome:
        """Begin (or resume). `said` is the question that led here, to take over what it already says."""
        ...

    def act(self, incoming: Incoming, chat: Chat, form: str, action: str, found: Any = None) -> Outcome:
        """A button of this dialogue was pressed; `found` answers an earlier `Need`."""
        ...

    def hear(self, incoming: Incoming, chat: Chat, form: str, found: Any = None) -> Outcome | None:
        """Free text (or a contact) while this dialogue is under way; None when it is not meant for it."""
        ...

    def meant(self, text: str, *, unsure: bool) -> bool:
        """True when `text`, which was not understood, says what this dialogue would ask for. `unsure`: there are
        guesses what it may mean, which will be offered too."""
        ...


class ApplicationSource(Protocol):
    """Where applications are looked up: the database, or a back office. Each may raise SourceUnavailable."""

    async def find(self, number: str) -> Application | None:
        """The application whose number has that key (`bot.applications.numbering.key`)."""
        ...

    async def find_many(self, numbers: list[str]) -> tuple[Application, ...]:
        """Those of several keys, unknown ones left out."""
        ...

    async def find_by_phone(self, phone: str, hashed: str) -> tuple[Application, ...]:
        """Those on which a phone stands; `hashed` is its keyed hash."""
        ...


def today(clock: Clock) -> date:
    """The day in Morocco."""
    return clock().astimezone(ZoneInfo("Africa/Casablanca")).date()
