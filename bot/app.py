"""Composition root: the only module that sees everything. Builds the parts, runs them together, stops them in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp

from bot.alerts import tell_group
from bot.applications.following import Follower
from bot.applications.http_source import HttpSource
from bot.applications.lookup import DatabaseSource, Lookup
from bot.applications.models import Keys
from bot.applications.numbering import Scheme
from bot.conversation import Conversation
from bot.dialogues.eligibility import EligibilityDialogue
from bot.dialogues.handover import HandoverDialogue, OpeningHours
from bot.dialogues.news import NewsDialogue
from bot.dialogues.status import StatusDialogue
from bot.effects import EFFECTS
from bot.inbox import DatabaseInbox
from bot.knowledge import PublishedKnowledge, prepare
from bot.letters import Letters
from bot.pacing import Gathering
from bot.ports import ApplicationSource, Dialogue
from bot.reception import Reception
from bot.recording import together
from bot.seeding import lexicons, up_to_date
from bot.sender import Sender
from bot.settings import Settings
from bot.storage.database import Database
from bot.texts import Texts
from intents.slots import Slots

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of the running bot."""
    return datetime.now(UTC)


@dataclass
class Core:
    """What every way of running shares: database, knowledge, conversation, reception."""

    settings: Settings
    db: Database
    texts: Texts
    knowledge: PublishedKnowledge
    conversation: Conversation
    reception: Reception
    sender: Sender
    inbox: DatabaseInbox
    keys: Keys
    scheme: Scheme
    letters: Letters
    follower: Follower | None
    """Where files live in a back office: looks whether they moved."""


@asynccontextmanager
async def core(settings: Settings, environ: Mapping[str, str], channels: dict[str, object]) -> AsyncIterator[Core]:
    """The parts, ready to take messages: the database migrated and seeded, the content loaded. `channels` are
    those that push, by name. Closes everything at the end."""
    db = Database(settings.database_url)
    try:
        if not await asyncio.to_thread(up_to_date, db):
            # In a process of its own: reading all content and learning it would leave this one twice as large.
            await prepare(process_environment(settings, environ))
        async with aiohttp.ClientSession() as session:
            built = _build(settings, environ, db, session, channels)
            await built.knowledge.load()
            yield built
            await built.reception.close()
    finally:
        await db.close()


def _build(
    settings: Settings,
    environ: Mapping[str, str],
    db: Database,
    session: aiohttp.ClientSession,
    channels: dict[str, object],
) -> Core:
    texts = Texts()
    knowledge = PublishedKnowledge(db, settings.data_dir / "models", lexicons(), process_environment(settings, environ))
    scheme = Scheme(
        tuple(part.strip().upper() for part in settings.application_prefixes.split(",") if part.strip()),
        settings.application_digits,
        settings.application_check,
    )
    keys = Keys(settings.secret_key)
    dialogues: list[Dialogue] = [
        HandoverDialogue(OpeningHours(settings.staff_hours), texts, utc_now),
        StatusDialogue(scheme, lambda: knowledge.states, texts, utc_now),
        EligibilityDialogue(lambda: knowledge.check, Slots.load(), knowledge, texts, utc_now),
        NewsDialogue(lambda: knowledge.check, texts),
    ]
    conversation = Conversation(knowledge, texts, dialogues, utc_now)
    source: ApplicationSource = DatabaseSource(db)
    follower = None
    if settings.application_source_url:
        url, token = settings.application_source_url, settings.application_source_token
        source = HttpSource(url, token, keys, session, time.monotonic)
        follower = Follower(db, source, Letters(texts).news, utc_now)
    lookup = Lookup(db, source, keys, utc_now)
    sender = Sender(db, channels, utc_now, rate=settings.send_rate, rate_chat=settings.send_rate_chat)  # type: ignore[arg-type]
    opening = together(EFFECTS["handover_open"], tell_group(settings.staff_group, Letters(texts)))
    reception = Reception(
        db, conversation, {**EFFECTS, "handover_open": opening}, utc_now, finders=lookup.finders,
        flood_limit=settings.flood_limit, glance=sender.glance,
        # Who polls fetches many at once already.
        gathering=Gathering() if settings.telegram_mode == "webhook" else None,
    )  # fmt: skip
    return Core(
        settings, db, texts, knowledge, conversation, reception, sender, DatabaseInbox(db), keys, scheme,
        Letters(texts), follower,
    )


def process_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of our own that must see the same database and data folder."""
    return {**environ, "DATABASE_URL": settings.database_url, "DATA_DIR": str(settings.data_dir)}
