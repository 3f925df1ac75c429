"""Polling: asks Telegram for updates, and for the next only once these are recorded. One copy at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from telegram import error as faults

from bot.channels.telegram_api import Api, seconds
from bot.channels.telegram_updates import ALLOWED
from bot.errors import AlreadyRunning, BotError, SettingsError
from bot.pacing import Gathering, backoff

_log = logging.getLogger(__name__)

LONG_POLL = 25
SLOW_SECONDS = 1.0
CONFLICT_SECONDS = LONG_POLL + 10.0
"""The last long poll of a predecessor that was killed may still hang: only a conflict that lasts longer means a second
poller."""


class Lease(Protocol):
    """The right to poll, which one copy only may have."""

    seconds: float
    patience: float

    @property
    def held(self) -> bool: ...

    async def take(self) -> bool: ...

    async def give_back(self) -> None: ...


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Waits, but not beyond the moment `stopping` is set."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


class Poller:
    """Fetches updates and gives them to `take`, which returns once they are recorded."""

    def __init__(
        self, api: Api, take: Callable[[list[Any]], Awaitable[None]], lease: Lease, stopping: asyncio.Event
    ) -> None:
        self._api = api
        self._take = take
        self._lease = lease
        self._stopping = stopping
        self._recording: set[asyncio.Task[bool]] = set()
        self.up = False
        """True once Telegram has answered: updates can come."""

    async def run(self, set_up: Callable[[], Awaitable[bool]]) -> None:
        """Polls until told to stop, after `set_up` has returned True. Raises AlreadyRunning when another copy
        polls, SettingsError when Telegram does not accept the token."""
        await self._take_lease()
        renewing = asyncio.create_task(_renew(self._lease))
        try:
            if await set_up():
                self.up = True
                await self._loop()
        finally:
            if self._recording:
                await asyncio.wait(self._recording, timeout=5.0)
            renewing.cancel()
            await self._lease.give_back()

    async def _take_lease(self) -> None:
        """Takes the right to poll; a predecessor that was killed may hold it for a few seconds yet."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._lease.patience
        while not await self._lease.take() and not self._stopping.is_set():
            if clock() >= deadline:
                raise AlreadyRunning(
                    "Another copy of this bot already polls Telegram, and only one may. Stop it first, or "
                    "run several copies with TELEGRAM_MODE=webhook."
                )
            await pause(self._stopping, 0.2)

    async def _loop(self) -> None:
        """Fetches updates and hands them over; asks for the next only once these are recorded."""
        offset = 0
        attempt = 0
        conflict_since: float | None = None
        fetched = False
        clock = asyncio.get_running_loop().time
        gathering = Gathering()
        while not self._stopping.is_set():
            if not self._lease.held:
                await pause(self._stopping, 0.5)
                continue
            try:
                updates = await self._fetch(offset)
            except faults.InvalidToken:
                raise SettingsError("BOT_TOKEN: Telegram does not accept this token any more.") from None
            except faults.Conflict:
                conflict_since = conflict_since or clock()
                if not fetched and clock() - conflict_since > CONFLICT_SECONDS:
                    raise AlreadyRunning(
                        "Another program polls Telegram with this BOT_TOKEN, and only one may. Stop it first."
                    ) from None
                _log.error("another program polls Telegram with this token; trying again")
                await pause(self._stopping, 2.0)
                continue
            except faults.TelegramError as error:
                attempt += 1
                wait = seconds(error) or backoff(attempt, least=0.2, most=15.0)
                _log.warning("no updates from Telegram, trying again in %.1f s: %s", wait, error)
                await pause(self._stopping, wait)
                continue
            attempt, conflict_since, fetched = 0, None, True
            if updates and await self._recorded(updates):
                offset = max(_update_id(update) for update in updates) + 1
            gathering.took(len(updates), clock())
            if (rest := gathering.wait(clock())) > 0:
                await pause(self._stopping, rest)

    async def _fetch(self, offset: int) -> list[Any]:
        """The next updates; none where told to stop meanwhile."""
        fetching = asyncio.ensure_future(
            self._api.call(
                "getUpdates",
                {"offset": offset, "limit": 100, "timeout": LONG_POLL, "allowed_updates": list(ALLOWED)},
                read_timeout=LONG_POLL + 10.0,
            )
        )
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait([fetching, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not fetching.done():
            fetching.cancel()
            return []
        found = fetching.result()
        return found if isinstance(found, list) else []

    async def _recorded(self, updates: list[Any]) -> bool:
        """True once all of `updates` are recorded, False where one of them takes longer (something is looked up
        for it). It must not hold up those that come after: the same updates are fetched again, together with
        newer ones, and what is recorded already is left alone."""
        recording = asyncio.create_task(self._record(updates))
        self._recording.add(recording)
        recording.add_done_callback(self._recording.discard)
        done, _ = await asyncio.wait([recording], timeout=SLOW_SECONDS)
        return bool(done) and recording.result()

    async def _record(self, updates: list[Any]) -> bool:
        """Hands `updates` over until they are recorded; False where told to stop before."""
        attempt = 0
        while True:
            try:
                await self._take(updates)
                return True
            except BotError as error:
                attempt += 1
                _log.error("updates cannot be recorded, trying again: %s", error)
                if self._stopping.is_set():
                    return False
                await pause(self._stopping, backoff(attempt, most=5.0))


async def _renew(lease: Lease) -> None:
    while True:
        await asyncio.sleep(lease.seconds / 4)
        await lease.take()


def _update_id(update: Any) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1
