"""What an update of Telegram's means to us. Reads the decoded JSON itself: building python-telegram-bot's
objects for every update costs more than all of the rest of receiving (see tests/bench), and a dozen fields
are needed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.messages import Contact, Incoming, Kind
from bot.ports import Clock

_log = logging.getLogger(__name__)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The updates asked for; all others (channel posts, reactions ...) never come, and are ignored where they
do."""

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("text", "text"),
    ("contact", "contact"),
    ("voice", "voice"),
    ("audio", "voice"),
    ("video_note", "voice"),
    ("sticker", "sticker"),
    ("photo", "photo"),
    ("venue", "location"),
    ("location", "location"),
    ("document", "document"),
    ("video", "other"),
    ("dice", "other"),
    ("poll", "other"),
    ("story", "other"),
    ("game", "other"),
    ("paid_media", "other"),
    ("checklist", "other"),
)
_LONGEST = 20_000
_COMMAND = re.compile(r"/\w+(?:@(\w+))?")


@dataclass(frozen=True, slots=True)
class Membership:
    """A person blocked the bot, or came back."""

    address: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed: what it says, and the query that wants a quick answer."""

    query_id: str
    incoming: Incoming | None


class Reader:
    """Reads updates sent to the bot with `bot_id`; `username` (known once Telegram has told it) is what
    people mention it by."""

    def __init__(self, bot_id: int, clock: Clock) -> None:
        self.username = ""
        self._bot_id = bot_id
        self._clock = clock

    def read(self, update: Any) -> Incoming | Pressed | Membership | None:
        """What `update` means, or None where there is nothing to do. Never raises, whatever it holds."""
        try:
            return self._read(update)
        except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError) as error:
            _log.warning("an update that is not as specified was ignored: %r", error)
            return None

    def _read(self, update: Mapping[str, Any]) -> Incoming | Pressed | Membership | None:
        number = int(update["update_id"])
        if message := update.get("message"):
            return self._message(number, message)
        if message := update.get("edited_message"):
            edited = self._message(number, message)
            return _as_edited(edited) if edited and edited.kind == "text" else None
        if query := update.get("callback_query"):
            return self._query(number, query)
        change = update.get("my_chat_member")
        if change and change["chat"]["type"] == "private":
            blocked = change["new_chat_member"]["status"] == "kicked"
            return Membership(_number(change["chat"]["id"]), blocked)
        return None

    def _message(self, number: int, message: Mapping[str, Any]) -> Incoming | None:
        chat, sender = message["chat"], message.get("from") or {}
        if sender.get("is_bot") or chat["type"] not in ("private", "group", "supergroup"):
            return None
        kind = next((kind for name, kind in _KINDS if message.get(name) is not None), None)
        if kind is None:
            return None  # a service message: somebody joined, something was pinned
        text = _text(message.get("text") or message.get("caption"))
        if chat["type"] != "private":
            said = self._addressed(message, text)
            if said is None:
                return None
            text = said
        contact = None
        if kind == "contact":
            shared = message["contact"]
            own = shared.get("user_id") is not None and shared.get("user_id") == sender.get("id")
            contact = Contact(_text(shared["phone_number"])[:64], own and "forward_origin" not in message)
        return Incoming(
            channel="telegram",
            address=_number(chat["id"]),
            update_id=str(number),
            at=self._moment(message.get("date")),
            kind=kind,
            text=text,
            language_code=_code(sender),
            contact=contact,
            trace=f"tg{number}",
        )

    def _query(self, number: int, query: Mapping[str, Any]) -> Pressed:
        query_id = _text(query["id"])
        message = query.get("message")
        data = query.get("data")
        if not isinstance(data, str):
            return Pressed(query_id, None)
        sender = query["from"]
        chat = message["chat"]["id"] if message else sender["id"]
        incoming = Incoming(
            channel="telegram",
            address=_number(chat),
            update_id=str(number),
            at=self._clock(),
            kind="action",
            action=_text(data)[:256],
            language_code=_code(sender),
            message_ref=_number(message["message_id"]) if message else None,
            trace=f"tg{number}",
        )
        return Pressed(query_id, incoming)

    def _addressed(self, message: Mapping[str, Any], text: str) -> str | None:
        """In a group: what is said to the bot (by mention, command, or reply to it), else None."""
        mention = f"@{self.username}".lower()
        command = _COMMAND.match(text)
        if command:
            meant = command.group(1)
            return text if meant is None or (self.username and meant.lower() == mention[1:]) else None
        if self.username and mention in text.lower():
            return re.sub(re.escape(mention), " ", text, flags=re.IGNORECASE).strip()
        replied = (message.get("reply_to_message") or {}).get("from") or {}
        return text if replied.get("id") == self._bot_id else None

    def _moment(self, date: Any) -> datetime:
        if isinstance(date, int) and 0 < date < 1 << 34:
            return datetime.fromtimestamp(date, UTC)
        return self._clock()


def _as_edited(incoming: Incoming) -> Incoming:
    return replace(incoming, kind="edited")


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 63:
        raise ValueError("an id must be a number")
    return str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("text expected")
    value = value[:_LONGEST]
    # JSON may carry halves of surrogate pairs and NUL: no database stores them.
    return value if value.isascii() and "\0" not in value else _storable(value)


def _storable(value: str) -> str:
    return value.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")


def _code(sender: Mapping[str, Any]) -> str | None:
    code = sender.get("language_code")
    return _text(code)[:16] if isinstance(code, str) else None
