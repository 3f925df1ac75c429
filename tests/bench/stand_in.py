"""Telegram for load: the tests' stand-in without its checks, and with queues where that one searches lists. It must
cost less than any bot that is measured against it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.bot_api import BOT, BotApi

CONNECTIONS = 40
"""To webhooks at once, as the bot asks of Telegram."""


class LoadApi(BotApi):
    """Notes when each chat wrote (`asked`), and for how long it waited for the first answer (`waits`)."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, float] = {}
        self.waits: list[float] = []
        self.replies = 0
        self._queue: deque[dict[str, Any]] = deque()
        self._filled = asyncio.Event()
        self._calm = asyncio.Event()

    def asks(self, chat: int, text: str) -> None:
        """`chat` writes `text`; it must not be waiting for an answer."""
        self.asked[chat] = time.perf_counter()
        self._calm.clear()
        self.says(chat, text)

    def arrives(self, **content: Any) -> int:
        number = next(self._update_ids)
        self._queue.append({"update_id": number, **content})
        self._filled.set()
        return number

    async def all_answered(self, seconds: float = 120.0) -> None:
        """Returns once each chat that wrote has an answer. Raises TimeoutError, which names some that have none."""
        try:
            await asyncio.wait_for(self._calm.wait(), seconds)
        except TimeoutError:
            raise TimeoutError(f"{len(self.asked)} got no answer: {list(self.asked)[:5]}") from None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method == "getMe":
            result: Any = BOT
        elif method == "sendMessage":
            result = self._sent(await self._params(request))
        elif method == "getUpdates":
            result = await self._updates(await self._params(request))
        elif method == "setWebhook":
            result = await self._setWebhook(await self._params(request))
        else:
            result = True
        return web.Response(body=json.dumps({"ok": True, "result": result}).encode(), content_type="application/json")

    def _sent(self, params: dict[str, Any]) -> dict[str, Any]:
        chat = int(params["chat_id"])
        self.replies += 1
        if began := self.asked.pop(chat, None):
            self.waits.append(time.perf_counter() - began)
            if not self.asked:
                self._calm.set()
        return {
            "message_id": next(self._message_ids), "date": int(time.time()), "from": BOT, "text": params["text"],
            "chat": {"id": chat, "type": "private", "first_name": "A"},
        }  # fmt: skip

    async def _updates(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        offset = int(params.get("offset") or 0)
        while self._queue and self._queue[0]["update_id"] < offset:
            self._queue.popleft()
        if not self._queue:
            self._filled.clear()
            try:
                await asyncio.wait_for(self._filled.wait(), float(params.get("timeout") or 0))
            except TimeoutError:
                return []
        most = min(int(params.get("limit") or 100), len(self._queue))
        return [self._queue[at] for at in range(most)]

    async def _push(self) -> None:
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            for _ in range(CONNECTIONS):
                tasks.create_task(self._post_all(session))

    async def _post_all(self, session: aiohttp.ClientSession) -> None:
        assert self._webhook
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._webhook["secret_token"]}
        while True:
            while not self._queue:
                self._filled.clear()
                await self._filled.wait()
            update = self._queue.popleft()
            async with session.post(self._target(), json=update, headers=headers) as response:
                if response.status != 200:
                    self._queue.append(update)
