"""The whole bot as it runs: seeded once, then a copy for each test. A plugin of
`tests/conftest.py`."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.app import Core, core
from bot.seeding import seed
from bot.settings import Settings, read_settings
from bot.storage.database import Database
from bot.storage.migrating import migrate
from tests import learned


def settings(folder: Path, **more: str) -> Settings:
    """Settings that keep nobody waiting."""
    quiet = {"SECRET_KEY": "test", "FLOOD_LIMIT": "0", "SEND_RATE": "0", "SEND_RATE_CHAT": "0", "STAFF_HOURS": "always"}
    return read_settings({"DATA_DIR": str(folder), **quiet, **more})


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a first start leaves it."""
    folder = tmp_path_factory.mktemp("seeded")
    first_start(folder)
    return folder


def first_start(folder: Path) -> None:
    """Makes of `folder` a data folder as a first start leaves it."""
    (folder / "models").symlink_to(learned.models(), target_is_directory=True)
    chosen = settings(folder)
    database = Database(chosen.database_url)
    migrate(database)
    seed(database, chosen, datetime.now(UTC))
    database.close_now()


@asynccontextmanager
async def running(
    seeded: Path, folder: Path, channels: dict[str, object] | None = None, **more: str
) -> AsyncIterator[Core]:
    """The parts, on a copy of `seeded` in `folder`. `more` are settings."""
    shutil.copytree(seeded, folder, symlinks=True, dirs_exist_ok=True)
    async with core(settings(folder, **more), {}, channels or {}) as built:
        yield built
