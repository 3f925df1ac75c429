"""What runs by the clock: retention, broadcasts that are due, news of files in a back office. Several copies may run
it at once: each round takes a lease first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.app import Core
from bot.errors import BotError
from bot.ports import Clock
from bot.storage import applications, handovers, retention
from bot.storage.broadcasts import broadcast_round
from bot.storage.leases import Lease

_log = logging.getLogger(__name__)

BROADCAST_SECONDS = 3.0
PURGE_SECONDS = 600.0
FOLLOW_SECONDS = 600.0
PAUSE = 0.05
"""Between two steps of a purge: replies go first."""


class Housekeeping:
    """Runs until cancelled; a round that fails is logged and tried again at its next time."""

    def __init__(self, core: Core, clock: Clock) -> None:
        self._core = core
        self._clock = clock
        self._following = Lease(core.db, "following", clock, FOLLOW_SECONDS)

    async def run(self) -> None:
        """Purges, broadcasts and follows files for ever."""
        rounds = [self._every(PURGE_SECONDS, self.purge), self._every(BROADCAST_SECONDS, self.broadcast)]
        if self._core.follower:
            rounds.append(self._every(FOLLOW_SECONDS, self.follow))
        try:
            await asyncio.gather(*rounds)
        finally:
            await self.close()

    async def close(self) -> None:
        """Lets another copy do what only one may."""
        await self._following.give_back()

    async def _every(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except BotError as error:
                _log.warning("%s: %s", act.__name__, error)
            await asyncio.sleep(seconds)

    async def purge(self) -> None:
        """Erases what is older than RETENTION_DAYS, step by step."""
        days = self._core.settings.retention_days
        now = self._clock()
        while await self._core.db.write(lambda connection: retention.purge(connection, now, days)):
            await asyncio.sleep(PAUSE)
        await self._core.db.write(lambda connection: handovers.purge(connection, now - timedelta(days=days)))
        await self._core.db.write(lambda connection: applications.purge_attempts(connection, now))

    async def broadcast(self) -> None:
        """Puts the next letters of a broadcast that is due into the outbox."""
        now = self._clock()
        if await self._core.db.write(lambda connection: broadcast_round(connection, now)):
            self._core.sender.wake()

    async def follow(self) -> None:
        """Tells those who asked that their file moved in the back office. One copy at a time asks it: several would
        only weigh on it."""
        follower = self._core.follower
        if follower and await self._following.take() and await follower.round():
            self._core.sender.wake()
