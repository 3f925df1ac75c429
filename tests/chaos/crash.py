"""Kills the bot at random moments while people write and Telegram fails, and counts what each person got."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.sender import IN_FLIGHT
from tests.fakes.bot_api import TOKEN, BotApi, Faults

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What people got."""

    asked: int
    lost: int
    disordered: int
    extra: int
    kills: int
    violations: list[str]

    @property
    def good(self) -> bool:
        """True where nothing was lost, order was kept, and extra replies are at most those in flight at kills."""
        return not (self.lost or self.disordered or self.violations) and self.extra <= IN_FLIGHT * self.kills


class Copy:
    """One process of the bot."""

    def __init__(self, environ: dict[str, str], log: Path) -> None:
        self._environ = environ
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.fakes.small_bot", cwd=ROOT, env=self._environ, stderr=log
            )

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process
        return self._process.pid

    async def end(self, how: signal.Signals) -> int:
        """Ends it by a signal; returns its exit code."""
        assert self._process
        self._process.send_signal(how)
        return await self._process.wait()


def environ(api: BotApi, database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """Settings of one copy."""
    return dict(os.environ) | {
        "BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DATABASE_URL": database_url, "DATA_DIR": str(folder),
        "SECRET_KEY": "test", "FLOOD_LIMIT": "0", "SEND_RATE": "0", "SEND_RATE_CHAT": "0", "LOG_LEVEL": "warning",
    } | more  # fmt: skip


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def crash(
    database_url: str,
    folder: Path,
    *,
    kills: int,
    chats: int = 20,
    every: float = 0.004,
    copies: int = 1,
    seed: int = 1,
) -> Outcome:
    """Lets `chats` people write, one message each `every` seconds, while a copy is killed and started again
    `kills` times; with several copies, behind a webhook. Ends when all have an answer, or after a minute."""
    faults = Faults(too_many=0.03, server_error=0.03, dropped=0.02, random=random.Random(seed))
    chance = random.Random(seed)
    async with BotApi(faults) as api:
        running = []
        for number in range(copies):
            more = {}
            if copies > 1:
                port = free_port()
                url = f"http://127.0.0.1:{port}/telegram"
                api.balanced.append(url)
                more = {
                    "TELEGRAM_MODE": "webhook", "WEBHOOK_URL": url, "WEBHOOK_SECRET": "s", "HTTP_PORT": str(port)
                }  # fmt: skip
            copy = Copy(environ(api, database_url, folder, **more), folder / f"copy{number}.log")
            await copy.start()
            running.append(copy)
        asked: list[tuple[int, str]] = []

        async def write() -> None:
            while True:
                chat, text = len(asked) % chats + 1, f"q{len(asked)}"
                api.says(chat, text)
                asked.append((chat, text))
                await asyncio.sleep(every)

        writing = asyncio.create_task(write())
        await api.until_sent(50, 30)
        for _ in range(kills):
            before = len(api.sent)
            await api.until_sent(before + chance.randrange(20, 200), 60)
            victim = chance.choice(running)
            await victim.end(signal.SIGKILL)
            await victim.start()
        writing.cancel()
        wanted = {f"answer to {text}" for _, text in asked}
        with suppress(TimeoutError):  # what is lost is counted below
            await api.until(lambda: len({sent.text for sent in api.sent} & wanted) == len(wanted), 60)
        for copy in running:
            await copy.end(signal.SIGTERM)
        return judge(api, asked, kills)


def judge(api: BotApi, asked: list[tuple[int, str]], kills: int) -> Outcome:
    lost = disordered = extra = 0
    for chat in {chat for chat, _ in asked}:
        wanted = [f"answer to {text}" for who, text in asked if who == chat]
        got = api.texts(chat)
        first_seen = list(dict.fromkeys(got))
        lost += len(set(wanted) - set(got))
        disordered += first_seen != [text for text in wanted if text in set(got)]
        extra += sum(count - 1 for count in Counter(got).values())
    return Outcome(len(asked), lost, disordered, extra, kills, api.violations)
