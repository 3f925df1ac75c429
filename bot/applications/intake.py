"""Takes one file of applications in: compared first, without writing, then what differs is written in one short
transaction, so that artisans are answered meanwhile."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Connection

from bot.applications.importing import Preview, take
from bot.applications.models import Keys
from bot.applications.spreadsheet import Record, read_rows
from bot.letters import Letters

Progress = Callable[[int], object]


def _silent(rows: int) -> None:
    return None


class Intake:
    """`examine`, then `apply`. Both may run again when a transaction is retried."""

    def __init__(self, path: Path, keys: Keys, letters: Letters) -> None:
        self._path, self._keys, self._letters = path, keys, letters
        # What differs is kept here, readable by nobody else and gone when closed: memory stays flat.
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)

    def examine(self, connection: Connection, now: datetime, progress: Progress = _silent) -> Preview:
        """What the file would change. Writes nothing. Raises Unusable when it cannot be read as a whole."""
        self._spool.seek(0)
        self._spool.truncate()
        return take(
            connection, read_rows(self._path), keys=self._keys, actor="", now=now, notice=self._letters.news,
            apply=False, keep=lambda record: pickle.dump(record, self._spool), progress=progress,
        )

    def apply(self, connection: Connection, actor: str, now: datetime, progress: Progress = _silent) -> Preview:
        """Writes what `examine` found new or changed, within the caller's transaction."""
        return take(
            connection, self._kept(), keys=self._keys, actor=actor, now=now, notice=self._letters.news,
            progress=progress,
        )

    def close(self) -> None:
        """Forgets what was kept."""
        self._spool.close()

    def _kept(self) -> Iterator[Record]:
        self._spool.seek(0)
        while True:
            try:
                yield pickle.load(self._spool)
            except EOFError:
                return
