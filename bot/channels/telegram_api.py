"""python-telegram-bot's Bot on raw JSON, and what its errors mean to us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import telegram
from telegram import error as faults

from bot.channels.transport import AiohttpRequest, environment_proxy
from bot.errors import ChatGone, DeliveryError, Rejected, TryAgain

_GONE = (
    "chat not found",
    "user is deactivated",
    "peer_id_invalid",
    "bot was kicked",
    "user not found",
    "have no rights to send",
    "group chat was deactivated",
)


class Api(telegram.Bot):
    """The Bot API at `url`, through `proxy` where given. `call` is what python-telegram-bot's own methods
    call, without building objects of what goes out and comes back: half the CPU of a message."""

    def __init__(self, token: str, url: str, proxy: str = "") -> None:
        proxy = proxy or environment_proxy(url)
        self._transports = (AiohttpRequest(2, proxy), AiohttpRequest(64, proxy))
        super().__init__(
            token,
            base_url=f"{url}/bot",
            base_file_url=f"{url}/file/bot",
            get_updates_request=self._transports[0],
            request=self._transports[1],
        )

    async def call(self, method: str, data: dict[str, Any], read_timeout: float | None = None) -> Any:
        """The `result` of the Bot API's `method`. Raises TelegramError."""
        if read_timeout is None:
            return await self._post(method, data)
        return await self._post(method, data, read_timeout=read_timeout)

    async def connect(self) -> None:
        """Opens the transports without asking Telegram anything."""
        for transport in self._transports:
            await transport.initialize()

    async def disconnect(self) -> None:
        """Closes the transports."""
        for transport in self._transports:
            await transport.shutdown()


def seconds(error: faults.TelegramError) -> float | None:
    """How long Telegram says to wait, where it does."""
    if not isinstance(error, faults.RetryAfter):
        return None
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def translated(error: faults.TelegramError) -> DeliveryError:
    """What `error` means for a message on its way: try again, the chat is gone, or it will never be taken."""
    text = error.message.lower()
    if (after := seconds(error)) is not None:
        return TryAgain(error.message, after)
    if isinstance(error, faults.ChatMigrated):
        return Rejected(f"the group has a new id: {error.new_chat_id} (set STAFF_GROUP to it)")
    if isinstance(error, faults.Forbidden) or any(part in text for part in _GONE):
        return ChatGone(error.message)
    if isinstance(error, faults.BadRequest):
        return Rejected(error.message)
    return TryAgain(error.message)
