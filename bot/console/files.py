"""Application files: spreadsheets in (previewed first) and out, search, history, locks, who was told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from bot.applications.commands import write_template
from bot.applications.importing import Preview
from bot.applications.intake import Intake
from bot.applications.models import STATES, Keys
from bot.applications.numbering import key
from bot.applications.spreadsheet import Unusable, write_xlsx
from bot.console.choices import published_choices
from bot.console.desk import Desk, Page, Visit
from bot.console.uploads import Uploads, download
from bot.letters import Letters
from bot.storage import applications as storage
from bot.storage import content, filing
from bot.storage import staff as accounts


class FilesPages:
    """`/staff/files`."""

    def __init__(self, desk: Desk, letters: Letters, wake: Callable[[], None]) -> None:
        self._desk, self._letters, self._wake = desk, letters, wake
        self._uploads = Uploads(desk.settings.data_dir / "uploads")
        self.pages = [
            Page("/files", "reader", self.home),
            Page("/files/preview", "editor", self.preview, "POST"),
            Page("/files/import", "publisher", self.take, "POST"),
            Page("/files/export", "publisher", self.export),
            Page("/files/template", "reader", self.template),
            Page("/files/lift", "editor", self.lift, "POST"),
            Page("/files/one/{key}", "reader", self.one),
        ]

    async def home(self, visit: Visit) -> Response:
        """Search, upload, locks."""
        return await self._home(visit)

    async def one(self, visit: Visit) -> Response:
        """One application with its history and notices."""
        own = key(visit.path("key"))[:40]

        def read(connection: Connection) -> dict[str, Any] | None:
            row = filing.row_of(connection, own)
            if row is None:
                return None
            return {
                "row": row,
                "events": filing.history(connection, row.id),
                "notices": filing.notices(connection, own, row.version),
                "subscribers": filing.subscribers(connection, own),
                "phones": filing.phones(connection, row.id),
                "programmes": published_choices(connection, visit.language)["programmes"],
                "states": _states(connection, visit.language),
            }

        found = await self._desk.db.read(read)
        if found is None:
            return self._desk.refuse(visit.request, 404, visit.member)
        return self._desk.page(visit, "file.html", **found)

    async def preview(self, visit: Visit) -> Response:
        """What an uploaded spreadsheet would change; nothing is changed. The upload is kept for the confirmation."""
        kept = await self._uploads.keep(visit, (".csv", ".xlsx"))
        if kept is None:
            return await self._home(visit, problem="import.file_type")
        path = self._uploads.find(visit, kept)
        assert path is not None
        try:
            with closing(self._intake(path)) as intake:
                now = self._desk.clock()
                found = await self._desk.db.read(lambda connection: intake.examine(connection, now))
        except Unusable as error:
            path.unlink(missing_ok=True)
            return await self._home(visit, problem=f"import.file_{error.code}")
        if found.invalid:
            path.unlink(missing_ok=True)
        upload = visit.upload("file")
        values = {"preview": found, "upload": kept, "name": ((upload and upload.filename) or "")[:80]}
        return self._desk.page(visit, "files_preview.html", 422 if found.invalid else 200, **values)

    async def take(self, visit: Visit) -> Response:
        """Applies the upload that was previewed, all or nothing."""
        path = self._uploads.find(visit, visit.text("upload"))
        if path is None:
            return await self._home(visit, problem="import.again")
        now, desk, who = self._desk.clock(), self._desk, visit.member.name
        try:
            with closing(self._intake(path)) as intake:
                found = await desk.db.read(lambda connection: intake.examine(connection, now))
                if found.invalid:
                    return await self._home(visit, problem="import.again")

                def write(connection: Connection) -> Preview:
                    done = intake.apply(connection, who, now)
                    after = {"new": done.new, "changed": done.changed, "notices": done.notices}
                    accounts.log(connection, who, "files.imported", visit.text("name", 80), now, None, after)
                    return done

                await desk.db.write(write)
        except Unusable:
            return await self._home(visit, problem="import.again")
        finally:
            path.unlink(missing_ok=True)
        self._wake()
        return desk.go("/files", "imported")

    async def export(self, visit: Visit) -> Response:
        """All applications as a spreadsheet."""
        await self._desk.log(visit, "files.exported", "")
        path = self._uploads.temporary()
        await self._desk.db.read(lambda connection: write_xlsx(path, filing.export_rows(connection)))
        return download(path, "dossiers.xlsx")

    async def template(self, visit: Visit) -> Response:
        """An example spreadsheet."""
        path = self._uploads.temporary()
        await asyncio.to_thread(write_template, path)
        return download(path, "modele-dossiers.xlsx")

    async def lift(self, visit: Visit) -> Response:
        """Lifts a lock at once."""
        scope, subject, now = visit.text("scope", 8), visit.text("subject", 40), self._desk.clock()

        def write(connection: Connection) -> None:
            label = next((row.label for row in storage.open_locks(connection, now) if row.subject == subject), "")
            if storage.clear_failures(connection, scope, subject):
                accounts.log(connection, visit.member.name, "lock.lifted", label, now, {"scope": scope})

        await self._desk.db.write(write)
        return self._desk.go("/files", "lifted")

    async def _home(self, visit: Visit, problem: str = "") -> Response:
        words = visit.query("q")
        now = self._desk.clock()

        def read(connection: Connection) -> dict[str, Any]:
            return {
                "found": filing.search(connection, key(words)[:40]),
                "counts": filing.by_state(connection),
                "locks": storage.open_locks(connection, now),
                "states": _states(connection, visit.language),
                "demo": storage.demo_present(connection),
                "programmes": published_choices(connection, visit.language)["programmes"],
            }

        values = await self._desk.db.read(read)
        return self._desk.page(visit, "files.html", 422 if problem else 200, problem=problem, q=words, **values)

    def _intake(self, path: Path) -> Intake:
        return Intake(path, Keys(self._desk.settings.secret_key), self._letters)


def _states(connection: Connection, language: str) -> dict[str, str]:
    """Titles of the states in the console's language, as published."""
    row = content.current(connection, "rules", "states")
    body = row.body if row else {}
    return {state: body.get(state, {}).get("title", {}).get(language, state) for state in STATES}
