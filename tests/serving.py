"""The bot as `make run` starts it, in a process of its own, and the browser that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.knowledge import MAIN

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
"""Where it serves: the first thing it says."""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """For a bot on the data in `folder`, on a free port; nothing of the machine's own settings gets in."""
    quiet = {"HTTP_PORT": "0", "SECRET_KEY": "test", "FLOOD_LIMIT": "0"}
    return {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **quiet, **more}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the bot serves the data in `folder`; stops it at the end."""
    environ = environment(folder, STAFF_HOURS="always")
    process = subprocess.Popen([sys.executable, str(MAIN), "serve"], env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        found = None
        for line in process.stdout:
            if found := ADDRESS.search(line):
                break
        assert found, "the bot did not start"
        yield found.group()
    finally:
        process.terminate()
        process.communicate(timeout=20)
