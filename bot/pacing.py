"""How fast messages may leave, and how long to let them arrive. All times are monotonic seconds: clock jumps mean
nothing here."""

from __future__ import annotations

import math
import random
from collections import deque

WINDOW = 1.05
"""Seconds that stand for one second: what leaves evenly may arrive a little bunched."""


class Pace:
    """At most `rate` messages in any second over all chats; 0 lifts the limit."""

    def __init__(self, rate: float) -> None:
        self._most = max(int(rate), 1) if rate else 0
        self._window = self._most / rate * WINDOW if rate else 0.0
        self._left: deque[float] = deque(maxlen=self._most or None)

    def wait(self, now: float) -> float:
        """Seconds until the next one may leave."""
        if not self._most or len(self._left) < self._most:
            return 0.0
        return max(self._left[0] + self._window - now, 0.0)

    def count(self, now: float) -> None:
        """One leaves now."""
        if self._most:
            self._left.append(now)


class ChatPace:
    """`rate` messages a second to each chat, short bursts of `burst` allowed; 0 lifts the limit."""

    def __init__(self, rate: float, burst: int = 4) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._slack = self._interval * (burst - 1)
        self._full_at: dict[int, float] = {}  # when the chat's burst is whole again

    def wait(self, chat: int, now: float) -> float:
        """Seconds until the next one may leave to `chat`."""
        return max(self._full_at.get(chat, 0.0) - self._slack - now, 0.0) if self._interval else 0.0

    def count(self, chat: int, now: float) -> None:
        """One leaves to `chat` now."""
        if not self._interval:
            return
        self._full_at[chat] = max(self._full_at.get(chat, 0.0), now) + self._interval
        if len(self._full_at) > 5000:
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}


GATHER_SECONDS = 0.2
"""Nobody notices this long, and at 50 messages a second it halves what a message costs: 4.3 -> 2.1 ms; .5 s saves no
more (2026-11-29, the load of `python -m tests.bench latency` with each)."""
FEW, MANY = 4, 50
"""Messages that come while one waits so long: for fewer, waiting does not pay. Where many came at once, more may be
there already."""
LESS = 0.6
"""A rate that falls to this share while one waits means that people write less for it: they wait for their answers.
The 40 connections of a webhook give 400 messages a second freely (`python -m tests.bench copies`, 2026-11-29) and no
more than 200 while we wait; of 50 a second that come by chance (Poisson), one look in fifty sees fewer than .6."""
LEAST_PENALTY, MOST_PENALTY = 1.0, 60.0
"""Seconds without waiting after that, doubled each time."""


class Gathering:
    """How long to wait before the next messages are taken: most of what a few cost is the same for one. A quiet bot
    never waits. One that is busy does, unless people write less for it: who only writes on when answered is not kept
    waiting."""

    def __init__(self, longest: float = GATHER_SECONDS) -> None:
        self._longest = longest
        self._took_at = self._since = -math.inf
        self._count = 0
        self._waits = self._full = False
        self._rate = 0.0
        self._again_at = -math.inf
        self._penalty = LEAST_PENALTY

    def wait(self, now: float) -> float:
        """Seconds to wait before taking what has come."""
        return max(self._took_at + self._longest - now, 0.0) if self._waits and not self._full else 0.0

    def took(self, count: int, now: float) -> None:
        """`count` messages are taken now."""
        if not self._longest:
            return
        if now - self._took_at > 2 * self._longest:  # nothing came for a while
            self._since, self._count, self._waits = now, 0, False
        self._took_at, self._full = now, count >= MANY
        self._count += count
        if now - self._since < (2 if self._waits else 1) * self._longest:
            return
        before, self._rate = self._rate, self._count / (now - self._since)
        self._since, self._count = now, 0
        if self._waits and self._rate < LESS * before:
            self._waits, self._again_at = False, now + self._penalty
            self._penalty = min(self._penalty * 2, MOST_PENALTY)
            return
        if self._waits:
            self._penalty = max(self._penalty / 2, LEAST_PENALTY)
        self._waits = self._rate * self._longest >= FEW and now >= self._again_at


def backoff(attempt: int, least: float = 0.5, most: float = 60.0) -> float:
    """Seconds to wait after the failure number `attempt` (from 1): doubling, jittered so that many waiting do
    not come back together."""
    return min(least * 2.0 ** (min(attempt, 20) - 1), most) * random.uniform(0.5, 1.0)
