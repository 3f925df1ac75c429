"""Who may do what only one copy may do: poll Telegram, empty the outbox, purge. And version counters that
tell every copy that something changed."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, make_url, or_, select

from bot.errors import StorageError
from bot.ports import Clock
from bot.storage.database import Database
from bot.storage.schema import UtcDateTime, insert, metadata

LONGEST = timedelta(minutes=10)
"""No lease is given for longer: one that ends later was written before the clock jumped back, and is void."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)


def take(connection: Connection, name: str, holder: str, now: datetime, seconds: float) -> bool:
    """True where `holder` now holds the lease for `seconds` (taken or renewed), False where another holds
    it."""
    until = now + min(timedelta(seconds=seconds), LONGEST)
    mine = insert(connection, leases).values(name=name, holder=holder, until=until)
    mine = mine.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": holder, "until": until},
        where=or_(leases.c.holder == holder, leases.c.until < now, leases.c.until > now + LONGEST),
    )
    return connection.execute(mine.returning(leases.c.holder)).scalar() == holder


def busy(connection: Connection, database: Database, now: datetime) -> bool:
    """True where some process holds a lease on this database: a bot is running."""
    if not database.embedded:
        live = (leases.c.until > now, leases.c.until <= now + LONGEST)
        return connection.execute(select(leases.c.name).where(*live)).first() is not None
    folder, name = os.path.split(str(make_url(database.url).database))
    for path in Path(folder or ".").glob(f"{name}.*.lock"):
        with path.open("a", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
    return False


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Ends the lease at once, so that another copy need not wait for its end."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def version(connection: Connection, name: str) -> int:
    """The counter of that name; 0 where it was never raised."""
    return connection.execute(select(versions.c.value).where(versions.c.name == name)).scalar() or 0


def set_version(connection: Connection, name: str, value: int) -> None:
    """Sets the counter of that name."""
    statement = insert(connection, versions).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=[versions.c.name], set_={"value": value}))


def raise_version(connection: Connection, name: str) -> int:
    """Raises the counter by one and returns it: every copy that watches it sees that something changed."""
    statement = insert(connection, versions).values(name=name, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=[versions.c.name], set_={"value": versions.c.value + 1}
    ).returning(versions.c.value)
    return int(connection.execute(statement).scalar_one())


class Lease:
    """The lease `name`, for this process. On PostgreSQL a row that must be renewed, so that a copy that died
    or hangs is replaced within `seconds`; on SQLite a lock on a file beside the database, which the system
    gives back the moment the process dies, so that a restart need not wait."""

    def __init__(self, database: Database, name: str, clock: Clock, seconds: float = 5.0) -> None:
        self.name = name
        self.seconds = seconds
        self.patience = 0.0 if database.embedded else seconds * 1.5
        """Whoever waits this long and does not get it knows that the holder lives."""
        self._database = database
        self._clock = clock
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"[:64]
        self._until = 0.0
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        """True while nobody else can hold it. Ends by itself (by the monotonic clock) when not renewed, a
        little before others may take it: what was begun meanwhile must end."""
        return self._file is not None or time.monotonic() < self._until

    async def take(self) -> bool:
        """Takes or renews it; True where it is now held. Where the database does not answer it is what it
        was."""
        if self._database.embedded:
            return self._take_file()
        asked = time.monotonic()
        with suppress(StorageError):
            taken = await self._database.write(
                lambda connection: take(connection, self.name, self._holder, self._clock(), self.seconds),
                patience=self.seconds / 3,
            )
            self._until = asked + self.seconds * 0.8 if taken else 0.0
        return self.held

    async def give_back(self) -> None:
        """Lets another copy take it at once."""
        if self._file:
            self._file.close()
            self._file = None
        elif self.held:
            self._until = 0.0
            with suppress(StorageError):
                await self._database.write(
                    lambda connection: give_back(connection, self.name, self._holder), patience=1.0
                )

    def _take_file(self) -> bool:
        if self._file is None:
            path = Path(f"{make_url(self._database.url).database}.{self.name}.lock")
            file = path.open("w", encoding="ascii")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return False
            self._file = file
        return True
