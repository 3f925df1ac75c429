"""What a message costs when a thousand, a hundred thousand and a million people have written before."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, text

from bot.app import Core, core, utc_now
from bot.messages import Incoming
from bot.settings import read_settings
from bot.storage import outbox
from tests.bench.understanding import questions
from tests.chaos.__main__ import Postgres
from tests.learned import models

SIZES = (1_000, 100_000, 1_000_000)
BATCH = 10
"""Messages that arrive together."""

_MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size)"
_ROWS = (
    "INSERT INTO chats (channel, address, form, turn, state, recent, muted, created_at, seen_at)"
    " {many} SELECT 'telegram', CAST(i AS VARCHAR), 'fr', 1, '{{}}', '[]', 0, :at, :at FROM n",
    "INSERT INTO exchanges (chat_id, turn, at, channel, kind, text, form, decision, topic, score, ranked, ms, trace)"
    " {many} SELECT i, 1, :at, 'telegram', 'question', 'quels papiers pour le dossier', 'fr', 'answer',"
    " 'documents', 0.9, '[]', 0.3, 'tg' || i FROM n",
    "INSERT INTO outbox (chat_id, channel, address, priority, payload, created_at, attempts, state, sent_at, trace,"
    " farewell) {many} SELECT i, 'telegram', CAST(i AS VARCHAR), 0, '{{\"text\": \"...\"}}', :at, 0, 'sent', :at,"
    " 'tg' || i, {false} FROM n",
    "INSERT INTO updates (channel, update_id, at) {many} SELECT 'telegram', 'old' || i, :at FROM n",
)


def run() -> None:
    """Prints milliseconds of CPU and of waiting a message, and of the sender's look into the outbox."""
    print(f"{'engine':11} {'chats':>9} {'CPU ms/msg':>11} {'ms/msg':>7} {'p99 of 10':>10} {'sender looks ms':>16}")
    with tempfile.TemporaryDirectory() as name:
        postgres = Postgres(Path(name))
        try:
            for size in SIZES:
                asyncio.run(_measure("SQLite", "", Path(name) / f"sqlite{size}", size))
            for size in SIZES:
                asyncio.run(_measure("PostgreSQL", postgres.fresh(), Path(name) / f"postgres{size}", size))
        finally:
            postgres.end()


async def _measure(engine: str, database_url: str, folder: Path, size: int) -> None:
    shutil.copytree(models(), folder / "models", ignore=lambda *_: ["lock"])
    environ = dict(os.environ) | {
        "DATABASE_URL": database_url, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "FLOOD_LIMIT": "0"
    }  # fmt: skip
    async with core(read_settings(environ), environ, {}) as built:
        await built.db.write(lambda connection: _fill(connection, size))
        await _analyse(built)
        await _talk(built, size, 20, first=0)
        cpu, began = time.process_time(), time.perf_counter()
        waits = await _talk(built, size, 100, first=10_000)
        count = len(waits) * BATCH
        cpu, took = time.process_time() - cpu, time.perf_counter() - began
        began = time.perf_counter()
        await built.db.read(lambda connection: outbox.due(connection, "telegram", utc_now(), 600))
        look = time.perf_counter() - began
    print(
        f"{engine:11} {size:9,} {cpu / count * 1000:11.2f} {took / count * 1000:7.2f}"
        f" {np.quantile(waits, 0.99) * 1000:10.1f} {look * 1000:16.1f}",
        flush=True,
    )
    shutil.rmtree(folder)


def _fill(connection: Connection, size: int) -> None:
    embedded = connection.dialect.name == "sqlite"
    for row in _ROWS:
        statement = row.format(many=_MANY, false="0" if embedded else "false")
        at = utc_now() - timedelta(days=1)
        connection.execute(text(statement), {"size": size, "at": str(at.replace(tzinfo=None)) if embedded else at})


async def _analyse(built: Core) -> None:
    if not built.db.embedded:
        await built.db.write(lambda connection: connection.execute(text("ANALYZE")))


async def _talk(built: Core, size: int, batches: int, first: int) -> list[float]:
    """People of all the table write, ten at a time; how long each ten took."""
    asked = [one.text for one in questions()]
    chance = np.random.default_rng(7)
    waits = []
    for number in range(batches):
        people = chance.choice(size, BATCH, replace=False) + 1
        at = first + number * BATCH
        arriving = [
            Incoming("telegram", str(who), str(at + place), utc_now(), text=asked[(at + place) % len(asked)])
            for place, who in enumerate(people)
        ]
        began = time.perf_counter()
        await built.reception.receive(arriving)
        waits.append(time.perf_counter() - began)
    return waits
