"""Try it: type as an artisan would, see how it is read and what is answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from bot.console.desk import Desk, Page, Visit
from bot.console.drafts import draft_content
from bot.console.naming import titles
from bot.conversation import Conversation
from bot.knowledge import PublishedKnowledge
from bot.messages import Chat, Incoming
from bot.texts import Texts
from intents.matching import Matcher
from intents.models import Content

LONGEST = 1000


@dataclass(frozen=True)
class Draft:
    """Content that is not published, with what would understand questions about it."""

    content: Content
    matcher: Matcher

    def understand(self, text: str, *, hint_form: str | None = None) -> Any:
        """How it would be understood."""
        return self.matcher.understand(text, hint_form=hint_form)


class TryPages:
    """`/staff/try`."""

    def __init__(self, desk: Desk, knowledge: PublishedKnowledge, texts: Texts) -> None:
        self._desk, self._knowledge, self._texts = desk, knowledge, texts
        self.pages = [Page("/try", "reader", self.home), Page("/try", "reader", self.read, "POST")]

    async def home(self, visit: Visit) -> Response:
        """The box."""
        return self._desk.page(visit, "try.html", text="", draft=False, read=None, replies=(), titles={})

    async def read(self, visit: Visit) -> Response:
        """What becomes of the text in it: with the published content, or with all drafts in it."""
        text, draft = visit.text("text", LONGEST), visit.text("content") == "draft"
        if not text:
            return await self.home(visit)
        content, matcher = self._knowledge.content, self._knowledge.matcher
        if draft:
            content = await draft_content(self._desk.db)
            matcher = await self._knowledge.trial(content)
        read = await asyncio.to_thread(matcher.explain, text)
        conversation = Conversation(Draft(content, matcher), self._texts, [], self._desk.clock)
        incoming = Incoming("console", visit.member.name, "", self._desk.clock(), text=text)
        outcome = conversation.respond(incoming, Chat("console", visit.member.name))
        return self._desk.page(
            visit, "try.html", text=text, draft=draft, read=read, replies=outcome.replies,
            titles=titles(content, visit.language),
        )  # fmt: skip
