"""Bots as processes under load: what each answers a second, what a message costs it, how long people wait."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import aiohttp
import numpy as np

from tests.bench.stand_in import LoadApi
from tests.bench.understanding import questions
from tests.chaos.crash import free_port
from tests.fakes.bot_api import TOKEN
from tests.learned import matcher, models

ROOT = Path(__file__).parents[2]
RATE = 50.0
TICKS = os.sysconf("SC_CLK_TCK")
AIOGRAM_PYTHON = os.environ.get("AIOGRAM_PYTHON", sys.executable)
"""aiogram is no dependency of ours: a Python that has it (`make bench` makes one)."""


@dataclass
class Figures:
    """What rounds of load gave."""

    answered: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages answered a second."""
        return self.answered / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of CPU (user and system) a message answered."""
        return self.cpu / self.answered * 1000

    def wait(self, share: float) -> float:
        """Milliseconds that this share of people waited at most."""
        return float(np.quantile(self.waits, share)) * 1000


class Bot:
    """One bot, perhaps several processes, with a Telegram of its own."""

    def __init__(self, name: str, api: LoadApi) -> None:
        self.name = name
        self.api = api
        self.processes: list[asyncio.subprocess.Process] = []
        self._texts = _texts()
        self._next = 0

    async def start(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        """Starts one process more; its log goes into a file, as on a server."""
        with log.open("ab") as file:
            self.processes.append(
                await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stdout=file, stderr=file)
            )

    def cpu(self) -> float:
        """Seconds of user and system time of all its processes so far."""
        total = 0
        for process in self.processes:
            fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def memory(self) -> float:
        """MB that its largest process has used at most."""
        peaks = []
        for process in self.processes:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peaks.append(int(status.split("VmHWM:")[1].split()[0]) / 1024)
        return max(peaks)

    async def saturated(self, figures: Figures, count: int = 1000) -> None:
        """`count` people write at the same moment."""
        await self._round(figures, count, 0.0)

    async def paced(self, figures: Figures, seconds: float = 10.0, rate: float = RATE) -> None:
        """`rate` people a second write."""
        await self._round(figures, int(seconds * rate), 1 / rate)

    async def _round(self, figures: Figures, count: int, every: float) -> None:
        cpu, began = self.cpu(), time.perf_counter()
        self.api.waits.clear()
        for number in range(count):
            if every and (ahead := began + number * every - time.perf_counter()) > 0:
                await asyncio.sleep(ahead)
            self._next += 1
            self.api.asks(1000 + number, self._texts[self._next % len(self._texts)])
        await self.api.all_answered()
        figures.seconds += time.perf_counter() - began
        await asyncio.sleep(0.5)  # what follows the answer (marks, logs) belongs to its cost
        figures.cpu += self.cpu() - cpu
        figures.answered += count
        figures.waits += self.api.waits

    async def end(self) -> None:
        """Stops all its processes."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                await asyncio.wait_for(process.wait(), 12)
            except TimeoutError:
                process.kill()


@cache
def _texts() -> list[str]:
    """Questions in all forms, without those that ask for a person: who did so is no longer answered by the bot."""
    person, understand = "human_handover", matcher().understand
    asked = [one for one in questions() if person not in (one.topic, *one.also_ok)]
    return [one.text for one in asked if understand(one.text).ranked[0].topic != person]


@asynccontextmanager
async def whole_bot(folder: Path, database_url: str = "", copies: int = 1) -> AsyncIterator[Bot]:
    """The real program with its content: one copy polls, several (or any on PostgreSQL) are behind a webhook."""
    async with LoadApi() as api:
        bot = Bot("this bot, all of it", api)
        shutil.copytree(models(), folder / "models", dirs_exist_ok=True, ignore=lambda *_: ["lock"])
        try:
            for number in range(copies):
                port = free_port()
                environ = _environ(api, folder, port, database_url)
                if database_url:
                    url = f"http://127.0.0.1:{port}/telegram"
                    environ |= {"TELEGRAM_MODE": "webhook", "WEBHOOK_URL": url, "WEBHOOK_SECRET": "bench"}
                    api.balanced.append(url)
                await bot.start([sys.executable, "main.py", "serve"], environ, folder / f"copy{number}.log")
                await _ready(port)
            await bot.saturated(Figures())  # the chats exist, everything has run once
            yield bot
        finally:
            await bot.end()


@asynccontextmanager
async def echo_bot(library: str, folder: Path) -> AsyncIterator[Bot]:
    """A bare echo bot on the defaults of `library`."""
    async with LoadApi() as api:
        bot = Bot(f"echo on {library}", api)
        python = AIOGRAM_PYTHON if library == "aiogram" else sys.executable
        try:
            await bot.start(
                [python, "-m", "tests.bench.echo", library, api.url, TOKEN], dict(os.environ), folder / f"{library}.log"
            )
            await bot.saturated(Figures(), 100)
            yield bot
        finally:
            await bot.end()


async def has_aiogram() -> bool:
    """True where AIOGRAM_PYTHON, or the Python that runs this, can import aiogram."""
    trying = await asyncio.create_subprocess_exec(
        AIOGRAM_PYTHON, "-c", "import aiogram", stderr=asyncio.subprocess.DEVNULL
    )
    return await trying.wait() == 0


def _environ(api: LoadApi, folder: Path, port: int, database_url: str) -> dict[str, str]:
    return dict(os.environ) | {
        "BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": api.url, "DATA_DIR": str(folder), "HTTP_PORT": str(port),
        "DATABASE_URL": database_url, "SECRET_KEY": "bench", "SEND_RATE": "0", "SEND_RATE_CHAT": "0",
        "FLOOD_LIMIT": "0",
    }  # fmt: skip


async def _ready(port: int, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)
