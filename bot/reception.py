"""Where messages arrive: each is recorded with all that follows from it in one transaction, before the
channel acknowledges it. Messages that arrive together share a transaction, which makes them cheap; one that
fails is taken out, logged and answered with an apology, and holds nobody up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

from bot import logs, metrics
from bot.arrivals import Call, Responder, clean, finish, order
from bot.errors import BotError, StorageError
from bot.messages import Incoming, Need
from bot.pacing import Gathering
from bot.ports import Clock
from bot.recording import EffectContext, Recording, StoreEffect
from bot.storage import chats, updates
from bot.storage.database import Connection, Database
from bot.storage.leases import Lease

__all__ = ["EffectContext", "Reception", "StoreEffect"]

_log = logging.getLogger(__name__)

Glance = AbstractContextManager[Callable[[Connection], None]]
Finder = Callable[[dict[str, Any]], Awaitable[Any]]
ChatKey = tuple[str, str]

BATCH = 64
"""Messages in one transaction: enough to make the commit cheap, few enough that nobody waits for it."""
LOOKUPS = 3
"""A message may need this many things one after the other; more is a fault."""
LOOKUP_SECONDS = 60.0
"""A back office has its own, much shorter limit; this long, a large import may hold the database."""


def _key(incoming: Incoming) -> ChatKey:
    return incoming.channel, incoming.address


def _no_glance() -> Glance:
    return nullcontext(lambda connection: None)


class Reception:
    """Records what arrives. `effects` store what an outcome asks for, by `Effect.name`; `finders` look up
    what it needs first, by `Need.name`; `glance` sees at the end of a transaction
    what is to leave (`Sender.glance`); `gathering` tells how long to let messages gather that come one by one."""

    def __init__(
        self,
        database: Database,
        conversation: Responder,
        effects: Mapping[str, StoreEffect],
        clock: Clock,
        *,
        finders: Mapping[str, Finder] | None = None,
        flood_limit: int = 20,
        glance: Callable[[], Glance] = _no_glance,
        gathering: Gathering | None = None,
    ) -> None:
        self._database = database
        self._conversation = conversation
        self._effects = effects
        self._clock = clock
        self._finders = finders or {}
        self._flood_limit = flood_limit
        self._glance = glance
        self._gathering = gathering or Gathering(0.0)
        self._waiting: deque[Call] = deque()
        self._worker: asyncio.Task[None] | None = None
        # Chats for which something is being looked up: their next messages queue behind it.
        self._held: dict[ChatKey, asyncio.Task[None]] = {}

    async def receive(self, incomings: Sequence[Incoming]) -> None:
        """Returns once all of `incomings` are recorded: then, and only then, acknowledge them. A redelivered
        one changes nothing. Raises StorageError where the database stays unreachable: do not acknowledge."""
        if not incomings:
            return
        call = Call([clean(one) for one in incomings], asyncio.get_running_loop().create_future())
        self._waiting.append(call)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        await call.done

    async def membership(self, channel: str, address: str, blocked: bool) -> None:
        """Remembers that this person blocked the bot, or came back. Raises StorageError."""
        at = self._clock() if blocked else None
        await self._database.write(lambda connection: chats.set_blocked(connection, channel, address, at))

    def lease(self, name: str) -> Lease:
        """The right to do what only one copy may do."""
        return Lease(self._database, name, self._clock)

    async def close(self) -> None:
        """Returns once everything taken is recorded."""
        while self._worker and not self._worker.done():
            await asyncio.wait([self._worker])
        if self._held:
            await asyncio.wait(list(self._held.values()))

    async def _work(self) -> None:
        while self._waiting:
            if (rest := self._gathering.wait(time.monotonic())) > 0 and len(self._waiting) < BATCH:
                await asyncio.sleep(rest)
            calls = [self._waiting.popleft()]
            while self._waiting and sum(len(call.incomings) for call in calls) < BATCH:
                calls.append(self._waiting.popleft())
            self._gathering.took(sum(len(call.incomings) for call in calls), time.monotonic())
            try:
                await self._handle(calls)
            except Exception as error:
                if not isinstance(error, StorageError):
                    _log.exception("the reception failed; nothing of this was acknowledged")
                for call in calls:
                    if not call.done.done():
                        call.done.set_exception(error)

    async def _handle(self, calls: list[Call]) -> None:
        everything = [one for call in calls for one in call.incomings]
        everything.sort(key=order)
        free = [one for one in everything if _key(one) not in self._held]
        behind = [one for one in everything if _key(one) in self._held]
        needs = await self._record(free)
        for incoming, need in [*needs, *((one, None) for one in behind)]:
            self._hold(incoming, need)
        for call in calls:
            held = {self._held[_key(one)] for one in call.incomings if _key(one) in self._held}
            if held and (needs or behind):
              
                asyncio.gather(*held).add_done_callback(partial(finish, call))
            else:
                finish(call)

    def _hold(self, incoming: Incoming, need: Need | None) -> None:
        key = _key(incoming)
        task = asyncio.create_task(self._settle(incoming, need, self._held.get(key)))
        self._held[key] = task

        def release(done: asyncio.Task[None]) -> None:
            if self._held.get(key) is done:
                del self._held[key]

        task.add_done_callback(release)

    async def _settle(self, incoming: Incoming, need: Need | None, before: asyncio.Task[None] | None) -> None:
        """Records one message that needs something looked up first, or that came behind such a one."""
        if before:
            await asyncio.wait([before])
        found = None
        for _ in range(LOOKUPS + 1):
            if need is not None:
                try:
                    finder = self._finders[need.name]
                    found = await asyncio.wait_for(finder(need.data), LOOKUP_SECONDS)
                except (BotError, KeyError, TimeoutError, OSError):
                    _log.exception("looking up %s failed", need.name, extra={"trace": incoming.trace})
                    break
            answer = found
            needs = await self._record([incoming], answer)
            if not needs:
                return
            need = needs[0][1]
        await self._apologise(incoming)

    async def _record(
        self, incomings: list[Incoming], found: Any = None
    ) -> list[tuple[Incoming, Need | None]]:
        """Records these; returns those that need something first, in order."""
        if not incomings:
            return []
        began = time.perf_counter()
        try:
            with self._glance() as look:
                recording, needs = await self._database.write(
                    lambda connection: self._take(connection, incomings, found, look)
                )
        except StorageError:
            raise
        except Exception:
            if len(incomings) > 1:
                return [need for one in incomings for need in await self._record([one], found)]
            metrics.failures.inc()
            _log.exception("handling a message failed", extra={"trace": incomings[0].trace})
            await self._apologise(incomings[0])
            return []
        recording.count(time.perf_counter() - began)
        return needs

    def _take(
        self, connection: Connection, incomings: list[Incoming], found: Any, look: Callable[[Connection], None]
    ) -> tuple[Recording, list[tuple[Incoming, Need | None]]]:
        now = self._clock()
        new = updates.claim(connection, incomings, now)
        recording = Recording(connection, now, self._effects)
        fresh = []
        for one in incomings:
            if (one.channel, one.update_id) in new:
                new.discard((one.channel, one.update_id))
                fresh.append(one)
        recording.open(fresh)
        needs: list[tuple[Incoming, Need | None]] = []
        waiting: set[ChatKey] = set()
        for one in fresh:
            if _key(one) in waiting:
                needs.append((one, None))
                continue
            logs.trace.set(one.trace)
            need = self._answer(recording, one, found)
            if need is not None:
                waiting.add(_key(one))
                needs.append((one, need))
        recording.store()
        updates.release(connection, [one for one, _ in needs])
        look(connection)
        return recording, needs

    def _answer(self, recording: Recording, incoming: Incoming, found: Any) -> Need | None:
        kept = recording.kept(incoming)
        counted = self._flood_limit and found is None
        if counted:
            pressed = recording.press(incoming, self._flood_limit)
            if pressed == "notice":
                recording.say(kept.chat, incoming, self._conversation.flood_notice(kept.chat, incoming))
            if pressed != "calm":
                return None
        outcome = self._conversation.respond(incoming, kept.chat, found)
        if outcome.need is not None:
            if counted:
                recording.unpress(incoming)
            return outcome.need
        recording.accept(incoming, outcome)
        return None

    async def _apologise(self, incoming: Incoming) -> None:
        """Records `incoming` as handled and answers it with the apology; without one where even that
        fails."""

        def act(connection: Connection, speak: bool = True) -> None:
            now = self._clock()
            if not updates.claim(connection, [incoming], now) or not speak:
                return
            recording = Recording(connection, now, self._effects)
            recording.open([incoming])
            chat = recording.kept(incoming).chat
            recording.fail(incoming, self._conversation.apology(incoming, chat))
            recording.store()
            look(connection)

        try:
            with self._glance() as look:
                await self._database.write(act)
        except StorageError:
            raise
        except Exception:
            _log.exception("even the apology failed", extra={"trace": incoming.trace})
            await self._database.write(lambda connection: act(connection, speak=False))
