"""Handover: who waits for a person, what was said, answering in the same chat, canned answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.desk import Desk, Page, Visit
from bot.console.naming import titles
from bot.letters import Letters
from bot.storage import chats, exchanges, handovers, outbox
from bot.storage import staff as accounts
from intents.models import FORMS, Content

LONGEST = 3000
ARTISAN = "artisan"


class ConversationsPages:
    """`/staff/conversations`."""

    def __init__(
        self, desk: Desk, letters: Letters, wake: Callable[[], None], content: Callable[[], Content]
    ) -> None:
        """`content` is what is published now."""
        self._desk, self._letters, self._wake, self._content = desk, letters, wake, content
        self.pages = [
            Page("/conversations", "reader", self.home),
            Page("/conversations/one/{id:int}", "reader", self.one),
            Page("/conversations/one/{id:int}/take", "editor", self.take, "POST"),
            Page("/conversations/one/{id:int}/give", "editor", self.give, "POST"),
            Page("/conversations/one/{id:int}/answer", "editor", self.answer, "POST"),
            Page("/conversations/one/{id:int}/close", "editor", self.close, "POST"),
            Page("/conversations/canned", "reader", self.canned),
            Page("/conversations/canned", "editor", self.add_canned, "POST"),
            Page("/conversations/canned/delete", "editor", self.delete_canned, "POST"),
        ]

    async def home(self, visit: Visit) -> Response:
        """Who waits, which are mine, which are closed."""

        def read(connection: Connection) -> dict[str, Any]:
            rows, closed = handovers.waiting(connection), handovers.closed(connection)
            last = handovers.last_lines(connection, [row.id for row in (*rows, *closed)])
            return {"rows": rows, "closed": closed, "last": last}

        return self._desk.page(visit, "conversations.html", **await self._desk.db.read(read))

    async def one(self, visit: Visit) -> Response:
        """One conversation."""
        return await self._one(visit)

    async def take(self, visit: Visit) -> Response:
        """Takes it; exclusive: whoever comes second is told who has it."""
        number, who, now = int(visit.path("id")), visit.member.name, self._desk.clock()

        def write(connection: Connection) -> bool:
            taken = handovers.take(connection, number, who, now)
            if taken:
                accounts.log(connection, who, "conversation.taken", str(number), now)
            return taken

        if await self._desk.db.write(write):
            return self._desk.go(f"/conversations/one/{number}", "taken")
        return await self._one(visit, "conversations.too_late", 409)

    async def give(self, visit: Visit) -> Response:
        """Lets somebody else take it."""
        number, who = int(visit.path("id")), visit.member.name
        await self._desk.db.write(lambda connection: handovers.give_back(connection, number, who))
        return self._desk.go("/conversations", "saved")

    async def answer(self, visit: Visit) -> Response:
        """Sends an answer to the same chat, or inserts a canned one into what is being written."""
        number, who, words = int(visit.path("id")), visit.member.name, visit.text("words", LONGEST)
        if visit.number("insert") is not None:
            return await self._one(visit, words=words, insert=visit.number("insert"))
        if not words:
            return await self._one(visit, "conversations.empty", 422)
        now, turn = self._desk.clock(), visit.number("turn")

        def write(connection: Connection) -> str:
            row = handovers.get(connection, number, lock=True)
            chat = chats.get(connection, row.chat_id) if row else None
            if row is None or chat is None or row.closed_at:
                return "conversations.is_closed"
            if not handovers.take(connection, number, who, row.taken_at or now):
                return "conversations.too_late"
            if turn != _answers(connection, number):  # the same form sent twice, or another window answered
                return "conversations.answered"
            handovers.say(connection, chat.id, who, words, now)
            reply = self._letters.answer(chat.chosen or chat.form or row.form, words)
            key = f"answer:{number}:{turn}"
            outbox.enqueue(connection, chat, [reply], now=now, priority=outbox.REPLY, dedupe_key=key)
            return ""

        if problem := await self._desk.db.write(write):
            return await self._one(visit, problem, 409, words)
        self._wake()
        return self._desk.go(f"/conversations/one/{number}", "sent")

    async def close(self, visit: Visit) -> Response:
        """Closes it and tells the artisan; the bot answers again."""
        number, who, now = int(visit.path("id")), visit.member.name, self._desk.clock()

        def write(connection: Connection) -> str:
            row = handovers.get(connection, number)
            chat = chats.get(connection, row.chat_id) if row else None
            if row is None or chat is None:
                return "conversations.is_closed"
            # The chat is locked first, as the reception does: what the artisan writes meanwhile waits for us.
            chat = chats.lock(connection, chat.channel, [chat.address], now)[chat.address].chat
            if not handovers.take(connection, number, who, row.taken_at or now):
                return "conversations.too_late"
            handovers.close(connection, chat.id, now, who)
            state = {name: kept for name, kept in chat.state.items() if name not in ("handover", "dialogue")}
            chats.set_state(connection, chat.id, state)
            reply = self._letters.closed(chat.chosen or chat.form or row.form)
            outbox.enqueue(connection, chat, [reply], now=now, dedupe_key=f"closed:{number}")
            accounts.log(connection, who, "conversation.closed", str(number), now)
            return ""

        if problem := await self._desk.db.write(write):
            return await self._one(visit, problem, 409)
        self._wake()
        return self._desk.go("/conversations", "closed")

    async def canned(self, visit: Visit) -> Response:
        """Answers kept for use."""
        return await self._canned(visit)

    async def add_canned(self, visit: Visit) -> Response:
        """Keeps one more."""
        title, now, who = visit.text("title", 80), self._desk.clock(), visit.member.name
        texts = {form: text for form in FORMS if (text := visit.text(f"text_{form}", LONGEST))}
        if not title or not texts:
            return await self._canned(visit, "conversations.canned_empty")

        def write(connection: Connection) -> None:
            handovers.add_canned(connection, title, texts)
            accounts.log(connection, who, "canned.added", title, now, None, texts)

        await self._desk.db.write(write)
        return self._desk.go("/conversations/canned", "added")

    async def delete_canned(self, visit: Visit) -> Response:
        """Deletes one."""
        number, now, who = visit.number("id") or 0, self._desk.clock(), visit.member.name

        def write(connection: Connection) -> None:
            if title := handovers.delete_canned(connection, number):
                accounts.log(connection, who, "canned.deleted", title, now)

        await self._desk.db.write(write)
        return self._desk.go("/conversations/canned", "removed")

    async def _canned(self, visit: Visit, problem: str = "") -> Response:
        rows = await self._desk.db.read(handovers.canned_answers)
        given = {form: visit.text(f"text_{form}", LONGEST) for form in FORMS}
        values = {"rows": rows, "problem": problem, "given": given, "title": visit.text("title", 80)}
        return self._desk.page(visit, "canned.html", 422 if problem else 200, **values)

    async def _one(
        self, visit: Visit, problem: str = "", status: int = 200, words: str = "", insert: int | None = None
    ) -> Response:
        number = int(visit.path("id"))

        def read(connection: Connection) -> dict[str, Any] | None:
            row = handovers.get(connection, number)
            chat = chats.get(connection, row.chat_id) if row else None
            if row is None or chat is None:
                return None
            return {
                "row": row,
                "chat": chat,
                "form": chat.chosen or chat.form or row.form,
                "lines": handovers.read_lines(connection, number),
                "before": exchanges.recent(connection, chat.id),
                "titles": titles(self._content(), visit.language),
                "canned": handovers.canned_answers(connection),
                "turn": _answers(connection, number),
            }

        found = await self._desk.db.read(read)
        if found is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        for kept in found["canned"]:
            if kept.id == insert:
                text = kept.texts.get(found["form"]) or next(iter(kept.texts.values()), "")
                words = f"{words}\n{text}".strip()
        values = {**found, "problem": problem, "words": words, "artisan": ARTISAN}
        return self._desk.page(visit, "conversation.html", status, **values)


def _answers(connection: Connection, handover_id: int) -> int:
    """How many answers staff have given in it."""
    return sum(line.who != ARTISAN for line in handovers.read_lines(connection, handover_id))
