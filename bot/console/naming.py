"""What things of the content are called in the console."""

from __future__ import annotations

from intents.models import Content


def titles(content: Content, language: str) -> dict[str, str]:
    """The title of each topic in the console's language; its id where it has none."""
    return {
        topic.id: topic.answers[language].title if language in topic.answers else topic.id
        for topic in content.topics.values()
    }
