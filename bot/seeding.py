"""What the program brings along: content, rules, and made-up application files for whoever tries it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.applications.demo import DEMO
from bot.applications.importing import take
from bot.applications.models import Keys
from bot.messages import Reply
from bot.settings import Settings
from bot.storage import content as storage
from bot.storage import leases
from bot.storage.applications import any_application
from bot.storage.database import Database
from bot.storage.migrating import at_head
from intents.bodies import to_bodies
from intents.lexicon import Lexicons, load_lexicons
from intents.loading import load_content

ROOT = Path(__file__).parent.parent
INTENTS = ROOT / "intents"
RULES = ("eligibility", "states")
SEEDED = "seeded"
"""The counter that holds the stamp of the files seeded last."""


@cache
def lexicons() -> Lexicons:
    """The lexicons of `locales/`."""
    return load_lexicons(ROOT / "locales")


def program_bodies() -> dict[tuple[str, str], dict[str, Any]]:
    """All documents that come with the program."""
    bodies = to_bodies(load_content(INTENTS))
    for name in RULES:
        bodies["rules", name] = yaml.safe_load((INTENTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return bodies


def seed(db: Database, settings: Settings, now: datetime) -> None:
    """Brings content and, where wanted, demonstration files into the database. Changes nothing the second time,
    nor anything that staff have changed."""
    stamp = _stamp()
    with db.begin() as connection:
        if leases.version(connection, SEEDED) != stamp:
            storage.seed(connection, program_bodies(), now)
            leases.set_version(connection, SEEDED, stamp)
        wanted = settings.demo_data == "yes" or (settings.demo_data == "auto" and not settings.telegram)
        if wanted and not any_application(connection):
            records = [record(now.date() - timedelta(days=6)) for record in DEMO]
            keys = Keys(settings.secret_key)
            take(connection, records, keys=keys, actor="demo", now=now, notice=_silent, demo=True)


def up_to_date(db: Database) -> bool:
    """True when the database is migrated and has what the program brings along: then nothing has to be prepared."""
    if not at_head(db):
        return False
    with db.begin() as connection:
        return leases.version(connection, SEEDED) == _stamp()


def _stamp() -> int:
    """A number that changes with any file of the content: reading all of it takes a second and 40 MB, so it is read
    only when there is something new."""
    digest = hashlib.sha256()
    for path in sorted(INTENTS.rglob("*.yaml")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:7], "big")


def _silent(form: str, subscription: int) -> Reply:
    raise AssertionError("nobody can have subscribed to a file that is new")
