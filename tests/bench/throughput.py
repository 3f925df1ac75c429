"""The whole bot beside bare echo bots, in turn within one run: as fast as they can, and at 50 messages a second."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench.bots import Bot, Figures, echo_bot, has_aiogram, whole_bot

ROUNDS = 3
Round = Callable[[Bot, Figures], Awaitable[None]]


async def compare(act: Round) -> list[tuple[Bot, Figures, float]]:
    """Each bot, what ROUNDS rounds of `act` gave, and its peak memory; the bots take turns."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bots = [await stack.enter_async_context(whole_bot(folder))]
        bots.append(await stack.enter_async_context(echo_bot("python-telegram-bot", folder)))
        if await has_aiogram():
            bots.append(await stack.enter_async_context(echo_bot("aiogram", folder)))
        else:
            print("aiogram is not installed (AIOGRAM_PYTHON names a Python that has it)")
        figures = [Figures() for _ in bots]
        for _ in range(ROUNDS):
            for bot, found in zip(bots, figures, strict=True):
                await act(bot, found)
        return [(bot, found, bot.memory()) for bot, found in zip(bots, figures, strict=True)]


def run() -> None:
    """Prints messages a second, CPU a message and memory at saturation."""
    print("everybody writes at once")
    print(f"{'bot':28} {'msg/s':>7} {'CPU ms/msg':>11} {'to echo':>8} {'MB':>6}")
    _print(asyncio.run(compare(lambda bot, figures: bot.saturated(figures))))


def run_paced() -> None:
    """Prints CPU a message and how long people wait at 50 messages a second."""
    print("50 people a second write")
    print(f"{'bot':28} {'msg/s':>7} {'CPU ms/msg':>11} {'to echo':>8} {'MB':>6} {'p50 ms':>7} {'p95':>6} {'p99':>6}")
    _print(asyncio.run(compare(lambda bot, figures: bot.paced(figures))), waits=True)


def _print(rows: list[tuple[Bot, Figures, float]], waits: bool = False) -> None:
    echo = rows[1][1].cpu_ms
    for bot, found, memory in rows:
        line = f"{bot.name:28} {found.rate:7.0f} {found.cpu_ms:11.2f} {found.cpu_ms / echo:8.2f} {memory:6.0f}"
        if waits:
            line += f" {found.wait(0.5):7.1f} {found.wait(0.95):6.1f} {found.wait(0.99):6.1f}"
        print(line, flush=True)
