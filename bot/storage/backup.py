"""Copies of the whole database, taken while the bot runs, and put back while it does not.

SQLite: SQLite's own online backup, a file any SQLite opens. PostgreSQL: a compressed dump of all tables as
JSON lines from one snapshot, which needs no PostgreSQL programs. A backup of either engine can be restored on
either: this is also the way from one SQLite process to several copies on PostgreSQL."""

from __future__ import annotations

import base64
import gzip
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Column, Connection, Date, LargeBinary, Table, insert, make_url, select, text

from bot.errors import InputError, StorageError
from bot.storage import leases
from bot.storage.database import Database
from bot.storage.migrating import HEAD, all_tables, at_head, migrate
from bot.storage.schema import UtcDateTime

FORMAT = "artisan-bot backup 1"
STEP = 500
_SQLITE = b"SQLite format 3\0"


def backup(database: Database, file: Path) -> None:
    """Writes a consistent copy to `file`, readable by its owner only, complete or not at all. Raises
    InputError where it cannot be written, or where there is no database of this bot."""
    if not at_head(database):
        raise InputError("No database of this bot here: check DATA_DIR, DATABASE_URL and the folder you are in.")
    part = file.with_name(file.name + ".part")
    try:
        part.touch(mode=0o600)
        if database.embedded:
            _copy(_path(database), part)
        else:
            with database.begin() as connection, gzip.open(part, "wt", encoding="utf-8") as lines:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
                _dump(connection, lines)
        os.replace(part, file)
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{file}: the backup cannot be written ({error})") from error


def restore(database: Database, file: Path) -> None:
    """Replaces all that is in `database` by what `file` holds, in one transaction. Raises InputError where
    `file` is no backup or the bot runs."""
    migrate(database)
    with database.begin() as connection:
        if leases.busy(connection, database, utc_now()):
            raise InputError("The bot is running on this database: stop it first, then restore.")
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
        if start == _SQLITE:
            rows = _from_sqlite(file)
        elif start[:2] == b"\x1f\x8b":
            rows = _from_dump(file)
        else:
            raise InputError(f"{file}: this is not a backup of this bot")
        with database.begin() as connection:
            _replace(connection, rows)
    except (OSError, sqlite3.Error, ValueError, KeyError) as error:
        raise InputError(f"{file}: this backup cannot be read ({error})") from error


def _path(database: Database) -> str:
    path = make_url(database.url).database
    if not path:
        raise StorageError("a database in memory cannot be copied")
    return path


def _copy(source: Path | str, target: Path) -> None:
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target)) as copy:
        origin.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def utc_now() -> datetime:
    """The moment of the restore."""
    return datetime.now(UTC)


def _dump(connection: Connection, lines: Any) -> None:
    lines.write(json.dumps({"format": FORMAT, "version": HEAD}) + "\n")
    for table in all_tables():
        for row in connection.execution_options(yield_per=STEP).execute(select(table)):
            values = [_encoded(value) for value in row]
            lines.write(json.dumps([table.name, dict(zip(table.c.keys(), values, strict=True))]) + "\n")


def _encoded(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value


def _decoded(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(column.type, LargeBinary) else value


def _from_dump(file: Path) -> Iterator[tuple[Table, dict[str, Any]]]:
    tables = {table.name: table for table in all_tables()}
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        head = json.loads(next(lines, "{}"))
        if head.get("format") != FORMAT or head.get("version") != HEAD:
            raise InputError(f"{file}: this backup is of another version ({head.get('version')}), not {HEAD}")
        for line in lines:
            name, row = json.loads(line)
            table = tables[name]
            yield table, {key: _decoded(table.c[key], value) for key, value in row.items()}


def _from_sqlite(file: Path) -> Iterator[tuple[Table, dict[str, Any]]]:
    with TemporaryDirectory() as folder:  # reading changes the file's journal mode, and migrating its tables
        copy = Path(folder) / "copy.sqlite"
        _copy(file, copy)
        source = Database(f"sqlite:///{copy}")
        try:
            migrate(source)
            with source.begin() as connection:
                for table in all_tables():
                    for row in connection.execute(select(table)):
                        yield table, dict(row._mapping)
        finally:
            source.close_now()


def _replace(connection: Connection, rows: Iterator[tuple[Table, dict[str, Any]]]) -> None:
    for table in reversed(all_tables()):
        connection.execute(table.delete())
    rows = (item for item in rows if item[0].name != "leases")  # held by a process that is no more
    for table, group in groupby(rows, key=lambda item: item[0]):
        while step := [row for _, (_, row) in zip(range(STEP), group, strict=False)]:
            connection.execute(insert(table), step)
    if connection.dialect.name == "postgresql":
        for table in all_tables():
            if "id" in table.c and table.c.id.autoincrement:
                connection.execute(text(
                    f"SELECT setval(s, (SELECT coalesce(max(id), 0) + 1 FROM {table.name}), false) "
                    f"FROM pg_get_serial_sequence('{table.name}', 'id') AS s WHERE s IS NOT NULL"
                ))  # fmt: skip
