"""Telegram: receives by polling or webhook, delivers replies. Decides nothing."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import error as faults

from bot.channels import telegram_text
from bot.channels.telegram_api import Api, seconds, translated
from bot.channels.telegram_polling import Lease, Poller, pause
from bot.channels.telegram_updates import ALLOWED, Membership, Pressed, Reader
from bot.errors import BotError, SettingsError, TryAgain
from bot.messages import Incoming, Reply
from bot.pacing import backoff
from bot.ports import Clock
from bot.settings import Settings
from bot.texts import Texts

_log = logging.getLogger(__name__)

MENU = ("menu", "check", "status", "checklist", "language", "help", "privacy", "forget")
"""The commands in Telegram's menu, in order; their descriptions are `command.NAME` in the catalogues."""
PATH = "/telegram"
LARGEST = 1 << 20

_UNEDITABLE = ("message can't be edited", "message to edit not found", "there is no text in the message",
               "message_id_invalid")  # fmt: skip


class Receiver(Protocol):
    """The reception, as Telegram sees it."""

    async def receive(self, incomings: Sequence[Incoming]) -> None: ...

    async def membership(self, channel: str, address: str, blocked: bool) -> None: ...

    def lease(self, name: str) -> Lease: ...


class TelegramChannel:
    """The channel `telegram`, as the settings say. The web server needs its `routes`; `start`, then `run`."""

    name = "telegram"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._api = Api(settings.bot_token, settings.telegram_api_url, settings.telegram_proxy)
        self._reader = Reader(int(settings.bot_token.split(":")[0]), clock)
        self._texts: Texts | None = None
        self._stopping = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()
        self._poller: Poller | None = None
        self._set = False

    @property
    def up(self) -> bool:
        """True once Telegram has answered and updates can come."""
        return self._poller.up if self._poller else self._set

    # Out

    async def deliver(self, address: str, reply: Reply) -> str | None:
        """Sends `reply`, or edits the message its button hung on; returns the message's id. Raises TryAgain,
        ChatGone or Rejected."""
        chat: int | str = int(address) if address.lstrip("-").isdigit() else address
        made = telegram_text.messages(reply)
        try:
            if reply.edit and reply.reference and len(made) == 1 and await self._edit(chat, reply, made[0]):
                return reply.reference
            sent: Any = None
            for message in made:
                sent = await self._api.call("sendMessage", {"chat_id": chat, **message})
            return str(sent["message_id"])
        except faults.TelegramError as error:
            raise translated(error) from None
        except (KeyError, TypeError):
            raise TryAgain("Telegram's answer is not as specified") from None

    async def _edit(self, chat: int | str, reply: Reply, message: dict[str, Any]) -> bool:
        """True where the message now says `reply`, False where it can no longer be edited."""
        if "keyboard" in message.get("reply_markup", {}):
            return False  # only a new message can ask for a phone number
        try:
            edited = {"chat_id": chat, "message_id": int(reply.reference or 0), **message}
            await self._api.call("editMessageText", edited)
        except faults.BadRequest as error:
            text = error.message.lower()
            if "message is not modified" in text:
                return True
            if any(part in text for part in _UNEDITABLE):
                return False
            raise
        return True

    # In

    def routes(self, receiver: Receiver) -> list[Route]:
        """Where Telegram posts updates in webhook mode; nothing when polling."""
        if self._settings.telegram_mode != "webhook":
            return []
        secret = self._settings.webhook_secret.encode()

        async def webhook(request: Request) -> Response:
            given = request.headers.get("x-telegram-bot-api-secret-token", "").encode()
            if not secrets.compare_digest(given, secret):
                return Response(status_code=403)
            if int(request.headers.get("content-length") or 0) > LARGEST:
                return Response(status_code=413)
            try:
                update = await request.json()
            except ValueError:
                return Response(status_code=400)
            try:
                await self.take(receiver, [update])
            except BotError as error:
                _log.warning("an update was not recorded; Telegram will bring it again: %s", error)
                return Response(status_code=503)
            return Response(status_code=200)

        return [Route(PATH, webhook, methods=["POST"])]

    async def take(self, receiver: Receiver, updates: Sequence[Any]) -> None:
        """Hands over what these updates mean; returns once it is recorded. Raises StorageError."""
        read = [self._reader.read(update) for update in updates]
        incomings = [one for one in read if isinstance(one, Incoming)]
        incomings += [one.incoming for one in read if isinstance(one, Pressed) and one.incoming]
        incomings.sort(key=lambda one: int(one.update_id))
        for one in read:
            if isinstance(one, Membership):
                await receiver.membership(self.name, one.address, one.blocked)
        await receiver.receive(incomings)
        for one in read:
            if isinstance(one, Pressed):
                task = asyncio.create_task(self._answer(one.query_id))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)

    async def _answer(self, query_id: str) -> None:
        """Stops the button's spinner. A failure costs nothing: the spinner stops by itself."""
        try:
            await self._api.call("answerCallbackQuery", {"callback_query_id": query_id})
        except faults.TelegramError as error:
            _log.debug("a button's press was not confirmed: %s", error)

    # Life

    async def start(self, texts: Texts) -> None:
        """Opens the connections; does not wait for Telegram. `texts` describe the commands."""
        self._texts = texts
        await self._api.connect()

    async def run(self, receiver: Receiver) -> None:
        """Serves until `stop`; waits out whatever passes. Raises AlreadyRunning when another copy polls, and
        SettingsError when Telegram does not know the token."""
        if self._settings.telegram_mode == "webhook":
            self._set = await self._patiently(self._set_up)
            await self._stopping.wait()
            return
        self._poller = Poller(
            self._api, partial(self.take, receiver), receiver.lease("polling"), self._stopping
        )
        await self._poller.run(partial(self._patiently, self._set_up))

    async def stop(self) -> None:
        """Takes nothing more; `run` returns once what was taken is recorded."""
        self._stopping.set()

    async def close(self) -> None:
        """Closes the connections, when nothing has to be delivered any more."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=1.0)
        await self._api.disconnect()

    async def _set_up(self) -> None:
        await self._api.initialize()
        self._reader.username = self._api.username
        if self._settings.telegram_mode == "webhook":
            await self._api.call(
                "setWebhook",
                {
                    "url": self._settings.webhook_url,
                    "secret_token": str(self._settings.webhook_secret),
                    "allowed_updates": list(ALLOWED),
                    "max_connections": 40,
                },
            )
        else:
            await self._api.call("deleteWebhook", {})
        for form, code in (("fr", ""), ("fr", "fr"), ("ar", "ar")):
            await self._set_commands(form, code)

    async def _set_commands(self, form: str, code: str) -> None:
        if self._texts is None:
            return
        commands = [
            {"command": name, "description": self._texts.get(form, f"command.{name}")[:256]} for name in MENU
        ]
        language = {"language_code": code} if code else {}
        await self._api.call("setMyCommands", {"commands": commands, **language})

    async def _patiently(self, act: Callable[[], Awaitable[None]]) -> bool:
        """Does `act` until it works; False where told to stop before."""
        attempt = 0
        while not self._stopping.is_set():
            try:
                await act()
                return True
            except faults.InvalidToken:
                raise SettingsError(
                    "BOT_TOKEN: Telegram does not know this token; copy it again from @BotFather."
                ) from None
            except faults.TelegramError as error:
                attempt += 1
                wait = seconds(error) or backoff(attempt, most=30.0)
                _log.warning("Telegram cannot be reached, trying again in %.0f s: %s", wait, error)
                await pause(self._stopping, wait)
        return False
