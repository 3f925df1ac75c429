"""The same conversation in a terminal: numbers press buttons."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Callable
from typing import TextIO

from bot.channels.receiving import Receiver
from bot.channels.webchat import Inbox
from bot.messages import Choice, Incoming, Reply
from bot.ports import Clock


class Terminal:
    """One chat on standard input and output (or what is given)."""

    def __init__(
        self, receiver: Receiver, inbox: Inbox, clock: Clock, source: TextIO = sys.stdin, out: TextIO = sys.stdout
    ) -> None:
        self._receiver, self._inbox, self._clock = receiver, inbox, clock
        self._source, self._out = source, out
        self._address = secrets.token_hex(8)
        self._seen = 0
        self._buttons: list[tuple[Choice, str]] = []

    async def run(self, first: str = "/start", stop: Callable[[str], bool] = lambda line: line == "/quit") -> None:
        """Chats until the input ends or `stop` says so."""
        await self.send(first)
        while True:
            self._out.write("\n> ")
            self._out.flush()
            line = await asyncio.to_thread(self._source.readline)
            if not line or stop(line.strip()):
                return
            if line.strip():
                await self.send(line.strip())

    async def press(self, action: str) -> None:
        """Presses a button by its action, without showing what comes back."""
        incoming = Incoming("terminal", self._address, secrets.token_hex(12), self._clock(), "action", action=action)
        await self._receiver.receive([incoming])

    async def send(self, line: str) -> None:
        """Sends a line (a number presses that button) and prints what comes back."""
        kind, text, action, reference = "text", line, "", None
        if line.isdigit() and 1 <= int(line) <= len(self._buttons):
            choice, reference = self._buttons[int(line) - 1]
            kind, text, action = "action", "", choice.action
        incoming = Incoming(
            channel="terminal",
            address=self._address,
            update_id=secrets.token_hex(12),
            at=self._clock(),
            kind="action" if kind == "action" else "text",
            text=text,
            action=action,
            message_ref=reference,
        )
        await self._receiver.receive([incoming])
        await self.show()

    async def show(self) -> None:
        """Prints the replies that wait. The buttons of the last ones can be pressed by number."""
        replies = await self._inbox.pull("terminal", self._address, self._seen)
        if replies:
            self._buttons = []
        for number, reply in replies:
            self._seen = max(self._seen, number)
            self._print(reply, str(number))

    def _print(self, reply: Reply, reference: str) -> None:
        if reply.heading:
            self._out.write(f"\n\033[1m{reply.heading}\033[0m" if self._out.isatty() else f"\n{reply.heading}")
        self._out.write(f"\n{reply.text}\n")
        for choice in (choice for row in reply.choices for choice in row):
            if choice.kind == "contact":
                continue
            if choice.kind == "url":
                self._out.write(f"  {choice.label}: {choice.action}\n")
                continue
            self._buttons.append((choice, reference))
            self._out.write(f"  [{len(self._buttons)}] {choice.label}\n")
