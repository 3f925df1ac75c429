"""Speaking to a person: opens a handover, passes what is written on to staff, ends when either side says so.

State under `handover` in `Chat.state`: {open}. Staff close it through `bot.storage.handovers` and clear the state."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any

from bot.messages import Chat, Choice, Effect, Exchange, Incoming, Outcome, Reply
from bot.ports import Clock
from bot.privacy import mask
from bot.texts import MOROCCO, Texts


class OpeningHours:
    """`1-5 09:00-16:30` (days and hours, Morocco time) or `always`."""

    def __init__(self, rule: str) -> None:
        self.always = rule == "always"
        if not self.always:
            days, hours = rule.split(" ")
            first, _, last = days.partition("-")
            self.days = range(int(first), int(last or first) + 1)
            self.opens, self.closes = (time.fromisoformat(part) for part in hours.split("-"))

    def open_at(self, now: datetime) -> bool:
        """True when staff are there."""
        local = now.astimezone(MOROCCO)
        return self.always or (local.isoweekday() in self.days and self.opens <= local.time() < self.closes)


class HandoverDialogue:
    """While it is open everything written goes to staff; commands and buttons still work."""

    name = "handover"
    prefix = "h"

    def __init__(self, hours: OpeningHours, texts: Texts, clock: Clock) -> None:
        self._hours = hours
        self._texts = texts
        self._clock = clock

    def start(self, incoming: Incoming, chat: Chat, form: str, said: str) -> Outcome:
        """Opens a handover and says when somebody will answer."""
        memory = {**chat.state, self.name: {"open": True}, "dialogue": self.name}
        effects = [Effect("handover_open")]
        if said:
            effects.append(Effect("handover_say", {"text": mask(said)}))
        reply = Reply(self._promise(form), self._texts.get(form, "handover.heading"), self._end(form), form=form)
        exchange = Exchange(self.name, "", form, "")
        return Outcome(self._turned(chat, form, memory), (reply,), exchange, tuple(effects))

    def meant(self, text: str, *, unsure: bool) -> bool:
        """Never: this is asked for."""
        return False

    def act(self, incoming: Incoming, chat: Chat, form: str, action: str, found: Any = None) -> Outcome:
        """Start, or end."""
        if action != "end":
            return self.start(incoming, chat, form, "")
        memory = {key: value for key, value in chat.state.items() if key not in (self.name, "dialogue")}
        menu = ((Choice(self._texts.get(form, "menu.back"), "m:"),),)
        reply = Reply(self._texts.get(form, "handover.ended"), choices=menu, form=form)
        return Outcome(self._turned(chat, form, memory), (reply,), None, (Effect("handover_close"),))

    def hear(self, incoming: Incoming, chat: Chat, form: str, found: Any = None) -> Outcome | None:
        """Passes a text on. None when no handover is open."""
        if not chat.state.get(self.name, {}).get("open") or incoming.kind != "text":
            return None
        first = not chat.state[self.name].get("said")
        memory = {**chat.state, self.name: {"open": True, "said": True}}
        reply = Reply(self._texts.get(form, "handover.passed"), choices=self._end(form), form=form)
        return Outcome(
            self._turned(chat, form, memory),
            (reply,) if first else (),
            Exchange(self.name, "", form, ""),
            (Effect("handover_say", {"text": mask(incoming.text)}),),
        )

    def _promise(self, form: str) -> str:
        if self._hours.open_at(self._clock()):
            return self._texts.get(form, "handover.open")
        opens = self._texts.hour(form, self._hours.opens)
        closes = self._texts.hour(form, self._hours.closes)
        return self._texts.get(form, "handover.closed", opens=opens, closes=closes)

    def _end(self, form: str) -> tuple[tuple[Choice, ...], ...]:
        return ((Choice(self._texts.get(form, "handover.end"), "h:end"),),)

    def _turned(self, chat: Chat, form: str, memory: dict[str, Any]) -> Chat:
        return replace(chat, form=form, turn=chat.turn + 1, state=memory)


