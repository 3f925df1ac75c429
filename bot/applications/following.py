"""News of files that live in a back office: it tells nobody that a file moved, so those that somebody follows are
looked at every few minutes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from sqlalchemy import Connection

from bot.applications.importing import Notice
from bot.applications.models import Application, fingerprint
from bot.applications.numbering import key
from bot.errors import SourceUnavailable
from bot.messages import Chat
from bot.ports import ApplicationSource, Clock
from bot.quiet import quiet_until
from bot.storage import applications as storage
from bot.storage import outbox
from bot.storage.database import Database

_log = logging.getLogger(__name__)

STEP = 8
"""Files asked for at once: people who ask for theirs come first, and a back office is no large machine."""
PAUSE = 0.1
"""Between two steps: ten thousand files are looked at in a little over two minutes."""


class Follower:
    """Compares what `source` says with what subscribers were told last. `notice` makes the message."""

    def __init__(
        self, db: Database, source: ApplicationSource, notice: Notice, clock: Clock, pause: float = PAUSE
    ) -> None:
        self._db = db
        self._source = source
        self._notice = notice
        self._clock = clock
        self._pause = pause

    async def round(self) -> int:
        """Looks at all followed files once; returns how many notices went into the outbox, each change once for
        each who asked, whatever copies do meanwhile. A file that cannot be had is looked at again in the next round.
        Raises SourceUnavailable where a whole step cannot be had: the back office is away, no use asking on."""
        told, after = 0, ""
        while keys := await self._db.read(partial(storage.followed, after=after, most=STEP)):
            if found := await self._find(keys):
                told += await self._db.write(partial(self._tell, found=found, asked=keys))
            after = keys[-1]
            await asyncio.sleep(self._pause)
        return told

    async def _find(self, keys: list[str]) -> list[Application]:
        """Those that can be had: one damaged file must not keep the news of all others."""
        answers = await asyncio.gather(*(self._source.find(each) for each in keys), return_exceptions=True)
        faults = [each for each in answers if isinstance(each, BaseException)]
        for fault in faults:
            if not isinstance(fault, SourceUnavailable) or len(faults) == len(keys):
                raise fault
            _log.warning("a file that is followed cannot be had: %s", fault)
        return [each for each in answers if isinstance(each, Application)]

    def _tell(self, connection: Connection, found: Iterable[Application], asked: list[str]) -> int:
        now = self._clock()
        prints = {key(each.number): fingerprint(each) for each in found}
        prints = {own: seen for own, seen in prints.items() if own in asked}
        rows = storage.see(connection, prints)
        outbox.put(connection, [
            outbox.entry(
                Chat(row.channel, row.address, row.chat_id), self._notice(row.chosen or row.form or "fr", row.id),
                now=now, priority=outbox.NOTICE, not_before=quiet_until(now),
            )
            for row in rows
        ])  # fmt: skip
        return len(rows)
