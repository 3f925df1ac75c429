"""What outcomes ask to be stored, by name: one small function each, run in the transaction of the answer."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from bot import recording
from bot.recording import EffectContext, StoreEffect
from bot.storage import applications, handovers


def subscribe(connection: Connection, context: EffectContext) -> None:
    """News of an application file, on or off."""
    data = context.effect.data
    if data["on"]:
        applications.subscribe(connection, context.chat.id, data["key"], context.now, data["seen"])
    else:
        applications.unsubscribe(connection, context.chat.id, data["key"])


def unsubscribe(connection: Connection, context: EffectContext) -> None:
    """No more news of any file: the person wants to be forgotten on this phone, or altogether."""
    applications.unsubscribe(connection, context.chat.id)


def handover_open(connection: Connection, context: EffectContext) -> None:
    """Somebody wants to speak to a person."""
    handovers.open_one(connection, context.chat, context.now)


def handover_say(connection: Connection, context: EffectContext) -> None:
    """A line to the person of the staff."""
    handovers.say(connection, context.chat.id, "artisan", context.effect.data["text"], context.now)


def handover_close(connection: Connection, context: EffectContext) -> None:
    """The artisan ends the conversation with the staff."""
    handovers.close(connection, context.chat.id, context.now, by="artisan")


def consent(connection: Connection, context: EffectContext) -> None:
    """Agrees to be told of news, or no longer."""
    handovers.set_consent(connection, context.chat.id, context.effect.data, context.now)


def forget_handovers(connection: Connection, context: EffectContext) -> None:
    """Erases what was said to staff."""
    handovers.forget(connection, context.chat.id)


EFFECTS: Mapping[str, StoreEffect] = {
    "forget": recording.together(unsubscribe, forget_handovers, recording.forget),
    "feedback": recording.feedback,
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "handover_open": handover_open,
    "handover_say": handover_say,
    "handover_close": handover_close,
    "consent": consent,
}
