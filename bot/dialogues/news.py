"""Agreeing to be told of news: yes or no, then of which programme and region. Nothing else is ever sent unasked.

State under `news` in `Chat.state`: {programme, region} while agreed; empty means all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from bot.menus import rows
from bot.messages import Chat, Choice, Effect, Exchange, Incoming, Outcome, Reply
from bot.texts import Texts
from intents.eligibility import Check

ALL = "all"


class NewsDialogue:
    """Buttons only: free text is never taken for consent."""

    name = "news"
    prefix = "b"

    def __init__(self, check: Callable[[], Check], texts: Texts) -> None:
        self._check = check
        self._texts = texts

    def start(self, incoming: Incoming, chat: Chat, form: str, said: str) -> Outcome:
        """Asks, or says what was agreed and how to take it back."""
        agreed = self.name in chat.state
        yes = Choice(self._texts.get(form, "news.change" if agreed else "news.yes"), "b:on")
        no = Choice(self._texts.get(form, "news.stop" if agreed else "news.no"), "b:off")
        return self._say(incoming, chat, form, "news.is_on" if agreed else "news.ask", rows([yes, no]))

    def meant(self, text: str, *, unsure: bool) -> bool:
        """Never: this is asked for."""
        return False

    def act(self, incoming: Incoming, chat: Chat, form: str, action: str, found: Any = None) -> Outcome:
        """`on`, then `p:PROGRAMME`, then `r:REGION`; `off`; anything else asks."""
        step, _, value = action.partition(":")
        kept = chat.state.get(self.name, {})
        if step == "on":
            return self._agree(incoming, chat, form, kept, "news.programme", "p", self._programmes(form))
        if step == "p" and value in (ALL, *(one.id for one in self._check().programmes)):
            kept = {**kept, "programme": "" if value == ALL else value}
            return self._agree(incoming, chat, form, kept, "news.region", "r", self._regions(form))
        if step == "r" and value in (ALL, *(name for name, _ in self._regions(form))):
            kept = {**kept, "region": "" if value == ALL else value}
            return self._agree(incoming, chat, form, kept, "news.done", "", ())
        if step == "off":
            state = {name: value for name, value in chat.state.items() if name != self.name}
            chat = replace(chat, state=state)
            return self._say(incoming, chat, form, "news.off", (), Effect("consent", {"on": False}))
        return self.start(incoming, chat, form, "")

    def hear(self, incoming: Incoming, chat: Chat, form: str, found: Any = None) -> Outcome | None:
        """Never."""
        return None

    def _agree(
        self,
        incoming: Incoming,
        chat: Chat,
        form: str,
        kept: dict[str, str],
        message: str,
        step: str,
        options: Iterable[tuple[str, str]],
    ) -> Outcome:
        chat = replace(chat, state={**chat.state, self.name: kept})
        buttons = [Choice(label, f"b:{step}:{value}") for value, label in options]
        if buttons:
            buttons.append(Choice(self._texts.get(form, "news.all"), f"b:{step}:{ALL}"))
        effect = Effect("consent", {"on": True, **kept})
        return self._say(incoming, chat, form, message, rows(buttons), effect)

    def _programmes(self, form: str) -> list[tuple[str, str]]:
        return [(one.id, one.name[form]) for one in self._check().programmes]

    def _regions(self, form: str) -> list[tuple[str, str]]:
        question = self._check().question("region")
        return [(one.id, one.label[form]) for one in question.options if one.id != "skip"] if question else []

    def _say(
        self,
        incoming: Incoming,
        chat: Chat,
        form: str,
        message: str,
        choices: tuple[tuple[Choice, ...], ...],
        *effects: Effect,
    ) -> Outcome:
        menu = ((Choice(self._texts.get(form, "menu.back"), "m:"),),)
        edit = incoming.kind == "action" and message not in ("news.ask", "news.off")
        reply = Reply(self._texts.get(form, message), choices=(*choices, *menu), edit=edit, form=form)
        chat = replace(chat, form=form, turn=chat.turn + 1)
        return Outcome(chat, (reply,), Exchange(self.name, "", form, ""), effects)
