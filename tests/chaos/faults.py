"""What else can happen to a bot, one scenario each. Each returns the same `Outcome` as a crash."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from tests.chaos.crash import Copy, Outcome, environ, judge
from tests.fakes.bot_api import BotApi
from tests.fakes.small_bot import now, settings, small_bot


async def talk(api: BotApi, count: int, start: int, every: float, chats: int = 20) -> list[tuple[int, str]]:
    """`count` messages of `chats` people, one each `every` seconds; returns who asked what."""
    asked = []
    for number in range(start, start + count):
        asked.append((number % chats + 1, f"q{number}"))
        api.says(*asked[-1])
        await asyncio.sleep(every)
    return asked


async def _answered(api: BotApi, asked: list[tuple[int, str]], seconds: float) -> Outcome:
    wanted = {f"answer to {text}" for _, text in asked}
    with suppress(TimeoutError):  # what is lost is counted
        await api.until(lambda: wanted <= {sent.text for sent in api.sent}, seconds)
    return judge(api, asked, kills=0)


async def waiting_at_start(database_url: str, folder: Path, count: int = 10_000) -> Outcome:
    """`count` updates wait when the bot starts."""
    async with BotApi() as api:
        asked = await talk(api, count, 0, 0, chats=500)
        async with small_bot(settings(api.url, database_url)):
            return await _answered(api, asked, 120)


async def telegram_away(database_url: str, folder: Path, seconds: float = 60.0) -> Outcome:
    """Nothing gets through to Telegram for a while, in neither direction."""
    async with BotApi() as api, small_bot(settings(api.url, database_url)):
        asked = await talk(api, 50, 0, 0.01)
        api.failing = lambda method, params: "drop"
        asked += await talk(api, 100, 50, seconds / 100)
        api.failing = lambda method, params: None
        asked += await talk(api, 50, 150, 0.01)
        return await _answered(api, asked, 60)


async def clock_back(database_url: str, folder: Path) -> Outcome:
    """The clock jumps back an hour while letters wait for their next attempt."""
    offset = timedelta()

    def clock() -> datetime:
        return now() + offset

    async with BotApi() as api, small_bot(settings(api.url, database_url, FLOOD_LIMIT="50"), clock):
        asked = await talk(api, 40, 0, 0.01)
        api.failing = lambda method, params: (502, {"description": "Bad Gateway"}) if method == "sendMessage" else None
        asked += await talk(api, 40, 40, 0.01)
        offset = timedelta(hours=-1)
        asked += await talk(api, 40, 80, 0.01)
        api.failing = lambda method, params: None
        asked += await talk(api, 40, 120, 0.01)
        return await _answered(api, asked, 60)


async def disk_full(database_url: str, folder: Path, seconds: float = 5.0) -> Outcome:
    """No file of the bot's can grow any more, for a while (a limit of the system, set and lifted from outside)."""
    async with BotApi() as api:
        copy = Copy(environ(api, database_url, folder), folder / "copy.log")
        await copy.start()
        asked = await talk(api, 50, 0, 0.01)
        await api.until_sent(40)
        database = make_url(database_url).database
        assert database
        grown = max(Path(name).stat().st_size for name in (database, f"{database}-wal"))
        limits = resource.prlimit(copy.pid, resource.RLIMIT_FSIZE, (grown, resource.RLIM_INFINITY))
        asked += await talk(api, 200, 50, seconds / 200)
        stuck = len(asked) - len(api.sent)
        resource.prlimit(copy.pid, resource.RLIMIT_FSIZE, limits)
        asked += await talk(api, 50, 250, 0.01)
        outcome = await _answered(api, asked, 60)
        await copy.end(signal.SIGTERM)
        assert stuck > 50, f"the disk was not full enough to matter ({stuck})"
        return outcome


async def database_restarted(database_url: str, folder: Path, restart: Callable[[], Awaitable[None]]) -> Outcome:
    """PostgreSQL restarts while people write."""
    async with BotApi() as api, small_bot(settings(api.url, database_url)):
        writing = asyncio.create_task(talk(api, 400, 0, 0.01))
        await api.until_sent(50)
        await restart()
        await restart()
        return await _answered(api, await writing, 60)
