"""What arrives, on its way into a transaction; and the conversation as the reception sees it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot import metrics
from bot.messages import Chat, Incoming, Outcome, Reply


class Responder(Protocol):
    """`bot.conversation.Conversation`, as far as the reception needs it."""

    def respond(self, incoming: Incoming, chat: Chat, found: Any = None) -> Outcome: ...

    def apology(self, incoming: Incoming, chat: Chat | None) -> Reply: ...

    def flood_notice(self, chat: Chat, incoming: Incoming) -> Reply: ...


@dataclass(slots=True)
class Call:
    """One call of `receive` that waits to be recorded."""

    incomings: list[Incoming]
    done: asyncio.Future[None]
    began: float = field(default_factory=time.perf_counter)


def finish(call: Call, found: asyncio.Future[Any] | None = None) -> None:
    """Lets the call return, or raise what `found` raised."""
    error = found.exception() if found is not None and not found.cancelled() else None
    metrics.handling.observe(time.perf_counter() - call.began)
    if call.done.done():
        return
    if error is not None:
        call.done.set_exception(error)
    else:
        call.done.set_result(None)


def order(incoming: Incoming) -> int:
    """Telegram numbers its updates but may deliver them side by side; other channels keep their order."""
    return int(incoming.update_id) if incoming.channel == "telegram" and incoming.update_id.isdigit() else 0


def clean(incoming: Incoming) -> Incoming:
    """`incoming` with what no database stores (NUL, halves of surrogate pairs) taken out of its text, and
    with a trace."""
    text = incoming.text
    if not text.isascii():
        text = text.encode("utf-8", "ignore").decode("utf-8")
    text = text.replace("\0", "")
    trace = incoming.trace or f"{incoming.channel}:{incoming.update_id}"[:64]
    return replace(incoming, text=text, trace=trace)
