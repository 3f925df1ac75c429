"""One transaction's worth of answers: gathered first, then stored with few statements."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from bot import metrics
from bot.messages import Chat, Effect, Exchange, Incoming, Outcome, Reply
from bot.storage import chats, exchanges, forgetting, outbox
from bot.storage.database import Connection

_log = logging.getLogger(__name__)

MINUTE = 60


@dataclass(frozen=True, slots=True)
class EffectContext:
    """What an effect may know of its occasion."""

    effect: Effect
    chat: Chat
    incoming: Incoming
    now: datetime
    exchange_id: int | None


StoreEffect = Callable[[Connection, EffectContext], None]


class Recording:
    """The chats of one batch, locked, and what is to be stored for them."""

    def __init__(self, connection: Connection, now: datetime, effects: Mapping[str, StoreEffect]) -> None:
        self._connection = connection
        self._now = now
        self._effects = effects
        self._chats: dict[tuple[str, str], chats.Kept] = {}
        self._changed: dict[int, chats.Kept] = {}
        self._exchanges: list[dict[str, Any]] = []
        self._letters: list[dict[str, Any]] = []
        self._counted: list[tuple[Incoming, str, str, float]] = []

    def open(self, incomings: Sequence[Incoming]) -> None:
        """Locks the chats of these messages, creating those that are new."""
        for channel in sorted({one.channel for one in incomings}):
            addresses = {one.address for one in incomings if one.channel == channel}
            for address, kept in chats.lock(self._connection, channel, addresses, self._now).items():
                self._chats[channel, address] = kept

    def kept(self, incoming: Incoming) -> chats.Kept:
        """The chat of `incoming` as it stands after what was accepted so far."""
        return self._chats[incoming.channel, incoming.address]

    def press(self, incoming: Incoming, limit: int) -> Literal["calm", "notice", "silence"]:
        """Counts `incoming` towards the flood limit. `notice` the first time it is passed, then `silence`
        until fewer than `limit` came within a minute. The message's own time counts: what piled up while the
        bot was away is no flood."""
        kept = self.kept(incoming)
        at = int(incoming.at.timestamp())
        kept.recent = [then for then in kept.recent if abs(at - then) < MINUTE][-limit:]
        kept.recent.append(at)
        self._changed[kept.chat.id] = kept
        if len(kept.recent) <= limit:
            kept.muted = False
            return "calm"
        was_muted, kept.muted = kept.muted, True
        return "silence" if was_muted else "notice"

    def unpress(self, incoming: Incoming) -> None:
        """Takes the count back: this message comes again."""
        self.kept(incoming).recent.pop()

    def say(self, chat: Chat, incoming: Incoming, reply: Reply, farewell: bool = False) -> None:
        """Puts `reply` into the outbox."""
        reply = outbox.addressed(reply, incoming.message_ref)
        self._letters.append(
            outbox.entry(chat, reply, now=self._now, trace=incoming.trace, farewell=farewell)
        )

    def accept(self, incoming: Incoming, outcome: Outcome) -> None:
        """Takes over all that follows from `incoming`. Raises KeyError for an effect nobody stores."""
        kept = self.kept(incoming)
        chat = kept.chat = replace(outcome.chat, id=kept.chat.id)
        self._changed[chat.id] = kept
        exchange_id = None
        if outcome.exchange:
            row = exchanges.entry(
                chat.id, chat.turn, chat.channel, outcome.exchange, self._now, incoming.trace
            )
            self._exchanges.append(row)
        farewell = False
        if outcome.effects:
            exchange_id = self.store(identified=outcome.exchange is not None)
            for effect in outcome.effects:
                self._effects[effect.name](
                    self._connection, EffectContext(effect, chat, incoming, self._now, exchange_id)
                )
                farewell = farewell or effect.name == "forget"
        for reply in outcome.replies:
            self.say(chat, incoming, reply, farewell)
        if farewell:
            kept.recent, kept.muted = [], False
        said = outcome.exchange
        self._counted.append(
            (
                incoming,
                (said.form if said else chat.form) or "",
                (said.decision if said else "") or incoming.kind,
                said.understanding_ms if said else 0.0,
            )
        )

    def fail(self, incoming: Incoming, apology: Reply) -> None:
        """Records that handling `incoming` failed, and answers with `apology`."""
        kept = self.kept(incoming)
        chat = kept.chat = replace(kept.chat, turn=kept.chat.turn + 1)
        self._changed[chat.id] = kept
        failed = Exchange("error", "", apology.form, "error")
        self._exchanges.append(
            exchanges.entry(chat.id, chat.turn, chat.channel, failed, self._now, incoming.trace)
        )
        self.say(chat, incoming, apology)

    def store(self, identified: bool = False) -> int | None:
        """Stores what was gathered since the last time; returns the id of the last exchange where it is to be
        `identified`."""
        chats.save(self._connection, self._changed.values(), self._now)
        self._changed.clear()
        last = None
        if identified and self._exchanges:
            exchanges.add(self._connection, self._exchanges[:-1])
            last = exchanges.add_one(self._connection, self._exchanges[-1])
        else:
            exchanges.add(self._connection, self._exchanges)
        self._exchanges.clear()
        outbox.put(self._connection, self._letters)
        self._letters.clear()
        return last

    def count(self, seconds: float) -> None:
        """After the commit: figures and a log line for each message; `seconds` is what they took together."""
        for incoming, form, decision, ms in self._counted:
            metrics.messages.labels(incoming.channel, form, decision).inc()
            if ms:
                metrics.understanding.observe(ms / 1000)
            _log.info(
                "answered",
                extra={
                    "trace": incoming.trace,
                    "channel": incoming.channel,
                    "kind": incoming.kind,
                    "form": form,
                    "decision": decision,
                    "ms": round(seconds / len(self._counted) * 1000, 2),
                },
            )


def forget(connection: Connection, context: EffectContext) -> None:
    """The effect `forget`: erases what is stored on this person. The address alone stays until the farewell
    has left. Other areas add their own erasing with `together`."""
    forgetting.forget(connection, context.chat.id, context.now)


def feedback(connection: Connection, context: EffectContext) -> None:
    """The effect `feedback`: what the person thought of the answer of a turn."""
    exchanges.set_feedback(
        connection, context.chat.id, context.effect.data["turn"], context.effect.data["value"]
    )


def together(*effects: StoreEffect) -> StoreEffect:
    """One effect that does all of these, in order."""

    def act(connection: Connection, context: EffectContext) -> None:
        for effect in effects:
            effect(connection, context)

    return act
