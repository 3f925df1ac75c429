"""One person each on the web page, in the terminal and on Telegram: the same hands and eyes for the same tests."""

from __future__ import annotations

import asyncio
import io
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
from starlette.applications import Starlette

from bot.app import Core, utc_now
from bot.channels.telegram import TelegramChannel
from bot.channels.terminal import Terminal
from bot.channels.webchat import WebChat
from bot.messages import Incoming
from bot.storage import outbox
from bot.texts import Texts
from tests.fakes.bot_api import TOKEN, BotApi
from tests.running import running, settings

SECRET = "s3cret"
TELEGRAM = {
    "BOT_TOKEN": TOKEN,
    "TELEGRAM_MODE": "webhook",
    "WEBHOOK_URL": "https://bot.example/telegram",
    "WEBHOOK_SECRET": SECRET,
    "DEMO_DATA": "yes",
}


@dataclass
class Seen:
    """A message as it stands on the person's screen."""

    text: str
    buttons: dict[str, str] = field(default_factory=dict)
    """Action by label."""


class Person(Protocol):
    """Somebody at a channel."""

    edits: bool
    """True where a message can change after it was shown."""
    screen: list[Seen]

    async def says(self, text: str) -> Seen: ...

    async def presses(self, label: str) -> Seen:
        """Presses the newest button of that label."""
        ...

    async def again(self) -> None:
        """The channel delivers the last update once more."""
        ...


def newest(screen: list[Seen], label: str) -> tuple[int, str]:
    """Place of the newest message with a button of that label, and the button's action."""
    return next((at, screen[at].buttons[label]) for at in reversed(range(len(screen))) if label in screen[at].buttons)


class WebPerson:
    """Uses the page's own calls, as chat.js does."""

    edits = True

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.screen: list[Seen] = []
        self._client = client
        self._places: dict[str, int] = {}
        self._after = 0
        self._ids = itertools.count(10**8)
        self._last: dict[str, Any] = {}

    async def says(self, text: str) -> Seen:
        return await self._send({"kind": "text", "text": text})

    async def presses(self, label: str) -> Seen:
        at, action = newest(self.screen, label)
        reference = next(number for number, place in self._places.items() if place == at)
        return await self._send({"kind": "action", "action": action, "ref": reference})

    async def again(self) -> None:
        await self._post(self._last)

    async def _send(self, what: dict[str, Any]) -> Seen:
        self._last = {"id": str(next(self._ids)), "language": "fr-FR", **what}
        return await self._post(self._last)

    async def _post(self, body: dict[str, Any]) -> Seen:
        answer = await self._client.post("/chat/messages", json={**body, "after": self._after})
        assert answer.status_code == 200
        for message in answer.json()["messages"]:
            self._after = max(self._after, message["id"])
            buttons = {choice["label"]: choice["action"] for row in message["choices"] for choice in row}
            seen = Seen("\n".join(filter(None, (message["heading"], message["text"]))), buttons)
            place = self._places.get(message["reference"] or "", len(self.screen))
            self.screen[place : place + 1] = [seen]
            self._places = {n: p for n, p in self._places.items() if p != place} | {str(message["id"]): place}
            last = seen
        return last if answer.json()["messages"] else self.screen[-1]


class Twice:
    """A receiver that can be given the last message again."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._last: Sequence[Incoming] = ()

    async def receive(self, incomings: Sequence[Incoming]) -> None:
        self._last = incomings
        await self._core.reception.receive(incomings)

    async def again(self) -> None:
        await self._core.reception.receive(self._last)


class TerminalPerson:
    """Types lines and reads what is printed."""

    edits = False
    _BUTTON = re.compile(r"^  \[(\d+)\] (.*)$", re.MULTILINE)

    def __init__(self, core: Core) -> None:
        self.screen: list[Seen] = []
        self._out = io.StringIO()
        self._receiver = Twice(core)
        self.terminal = Terminal(self._receiver, core.inbox, utc_now, io.StringIO(), self._out)

    async def says(self, text: str) -> Seen:
        self._out.seek(0)
        self._out.truncate()
        await self.terminal.send(text)
        return self._read()

    async def presses(self, label: str) -> Seen:
        return await self.says(newest(self.screen, label)[1])

    async def again(self) -> None:
        await self._receiver.again()
        self._out.seek(0)
        self._out.truncate()
        await self.terminal.show()
        self._read()

    def _read(self) -> Seen:
        if shown := self._out.getvalue():
            buttons = {found[2]: found[1] for found in self._BUTTON.finditer(shown)}
            self.screen.append(Seen(self._BUTTON.sub("", shown).strip(), buttons))
        return self.screen[-1]


class NumberedApi(BotApi):
    """The stand-in, remembering the id of each message sent."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[int] = []

    def _keep(self, method: str, params: dict[str, Any], number: int) -> dict[str, Any]:
        self.numbers.append(number)
        return super()._keep(method, params, number)


