"""Bare words that fit several topics ("les papiers ?", "w chhal?"): asked back, or understood in the light of the last
answer."""

from __future__ import annotations

from functools import lru_cache

from intents.folding import plain
from intents.models import Clarification, Content


@lru_cache(maxsize=4)
def _by_words(clarifications: tuple[Clarification, ...]) -> dict[str, Clarification]:
    return {plain(text): one for one in clarifications for texts in one.words.values() for text in texts}


def find_clarification(content: Content, text: str, last_topic: str | None) -> tuple[str, ...]:
    """The topics that bare words may mean: one, where the last answer makes it clear; two or three to ask back; none
    when `text` is no bare word."""
    one = _by_words(content.clarifications).get(plain(text))
    if one is None:
        return ()
    topic = content.topics.get(last_topic or "")
    if topic is not None:
        meant = one.after.get(topic.id) or one.after.get(topic.group)
        if meant and meant in content.topics:
            return (meant,)
    return tuple(topic_id for topic_id in one.ask if topic_id in content.topics)
