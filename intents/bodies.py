"""Content as plain JSON-like bodies, one a topic, fact or clarification: what is stored, edited and exported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from intents.models import FORMS, Answer, Clarification, Content, Fact, Review, Topic

Key = tuple[str, str]
"""(kind, id): kind is `topic`, `fact`, `clarification`, `out_of_scope`, or the name of a file of rules."""


def to_bodies(content: Content) -> dict[Key, dict[str, Any]]:
    """Every part of `content` by kind and id."""
    found: dict[Key, dict[str, Any]] = {}
    for place, topic in enumerate(content.topics.values()):
        found["topic", topic.id] = topic_body(topic, place)
    for fact in content.facts.values():
        found["fact", fact.id] = fact_body(fact)
    for place, one in enumerate(content.clarifications):
        found["clarification", one.id] = {
            "place": place,
            "ask": list(one.ask),
            "after": dict(one.after),
            "words": {form: list(words) for form, words in one.words.items()},
        }
    for form, examples in content.out_of_scope.items():
        found["out_of_scope", form] = {"examples": list(examples)}
    return found


def from_bodies(bodies: Mapping[Key, Mapping[str, Any]]) -> Content:
    """The content of these bodies: the inverse of `to_bodies`. Other kinds are left aside."""
    ordered = sorted(bodies.items(), key=lambda item: (item[1].get("place", 0), item[0]))
    return Content(
        topics={key: read_topic(key, body) for (kind, key), body in ordered if kind == "topic"},
        facts={key: read_fact(key, body) for (kind, key), body in ordered if kind == "fact"},
        clarifications=tuple(read_clarification(key, body) for (kind, key), body in ordered if kind == "clarification"),
        out_of_scope={key: tuple(body["examples"]) for (kind, key), body in ordered if kind == "out_of_scope"},
    )


def topic_body(topic: Topic, place: int = 0) -> dict[str, Any]:
    """The body of one topic; `place` is its place in menus."""
    return {
        "place": place,
        "group": topic.group,
        "follow_ups": list(topic.follow_ups),
        "dialogue": topic.dialogue,
        "answers": {form: answer_body(answer) for form, answer in topic.answers.items()},
        "phrasings": {form: list(texts) for form, texts in topic.phrasings.items()},
    }


def answer_body(answer: Answer) -> dict[str, Any]:
    """The body of one answer."""
    review = answer.review
    return {
        "title": answer.title,
        "text": answer.text,
        "unknown": answer.unknown,
        "review": {"state": review.state, "by": review.by, "on": review.on.isoformat() if review.on else None},
    }


def fact_body(fact: Fact) -> dict[str, Any]:
    """The body of one fact. A day is kept as {"date": "2025-06-14"}, apart from texts."""
    value: Any = fact.value
    if isinstance(value, date):
        value = {"date": value.isoformat()}
    elif isinstance(value, Mapping):
        value = dict(value)
    return {
        "label": dict(fact.label),
        "value": value,
        "source": fact.source,
        "mark": fact.mark,
        "ref": fact.ref,
        "as_of": fact.as_of,
        "valid_until": fact.valid_until.isoformat() if fact.valid_until else None,
        "ask": dict(fact.ask),
    }


def read_topic(topic_id: str, body: Mapping[str, Any]) -> Topic:
    """The topic of a body."""
    return Topic(
        id=topic_id,
        group=body["group"],
        follow_ups=tuple(body.get("follow_ups", ())),
        dialogue=body.get("dialogue"),
        answers={form: read_answer(body["answers"][form]) for form in FORMS if form in body.get("answers", {})},
        phrasings={form: tuple(body.get("phrasings", {}).get(form, ())) for form in FORMS},
    )


def read_answer(body: Mapping[str, Any]) -> Answer:
    """The answer of a body."""
    review = body.get("review") or {}
    on = review.get("on")
    return Answer(
        title=body["title"],
        text=body["text"],
        unknown=body.get("unknown") or None,
        review=Review(review.get("state", "pending"), review.get("by", ""), date.fromisoformat(on) if on else None),
    )


def read_fact(fact_id: str, body: Mapping[str, Any]) -> Fact:
    """The fact of a body."""
    value: Any = body.get("value")
    if isinstance(value, Mapping) and set(value) == {"date"}:
        value = date.fromisoformat(value["date"])
    until = body.get("valid_until")
    return Fact(
        id=fact_id,
        label=body.get("label", {}),
        value=value,
        source=body.get("source", ""),
        mark=body.get("mark", ""),
        ref=body.get("ref", ""),
        as_of=body.get("as_of", ""),
        valid_until=date.fromisoformat(until) if until else None,
        ask=body.get("ask", {}),
    )


def read_clarification(clarification_id: str, body: Mapping[str, Any]) -> Clarification:
    """The clarification of a body."""
    words = {form: tuple(body.get("words", {}).get(form, ())) for form in FORMS}
    return Clarification(clarification_id, tuple(body["ask"]), body.get("after", {}), words)
