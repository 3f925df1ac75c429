"""Every decision on what to say: a person's message and what is remembered of the chat go in, an `Outcome` comes
out. No I/O: what must be looked up is asked for with `Outcome.need`, what must be stored with `Outcome.effects`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot import language
from bot.letters import finished
from bot.menus import GROUPS, Menus
from bot.messages import Chat, Choice, Effect, Exchange, Incoming, Outcome, Reply
from bot.ports import Clock, Dialogue, Knowledge, today
from bot.privacy import mask
from bot.texts import Texts
from intents.clarifying import find_clarification
from intents.models import FORMS

# Understanding reads this much of a message: the longest of 289 real questions has 330 characters
# (shared/data/artisan_dev.csv, 2026-11-29), and what follows a thousand characters is a letter, not a question.
LONGEST = 1000

# Who most likely asks for their file is asked for its number at this score already: a wrong guess costs one message,
# asking back costs everybody one. Of 1,152 questions of our own that no phrasing repeats, none was taken wrongly.
LEANING, FILE = 0.3, "status"

COMMANDS = ("start", "menu", "help", "language", "check", "status", "checklist", "privacy", "forget")
_COMMAND = re.compile(r"^/([a-z_]+)(?:@\w+)?(?:\s|$)")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Understood:
    """How a text was understood, and the milliseconds that took."""

    found: Any
    ms: float


class Conversation:
    """Decides. Dialogues are asked in the order given; each owns its state under its name in `Chat.state`."""

    def __init__(self, knowledge: Knowledge, texts: Texts, dialogues: Sequence[Dialogue], clock: Clock) -> None:
        self.knowledge = knowledge
        self.menus = Menus(texts)
        self.texts = texts
        self.dialogues = {dialogue.name: dialogue for dialogue in dialogues}
        self._by_prefix = {dialogue.prefix: dialogue for dialogue in dialogues}
        self._clock = clock

    def respond(self, incoming: Incoming, chat: Chat, found: Any = None) -> Outcome:
        """What follows from `incoming`. `found` answers the `Need` of an earlier call for the same message.
        Every reply is in one written form, its Latin runs isolated where that form runs right to left."""
        if incoming.kind == "action":
            outcome = self._act(incoming, chat, found)
        elif incoming.kind in ("text", "contact"):
            outcome = self._hear(incoming, chat, found)
        else:
            outcome = self._media(incoming, chat)
        return replace(outcome, replies=tuple(self._finish(reply) for reply in outcome.replies))

    def apology(self, incoming: Incoming, chat: Chat | None) -> Reply:
        """What to say when handling a message failed: never silence."""
        form = self._form(incoming, chat or Chat(incoming.channel, incoming.address))
        return self._finish(self.menus.main(form, text=self.texts.get(form, "error.text")))

    def flood_notice(self, chat: Chat, incoming: Incoming) -> Reply:
        """The one notice to somebody who writes too fast."""
        form = self._form(incoming, chat)
        return self._finish(Reply(self.texts.get(form, "flood.text"), form=form))

    # What arrives

    def _hear(self, incoming: Incoming, chat: Chat, found: Any) -> Outcome:
        text = incoming.text.strip()
        if command := _COMMAND.match(text):
            return self._command(command.group(1), incoming, chat, found)
        form, understood = self._listen(incoming, chat, text)
        for dialogue in self._listening(chat):
            if outcome := dialogue.hear(incoming, chat, form, found):
                return outcome
        if incoming.kind == "contact":
            return self._say(chat, form, "media.contact", "contact")
        if not _LETTER.search(text):
            return self._say(chat, form, "input.digits" if any(c.isdigit() for c in text) else "input.emoji", "other")
        return self._question(incoming, chat, text[:LONGEST], form, understood)

    def _listen(self, incoming: Incoming, chat: Chat, text: str) -> tuple[str, Understood]:
        """The form to answer `text` in, and how it was understood. A number is in no language; a word or two inside a
        dialogue answer what was asked, and change none."""
        began = time.perf_counter()
        found = self.knowledge.understand(text[:LONGEST], hint_form=chat.form)
        understood = Understood(found, (time.perf_counter() - began) * 1000)
        said = mask(text)
        within = chat.form and chat.state.get("dialogue") and len(said.split()) <= language.SHORT_WORDS
        if within or not _LETTER.search(said):
            return self._form(incoming, chat), understood
        form = language.choose(chat, said, found.form, found.form_confidence, incoming.language_code)
        return form, understood

    def _listening(self, chat: Chat) -> list[Dialogue]:
        """The dialogue under way first, then those that recognise something by themselves (a bare number)."""
        current = chat.state.get("dialogue")
        return sorted(self.dialogues.values(), key=lambda dialogue: dialogue.name != current)

    def _question(self, incoming: Incoming, chat: Chat, text: str, form: str, understood: Understood) -> Outcome:
        content = self.knowledge.content
        found = understood.found
        ranked = tuple((item.topic, round(item.score, 4)) for item in found.ranked[:3])
        decision, options = found.decision, tuple(found.options)
        best, score = ranked[0] if ranked else (None, None)
        if bare := find_clarification(content, text, chat.state.get("topic")):
            decision, options = ("answer" if len(bare) == 1 else "clarify"), bare
            best, score = bare[0], None
        elif decision == "clarify" and best and score and score >= LEANING and content.topics[best].dialogue == FILE:
            decision = "answer"
        elif decision != "answer" and (meant := self._meant(text, unsure=decision == "clarify")):
            decision, options = "clarify", (*[one for one in options if one not in meant][:2], *meant)
        exchange = Exchange("question", mask(text), form, decision, best, score, ranked, understood.ms)
        if decision == "answer" and best:
            return self.show(incoming, chat, form, best, exchange, text)
        if decision == "clarify" and options:
            return self._ask_back(chat, form, options, exchange)
        return self._turn(chat, form, (self.menus.not_understood(form),), exchange)

    def _meant(self, text: str, *, unsure: bool) -> tuple[str, ...]:
        """The topic of a dialogue that `text` is made for, though it does not ask for it: who they are, where they
        work, with whom."""
        names = {name for name, one in self.dialogues.items() if one.meant(text, unsure=unsure)}
        return tuple(topic.id for topic in self.knowledge.content.topics.values() if topic.dialogue in names)[:1]

    def _act(self, incoming: Incoming, chat: Chat, found: Any) -> Outcome:
        form = self._form(incoming, chat)
        prefix, _, rest = incoming.action.partition(":")
        if dialogue := self._by_prefix.get(prefix):
            return dialogue.act(incoming, chat, form, rest, found)
        content = self.knowledge.content
        if prefix == "t" and rest in content.topics:
            exchange = Exchange("button", "", form, "answer", rest)
            return self.show(incoming, chat, form, rest, exchange, chat.state.get("asked", ""), found)
        if prefix == "g" and rest in GROUPS:
            return self._turn(chat, form, (self.menus.group(form, rest, content),), None)
        if prefix == "l":
            return self._choose_language(chat, form, rest)
        if prefix == "f":
            return self._feedback(chat, form, rest)
        if prefix == "n" and rest.isdigit():
            effect = Effect("feedback", {"turn": int(rest), "value": "none"})
            return self._turn(chat, form, (self.menus.not_understood(form, "clarify.sorry"),), None, (effect,))
        if prefix == "x":
            return self._forget(chat, form, rest)
        return self._turn(chat, form, (self.menus.main(form, edit=prefix == "m"),), None)

    def _media(self, incoming: Incoming, chat: Chat) -> Outcome:
        known = ("voice", "sticker", "photo", "location", "document", "edited")
        kind = incoming.kind if incoming.kind in known else "other"
        if kind == "edited" and incoming.text.strip():
            return self._hear(replace(incoming, kind="text"), chat, None)
        return self._say(chat, self._form(incoming, chat), f"media.{kind}", kind)

    def _command(self, name: str, incoming: Incoming, chat: Chat, found: Any) -> Outcome:
        form = self._form(incoming, chat)
        exchange = Exchange(f"/{name}" if name in COMMANDS else "/other", "", form, "")
        if name == "start":
            return self._turn(chat, form, self._welcome(form, chat), exchange)
        if name == "language":
            return self._turn(chat, form, (self.menus.languages(form),), exchange)
        if name == "privacy":
            reply = self.menus.answer(form, "privacy", self.knowledge.content, chat.turn + 1, today(self._clock))
            button = (Choice(self.texts.get(form, "forget.button"), "x:ask"),)
            return self._turn(chat, form, (replace(reply, choices=(button, *reply.choices)),), exchange)
        if name == "forget":
            return self._forget(chat, form, "ask")
        if name == "checklist" and "eligibility" in self.dialogues:
            return self.dialogues["eligibility"].act(incoming, chat, form, "list")
        started = {"check": "eligibility", "status": "status"}.get(name, "")
        if started in self.dialogues:
            return self._begin(started, incoming, chat, form, "", found)
        text = self.texts.get(form, "help.text") if name == "help" else ""
        return self._turn(chat, form, (self.menus.main(form, text=text),), exchange)

    # What leaves

    def show(
        self,
        incoming: Incoming,
        chat: Chat,
        form: str,
        topic_id: str,
        exchange: Exchange | None,
        said: str,
        found: Any = None,
    ) -> Outcome:
        """The answer of a topic, or the dialogue that the topic starts."""
        topic = self.knowledge.content.topics[topic_id]
        chat = replace(chat, state={**chat.state, "topic": topic_id})
        if topic.dialogue == "language":
            return self._turn(chat, form, (self.menus.languages(form),), exchange)
        if topic.dialogue in self.dialogues:
            outcome = self._begin(topic.dialogue, incoming, chat, form, said, found)
            return outcome if outcome.exchange or outcome.need else replace(outcome, exchange=exchange)
        reply = self.menus.answer(form, topic_id, self.knowledge.content, chat.turn + 1, today(self._clock))
        if topic.dialogue == "menu" or topic_id == "greet":
            reply = self.menus.main(form, reply.heading, reply.text)
        return self._turn(chat, form, (reply,), exchange)

    def _begin(self, name: str, incoming: Incoming, chat: Chat, form: str, said: str, found: Any) -> Outcome:
        """Starts a dialogue, or goes on with what it needed for that."""
        dialogue = self.dialogues[name]
        if found is not None:
            return dialogue.act(incoming, chat, form, "", found)
        return dialogue.start(incoming, chat, form, said)

    def _ask_back(self, chat: Chat, form: str, topics: Sequence[str], exchange: Exchange) -> Outcome:
        reply = self.menus.ask_back(form, topics, self.knowledge.content, chat.turn + 1)
        outcome = self._turn(chat, form, (reply,), exchange)
        # What was asked goes with the choice, so that a dialogue need not ask again what it already says.
        state = {**outcome.chat.state, "asked": exchange.text}
        return replace(outcome, chat=replace(outcome.chat, state=state))

    def _welcome(self, form: str, chat: Chat) -> tuple[Reply, ...]:
        say = self.texts.get
        languages = self.menus.languages(form).choices
        if chat.chosen or chat.form:
            return (self.menus.main(form, say(form, "start.heading"), say(form, "start.text")),)
        other = "ar" if form == "fr" else "fr"
        text = f"{say(form, 'start.text')}\n\n{say(other, 'start.text')}"
        return (Reply(text, say(form, "start.heading"), languages, form=form),)

    def _choose_language(self, chat: Chat, form: str, code: str) -> Outcome:
        if code not in FORMS:
            return self._turn(chat, form, (self.menus.languages(form, edit=True),), None)
        chat = replace(chat, chosen=code)
        return self._turn(chat, code, (self.menus.main(code, text=self.texts.get(code, "language.set")),), None)

    def _feedback(self, chat: Chat, form: str, rest: str) -> Outcome:
        value, _, turn = rest.partition(":")
        if value not in ("+", "-") or not turn.isdigit():
            return self._turn(chat, form, (self.menus.main(form),), None)
        effect = Effect("feedback", {"turn": int(turn), "value": "up" if value == "+" else "down"})
        if value == "+":
            return self._turn(chat, form, (Reply(self.texts.get(form, "feedback.up"), form=form),), None, (effect,))
        return self._turn(chat, form, (self.menus.not_understood(form, "feedback.down"),), None, (effect,))

    def _forget(self, chat: Chat, form: str, step: str) -> Outcome:
        say = self.texts.get
        if step == "yes":
            reply = Reply(say(form, "forget.done"), edit=True, form=form)
            return Outcome(Chat(chat.channel, chat.address, chat.id), (reply,), None, (Effect("forget"),))
        if step == "no":
            return self._turn(chat, form, (Reply(say(form, "forget.kept"), edit=True, form=form),), None)
        buttons = ((Choice(say(form, "forget.yes"), "x:yes"),), (Choice(say(form, "forget.no"), "x:no"),))
        return self._turn(chat, form, (Reply(say(form, "forget.ask"), choices=buttons, form=form),), None)

    def _say(self, chat: Chat, form: str, message: str, kind: str) -> Outcome:
        reply = self.menus.main(form, text=self.texts.get(form, message))
        return self._turn(chat, form, (reply,), Exchange(kind, "", form, ""))

    def _turn(
        self,
        chat: Chat,
        form: str,
        replies: tuple[Reply, ...],
        exchange: Exchange | None,
        effects: tuple[Effect, ...] = (),
    ) -> Outcome:
        state = {name: value for name, value in chat.state.items() if name != "asked"}
        return Outcome(replace(chat, form=form, turn=chat.turn + 1, state=state), replies, exchange, effects)

    def _form(self, incoming: Incoming, chat: Chat) -> str:
        """The form for what is no question: chosen, last used, or what the app says."""
        return chat.chosen or chat.form or language.from_code(incoming.language_code)

    def _finish(self, reply: Reply) -> Reply:
        """Numbers and Latin words stay readable inside Arabic text."""
        return finished(reply, self.texts)
