"""All topics, phrasings and facts out to a spreadsheet and back, compared first; and as YAML for review in git."""

from __future__ import annotations

import asyncio
import zipfile
from pathlib import Path

from sqlalchemy import Connection
from starlette.responses import Response

from bot.applications.spreadsheet import Unusable
from bot.console.desk import Desk, Page, Visit
from bot.console.uploads import Uploads, download
from bot.sheets.documents import SHEETS
from bot.sheets.merging import Merge, merge
from bot.sheets.reading import read_workbook
from bot.sheets.writing import write_workbook
from bot.storage import content as storage
from bot.storage import staff as accounts
from intents.exporting import as_files

SHOWN = 100
"""Documents whose differences are spelt out on the page."""


class SheetsPages:
    """`/staff/sheets`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._uploads = Uploads(desk.settings.data_dir / "uploads")
        self.pages = [
            Page("/sheets", "reader", self.home),
            Page("/sheets/export", "reader", self.export),
            Page("/sheets/yaml", "reader", self.yaml),
            Page("/sheets/preview", "editor", self.preview, "POST"),
            Page("/sheets/import", "publisher", self.take, "POST"),
        ]

    async def home(self, visit: Visit) -> Response:
        """Export and upload."""
        return self._home(visit)

    async def export(self, visit: Visit) -> Response:
        """Everything published, as a spreadsheet."""
        bodies = await self._desk.db.read(storage.in_force)
        path = self._uploads.temporary()

        def say(message: str) -> str:
            return self._desk.say(visit.language, message)

        await asyncio.to_thread(write_workbook, path, bodies, say, visit.language == "ar")
        return download(path, f"reponses-{self._desk.clock():%Y-%m-%d}.xlsx")

    async def yaml(self, visit: Visit) -> Response:
        """Everything published, as the files of `intents/` in a zip."""
        bodies = await self._desk.db.read(storage.published)
        path = self._uploads.temporary(".zip")
        await asyncio.to_thread(_zip, path, as_files(bodies))
        return download(path, f"intents-{self._desk.clock():%Y-%m-%d}.zip")

    async def preview(self, visit: Visit) -> Response:
        """What differs, what conflicts and what is wrong; nothing is changed."""
        kept = await self._uploads.keep(visit, (".xlsx",))
        path = self._uploads.find(visit, kept) if kept else None
        if kept is None or path is None:
            return self._home(visit, "sheets.file_type")
        try:
            found = await self._merge(path)
        except Unusable as error:
            path.unlink(missing_ok=True)
            return self._home(visit, f"import.file_{error.code}")
        return self._preview(visit, found, kept)

    async def take(self, visit: Visit) -> Response:
        """Publishes what differs, all or nothing; with conflicts only where somebody chose to replace them."""
        name = visit.text("upload")
        path = self._uploads.find(visit, name)
        if path is None:
            return self._home(visit, "import.again")
        now, who, override = self._desk.clock(), visit.member.name, visit.text("override") == "yes"
        try:
            sheets = await asyncio.to_thread(read_workbook, path)
        except Unusable as error:
            return self._home(visit, f"import.file_{error.code}")

        def write(connection: Connection) -> Merge | None:
            found = merge(connection, sheets, now)
            if not found.sound or (found.conflicts and not override):
                return found
            ids = []
            for change in found.changes:
                kind, key = change.key
                row = storage.current(connection, kind, key)
                based = row.id if row else None
                ids.append(storage.save(connection, kind, key, change.body, author=who, now=now, based_on=based))
                accounts.log(
                    connection, who, f"{kind}.imported", key, now, row.body if row else None, dict(change.body)
                )
            storage.publish(connection, ids, who, now)
            return None

        if refused := await self._desk.db.write(write):
            return self._preview(visit, refused, name)
        path.unlink(missing_ok=True)
        return self._desk.go("/sheets", "imported")

    async def _merge(self, path: Path) -> Merge:
        sheets = await asyncio.to_thread(read_workbook, path)
        now = self._desk.clock()
        return await self._desk.db.read(lambda connection: merge(connection, sheets, now))

    def _preview(self, visit: Visit, found: Merge, upload: str) -> Response:
        status = 200 if found.sound else 422
        say, languages = self._desk.say, self._desk.texts.languages
        columns = [*(column for sheet in SHEETS.values() for column in sheet), "label", "ask"]
        names = {column: say(visit.language, f"sheets.column_{column}") for column in columns}
        names |= {sheet: say(visit.language, f"sheets.sheet_{sheet}") for sheet in SHEETS}
        names |= {form: language.name for form, language in languages.items()}
        values = {"found": found, "upload": upload, "shown": found.changes[:SHOWN], "names": names}
        return self._desk.page(visit, "sheets_preview.html", status, **values)

    def _home(self, visit: Visit, problem: str = "") -> Response:
        return self._desk.page(visit, "sheets.html", 422 if problem else 200, problem=problem)


def _zip(path: Path, files: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in files.items():
            parts.writestr(f"intents/{name}", text)
