"""Bare words that fit several topics ("les papiers ?", "w chhal?"): asked back, or understood in the light of the last
answer."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz

from intents.folding import fold, plain
from intents.models import Clarification, Content

# Of one skeleton and spelt alike (`chhal`, `ch7al`): the same bare words. A skeleton of two letters says nothing.
SHORTEST, ALIKE = 3, 60

Words = dict[str, Clarification]


@lru_cache(maxsize=4)
def _by_words(clarifications: tuple[Clarification, ...]) -> tuple[Words, dict[str, list[str]], int]:
    """Clarifications by words, those words by their skeletons, and how many words they are at most."""
    known = {plain(text): one for one in clarifications for texts in one.words.values() for text in texts}
    folded: dict[str, list[str]] = {}
    for words in known:
        folded.setdefault(fold(words), []).append(words)
    return known, folded, max((len(words.split()) for words in known), default=0)


def _find(content: Content, text: str) -> Clarification | None:
    known, folded, longest = _by_words(content.clarifications)
    words = plain(text)
    if words in known or not words or words.count(" ") >= longest:
        return known.get(words)
    bones = fold(words)
    alike = folded.get(bones, []) if len(bones.replace(" ", "")) >= SHORTEST else []
    nearest = max(((fuzz.ratio(words, one), one) for one in alike), default=(0.0, ""))
    return known[nearest[1]] if nearest[0] >= ALIKE else None


def find_clarification(content: Content, text: str, last_topic: str | None) -> tuple[str, ...]:
    """The topics that bare words may mean: one, where the last answer makes it clear; two or three to ask back; none
    when `text` is no bare word."""
    one = _find(content, text)
    if one is None:
        return ()
    topic = content.topics.get(last_topic or "")
    if topic is not None:
        meant = one.after.get(topic.id) or one.after.get(topic.group)
        if meant and meant in content.topics:
            return (meant,)
    return tuple(topic_id for topic_id in one.ask if topic_id in content.topics)
