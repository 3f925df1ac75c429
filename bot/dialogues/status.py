"""Where is my file: number, second factor, then the next action in plain words.

State under `status` in `Chat.state`: {number, files, until}: the number asked about, the keys shown in this session
and when the session ends. Everything secret is compared by the finder (`bot.applications.lookup`), never here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from bot.applications.models import Application, fingerprint
from bot.applications.numbering import Scheme, key
from bot.messages import Chat, Choice, Effect, Exchange, Incoming, Need, Outcome, Reply
from bot.ports import Clock
from bot.privacy import mask_number, western_digits
from bot.texts import Texts
from intents.states import State

# A shared phone must not show a file to the next person tomorrow: the session ends by itself after this long.
SESSION = timedelta(hours=12)
LAST_STEP = 5


@dataclass(frozen=True)
class Found:
    """What the finder answers: `ok` with the files, `refused` (unknown number and wrong factor alike), `locked`,
    or `unavailable`."""

    result: Literal["ok", "refused", "locked", "unavailable"]
    applications: tuple[Application, ...] = ()
    subscribed: frozenset[str] = frozenset()
    """Keys of the files this chat wants news of."""


class StatusDialogue:
    """Asks for what is needed, one thing a message."""

    name = "status"
    prefix = "s"

    def __init__(
        self,
        scheme: Scheme,
        states: Callable[[], Mapping[str, State]],
        texts: Texts,
        clock: Clock,
    ) -> None:
        self._scheme = scheme
        self._states = states
        self._texts = texts
        self._clock = clock

    def start(self, incoming: Incoming, chat: Chat, form: str, said: str) -> Outcome:
        """With a number in `said`, asks for the second factor; in a session, shows the files; else asks."""
        number = self._scheme.find(said, asked=True) if said else None
        files = self._session(chat)
        if files and (number is None or key(number) in files):
            return self._need(chat, "application_files", {"keys": files})
        if number:
            return self._take_number(incoming, chat, form, number)
        return self._say(incoming, chat, form, "status.ask_number", self._phone_row(incoming, form), asking="number")

    def meant(self, text: str, *, unsure: bool) -> bool:
        """Never: this is asked for."""
        return False

    def act(self, incoming: Incoming, chat: Chat, form: str, action: str, found: Any = None) -> Outcome:
        """A button: start, open a file, subscribe, stop, other number, forget on this phone."""
        verb, _, rest = action.partition(":")
        files = self._session(chat)
        if verb == "forget":
            memory = {name: value for name, value in chat.state.items() if name not in (self.name, "dialogue")}
            reply = Reply(self._texts.get(form, "status.forgotten"), form=form, edit=True)
            effects = (Effect("unsubscribe"),)
            return Outcome(self._turned(chat, form, memory), (reply,), Exchange(self.name, "", form, ""), effects)
        if verb == "other":
            return self._say(
                incoming, chat, form, "status.ask_number", self._phone_row(incoming, form), asking="number"
            )
        if verb == "news" and rest.isdigit() and found is None:
            return self._need(chat, "application_news", {"subscription": int(rest)})
        if verb in ("open", "on", "off") and rest.isdigit() and int(rest) < len(files):
            file = files[int(rest)]
            if found is None:
                return self._need(chat, "application_files", {"keys": [file]})
            if verb == "open" or found.result != "ok":
                return self._show(incoming, chat, form, found)
            on = verb == "on"
            seen = fingerprint(found.applications[0])
            subscribed = found.subscribed | {file} if on else found.subscribed - {file}
            shown = self._show(incoming, chat, form, replace(found, subscribed=subscribed))
            return replace(shown, effects=(Effect("subscribe", {"key": file, "on": on, "seen": seen}),))
        if found is not None:
            return self._show(incoming, chat, form, found)
        return self.start(incoming, chat, form, "")

    def hear(self, incoming: Incoming, chat: Chat, form: str, found: Any = None) -> Outcome | None:
        """A number, the last four characters, or a shared phone; None for anything else."""
        if found is not None:
            return self._show(incoming, chat, form, found)
        asking = chat.state.get(self.name, {}).get("asking") if chat.state.get("dialogue") == self.name else None
        if incoming.kind == "contact":
            return self._contact(incoming, chat, form, asking)
        text = incoming.text.strip()
        number = self._scheme.find(text, asked=asking == "number")
        if asking == "tail" and not (number and len(text) > 6):
            if tail := self._tail(text):
                data = {"number": chat.state[self.name]["number"], "tail": tail}
                return self._need(chat, "application_check", data)
            return None
        if number and (asking or self._certain(text, number)):
            return self._take_number(incoming, chat, form, number)
        if asking == "number" and self._tail(text) is None and any(c.isdigit() for c in text) and len(text) < 20:
            return self._say(
                incoming, chat, form, "status.not_a_number", self._phone_row(incoming, form), asking="number"
            )
        if asking == "number" and 3 < len(key(text)) < 24 and " " not in text and any(c.isdigit() for c in text):
            return self._take_number(incoming, chat, form, text)
        return None

    def _certain(self, text: str, number: str) -> bool:
        """A number of the scheme counts anywhere; a bare one only where little else is said and it is no round
        sum, so that a question about money stays a question."""
        return not number.isdigit() or (len(text.split()) <= 4 and not number.endswith("000"))

    def _tail(self, text: str) -> str | None:
        plain = key(western_digits(text))
        return text if 4 <= len(plain) <= 14 and len(text.split()) <= 4 and any(c.isdigit() for c in plain) else None

    def _contact(self, incoming: Incoming, chat: Chat, form: str, asking: str | None) -> Outcome | None:
        if asking is None or incoming.contact is None:
            return None
        if not incoming.contact.own:
            return self._say(incoming, chat, form, "status.not_own", self._phone_row(incoming, form), asking=asking)
        return self._need(chat, "application_phone", {"phone": incoming.contact.phone})

    def _take_number(self, incoming: Incoming, chat: Chat, form: str, number: str) -> Outcome:
        if not self._scheme.valid(number):
            return self._say(
                incoming, chat, form, "status.typing_error", self._phone_row(incoming, form), asking="number"
            )
        rows = self._phone_row(incoming, form)
        word = "status.ask_factor" if rows else "status.ask_tail"
        return self._say(incoming, chat, form, word, rows, asking="tail", number=key(number))

    def _show(self, incoming: Incoming, chat: Chat, form: str, found: Found) -> Outcome:
        if found.result != "ok" or not found.applications:
            rows = self._phone_row(incoming, form)
            word = found.result if found.result in ("locked", "unavailable") else "refused"
            asking = None if word == "locked" and not rows else "number"
            return self._say(incoming, chat, form, f"status.{word}", rows, asking=asking)
        # In the order first shown, so that the place of a file in a button stays what it was.
        files = list(dict.fromkeys([*self._session(chat), *(key(each.number) for each in found.applications)]))
        until = (self._clock() + SESSION).isoformat()
        memory = {**chat.state, self.name: {"files": files, "until": until}, "dialogue": None}
        if len(found.applications) == 1:
            reply = self._file(form, found.applications[0], files, found.subscribed)
        else:
            reply = self._list(form, found.applications, files)
        reply = replace(reply, edit=incoming.kind == "action")
        return Outcome(self._turned(chat, form, memory), (reply,), Exchange(self.name, "", form, ""))

    def _list(self, form: str, applications: tuple[Application, ...], files: list[str]) -> Reply:
        states = self._states()
        buttons = []
        for each in applications[:20]:
            label = f"{mask_number(each.number)} · {states[each.state].title[form]}"
            buttons.append((Choice(label, f"s:open:{files.index(key(each.number))}"),))
        return Reply(self._texts.get(form, "status.several"), choices=(*buttons, self._last_row(form)), form=form)

    def _file(self, form: str, application: Application, files: list[str], subscribed: frozenset[str]) -> Reply:
        say, state = self._texts.get, self._states()[application.state]
        lines = [state.next[form]]
        if application.missing:
            lines.append("📎 " + say(form, "status.missing", what=application.missing))
        if application.place:
            lines.append("📍 " + say(form, "status.place", place=application.place))
        if application.deadline:
            lines.append("📅 " + say(form, "status.deadline", date=self._texts.day(form, application.deadline)))
        if application.contact:
            lines.append("☎️ " + say(form, "status.contact", contact=application.contact))
        since = self._texts.day(form, application.since)
        lines.append(say(form, "status.since", date=since, step=state.step, total=LAST_STEP))
        own = key(application.number)
        on = own in subscribed
        word = "status.unsubscribe" if on else "status.subscribe"
        news = Choice(say(form, word), f"s:{'off' if on else 'on'}:{files.index(own)}")
        heading = f"📂 {mask_number(application.number)}: {state.title[form]}"
        return Reply("\n".join(lines), heading, ((news,), self._last_row(form)), form=form)

    def _last_row(self, form: str) -> tuple[Choice, ...]:
        say = self._texts.get
        return (Choice(say(form, "status.other"), "s:other"), Choice(say(form, "status.forget"), "s:forget"))

    def _phone_row(self, incoming: Incoming, form: str) -> tuple[tuple[Choice, ...], ...]:
        """The one-tap phone button, where the channel vouches for the number."""
        if incoming.channel != "telegram":
            return ()
        return ((Choice(self._texts.get(form, "status.share_phone"), kind="contact"),),)

    def _session(self, chat: Chat) -> list[str]:
        kept = chat.state.get(self.name, {})
        if not kept.get("until") or datetime.fromisoformat(kept["until"]) < self._clock():
            return []
        return list(kept.get("files", []))

    def _need(self, chat: Chat, name: str, data: dict[str, Any]) -> Outcome:
        return Outcome(chat, need=Need(name, {**data, "channel": chat.channel, "address": chat.address}))

    def _say(
        self,
        incoming: Incoming,
        chat: Chat,
        form: str,
        message: str,
        rows: tuple[tuple[Choice, ...], ...],
        *,
        asking: str | None,
        number: str | None = None,
    ) -> Outcome:
        kept = {name: value for name, value in chat.state.get(self.name, {}).items() if name in ("files", "until")}
        kept |= {"asking": asking} | ({"number": number} if number else {})
        memory = {**chat.state, self.name: kept, "dialogue": self.name if asking else None}
        reply = Reply(self._texts.get(form, message), choices=rows, form=form)
        return Outcome(self._turned(chat, form, memory), (reply,), Exchange(self.name, "", form, ""))

    def _turned(self, chat: Chat, form: str, memory: dict[str, Any]) -> Chat:
        return replace(chat, form=form, turn=chat.turn + 1, state=memory)
