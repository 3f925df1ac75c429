"""What people send and what they get, free of any channel: frozen dataclasses and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["text", "action", "contact", "voice", "sticker", "photo", "location", "document", "edited", "other"]


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number shared by one tap."""

    phone: str
    own: bool
    """True only where the channel vouches that the number is the sender's own."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person sent."""

    channel: str
    """`telegram`, `web` or `terminal`."""
    address: str
    """The chat within its channel."""
    update_id: str
    """Unique within the channel: a redelivered update carries the same one."""
    at: datetime
    """Aware UTC."""
    kind: Kind = "text"
    text: str = ""
    action: str = ""
    """The `Choice.action` that was pressed, when `kind` is `action`."""
    language_code: str | None = None
    """What the person's app says (BCP 47), if anything."""
    message_ref: str | None = None
    """The channel's id of the message whose button was pressed: what `Reply.edit` edits."""
    contact: Contact | None = None
    trace: str = ""
    """Follows this message through every log line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button."""

    label: str
    action: str = ""
    """What comes back when pressed; at most 64 bytes of ASCII (Telegram's limit for callback data)."""
    kind: Literal["button", "contact", "url"] = "button"
    """`contact` asks for the person's own phone number; `url` opens `action` as an address."""


Rows = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to one person: plain text, never markup; the channel escapes."""

    text: str
    heading: str = ""
    """Shown bold above the text."""
    choices: Rows = ()
    edit: bool = False
    """Replace the message whose button was pressed instead of sending a new one, where there is one."""
    form: str = "fr"
    """Written form of the text: gives the direction."""
    reference: str | None = None
    """Filled in by the reception from `Incoming.message_ref` when `edit` is set."""


@dataclass(frozen=True, slots=True)
class Chat:
    """What the conversation remembers of one chat. Changed with `dataclasses.replace`, never in place."""

    channel: str
    address: str
    id: int = 0
    form: str | None = None
    """Written form last answered in."""
    chosen: str | None = None
    """Written form the person chose explicitly; wins until changed."""
    turn: int = 0
    """Counts the answers, so that a 👍 finds the exchange it is about."""
    state: dict[str, Any] = field(default_factory=dict)
    """JSON values by owner: `topic` (context), `dialogue` (name of the one under way), and one key a dialogue."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The log row of one question: what was asked, masked, and what the bot made of it."""

    kind: str
    """`question`, or the name of the dialogue or command that took it."""
    text: str
    form: str
    decision: str
    """`answer`, `clarify`, `fallback`, or `` where nothing had to be understood."""
    topic: str | None = None
    score: float | None = None
    ranked: tuple[tuple[str, float], ...] = ()
    understanding_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to be stored with the exchange, in the same transaction. `name` selects who does it
    (`bot.effects`), `data` is JSON."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """Something the conversation must know first. The reception finds it and calls `respond` again with it."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that follows from one `Incoming`."""

    chat: Chat
    replies: tuple[Reply, ...] = ()
    exchange: Exchange | None = None
    effects: tuple[Effect, ...] = ()
    need: Need | None = None
    """Set when nothing can be decided before this is known; everything else is then ignored."""
