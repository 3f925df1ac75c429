"""The replies that are the same wherever they come from: menus, answers, questions back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from bot.messages import Choice, Reply, Rows
from bot.texts import Texts
from intents.answering import fill
from intents.models import FORMS, Content

# Order and icon of the groups on the menu. The conversation's own topics (greetings) are not listed.
GROUPS = {
    "programmes": "🏅",
    "application": "📝",
    "training": "🎓",
    "status": "🪪",
    "social": "🩺",
    "money": "💰",
    "market": "🧺",
    "contact": "📍",
}


def rows(choices: Iterable[Choice], width: int = 1) -> Rows:
    """`choices` in rows of `width` buttons."""
    items = tuple(choices)
    return tuple(items[start : start + width] for start in range(0, len(items), width))


class Menus:
    """Builds replies from the texts and the published content (handed in, since staff may publish any time)."""

    def __init__(self, texts: Texts) -> None:
        self.texts = texts

    def main(self, form: str, heading: str = "", text: str = "", *, edit: bool = False) -> Reply:
        """The menu: one button for the check, one for the file, one a topic group, news, a person."""
        say = self.texts.get
        groups = (Choice(f"{icon} {say(form, f'group.{name}')}", f"g:{name}") for name, icon in GROUPS.items())
        choices = (
            *rows([Choice(say(form, "menu.check"), "e:start")]),
            *rows([Choice(say(form, "menu.status"), "s:start")]),
            *rows(groups, 2),
            *rows([Choice(say(form, "menu.news"), "b:ask")]),
            *rows([Choice(say(form, "menu.person"), "h:start"), Choice("🌐 " + say(form, "menu.language"), "l:")], 2),
        )
        return Reply(text or say(form, "menu.text"), heading, choices, edit=edit, form=form)

    def group(self, form: str, group: str, content: Content) -> Reply:
        """The topics of one group as buttons."""
        topics = [topic for topic in content.topics.values() if topic.group == group]
        buttons = [Choice(topic.answers[form].title, f"t:{topic.id}") for topic in topics if form in topic.answers]
        back = Choice(self.texts.get(form, "menu.back"), "m:")
        heading = f"{GROUPS.get(group, '')} {self.texts.get(form, f'group.{group}')}".strip()
        return Reply(self.texts.get(form, "group.text"), heading, (*rows(buttons), (back,)), edit=True, form=form)

    def languages(self, form: str, *, edit: bool = False) -> Reply:
        """One button a written form, each in its own name."""
        buttons = [Choice(self.texts.languages[code].name, f"l:{code}") for code in FORMS]
        return Reply(self.texts.get(form, "language.ask"), choices=rows(buttons, 2), edit=edit, form=form)

    def answer(self, form: str, topic_id: str, content: Content, turn: int, today: date) -> Reply:
        """The answer of a topic, dated by the facts in it, with follow-ups and 👍/👎 for answer number `turn`."""
        filled = fill(content, topic_id, form, today, self.texts.value, self.texts.as_of)
        text = filled.text.strip()
        if filled.as_of:
            text += "\n\n" + self.texts.get(form, "answer.as_of", date=self.texts.as_of(form, filled.as_of))
        if content.topics[topic_id].answers[form].review.state == "stale":
            text += "\n\n" + self.texts.get(form, "answer.stale")
        follow_ups = rows(self._titles(form, content.topics[topic_id].follow_ups, content))
        thumbs = (Choice("👍", f"f:+:{turn}"), Choice("👎", f"f:-:{turn}"))
        return Reply(text, filled.title, (*follow_ups, (*thumbs, Choice("☰", "m:"))), form=form)

    def ask_back(self, form: str, topic_ids: Sequence[str], content: Content, turn: int) -> Reply:
        """Did you mean …, with at most three titles and "none of these"."""
        titles = self._titles(form, topic_ids[:3], content)
        none = Choice(self.texts.get(form, "clarify.none"), f"n:{turn}")
        return Reply(self.texts.get(form, "clarify.ask"), choices=rows([*titles, none]), form=form)

    def not_understood(self, form: str, message: str = "fallback.text") -> Reply:
        """Says kindly that this was not understood and offers the menu and a person."""
        say = self.texts.get
        groups = (Choice(f"{icon} {say(form, f'group.{name}')}", f"g:{name}") for name, icon in GROUPS.items())
        person = Choice(say(form, "menu.person"), "h:start")
        return Reply(say(form, message), choices=(*rows(groups, 2), (person,)), form=form)

    def _titles(self, form: str, topic_ids: Iterable[str], content: Content) -> list[Choice]:
        return [
            Choice(content.topics[topic_id].answers[form].title, f"t:{topic_id}")
            for topic_id in topic_ids
            if topic_id in content.topics and form in content.topics[topic_id].answers
        ]
