"""Finds application files for the status dialogue, and counts what looks like guessing.

An unknown number and a wrong factor take the same path: the same queries, the same comparison, the same answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from bot.applications.models import Application, Keys, matches
from bot.applications.numbering import key
from bot.dialogues.status import Found
from bot.errors import SourceUnavailable
from bot.ports import ApplicationSource, Clock
from bot.privacy import mask_number
from bot.storage import applications as storage
from bot.storage.database import Database


class DatabaseSource:
    """Applications in the bot's own database: the default."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, number: str) -> Application | None:
        """By key. Raises StorageError when the database is away."""
        return await self._db.read(lambda connection: storage.find(connection, number))

    async def find_many(self, numbers: list[str]) -> tuple[Application, ...]:
        """By several keys."""
        return await self._db.read(lambda connection: storage.find_many(connection, numbers))

    async def find_by_phone(self, phone: str, hashed: str) -> tuple[Application, ...]:
        """By the hash of a whole phone."""
        return await self._db.read(lambda connection: storage.find_by_phone(connection, hashed))


class Lookup:
    """The finders behind the status dialogue's needs."""

    def __init__(self, db: Database, source: ApplicationSource, keys: Keys, clock: Clock) -> None:
        self._db = db
        self._source = source
        self._keys = keys
        self._clock = clock

    @property
    def finders(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """Finder by name of the need."""
        return {
            "application_check": self.check,
            "application_phone": self.by_phone,
            "application_files": self.files,
            "application_news": self.news,
        }

    async def check(self, data: dict[str, Any]) -> Found:
        """By number and last four characters; failures are counted for the chat and for the number."""
        number, now = data["number"], self._clock()
        subjects = {
            "chat": self._keys.chat(data["channel"], data["address"]),
            "number": self._keys.number(number),
        }
        try:
            application = await self._source.find(number)
        except SourceUnavailable:
            return Found("unavailable")
        right = matches(application, self._keys.tail(data["tail"]))
        labels = {"number": mask_number(number), "chat": data["channel"]}

        def settle(connection: Connection) -> Found:
            if storage.locked(connection, subjects, now):
                return Found("locked")
            if not right or application is None:
                storage.count_failure(connection, subjects, labels, now)
                return Found("refused")
            # A success forgives no failure: a guesser with one file of their own could go on for ever.
            return self._found(connection, data, (application,))

        return await self._db.write(settle)

    async def by_phone(self, data: dict[str, Any]) -> Found:
        """By a phone that Telegram vouches for: no guess, so no lock stands in its way."""
        try:
            found = await self._source.find_by_phone(data["phone"], self._keys.phone(data["phone"]))
        except SourceUnavailable:
            return Found("unavailable")
        return await self._db.read(lambda connection: self._found(connection, data, found))

    async def files(self, data: dict[str, Any]) -> Found:
        """The files of a session, whose owner has shown who they are before."""
        try:
            found = await self._source.find_many(list(data["keys"]))
        except SourceUnavailable:
            return Found("unavailable")
        return await self._db.read(lambda connection: self._found(connection, data, found))

    async def news(self, data: dict[str, Any]) -> Found:
        """The file of a subscription, if it is this chat's own."""
        own = await self._db.read(lambda connection: storage.subscribed(connection, data["channel"], data["address"]))
        if data["subscription"] not in own:
            return Found("refused")
        return await self.files({**data, "keys": [own[data["subscription"]]]})

    def _found(self, connection: Connection, data: dict[str, Any], found: tuple[Application, ...]) -> Found:
        if not found:
            return Found("refused")
        own = storage.subscribed(connection, data["channel"], data["address"])
        keys = {key(each.number) for each in found}
        return Found("ok", found, frozenset(keys.intersection(own.values())))