class TelegramPerson:
    """Telegram posts to the webhook; what the bot sends arrives at the stand-in over HTTP."""

    edits = True
    _chats = itertools.count(1000)

    def __init__(self, core: Core, api: NumberedApi, client: httpx.AsyncClient) -> None:
        self.screen: list[Seen] = []
        self._core, self._api, self._client = core, api, client
        self._chat = next(self._chats)
        self._read_up_to = len(api.sent)
        self._places: dict[int, int] = {}
        self._updates = itertools.count(self._chat * 1000)
        self._last: dict[str, Any] = {}

    async def says(self, text: str) -> Seen:
        message = self._api.message(self._chat, text=text)
        message["from"]["language_code"] = "fr"
        return await self._post({"update_id": next(self._updates), "message": message})

    async def presses(self, label: str) -> Seen:
        at, action = newest(self.screen, label)
        number = next(number for number, place in self._places.items() if place == at)
        message = self._api.message(self._chat, text="...") | {"message_id": number}
        query = {"id": "1", "from": message["from"], "chat_instance": "1", "data": action, "message": message}
        return await self._post({"update_id": next(self._updates), "callback_query": query})

    async def again(self) -> None:
        await self._post(self._last)

    async def _post(self, update: dict[str, Any]) -> Seen:
        self._last = update
        headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
        assert (await self._client.post("/telegram", json=update, headers=headers)).status_code == 200
        async with asyncio.timeout(10):
            while (await self._core.db.read(outbox.waiting))[0]:
                await asyncio.sleep(0)
        for sent, number in list(zip(self._api.sent, self._api.numbers, strict=True))[self._read_up_to :]:
            markup = sent.params.get("reply_markup") or {}
            rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
            buttons = {one["text"]: one["callback_data"] for row in rows for one in row}
            place = self._places.get(number, len(self.screen))
            self.screen[place : place + 1] = [Seen(sent.text.replace("<b>", "").replace("</b>", ""), buttons)]
            self._places[number] = place
            last = self.screen[place]
        new, self._read_up_to = len(self._api.sent) - self._read_up_to, len(self._api.sent)
        return last if new else self.screen[-1]


@dataclass
class Place:
    """The bot, served on all three channels at once."""

    core: Core
    api: NumberedApi
    client: httpx.AsyncClient

    async def person(self, channel: str) -> Person:
        """A new one."""
        if channel == "web":
            self.client.cookies.clear()
            return WebPerson(self.client)
        return TerminalPerson(self.core) if channel == "terminal" else TelegramPerson(self.core, self.api, self.client)


@asynccontextmanager
async def everywhere(seeded: Path, folder: Path) -> AsyncIterator[Place]:
    """Starts and stops all of it."""
    async with NumberedApi() as api:
        more = {**TELEGRAM, "TELEGRAM_API_URL": api.url}
        telegram = TelegramChannel(settings(folder, **more), utc_now)
        async with running(seeded, folder, {"telegram": telegram}, **more) as core:
            page = WebChat(core.reception, core.inbox, Texts("web"), utc_now, lambda: None)
            app = Starlette(routes=[*page.routes, *telegram.routes(core.reception)])
            await telegram.start(core.texts)
            tasks = [asyncio.create_task(core.sender.run()), asyncio.create_task(telegram.run(core.reception))]
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
                yield Place(core, api, client)
            await telegram.stop()
            core.sender.stop(5.0)
            await asyncio.gather(*tasks)
            await telegram.close()
        assert api.violations == []
