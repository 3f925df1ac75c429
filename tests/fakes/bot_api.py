"""A stand-in for Telegram's Bot API over real HTTP. Checks each call against the specification of its method
(bot_api_methods.json, taken from Telegram's own), keeps what was sent, and fails on purpose."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

SPEC = json.loads((Path(__file__).parent / "bot_api_methods.json").read_text(encoding="utf-8"))
TOKEN = "123456:test-token"
BOT = {"id": 123456, "is_bot": True, "first_name": "Bot", "username": "artisan_test_bot"}


@dataclass
class Faults:
    """How often calls that send fail, as shares of 1."""

    too_many: float = 0.0
    server_error: float = 0.0
    dropped: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))


@dataclass(frozen=True)
class Sent:
    """One message as a person would see it."""

    at: float
    chat: int
    text: str
    method: str
    params: dict[str, Any]


Failing = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]] | str | None]
"""Given a call, how it fails: status and body, `drop` for a broken connection, or None."""


class BotApi:
    """Use as `async with BotApi() as api`. `api.url` goes into TELEGRAM_API_URL, `TOKEN` into BOT_TOKEN."""

    def __init__(self, faults: Faults | None = None, first_update: int = 1) -> None:
        self.faults = faults or Faults()
        self.failing: Failing = lambda method, params: None
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.violations: list[str] = []
        self.updates: list[dict[str, Any]] = []
        self.polls_at_once = 0
        self.confirmed = 0
        self.lost_posts = 0
        self.balanced: list[str] = []  # where the webhook's posts go instead, in turn
        self._turn = 0
        self.url = ""
        self._polling = 0
        self._changed = asyncio.Condition()
        self._update_ids = itertools.count(first_update)
        self._message_ids = itertools.count(1)
        self._webhook: dict[str, Any] | None = None
        self._pushing: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> BotApi:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._pushing:
            self._pushing.cancel()
            await asyncio.wait([self._pushing])
        assert self._runner
        await self._runner.cleanup()

    # What people do

    def says(self, chat: int, text: str, **more: Any) -> int:
        """`chat` writes `text`; returns the update's id."""
        return self.arrives(message=self.message(chat, text=text, **more))

    def presses(self, chat: int, data: str, message_id: int = 1) -> int:
        """`chat` presses the button that carries `data`."""
        query = {
            "id": f"q{next(self._message_ids)}", "from": person(chat), "chat_instance": "1", "data": data,
            "message": self.message(chat, text="...") | {"message_id": message_id},
        }  # fmt: skip
        return self.arrives(callback_query=query)

    def message(self, chat: int, **content: Any) -> dict[str, Any]:
        """A message in a private chat, now."""
        return {
            "message_id": next(self._message_ids), "date": int(time.time()), "from": person(chat),
            "chat": {"id": chat, "type": "private", "first_name": "A"}, **content,
        }  # fmt: skip

    def arrives(self, **content: Any) -> int:
        """Any update."""
        number = next(self._update_ids)
        self.updates.append({"update_id": number, **content})
        self._notify()
        return number

    def texts(self, chat: int) -> list[str]:
        """What `chat` was sent, in order."""
        return [sent.text for sent in self.sent if sent.chat == chat]

    async def until(self, reached: Callable[[], bool], seconds: float = 20.0) -> None:
        """Returns once `reached()`, looked at whenever something changes. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            async with self._changed:
                await self._changed.wait_for(reached)

    async def until_sent(self, count: int, seconds: float = 20.0) -> None:
        """Returns once `count` messages were sent."""
        await self.until(lambda: len(self.sent) >= count, seconds)

    def called(self, method: str) -> list[dict[str, Any]]:
        """Parameters of all calls of `method`."""
        return [params for name, params in self.calls if name == method]

    # The server

    def _notify(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._telling = asyncio.ensure_future(tell())

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _answer(401, "Unauthorized")
        method = request.match_info["method"]
        params = await self._params(request)
        problems = check(method, params)
        self.violations += problems
        if problems:
            return _answer(400, f"Bad Request: {problems[0]}")
        failure = self._failure(method, params)
        if failure == "drop":
            assert request.transport
            request.transport.close()
            return web.Response()
        if failure:
            status, body = failure
            return web.json_response({"ok": False, "error_code": status, **body}, status=status)
        self.calls.append((method, params))
        handler = getattr(self, f"_{method}", None)
        result = await handler(params) if handler else True
        self._notify()
        if isinstance(result, web.StreamResponse):
            return result
        return web.json_response({"ok": True, "result": result})

    async def _params(self, request: web.Request) -> dict[str, Any]:
        if request.content_type == "application/json":
            return dict(await request.json())
        form = await request.post()
        return {**request.query, **form}

    def _failure(self, method: str, params: dict[str, Any]) -> Any:
        if failure := self.failing(method, params):
            return failure
        if method not in ("sendMessage", "editMessageText", "getUpdates"):
            return None
        drawn = self.faults.random.random()
        if drawn < self.faults.too_many:
            return 429, {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
        if drawn < self.faults.too_many + self.faults.server_error:
            return 502, {"description": "Bad Gateway"}
        if drawn < self.faults.too_many + self.faults.server_error + self.faults.dropped:
            return "drop"
        return None

    async def _getMe(self, params: dict[str, Any]) -> dict[str, Any]:
        return BOT

    async def _getUpdates(self, params: dict[str, Any]) -> Any:
        if self._webhook:
            return _answer(409, "Conflict: can't use getUpdates method while webhook is active")
        if self._polling:
            self.polls_at_once += 1
            return _answer(409, "Conflict: terminated by other getUpdates request")
        self._polling += 1
        try:
            offset = int(params.get("offset") or 0)
            self.confirmed = max(self.confirmed, offset)
            self._notify()
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
            if not self.updates and params.get("timeout"):
                async with asyncio.timeout(float(params["timeout"])), self._changed:
                    await self._changed.wait_for(lambda: bool(self.updates))
            return self.updates[: int(params.get("limit") or 100)]
        except TimeoutError:
            return []
        finally:
            self._polling -= 1

    async def _setWebhook(self, params: dict[str, Any]) -> bool:
        self._webhook = params
        if self._pushing is None or self._pushing.done():
            self._pushing = asyncio.create_task(self._push())
        return True

    async def _deleteWebhook(self, params: dict[str, Any]) -> bool:
        self._webhook = None
        if self._pushing:
            self._pushing.cancel()
        return True

    async def _push(self) -> None:
        """Posts updates to the webhook, those of one chat one after the other, until each is answered 200."""
        assert self._webhook
        lanes: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            seen: set[int] = set()
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: any(one["update_id"] not in seen for one in self.updates))
                for one in [one for one in self.updates if one["update_id"] not in seen]:
                    seen.add(one["update_id"])
                    chat = _chat_of(one)
                    lanes[chat] = tasks.create_task(self._post(session, one, lanes.get(chat)))

    async def _post(
        self, session: aiohttp.ClientSession, update: dict[str, Any], before: asyncio.Task[None] | None
    ) -> None:
        assert self._webhook
        if before:
            await asyncio.wait([before])
        headers = {"X-Telegram-Bot-Api-Secret-Token": self._webhook.get("secret_token", "")}
        for attempt in itertools.count():
            try:
                async with session.post(
                    self._target(), json=update, headers=headers, timeout=aiohttp.ClientTimeout(10)
                ) as response:
                    if response.status == 200:
                        self.updates.remove(update)
                        self.confirmed += 1
                        self._notify()
                        return
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.lost_posts += 1
            await asyncio.sleep(min(0.05 * 2**attempt, 1.0))

    def _target(self) -> str:
        assert self._webhook
        self._turn += 1
        urls = self.balanced or [self._webhook["url"]]
        return urls[self._turn % len(urls)]

    async def _sendMessage(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._keep("sendMessage", params, next(self._message_ids))

    async def _editMessageText(self, params: dict[str, Any]) -> dict[str, Any]:
        return self._keep("editMessageText", params, int(params["message_id"]))

    def _keep(self, method: str, params: dict[str, Any], number: int) -> dict[str, Any]:
        chat = int(params["chat_id"])
        self.sent.append(Sent(time.monotonic(), chat, params["text"], method, params))
        return {
            "message_id": number, "date": int(time.time()), "from": BOT, "text": params["text"],
            "chat": {"id": chat, "type": "private", "first_name": "A"},
        }  # fmt: skip


def person(chat: int) -> dict[str, Any]:
    """The sender in a private chat."""
    return {"id": chat, "is_bot": False, "first_name": "A", "language_code": "fr"}


def _chat_of(update: dict[str, Any]) -> int:
    query = update.get("callback_query")
    message = update.get("message") or update.get("edited_message") or (query or {}).get("message") or {}
    return int(message.get("chat", {}).get("id", 0))


def _answer(status: int, description: str) -> web.Response:
    return web.json_response({"ok": False, "error_code": status, "description": description}, status=status)


def check(method: str, params: dict[str, Any]) -> list[str]:
    """What is wrong with this call, by the specification and by the limits its texts give."""
    fields = SPEC["methods"].get(method)
    if fields is None:
        return [f"{method}: the bot is not known to use this method"]
    problems = _check_fields(method, fields, params)
    if method in ("sendMessage", "editMessageText"):
        text = str(params.get("text", ""))
        plain = len(text.encode("utf-16-le")) // 2 - sum(len(tag) for tag in ("<b>", "</b>") if tag in text)
        for escaped in ("&lt;", "&gt;", "&amp;"):
            plain -= text.count(escaped) * (len(escaped) - 1)
        if not 1 <= plain <= 4096:
            problems.append(f"{method}: text of {plain} UTF-16 units")
        if params.get("parse_mode") == "HTML":
            bare = text.replace("<b>", "").replace("</b>", "")
            if "<" in bare or ">" in bare or text.count("<b>") != text.count("</b>"):
                problems.append(f"{method}: can't parse entities in {text[:80]!r}")
    for row in (params.get("reply_markup") or {}).get("inline_keyboard", []) if method != "getUpdates" else []:
        for button in row:
            if len(str(button.get("callback_data", "")).encode()) > 64:
                problems.append(f"{method}: callback data over 64 bytes")
            if not button.get("text") or len({"callback_data", "url"} & set(button)) != 1:
                problems.append(f"{method}: a button needs a text and one action")
    return problems


def _check_fields(where: str, fields: dict[str, Any], given: dict[str, Any]) -> list[str]:
    problems = [f"{where}: {name} is missing" for name, one in fields.items() if one["required"] and name not in given]
    for name, value in given.items():
        if name not in fields:
            problems.append(f"{where}: there is no parameter {name}")
        elif not any(_fits(value, kind) for kind in fields[name]["types"]):
            problems.append(f"{where}: {name} is {type(value).__name__}, not {fields[name]['types']}")
    return problems


def _fits(value: Any, kind: str) -> bool:
    if kind.startswith("Array of "):
        return isinstance(value, list) and all(_fits(one, kind.removeprefix("Array of ")) for one in value)
    simple = {"Integer": int, "String": str, "Boolean": bool, "Float": (int, float)}
    if kind in simple:
        return isinstance(value, simple[kind]) and (kind == "Boolean" or not isinstance(value, bool))
    if kind in SPEC["types"]:
        return isinstance(value, dict) and not _check_fields(kind, SPEC["types"][kind], value)
    return isinstance(value, dict)
