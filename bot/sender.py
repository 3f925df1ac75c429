"""The one door everything leaves through: in order per chat, what people wait for first, within the channel's
limits, retried until it has left.

One copy at a time empties the outbox (a lease): limits hold over all copies and no chat is served by two. The
others take over when it stops or dies. A letter is in flight until its mark is committed, and a chat has one in
flight at most: after a crash only those leave a second time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

from bot import metrics
from bot.errors import BotError, ChatGone, Rejected, StorageError, TryAgain
from bot.lanes import Lane, Lanes
from bot.pacing import ChatPace, Pace, backoff
from bot.ports import Channel, Clock
from bot.results import Result, store
from bot.storage import outbox
from bot.storage.database import Connection, Database
from bot.storage.leases import Lease
from bot.storage.outbox import Letter, Mark

_log = logging.getLogger(__name__)

POLL_ALONE, POLL_SHARED = 1.0, 0.15
"""Seconds between looks for letters of other processes: commands on SQLite, other copies on PostgreSQL."""
IN_FLIGHT = 48
MARK_SECONDS = 0.03
"""Letters that are in flight together share the transaction of their marks, but no mark waits longer for the others."""
WINDOW = 600
"""Letters held in memory; the rest waits in the database."""
FEW = 100
"""Below this many letters at hand, those nobody waits for (broadcasts) are fetched too, `FEW` at a time."""
TROUBLE = 5
"""So many failures in a row mean that the channel as a whole is in trouble: all wait."""


class Sender:
    """Empties the outbox towards `channels` (by name). `rate` and `rate_chat` are messages a second over all
    chats and to one chat; 0 lifts the limit."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        clock: Clock,
        *,
        rate: float = 30.0,
        rate_chat: float = 1.0,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._lease = Lease(database, "sender", clock)
        self._pace = Pace(rate)
        self._chat_pace = ChatPace(rate_chat)
        self._lanes = Lanes()
        self._results: list[Result] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._marking: asyncio.Task[None] | None = None
        self._trouble = 0
        self._pause_until = 0.0
        self._stirred = asyncio.Event()
        self._poll = POLL_ALONE if database.embedded else POLL_SHARED
        self._look_at = 0.0
        self._stop_at: float | None = None

    def wake(self) -> None:
        """Something was put into the outbox: look now."""
        self._look_at = 0.0
        self._stirred.set()

    @contextmanager
    def glance(self) -> Iterator[Callable[[Connection], None]]:
        """For a transaction that puts letters: it calls what this gives at its end, and what is due leaves as soon as
        this is left, without a look of its own (which costs as much as the transaction)."""
        if not self._lease.held or len(self._lanes) >= FEW:
            yield lambda connection: None
            self.wake()
            return
        with self._lanes.glance(partial(self._due, most=FEW)) as read:
            yield read
        if len(self._lanes) >= FEW:  # more may wait than was fetched
            self.wake()
        self._stirred.set()

    def _due(self, connection: Connection, most: int, up_to: int = outbox.NOTICE) -> list[Letter]:
        now = self._clock()
        return [one for channel in self._channels for one in outbox.due(connection, channel, now, most, up_to)]

    async def run(self) -> None:
        """Sends until `stop`. Database and network faults are waited out."""
        renewing = asyncio.create_task(self._keep_lease())
        try:
            while self._stop_at is None or (time.monotonic() < self._stop_at and await self._more()):
                await self._round()
        finally:
            renewing.cancel()
            await self._finish()
            await self._lease.give_back()

    def stop(self, patience: float = 8.0) -> None:
        """Lets `run` return once the outbox is empty, after `patience` seconds at most."""
        self._stop_at = time.monotonic() + patience
        self.wake()

    async def _finish(self) -> None:
        """Waits for what is in flight and its marks. Where the database stays away these are lost: the
        letters leave a second time after the restart."""
        deadline = time.monotonic() + 3.0
        while (tasks := [*self._in_flight, *filter(None, [self._marking])]) and time.monotonic() < deadline:
            await asyncio.wait(tasks, timeout=0.5)
        for task in tasks:
            task.cancel()

    async def _more(self) -> bool:
        if self._lease.held:
            await self._look()
        return self._lease.held and len(self._lanes) > 0

    async def _round(self) -> None:
        if self._lease.held:
            if time.monotonic() >= self._look_at:
                await self._look()
            rest = min(self._start(), max(self._look_at - time.monotonic(), 0.001))
        else:
            self._lanes.let_go()
            rest = self._poll
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), rest)
        self._stirred.clear()

    async def _keep_lease(self) -> None:
        held = False
        while True:
            try:
                now_held = await self._lease.take()
            except Exception:
                _log.exception("the sender's lease cannot be taken")
                now_held = False
            if now_held and not held:
                _log.info("this copy sends now")
                self.wake()
            held = now_held
            await asyncio.sleep(self._lease.seconds / 4)

    async def _look(self) -> None:
        """Fetches letters that are due and not at hand."""
        self._look_at = time.monotonic() + self._poll
        if len(self._lanes) >= WINDOW:
            return
        all_kinds = len(self._lanes) < FEW
        up_to, most = (outbox.BROADCAST, 2 * FEW) if all_kinds else (outbox.NOTICE, WINDOW)
        try:
            with self._lanes.look() as add:
                found = await self._database.read(partial(self._due, most=most, up_to=up_to), patience=2.0)
                add(found)
            if len(found) >= most:  # more waits than was fetched: look again as soon as there is room
                self._look_at = time.monotonic() + self._poll / 4
        except StorageError as error:
            _log.warning("the outbox cannot be read now: %s", error)

    def _start(self) -> float:
        """Starts what may leave now; returns the seconds until something else may."""
        now = time.monotonic()
        if now < self._pause_until:
            return self._pause_until - now
        if len(self._in_flight) + len(self._results) >= IN_FLIGHT:
            return self._poll  # whatever ends stirs the loop
        rest = self._poll
        ready: list[tuple[int, int, Lane]] = []
        for lane in self._lanes:
            if lane.busy:
                continue
            wait = max(lane.not_before - now, self._chat_pace.wait(lane.chat_id, now))
            if wait > 0:
                rest = min(rest, wait)
            else:
                ready.append((*lane.letters[0][:2], lane))
        for _, _, lane in sorted(ready, key=lambda item: item[:2]):
            if len(self._in_flight) + len(self._results) >= IN_FLIGHT:
                return self._poll  # whatever ends stirs the loop
            if (wait := self._pace.wait(now)) > 0:
                return min(rest, wait)
            self._pace.count(now)
            self._chat_pace.count(lane.chat_id, now)
            lane.busy = True
            task = asyncio.create_task(self._deliver(lane, lane.head))
            self._in_flight.add(task)
            task.add_done_callback(self._in_flight.discard)
        return rest

    async def _deliver(self, lane: Lane, letter: Letter) -> None:
        self._results.append(await self._attempt(lane, letter))
        if self._marking is None:
            self._marking = asyncio.create_task(self._store_results())

    async def _attempt(self, lane: Lane, letter: Letter) -> Result:
        extra = {"trace": letter.trace, "letter": letter.id}

        def result(state: str, error: str | None = None, reference: str | None = None) -> Result:
            mark = Mark(letter.id, state, error and error[:500], reference, letter.attempts + 1)
            return Result(lane, letter, mark, gone=state == "dropped")

        try:
            reference = await self._channels[letter.channel].deliver(letter.address, letter.reply)
        except TryAgain as error:
            wait = self._put_off(lane, error, letter.attempts + 1)
            metrics.send_errors.labels(letter.channel, "try_again").inc()
            _log.warning("not delivered, trying again in %.1f s: %s", wait, error, extra=extra)
            return result("pending", str(error))
        except ChatGone as error:
            metrics.send_errors.labels(letter.channel, "chat_gone").inc()
            _log.info("the chat is gone, dropping what waits for it: %s", error, extra=extra)
            return result("dropped", str(error))
        except Exception as error:
            kind = "rejected" if isinstance(error, Rejected) else "fault"
            metrics.send_errors.labels(letter.channel, kind).inc()
            shown = None if isinstance(error, BotError) else error
            _log.error("set aside, it will never leave: %r", error, extra=extra, exc_info=shown)
            self._trouble = 0
            return result("poisoned", str(error) or repr(error))
        self._trouble = 0
        metrics.deliveries.labels(letter.channel).inc()
        metrics.delivery_time.observe(max((self._clock() - letter.created_at).total_seconds(), 0.0))
        _log.info("delivered", extra=extra)
        return result("sent", reference=reference)

    def _put_off(self, lane: Lane, error: TryAgain, tries: int) -> float:
        """Lets the lane wait, and all of them where nothing gets through; returns the lane's seconds."""
        now = time.monotonic()
        wait = backoff(tries) if error.after is None else error.after + 0.1
        lane.not_before = now + wait
        self._trouble += 1
        if self._trouble >= TROUBLE:
            pause = backoff(self._trouble - TROUBLE + 1, most=10.0) if error.after is None else error.after
            self._pause_until = max(self._pause_until, now + pause)
        return wait

    async def _store_results(self) -> None:
        """Commits results as they come, many at once, for as long as it takes: a letter that left must not
        leave again because the database was away for a while."""
        attempt = 0
        try:
            if self._in_flight and len(self._results) + len(self._in_flight) < IN_FLIGHT // 2:
                await asyncio.wait(self._in_flight, timeout=MARK_SECONDS)
            while batch := list(self._results):
                try:
                    await self._database.write(partial(store, batch, self._clock()), patience=2.0)
                except Exception as error:
                    attempt += 1
                    _log.warning("marks not stored, trying again: %s", error)
                    await asyncio.sleep(backoff(attempt, most=5.0))
                    continue
                attempt = 0
                del self._results[: len(batch)]
                for result in batch:
                    self._settle(result)
                self._stirred.set()
        finally:
            self._marking = None

    def _settle(self, result: Result) -> None:
        if result.mark.state == "pending":
            self._lanes.again(result.lane)
        else:
            self._lanes.done(result.lane, everything=result.gone)
