"""`main.py content export` and `import`: the published content as a folder of YAML files, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Connection

from bot.errors import InputError
from bot.ports import today
from bot.settings import Settings
from bot.storage import content as storage
from bot.storage import staff as accounts
from bot.storage.database import Database
from bot.storage.migrating import migrate
from bot.texts import Texts
from intents.bodies import Key, from_bodies, to_bodies
from intents.eligibility import check_rules, read_check
from intents.exporting import as_files
from intents.loading import ContentError, load_content
from intents.states import read_states
from intents.validation import check_content

RULES = ("eligibility", "states")
COMMAND = "command line"


def export_content(settings: Settings, folder: Path) -> int:
    """Writes what is published below `folder`, as `intents/` has it."""
    with _database(settings) as db, db.begin() as connection:
        files = as_files(storage.published(connection))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(folder)
    return 0


def import_content(settings: Settings, folder: Path) -> int:
    """Publishes what differs in `folder`, all or nothing. What is not there stays. Raises InputError naming every
    fault that the content does not have already."""
    now = datetime.now(UTC)
    wanted = _read(folder)
    with _database(settings) as db, db.begin() as connection:
        changed = publish_changes(connection, wanted, COMMAND, now)
    print(Texts("console").get("fr", "content.imported", count=len(changed)))
    return 0


def publish_changes(
    connection: Connection, wanted: Mapping[Key, Mapping[str, Any]], who: str, now: datetime
) -> list[Key]:
    """Puts those of `wanted` in force that differ from what is; returns which. Raises InputError for new faults."""
    before = storage.published(connection)
    changed = [key for key, body in wanted.items() if before.get(key) != body]
    after = {**before, **{key: dict(wanted[key]) for key in changed}}
    if faults := new_faults(before, after, now):
        raise InputError("\n".join(faults))
    ids = []
    for kind, key in changed:
        row = storage.current(connection, kind, key)
        based, body = (row.id if row else None), wanted[kind, key]
        ids.append(storage.save(connection, kind, key, body, author=who, now=now, based_on=based))
        accounts.log(connection, who, f"{kind}.published", key, now, before.get((kind, key)), body)
    storage.publish(connection, ids, who, now)
    return changed


def new_faults(
    before: Mapping[Key, Mapping[str, Any]], after: Mapping[Key, Mapping[str, Any]], now: datetime
) -> list[str]:
    """What is wrong with `after` and was not with `before`, in words."""
    day = today(lambda: now)
    known = {problem.message for problem in check_content(from_bodies(before), day)}
    content = from_bodies(after)
    faults = [problem.message for problem in check_content(content, day) if problem.message not in known]
    for name, check in (("eligibility", _check_eligibility), ("states", _check_states)):
        body = after.get(("rules", name))
        if body is not None and body != before.get(("rules", name)):
            faults += check(body, frozenset(content.facts))
    return faults


def _check_eligibility(body: Mapping[str, Any], facts: frozenset[str]) -> list[str]:
    return check_rules(read_check(body), facts)


def _check_states(body: Mapping[str, Any], facts: frozenset[str]) -> list[str]:
    try:
        read_states(body)
    except ValueError as error:
        return str(error).splitlines()
    return []


def _read(folder: Path) -> dict[Key, dict[str, Any]]:
    try:
        bodies = to_bodies(load_content(folder))
        for name in RULES:
            if (path := folder / f"{name}.yaml").exists():
                bodies["rules", name] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (ContentError, yaml.YAMLError) as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}. Name the folder that `content export` wrote.") from error
    return bodies


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    db = Database(settings.database_url)
    try:
        migrate(db)
        yield db
    finally:
        db.close_now()
