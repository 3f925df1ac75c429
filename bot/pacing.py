"""How fast messages may leave. All times are monotonic seconds: clock jumps mean nothing here."""

from __future__ import annotations

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


def backoff(attempt: int, least: float = 0.5, most: float = 60.0) -> float:
    """Seconds to wait after the failure number `attempt` (from 1): doubling, jittered so that many waiting do
    not come back together."""
    return min(least * 2.0 ** (min(attempt, 20) - 1), most) * random.uniform(0.5, 1.0)
