"""Uploaded files between preview and confirmation, and files made for download: private, gone after a day."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse, Response

from bot.console.desk import HEADERS, Visit

KEPT_SECONDS = 24 * 3600
TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}


class Uploads:
    """A folder that nobody but this program reads. An upload is found again only by who sent it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, visit: Visit, suffixes: tuple[str, ...]) -> str | None:
        """Keeps the form's `file`; returns the name to confirm with, None where there is none of these types."""
        upload = visit.upload("file")
        suffix = Path(upload.filename or "").suffix.lower() if upload else ""
        if upload is None or suffix not in suffixes:
            return None
        name = f"{secrets.token_hex(16)}{suffix}"
        await asyncio.to_thread(self._write, upload, self._path(visit, name))
        return name

    def find(self, visit: Visit, name: str) -> Path | None:
        """The upload of that name, if this person sent it and it is still there."""
        if not re.fullmatch(r"[0-9a-f]{32}\.(csv|xlsx)", name):
            return None
        path = self._path(visit, name)
        return path if path.exists() else None

    def temporary(self, suffix: str = ".xlsx") -> Path:
        """A new empty file, for `download`."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=suffix, delete=False) as file:
            return Path(file.name)

    def _path(self, visit: Visit, name: str) -> Path:
        return self._folder / f"{visit.member.id}-{name}"

    def _write(self, upload: UploadFile, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in self._folder.iterdir():
            if time.time() - old.stat().st_mtime > KEPT_SECONDS:
                old.unlink(missing_ok=True)
        with path.open("wb") as file:
            path.chmod(0o600)
            shutil.copyfileobj(upload.file, file)


def download(path: Path, name: str) -> Response:
    """The file under that name, deleted once it is sent."""
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, 200, HEADERS, TYPES[path.suffix], gone, name)
