"""The guided check "am I eligible?": asks what `intents/eligibility.yaml` asks, says what its rules say.

State under `eligibility` in `Chat.state`: {version, answers, ticked, asking}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.dialogues.result import Results
from bot.menus import rows
from bot.messages import Chat, Choice, Exchange, Incoming, Outcome, Reply
from bot.ports import Clock, Knowledge
from bot.texts import Texts
from intents.eligibility import Check, Question
from intents.slots import Slots


class EligibilityDialogue:
    """One message edited in place; every answer can be changed, the check stopped and resumed."""

    name = "eligibility"
    prefix = "e"

    def __init__(
        self, check: Callable[[], Check], slots: Slots, knowledge: Knowledge, texts: Texts, clock: Clock
    ) -> None:
        """`check` gives the rules in force: they may change while somebody is in the middle."""
        self._check = check
        self._slots = slots
        self._texts = texts
        self._results = Results(knowledge, texts, clock)

    def start(self, incoming: Incoming, chat: Chat, form: str, said: str) -> Outcome:
        """Begins, or goes on where the person stopped; what `said` already tells is not asked again."""
        state = self._state(chat)
        heard = self._slots.read(said) if said else {}
        answers = {**state["answers"], **self._check().valid(heard)}
        word = "eligibility.resume" if state["answers"] else ("eligibility.heard" if heard else "eligibility.intro")
        return self._ask(incoming, chat, form, {**state, "answers": answers, "asking": None}, word)

    def act(self, incoming: Incoming, chat: Chat, form: str, action: str, found: Any = None) -> Outcome:
        """A button: answer, back, change, stop, result, summary, checklist, tick, restart."""
        state = self._state(chat)
        verb, _, rest = action.partition(":")
        if verb == "start":
            return self.start(incoming, chat, form, "")
        if verb == "restart":
            return self._ask(incoming, chat, form, {**state, "answers": {}, "asking": None}, "eligibility.intro")
        if verb == "a":
            return self._answer(incoming, chat, form, state, rest)
        if verb == "back":
            return self._back(incoming, chat, form, state)
        if verb == "change":
            return self._change(incoming, chat, form, state)
        if verb == "ask" and self._check().question(rest):
            return self._ask(incoming, chat, form, {**state, "asking": rest}, "")
        if verb == "stop":
            reply = Reply(
                self._texts.get(form, "eligibility.stopped"), choices=self._resume(form), edit=True, form=form
            )
            return self._keep(chat, form, state, reply, active=False)
        if verb == "sum":
            return self._keep(chat, form, state, self._results.summary(self._check(), state["answers"]), active=False)
        if verb in ("list", "tick"):
            return self._checklist(incoming, chat, form, state, rest if verb == "tick" else "")
        return self._ask(incoming, chat, form, state, "")

    def hear(self, incoming: Incoming, chat: Chat, form: str, found: Any = None) -> Outcome | None:
        """Words instead of a button, while a question stands. None when they answer no question of the check."""
        if chat.state.get("dialogue") != self.name or incoming.kind != "text":
            return None
        state = self._state(chat)
        question = self._current(state)
        if question is None:
            return None
        heard = self._check().valid(self._slots.read(incoming.text))
        if option := self._slots.answer(question, incoming.text):
            heard[question.id] = option
        elif self._slots.asks(incoming.text):
            return None
        if question.id not in heard:
            return None
        return self._ask(incoming, chat, form, {**state, "answers": {**state["answers"], **heard}, "asking": None}, "")

    def meant(self, text: str, *, unsure: bool) -> bool:
        """True for a situation: a craft or with whom one works, and something else of the check. A craft and a town
        may be a tourist's, so they do only where other guesses are offered too."""
        heard = self._slots.read(text)
        return (
            len(heard) > 1 and bool({"craft", "legal"} & set(heard)) and (unsure or set(heard) != {"craft", "region"})
        )

    def _state(self, chat: Chat) -> dict[str, Any]:
        kept = chat.state.get(self.name, {})
        check = self._check()
        answers = check.valid(kept.get("answers", {}))
        changed = bool(kept) and kept.get("version") != check.version
        return {
            "version": check.version,
            "answers": answers,
            "ticked": list(kept.get("ticked", [])),
            "asking": kept.get("asking"),
            "changed": changed,
        }

    def _current(self, state: dict[str, Any]) -> Question | None:
        asked = self._check().question(state["asking"]) if state["asking"] else None
        return asked or self._check().next_question(state["answers"])

    def _answer(self, incoming: Incoming, chat: Chat, form: str, state: dict[str, Any], rest: str) -> Outcome:
        question_id, _, option_id = rest.partition(":")
        question = self._check().question(question_id)
        if question is None or question.option(option_id) is None:
            return self._ask(incoming, chat, form, state, "eligibility.changed")
        answers = {**state["answers"], question_id: option_id}
        return self._ask(incoming, chat, form, {**state, "answers": answers, "asking": None}, "")

    def _back(self, incoming: Incoming, chat: Chat, form: str, state: dict[str, Any]) -> Outcome:
        order = [question.id for question in self._check().questions]
        question = self._current(state)
        place = order.index(question.id) if question else len(order)
        before = [question_id for question_id in order[:place] if question_id in state["answers"]]
        return self._ask(incoming, chat, form, {**state, "asking": before[-1] if before else order[0]}, "")

    def _ask(self, incoming: Incoming, chat: Chat, form: str, state: dict[str, Any], word: str) -> Outcome:
        question = self._current(state)
        if question is None:
            reply = self._results.result(form, self._check(), state["answers"])
            return self._keep(chat, form, state, replace(reply, edit=incoming.kind == "action"), active=False)
        say = self._texts.get
        word = "eligibility.changed" if state["changed"] else word
        total = len(self._check().questions)
        place = [each.id for each in self._check().questions].index(question.id) + 1
        lines = [say(form, word)] if word else []
        lines.append(question.text[form])
        buttons = rows(
            (
                Choice(f"{option.icon} {option.label[form]}".strip(), f"e:a:{question.id}:{option.id}")
                for option in question.options
            ),
            question.width,
        )
        steps = (Choice(say(form, "eligibility.back"), "e:back"), Choice(say(form, "eligibility.stop"), "e:stop"))
        heading = say(form, "eligibility.heading", step=f"{place}/{total}")
        reply = Reply("\n\n".join(lines), heading, (*buttons, steps), edit=incoming.kind == "action", form=form)
        return self._keep(chat, form, state, reply, active=True)

    def _change(self, incoming: Incoming, chat: Chat, form: str, state: dict[str, Any]) -> Outcome:
        buttons = []
        for question in self._check().questions:
            option = question.option(state["answers"].get(question.id, ""))
            label = f"{option.icon} {option.label[form]}" if option else question.text[form]
            buttons.append(Choice(label.strip(), f"e:ask:{question.id}"))
        buttons.append(Choice(self._texts.get(form, "eligibility.restart"), "e:restart"))
        reply = Reply(self._texts.get(form, "eligibility.change_ask"), choices=rows(buttons), edit=True, form=form)
        return self._keep(chat, form, state, reply, active=False)

    def _checklist(self, incoming: Incoming, chat: Chat, form: str, state: dict[str, Any], tick: str) -> Outcome:
        ticked = [item for item in state["ticked"] if item != tick]
        if tick and tick not in state["ticked"]:
            ticked.append(tick)
        state = {**state, "ticked": ticked}
        reply = self._results.checklist(form, self._check(), state["answers"], ticked)
        return self._keep(chat, form, state, replace(reply, edit=incoming.kind == "action"), active=False)

    def _resume(self, form: str) -> tuple[tuple[Choice, ...], ...]:
        say = self._texts.get
        return ((Choice(say(form, "eligibility.resume_button"), "e:start"), Choice(say(form, "menu.back"), "m:")),)

    def _keep(self, chat: Chat, form: str, state: dict[str, Any], reply: Reply, *, active: bool) -> Outcome:
        kept = {key: value for key, value in state.items() if key != "changed"}
        memory = {**chat.state, self.name: kept, "dialogue": self.name if active else None}
        chat = replace(chat, form=form, turn=chat.turn + 1, state=memory)
        return Outcome(chat, (reply,), Exchange(self.name, "", form, ""))
