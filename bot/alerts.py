"""Tells the staff's Telegram group that somebody waits for a person."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.letters import Letters
from bot.recording import EffectContext, StoreEffect
from bot.storage import chats, handovers, outbox

CHANNEL = "telegram"


def tell_group(group: str, letters: Letters) -> StoreEffect:
    """An effect for after `handover_open`: one message to `group` (a chat id) for each handover; nothing without a
    group."""

    def act(connection: Connection, context: EffectContext) -> None:
        row = handovers.current(connection, context.chat.id) if group else None
        if row is None or not handovers.tell(connection, row.id, context.now):
            return
        chat = chats.find(connection, CHANNEL, group) or chats.open_chat(connection, CHANNEL, group, context.now)
        key = f"waiting:{row.id}"
        outbox.enqueue(connection, chat, [letters.waiting()], now=context.now, dedupe_key=key)

    return act
