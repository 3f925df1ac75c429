"""The matcher of the real content, learned once a machine and shared by all test processes."""

from __future__ import annotations

import fcntl
import os
import tempfile
from functools import cache
from pathlib import Path

from bot.knowledge import model_path
from bot.seeding import INTENTS, lexicons
from intents.loading import load_content
from intents.matching import Matcher, examples_of
from intents.models import Content

FOLDER = Path(tempfile.gettempdir()) / f"artisan-bot-tests-{os.getuid()}"


@cache
def content() -> Content:
    """The content of the repository."""
    return load_content(INTENTS)


def models() -> Path:
    """A folder with what was learned of the content, usable as `DATA_DIR/models`."""
    FOLDER.mkdir(exist_ok=True)
    path = model_path(FOLDER, content(), lexicons())
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            Matcher.build(examples_of(content()), lexicons()).save(path)
    return FOLDER


@cache
def matcher() -> Matcher:
    """The matcher of the repository's content."""
    return Matcher.load(model_path(models(), content(), lexicons()), content(), lexicons())
