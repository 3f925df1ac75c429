"""The backbone with a tiny conversation: database, reception, sender and the real Telegram channel. Also a program
of its own (`python -m tests.fakes.small_bot`), for tests that kill it; settings come from the environment."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette

from bot import logs, recording
from bot.channels.telegram import TelegramChannel
from bot.ports import Clock
from bot.reception import Reception
from bot.sender import Sender
from bot.settings import Settings, read_settings
from bot.storage.database import Database
from bot.storage.migrating import migrate
from bot.texts import Texts
from tests.fakes.bot_api import TOKEN
from tests.fakes.conversation import TinyConversation


def now() -> datetime:
    return datetime.now(UTC)


def settings(api_url: str, database_url: str, **more: str) -> Settings:
    """Settings of a bot that talks to the stand-in at `api_url`."""
    given = {
        "BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api_url, "DATABASE_URL": database_url, "SECRET_KEY": "test",
        "FLOOD_LIMIT": "0", "SEND_RATE": "0", "SEND_RATE_CHAT": "0", "DATA_DIR": "/tmp",
    }  # fmt: skip
    return read_settings(given | more)


class SmallBot:
    """All parts, started together by `small_bot`."""

    def __init__(self, chosen: Settings, clock: Clock = now) -> None:
        self.db = Database(chosen.database_url)
        self.channel = TelegramChannel(chosen, clock)
        self.sender = Sender(
            self.db, {"telegram": self.channel}, clock, rate=chosen.send_rate, rate_chat=chosen.send_rate_chat
        )
        self.reception = Reception(
            self.db, TinyConversation(), {"forget": recording.forget}, clock,
            flood_limit=chosen.flood_limit, glance=self.sender.glance,
        )  # fmt: skip
        self.app = Starlette(routes=self.channel.routes(self.reception))
        self.tasks: list[asyncio.Task[Any]] = []

    async def start(self) -> None:
        """Migrates and starts."""
        migrate(self.db)
        await self.channel.start(Texts())
        self.tasks = [
            asyncio.create_task(self.sender.run()),
            asyncio.create_task(self.channel.run(self.reception)),
        ]

    async def stop(self) -> None:
        """Stops in order; raises what a part raised."""
        await self.channel.stop()
        await self.reception.close()
        self.sender.stop(5.0)
        try:
            await asyncio.gather(*self.tasks)
        finally:
            await self.channel.close()
            await self.db.close()


@asynccontextmanager
async def small_bot(chosen: Settings, clock: Clock = now) -> AsyncIterator[SmallBot]:
    """A running bot."""
    bot = SmallBot(chosen, clock)
    await bot.start()
    try:
        yield bot
    finally:
        await bot.stop()


async def main() -> None:
    """Runs until SIGTERM."""
    chosen = read_settings(os.environ)
    logs.set_up(chosen.log_level)
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with small_bot(chosen) as bot:
        web: asyncio.Task[None] | None = None
        server = None
        if chosen.telegram_mode == "webhook":
            server = uvicorn.Server(uvicorn.Config(bot.app, port=chosen.http_port, log_config=None, lifespan="off"))
            web = asyncio.create_task(server._serve())
        waiting = asyncio.create_task(stopping.wait())
        await asyncio.wait([waiting, *bot.tasks], return_when=asyncio.FIRST_COMPLETED)
        if server and web:
            server.should_exit = True
            await web


if __name__ == "__main__":
    asyncio.run(main())
