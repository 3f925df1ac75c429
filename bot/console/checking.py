"""The check of a draft, at once and in the words of the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from bot.console.wording import HARMLESS, fault, worded
from bot.storage import content as storage
from bot.storage import leases
from bot.storage.database import Database
from bot.transfer import new_faults
from intents.bodies import Key, read_topic
from intents.folding import plain
from intents.models import FORMS, Content, Topic
from intents.validation import check_topic

Faults = list[dict[str, str]]


class TopicCheck:
    """Checks one topic against the rest of the content."""

    def __init__(self) -> None:
        self._content: Content | None = None
        self._owners: dict[str, str] = {}

    def faults(self, content: Content, topic_id: str, body: Mapping[str, Any], today: date) -> Faults:
        """All that is wrong with a topic's body, worst first."""
        topic = read_topic(topic_id, body)
        inside = replace(content, topics={**content.topics, topic_id: topic})
        found = [worded(message) for message in check_topic(inside, topic, today)]
        found += _empty(topic)
        owners = self._owners_of(content)
        for form, texts in topic.phrasings.items():
            for text in texts:
                other = owners.get(plain(text), topic_id)
                if other != topic_id:
                    found.append({**fault("shared", form, text), "first": topic_id, "other": other})
        return sorted(found, key=lambda one: one["code"] in HARMLESS)

    def _owners_of(self, content: Content) -> dict[str, str]:
        if self._content is not content:
            self._owners = {
                plain(text): topic.id
                for topic in content.topics.values()
                for texts in topic.phrasings.values()
                for text in texts
            }
            self._content = content
        return self._owners


def publishing_faults(
    published: Mapping[Key, Mapping[str, Any]], key: Key, body: Mapping[str, Any], now: datetime
) -> Faults:
    """What `body` would break that is not broken today."""
    after = {**published, key: dict(body)}
    found = [worded(message) for message in new_faults(published, after, now)]
    if key[0] == "topic":
        found += _empty(read_topic(key[1], body))
    return sorted(found, key=lambda one: one["code"] in HARMLESS)


async def check_publishing(
    db: Database, key: Key, body: Mapping[str, Any], now: datetime
) -> tuple[int, Faults]:
    """The version of the content that was looked at, and what `body` would break in it. Takes a while and so must
    not happen in a writing transaction: there, compare the version and check again if it has moved."""

    def read(connection: Connection) -> tuple[int, Faults]:
        return content_version(connection), publishing_faults(storage.published(connection), key, body, now)

    return await db.read(read)


def content_version(connection: Connection) -> int:
    """Moves with every publication."""
    return leases.version(connection, storage.VERSION)


def prevents(faults: Faults) -> bool:
    """True where these must be mended before publishing."""
    return any(one["code"] not in HARMLESS for one in faults)


def _empty(topic: Topic) -> Faults:
    said = ((form, topic.answers[form]) for form in FORMS if form in topic.answers)
    return [fault("empty", form) for form, answer in said if not answer.text.strip() or not answer.title.strip()]
