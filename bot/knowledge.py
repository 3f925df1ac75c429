"""The published content and what understands questions about it. Swapped as one when staff publish.

Learning the phrasings takes seconds and needs memory, so it runs in a process of its own (`main.py train`) that
leaves a file; a phrasing that staff just added is understood at once, before that file is there."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from bot.errors import BotError
from bot.storage import content as storage
from bot.storage import leases
from bot.storage.database import Database
from intents.bodies import from_bodies
from intents.eligibility import Check, read_check
from intents.lexicon import Lexicons
from intents.matching import Matcher, Understanding
from intents.models import Content
from intents.states import State, read_states

_log = logging.getLogger(__name__)

# How often a copy looks whether another published something, which is in force everywhere within 2 s (issue 4). On
# SQLite only a command can have done so.
POLL_SHARED, POLL_ALONE = 0.5, 1.0
MAIN = Path(__file__).parent.parent / "main.py"


class PublishedKnowledge:
    """What the conversation knows. `load` first, then `watch` for ever."""

    def __init__(self, db: Database, models: Path, lexicons: Lexicons, environ: Mapping[str, str]) -> None:
        self._db = db
        self._models = models
        self._lexicons = lexicons
        self._environ = dict(environ)
        self._poll = POLL_ALONE if db.embedded else POLL_SHARED
        self._version = -1
        self._training: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self.content = Content()
        self.check: Check
        self.states: dict[str, State] = {}
        self._matcher: Matcher | None = None

    @property
    def ready(self) -> bool:
        """True once questions are understood."""
        return self._matcher is not None

    @property
    def matcher(self) -> Matcher:
        """What is in force now."""
        if self._matcher is None:
            raise BotError("the content is not loaded yet")
        return self._matcher

    def understand(self, text: str, *, hint_form: str | None = None) -> Understanding:
        """How the published content understands `text`."""
        return self.matcher.understand(text, hint_form=hint_form)

    def explain(self, text: str) -> Any:
        """How `text` was read, and why this was decided."""
        return self.matcher.explain(text)

    async def trial(self, content: Content) -> Matcher:
        """What would understand questions if `content` were published, without learning it anew: the weights of
        today with the phrasings of `content`."""
        return await asyncio.to_thread(self.matcher.adapted, content)

    async def load(self) -> None:
        """Takes over what is published; learns it first where nobody has yet. Raises BotError when that fails."""
        version, content = await self._read()
        path = self._path(content)
        if not path.exists():
            await self._train()
        matcher = await asyncio.to_thread(Matcher.load, self._path(content), content, self._lexicons)
        # The lexicons are indexed with the first question: not while somebody waits, nor within the two seconds.
        await asyncio.to_thread(matcher.understand, "a b")
        self._matcher, self.content, self._version = matcher, content, version

    async def watch(self) -> None:
        """Follows publications until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), self._poll)
            self._stirred.clear()
            try:
                if await self._db.read(lambda connection: leases.version(connection, storage.VERSION)) != self._version:
                    await self._follow()
            except BotError as error:
                _log.warning("following the content failed, trying again: %s", error)

    def look(self) -> None:
        """Something was published here: follow at once, not at the next look."""
        self._stirred.set()

    async def _follow(self) -> None:
        """The new content at once with yesterday's weights; then learns in the background."""
        version, content = await self._read()
        path = self._path(content)
        if path.exists():
            matcher = await asyncio.to_thread(Matcher.load, path, content, self._lexicons)
        else:
            matcher = await self.trial(content)
            self._learn()
        self._matcher, self.content, self._version = matcher, content, version
        _log.info("content version %d is in force", version)

    def _learn(self) -> None:
        if self._training is None or self._training.done():
            self._training = asyncio.create_task(self._learn_all())

    async def _learn_all(self) -> None:
        try:
            while not (path := self._path(self.content)).exists():
                await self._train()
            self._matcher = await asyncio.to_thread(Matcher.load, path, self.content, self._lexicons)
        except BotError as error:
            _log.error("%s", error)

    async def _train(self) -> None:
        await prepare(self._environ)

    def _path(self, content: Content) -> Path:
        return model_path(self._models, content, self._lexicons)

    async def _read(self) -> tuple[int, Content]:
        def read(connection: Connection) -> tuple[int, dict[Any, Any]]:
            return leases.version(connection, storage.VERSION), storage.published(connection)

        version, bodies = await self._db.read(read)
        self.check = read_check(bodies["rules", "eligibility"])
        self.states = read_states(bodies["rules", "states"])
        return version, await asyncio.to_thread(from_bodies, bodies)


async def prepare(environ: Mapping[str, str]) -> None:
    """Migrates, brings content in and learns it, in a process of its own. Raises BotError with its last word when
    that fails."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(MAIN), "train", env=dict(environ), stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, problem = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode:
        last = problem.decode(errors="replace").strip().splitlines()[-1:] or ["no word of why"]
        raise BotError(f"preparing the content failed: {last[0]}")


def model_path(models: Path, content: Content, lexicons: Lexicons) -> Path:
    """Where what was learned of `content` is kept: another content or program, another file."""
    return models / f"{Matcher.fingerprint(content, lexicons)}.npz"
