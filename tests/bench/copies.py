"""One, two and four copies of the whole bot on one PostgreSQL, behind a webhook."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.bench.bots import Figures, whole_bot
from tests.chaos.__main__ import Postgres

COPIES = (1, 2, 4)


def run() -> None:
    """Prints what they answer a second, what a message costs all copies together, and how long people wait."""
    print("copies on PostgreSQL, webhook (the database, Telegram's stand-in and all copies share this machine)")
    head = f"{'copies':>6} {'msg/s':>7} {'CPU ms/msg':>11} {'MB each':>8}   at 50/s: {'CPU':>5}"
    print(f"{head} {'p50 ms':>7} {'p95':>6} {'p99':>6}")
    with tempfile.TemporaryDirectory() as name:
        postgres = Postgres(Path(name))
        try:
            for copies in COPIES:
                folder = Path(name) / f"data{copies}"
                folder.mkdir()
                asyncio.run(_measure(folder, postgres.fresh(), copies))
        finally:
            postgres.end()


async def _measure(folder: Path, database_url: str, copies: int) -> None:
    fast, paced = Figures(), Figures()
    async with whole_bot(folder, database_url, copies) as bot:
        await bot.saturated(fast)
        await bot.saturated(fast)
        await bot.paced(paced)
        print(
            f"{copies:6} {fast.rate:7.0f} {fast.cpu_ms:11.2f} {bot.memory():8.0f}            {paced.cpu_ms:5.2f}"
            f" {paced.wait(0.5):7.1f} {paced.wait(0.95):6.1f} {paced.wait(0.99):6.1f}",
            flush=True,
        )
