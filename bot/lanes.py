"""The letters the sender has at hand, a lane a chat, so that each chat's leave one after the other."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from bot.storage import outbox
from bot.storage.database import Connection
from bot.storage.outbox import Letter


@dataclass(slots=True, eq=False)
class Lane:
    """One chat's letters: what people wait for first, then in the order they were written."""

    chat_id: int
    letters: list[tuple[int, int, Letter]] = field(default_factory=list)
    busy: bool = False
    """Its first letter is in flight."""
    not_before: float = 0.0
    """Monotonic time before which nothing may leave (after a failure)."""

    @property
    def head(self) -> Letter:
        """The letter that leaves next, or is in flight."""
        return self.letters[0][2]

    def add(self, letter: Letter) -> None:
        """Files `letter`; one in flight stays the head."""
        flying = [self.letters.pop(0)] if self.busy else []
        heapq.heapify(self.letters)
        heapq.heappush(self.letters, (letter.priority, letter.id, letter))
        self.letters[:0] = flying


class Lanes:
    """All lanes. A letter is known from the look that found it until `done`; one that was done while a look at the
    outbox was under way is not taken in again by that look, which may have seen it before its mark was stored."""

    def __init__(self) -> None:
        self._lanes: dict[int, Lane] = {}
        self._known: set[int] = set()
        self._looks: dict[int, set[int]] = {}  # those under way: what was done meanwhile
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    @contextmanager
    def look(self) -> Iterator[Callable[[Iterable[Letter]], None]]:
        """To be entered before the outbox is read; gives what files the letters that were found."""
        number, done = next(self._numbers), set[int]()
        self._looks[number] = done
        try:
            yield partial(self._add, done)
        finally:
            del self._looks[number]

    @contextmanager
    def glance(self, due: Callable[[Connection], list[Letter]]) -> Iterator[Callable[[Connection], None]]:
        """The same for a transaction of somebody else's, which calls what this gives. It may be undone and run again:
        only what the last run saw is filed, and nothing where it failed."""
        found: list[Letter] = []

        def read(connection: Connection) -> None:
            found[:] = due(connection)

        with self.look() as add:
            yield read
            add(found)

    def _add(self, done: set[int], letters: Iterable[Letter]) -> None:
        for letter in letters:
            if letter.id not in self._known and letter.id not in done:
                self._known.add(letter.id)
                self._lanes.setdefault(letter.chat_id, Lane(letter.chat_id)).add(letter)

    def done(self, lane: Lane, everything: bool = False) -> None:
        """The letter in flight, or `everything` of that lane, is settled in the outbox."""
        lane.busy = False
        settled = len(lane.letters) if everything else 1
        for _, number, _ in lane.letters[:settled]:
            self._known.discard(number)
            for done in self._looks.values():
                done.add(number)
        del lane.letters[:settled]
        heapq.heapify(lane.letters)
        if not lane.letters:
            self._lanes.pop(lane.chat_id, None)

    def again(self, lane: Lane) -> None:
        """The letter in flight comes back to be tried once more."""
        lane.busy = False
        letter = outbox.counted(lane.head)
        lane.letters[0] = (letter.priority, letter.id, letter)
        heapq.heapify(lane.letters)

    def let_go(self) -> None:
        """Drops all but what is in flight: another copy sends now."""
        self._lanes = {key: lane for key, lane in self._lanes.items() if lane.busy}
        for lane in self._lanes.values():
            del lane.letters[1:]
        self._known = {lane.head.id for lane in self._lanes.values()}
