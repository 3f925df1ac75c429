"""One way into the database, SQLite or PostgreSQL: a function runs in one transaction in a worker thread.

SQLite: one writer thread (SQLite has one writer anyway, so nobody ever waits for a lock inside the process)
and a few readers that see the last committed state (WAL). `synchronous=FULL`: what was acknowledged to
Telegram is gone there, so it must survive a power cut, not only a crash; messages that arrive together share
one commit, which costs .4 ms of waiting and .08 ms of CPU here (measured 2026-11-29).
PostgreSQL: a pool; conflicts between copies are serialised by row locks and retried where they deadlock."""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from bot.errors import StorageError

_log = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE = 15.0
"""Seconds during which a passing fault is retried: a restart of PostgreSQL takes a few."""

LOCKED_PATIENCE = 180.0
"""The same on SQLite while another process writes: a command that takes in a large spreadsheet, all or nothing, holds
the lock for as long as it writes. Whoever asks for less patience than `PATIENCE` gets no more."""

BUSY_SECONDS = 10.0
"""So long SQLite itself waits for the lock of another process, at a time."""

_READERS = 4
_PASSING = ("08", "53", "57P", "40001", "40P01", "55P03", "25006")
"""PostgreSQL faults that pass: connection, resources, shutdown, serialisation, deadlock, lock, read-only
standby."""


class Database:
    """The database at `url`. Functions given to `write` and `read` may run more than once: when a passing
    fault undid the transaction, it is tried again for `PATIENCE` seconds (`LOCKED_PATIENCE` where another process
    holds SQLite's lock); then StorageError is raised."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.embedded = url.startswith("sqlite")
        self._writing = _sqlite_engine(url, writer=True) if self.embedded else _postgres_engine(url)
        self._reading = _sqlite_engine(url, writer=False) if self.embedded else self._writing
        writers = 1 if self.embedded else _READERS
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="database")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="database-read")

    async def write(self, act: Callable[[Connection], T], patience: float = PATIENCE) -> T:
        """What `act(connection)` returns, once its transaction is committed. Raises StorageError where the
        database stays unreachable, and whatever `act` raises (then nothing is stored)."""
        return await self._run(self._writers, self._writing, act, patience)

    async def read(self, act: Callable[[Connection], T], patience: float = PATIENCE) -> T:
        """What `act(connection)` returns. Must not write: SQLite refuses it here."""
        return await self._run(self._readers, self._reading, act, patience)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One writing transaction in this thread, for commands and tests. Raises StorageError."""
        try:
            with self._writing.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise _storage_error(error) from error

    async def close(self) -> None:
        """Waits for what runs, then closes all connections. May be called twice."""
        await asyncio.to_thread(self.close_now)

    def close_now(self) -> None:
        """The same from outside an event loop."""
        self._writers.shutdown()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    async def _run(
        self, threads: ThreadPoolExecutor, engine: Engine, act: Callable[[Connection], T], patience: float
    ) -> T:
        loop = asyncio.get_running_loop()
        deadline = time.monotonic() + patience
        pause = 0.02
        while True:
            try:
                return await loop.run_in_executor(threads, _once, engine, act)
            except DBAPIError as error:
                if not _passing(error):
                    raise
                more = LOCKED_PATIENCE - PATIENCE if patience >= PATIENCE and _locked(error) else 0.0
                if time.monotonic() + pause > deadline + more:
                    raise _storage_error(error) from error
                _log.warning("database fault, trying again: %s", _first_line(error))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, 1.0)


def _once(engine: Engine, act: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return act(connection)


def _passing(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        text = str(error.orig)
        return any(word in text for word in ("locked", "busy", "full", "disk I/O", "unable to open"))
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # psycopg gives none where there was no answer at all
        return type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout", "PoolTimeout")
    return str(state).startswith(_PASSING)


def _locked(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]


def _storage_error(error: DBAPIError) -> StorageError:
    line = _first_line(error)
    if "full" in line:
        return StorageError(
            f"The disk of the database is full ({line}): make room; nothing acknowledged is lost."
        )
    if "no such table" in line or "does not exist" in line:
        return StorageError(
            f"The database is not migrated ({line}): start the bot once, it migrates by itself."
        )
    return StorageError(
        f"The database does not answer ({line}): check DATABASE_URL and that the server runs."
    )


def _sqlite_engine(url: str, writer: bool) -> Engine:
    if path := make_url(url).database:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=1 if writer else _READERS,
        max_overflow=0 if writer else _READERS,
        pool_reset_on_return=None,  # every transaction here ends with COMMIT or ROLLBACK already
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by its own rules
        cache = f"cache_size={-8000 if writer else -2000}"  # KB; the system caches the file for all of them
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", cache):
            _patiently(partial(connection.execute, f"PRAGMA {pragma}"))
        if not writer:
            connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: a transaction that reads first and writes later could otherwise fail with "locked"
        # halfway.
        _patiently(partial(connection.exec_driver_sql, "BEGIN IMMEDIATE" if writer else "BEGIN"))

    return engine


def _patiently(act: Callable[[], object]) -> None:
    """Does `act` once another process has let go of the lock. SQLite waits by itself, except while a new file is
    switched to WAL: then it says "locked" at once (one in sixty starts of three copies on a new file, 2026-11-29)."""
    deadline = time.monotonic() + 1.0
    while True:
        try:
            act()
            return
        except (sqlite3.OperationalError, DBAPIError) as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=2 * _READERS,
        max_overflow=4,
        pool_timeout=10,
        connect_args={
            "connect_timeout": 5,
            # A peer that vanished without a word must not hold a transaction for the two hours TCP allows.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": "-c timezone=UTC -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000",
        },
    )
