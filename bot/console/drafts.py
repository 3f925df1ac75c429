"""The content as it would be if what is open were published."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from bot.storage import content as storage
from bot.storage.database import Database
from intents.bodies import Key, from_bodies
from intents.models import FORMS, Content


async def draft_content(db: Database) -> Content:
    """The published content with all open revisions in place. Topics that do not speak all four forms yet are left
    out: they cannot be published either."""

    def read(connection: Connection) -> dict[Key, dict[str, Any]]:
        rows = storage.open_revisions(connection)
        return storage.published(connection) | {(row.kind, row.key): row.body for row in rows if _whole(row)}

    return from_bodies(await db.read(read))


def _whole(row: Any) -> bool:
    return row.kind != "topic" or all(row.body["answers"].get(form, {}).get("text") for form in FORMS)
