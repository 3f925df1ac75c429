"""What things of the content are called in the console."""

from __future__ import annotations

from collections.abc import Callable

from intents.models import Content


def titles(content: Content, language: str) -> dict[str, str]:
    """The title of each topic in the console's language; its id where it has none."""
    return {
        topic.id: topic.answers[language].title if language in topic.answers else topic.id
        for topic in content.topics.values()
    }


def deeds(say: Callable[..., str]) -> Callable[[str], str]:
    """Words an action of the audit log (`topic.published`) in the language that `say` speaks; one without words stays
    as it is."""

    def deed(action: str) -> str:
        on, _, what = action.partition(".")
        try:
            return say("deed.both", on=say(f"deed_on.{on}"), what=say(f"deed.{what}"))
        except KeyError:
            return action

    return deed
