"""Replies that begin with us, not with a message: answers of staff, news of a file, letters to all who agreed."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Choice, Reply
from bot.texts import Texts, isolate
from intents.models import FORMS


def finished(reply: Reply, texts: Texts) -> Reply:
    """`reply` with Latin runs isolated where its form runs right to left, so that numbers stay readable."""
    if not texts.rtl(reply.form):
        return reply
    buttons = tuple(tuple(replace(item, label=isolate(item.label)) for item in row) for row in reply.choices)
    return replace(reply, text=isolate(reply.text), heading=isolate(reply.heading), choices=buttons)


class Letters:
    """Makes them in a chat's written form; a form that does not exist is taken as French."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def news(self, form: str, subscription: int) -> Reply:
        """There is news of a file: reveals nothing on a locked screen, the content follows on a tap."""
        return self._made(form, "status.news", "status.news_open", f"s:news:{subscription}")

    def answer(self, form: str, words: str) -> Reply:
        """What a person of the staff wrote."""
        form = _known(form)
        end = Choice(self._texts.get(form, "handover.end"), "h:end")
        return finished(Reply(words, self._texts.get(form, "handover.heading"), ((end,),), form=form), self._texts)

    def closed(self, form: str) -> Reply:
        """Staff have closed the conversation."""
        return self._made(form, "handover.staff_closed", "menu.back", "m:")

    def waiting(self) -> Reply:
        """To the staff's group: somebody waits. Says nothing about whom."""
        return Reply("\n".join(self._texts.get(form, "handover.staff_waiting") for form in ("fr", "ar")))

    def broadcast(self, form: str, words: str) -> Reply:
        """A letter to all who agreed, with the way to take that back."""
        form = _known(form)
        stop = Choice(self._texts.get(form, "news.stop"), "b:off")
        return finished(Reply(words, choices=((stop,),), form=form), self._texts)

    def _made(self, form: str, message: str, label: str, action: str) -> Reply:
        form = _known(form)
        choice = Choice(self._texts.get(form, label), action)
        return finished(Reply(self._texts.get(form, message), choices=((choice,),), form=form), self._texts)


def _known(form: str) -> str:
    return form if form in FORMS else "fr"
