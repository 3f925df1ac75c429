"""`main.py applications`: import, export, show, template."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from bot.applications.demo import DEMO
from bot.applications.importing import SHOWN, Preview
from bot.applications.intake import Intake
from bot.applications.models import Keys
from bot.applications.numbering import key
from bot.applications.spreadsheet import COLUMNS, Record, write_xlsx
from bot.letters import Letters
from bot.settings import Settings
from bot.storage import filing
from bot.storage.database import Database
from bot.storage.migrating import migrate
from bot.texts import Texts

LANGUAGE = "fr"


def import_file(settings: Settings, path: Path, dry_run: bool) -> int:
    """Takes a CSV or XLSX file in: all or nothing. Prints what changes (or would change); returns 2 with the reasons
    where a row cannot be taken. Raises Unusable for a file that cannot be read as a whole."""
    now = datetime.now(UTC)
    with _database(settings) as db, closing(Intake(path, Keys(settings.secret_key), Letters(Texts()))) as intake:
        with _bar("import.reading") as bar:
            preview = asyncio.run(db.read(lambda connection: intake.examine(connection, now, bar.update)))
        _print(preview)
        if preview.invalid:
            print(_say("import.nothing"), file=sys.stderr)
            return 2
        if dry_run:
            print(_say("import.dry"))
            return 0
        with db.begin() as connection, _bar("import.writing", preview.new + preview.changed) as bar:
            intake.apply(connection, "command line", now, bar.update)
        print(_say("done.imported"))
    return 0


def export_file(settings: Settings, path: Path) -> int:
    """Writes all applications to an XLSX file; phones and ids are not known to the bot and stay empty."""
    with _database(settings) as db, db.begin() as connection, _bar("import.writing") as bar:
        write_xlsx(path, _counted(filing.export_rows(connection), bar))
    print(path)
    return 0


def show(settings: Settings, number: str) -> int:
    """Prints one application and its history; returns 2 when there is none of that number."""
    with _database(settings) as db, db.begin() as connection:
        row = filing.row_of(connection, key(number))
        if row is None:
            print(_say("files.none"), file=sys.stderr)
            return 2
        for name in COLUMNS[:9]:
            print(f"{name}: {getattr(row, name) if getattr(row, name) is not None else ''}")
        for event in filing.history(connection, row.id):
            print(f"{event.at:%Y-%m-%d %H:%M} {event.actor}: {event.state} {event.changes or ''}")
    return 0


def template(settings: Settings, path: Path) -> int:
    """Writes an example spreadsheet with made-up rows."""
    write_template(path)
    print(path)
    return 0


def write_template(path: Path) -> None:
    """An example spreadsheet that `import_file` takes: the demonstration files."""
    since = datetime.now(UTC).date() - timedelta(days=6)
    write_xlsx(path, [_cells(make(since)) for make in DEMO])


def _cells(record: Record) -> list[object]:
    values = [getattr(record, name) for name in COLUMNS[:9]]
    return [*values, "; ".join(record.phones), "; ".join(record.national_ids)]


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    db = Database(settings.database_url)
    try:
        migrate(db)
        yield db
    finally:
        db.close_now()


def _print(preview: Preview) -> None:
    kinds = ("new", "changed", "unchanged", "invalid")
    print(" · ".join(f"{_say(f'import.{kind}')}: {getattr(preview, kind)}" for kind in kinds))
    print(f"{_say('import.notices')}: {preview.notices}")
    for row, kind, what in preview.examples:
        print(f"  {row}  {_say(f'import.{kind}')}  {what}")
    for problem in preview.problems:
        why = _say(f"import.{problem.code}", value=problem.value)
        print(f"  {problem.row}  {problem.column}: {why}", file=sys.stderr)
    if preview.invalid > SHOWN:
        print("  …", file=sys.stderr)


def _bar(message: str, total: int | None = None) -> tqdm[NoReturn]:
    return tqdm(total=total, desc=_say(message), file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)


def _counted(rows: Iterator[list[object]], bar: tqdm[NoReturn]) -> Iterator[list[object]]:
    for row in rows:
        bar.update()
        yield row


def _say(message: str, **values: object) -> str:
    return _texts().get(LANGUAGE, message, **values)


@cache
def _texts() -> Texts:
    return Texts("console")
