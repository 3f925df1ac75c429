"""Application files by the million: look-ups, and spreadsheets coming in (time, memory, how long others wait)."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bot.applications.lookup import DatabaseSource, Lookup
from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.storage.applications import application_phones, applications
from bot.storage.database import Connection, Database
from bot.storage.migrating import migrate

ROOT = Path(__file__).parents[2]
FILES = 1_000_000
ROWS = (50_000, 100_000)
CHUNK = 10_000
KEYS = Keys("bench")
NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
LOOKUPS = 2_000
BAR_LOOKUP_MS, BAR_IMPORT_SECONDS = 5.0, 60.0


def run() -> None:
    """Prints look-ups among a million files on SQLite, then imports into an empty database and among that million."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{Path(name) / 'bot.sqlite'}"
        asyncio.run(_lookups(url))
        print(f"\n{'import, a process of its own':34} {'s':>6} {'peak MB':>8} {'others wait s':>14}")
        for rows in ROWS:
            fresh = f"sqlite:///{Path(name) / f'fresh{rows}.sqlite'}"
            for what, state in (("new", "reçu"), ("all changed", "accepté"), ("unchanged", "accepté")):
                _import(Path(name), fresh, f"{rows:,} {what}", rows, state)
        for what, state in (("new, among a million", "reçu"), ("all changed, among a million", "accepté")):
            _import(Path(name), url, f"{ROWS[-1]:,} {what}", ROWS[-1], state)


async def _lookups(url: str) -> None:
    db = Database(url)
    migrate(db)
    began = time.perf_counter()
    await db.write(_fill, patience=600)
    print(f"{FILES:,} files written in {time.perf_counter() - began:.0f} s\n")
    print(f"{'look-up':34} {'p50 ms':>7} {'p95 ms':>7}  (bar: p95 {BAR_LOOKUP_MS:.0f} ms)")
    source = DatabaseSource(db)
    lookup = Lookup(db, source, KEYS, lambda: NOW)
    chance = np.random.default_rng(1)
    wanted = [int(each) for each in chance.choice(FILES, LOOKUPS, replace=False)]

    def asked(number: int) -> dict[str, Any]:
        return {"channel": "telegram", "address": str(number), "number": key(_number(number)), "phone": _phone(number)}

    await _time("by number", wanted, lambda n: source.find(key(_number(n))))
    await _time("by number, none such", wanted, lambda n: source.find(key(_number(FILES + n))))
    await _time("by phone", wanted, lambda n: source.find_by_phone(_phone(n), KEYS.phone(_phone(n))))
    await _time("whole check, right", wanted, lambda n: lookup.check(asked(n) | {"tail": _phone(n)}))
    await _time("whole check, wrong (counted)", wanted, lambda n: lookup.check(asked(n) | {"tail": "none"}))
    await _time("whole check by phone", wanted, lambda n: lookup.by_phone(asked(n)))
    await db.close()


async def _time(name: str, wanted: list[int], ask: Callable[[int], Awaitable[Any]]) -> None:
    took = []
    for number in wanted:
        began = time.perf_counter()
        await ask(number)
        took.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.quantile(took, [0.5, 0.95])
    print(f"{name:34} {p50:7.2f} {p95:7.2f}  {'ok' if p95 < BAR_LOOKUP_MS else 'TOO SLOW'}", flush=True)


def _number(number: int) -> str:
    return f"EXC-{2000 + number // 100_000}-{number % 100_000:05}"


def _phone(number: int) -> str:
    return f"06{number:08}"


def _fill(connection: Connection) -> None:
    rows = iter(range(FILES))
    while chunk := list(islice(rows, CHUNK)):
        connection.execute(applications.insert(), [
            {"id": n + 1, "key": key(_number(n)), "number": _number(n), "programme": "excellence", "state": "received",
             "since": date(2026, 11, 1), "tails": [KEYS.tail(_phone(n))], "updated_at": NOW}
            for n in chunk
        ])  # fmt: skip
        links = [{"phone": KEYS.phone(_phone(n)), "application_id": n + 1} for n in chunk]
        connection.execute(application_phones.insert(), links)


def _lines(rows: int, state: str) -> Iterator[str]:
    yield "numero;programme;etat;depuis;manquant;telephone;cin\n"
    for n in range(rows):
        yield f"AGR-2026-{n:06};agrégateurs;{state};2026-11-02;photo;06{n:08};BE{n:06}\n"


def _import(folder: Path, url: str, what: str, rows: int, state: str) -> None:
    path = folder / "files.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_lines(rows, state))
    environ = dict(os.environ) | {"DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "bench"}
    command = [sys.executable, "main.py", "applications", "import", str(path)]
    began = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    waits: list[float] = []
    ended = threading.Event()
    watching = threading.Thread(target=_wait_for_lock, args=(url, waits, ended))
    watching.start()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = status
    took = time.perf_counter() - began
    ended.set()
    watching.join()
    verdict = "FAILED" if status else "ok" if took < BAR_IMPORT_SECONDS else "TOO SLOW"
    print(f"{what:34} {took:6.1f} {usage.ru_maxrss / 1024:8.0f} {max(waits, default=0.0):14.2f}  {verdict}", flush=True)


def _wait_for_lock(url: str, waits: list[float], ended: threading.Event) -> None:
    """Another writer, as the serving bot is one: how long it stands before the lock, each time."""
    path = url.removeprefix("sqlite:///")
    while not ended.wait(0.05):
        if not Path(path).exists():
            continue
        connection = sqlite3.connect(path, timeout=300, isolation_level=None)
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        waits.append(time.perf_counter() - began)
        connection.execute("ROLLBACK")
        connection.close()


if __name__ == "__main__":
    run()
