"""A conversation small enough to reason about: it answers `n` with `answer to n`, counts, or fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.messages import Chat, Choice, Effect, Exchange, Incoming, Need, Outcome, Reply


class TinyConversation:
    """`boom` raises, `look X` needs X, `forget` asks to be forgotten, `two` says two things; everything else
    is answered and remembered."""

    def respond(self, incoming: Incoming, chat: Chat, found: Any = None) -> Outcome:
        said = incoming.text or incoming.action
        if said == "boom":
            raise RuntimeError("boom")
        if said == "forget":
            reply = Reply("forgotten", edit=True)
            return Outcome(Chat(chat.channel, chat.address, chat.id), (reply,), None, (Effect("forget"),))
        if said.startswith("look ") and found is None:
            return Outcome(chat, need=Need("look", {"for": said[5:]}))
        text = f"found {found}" if found is not None else f"answer to {said}"
        after = replace(chat, form="fr", turn=chat.turn + 1, state={"said": [*chat.state.get("said", []), said][-20:]})
        replies = (Reply(text, choices=((Choice("again", "again"),),)),)
        if said == "two":
            replies = (Reply("one"), Reply("two"))
        exchange = Exchange("question", said, "fr", "answer", "topic", 0.9, (("topic", 0.9),), 0.1)
        effects = (Effect("note", {"said": said}),) if said.startswith("note ") else ()
        return Outcome(after, replies, exchange, effects)

    def apology(self, incoming: Incoming, chat: Chat | None) -> Reply:
        return Reply("sorry")

    def flood_notice(self, chat: Chat, incoming: Incoming) -> Reply:
        return Reply("slower, please")
