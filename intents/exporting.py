"""Writes content as the files that `load_content` reads: for review in git, and to carry it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from intents.bodies import Key
from intents.loading import dump_yaml
from intents.models import FORMS

Bodies = Mapping[Key, Mapping[str, Any]]


def as_files(bodies: Bodies) -> dict[str, str]:
    """The text of each file by its path below `intents/`. Loading them gives the same content again."""
    topics = {key: body for (kind, key), body in _ordered(bodies) if kind == "topic"}
    groups = list(dict.fromkeys(body["group"] for body in topics.values()))
    files = {"content/groups.yaml": dump_yaml(groups)}
    for group in groups:
        own = {key: body for key, body in topics.items() if body["group"] == group}
        files[f"content/{group}/topics.yaml"] = dump_yaml({"topics": {key: _topic(body) for key, body in own.items()}})
        for form in FORMS:
            answers = {key: _answer(body, form) for key, body in own.items() if form in body["answers"]}
            files[f"content/{group}/{form}.yaml"] = dump_yaml(answers)
    clarifications = {
        key: {name: body[name] for name in ("ask", "after", "words")}
        for (kind, key), body in _ordered(bodies)
        if kind == "clarification"
    }
    files["content/clarifications.yaml"] = dump_yaml(clarifications)
    for form in FORMS:
        examples = bodies.get(("out_of_scope", form), {}).get("examples", [])
        files[f"content/out_of_scope/{form}.yaml"] = dump_yaml(list(examples))
    files["facts.yaml"] = dump_yaml({key: _fact(body) for (kind, key), body in bodies.items() if kind == "fact"})
    for (kind, key), body in bodies.items():
        if kind == "rules":
            files[f"{key}.yaml"] = dump_yaml(dict(body))
    return files


def _ordered(bodies: Bodies) -> list[tuple[Key, Mapping[str, Any]]]:
    return sorted(bodies.items(), key=lambda item: (item[1].get("place", 0), item[0]))


def _topic(body: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"follow_ups": list(body["follow_ups"])}
    return kept | ({"dialogue": body["dialogue"]} if body.get("dialogue") else {})


def _answer(body: Mapping[str, Any], form: str) -> dict[str, Any]:
    answer = body["answers"][form]
    review = answer.get("review") or {"state": "pending"}
    written: dict[str, Any] = {"title": answer["title"], "answer": answer["text"]}
    if answer.get("unknown"):
        written["unknown"] = answer["unknown"]
    if review.get("by") or review.get("on"):
        written["review"] = {**review, "on": _day(review.get("on"))}
    else:
        written["review"] = review["state"]
    return written | {"phrasings": list(body["phrasings"].get(form, ()))}


def _fact(body: Mapping[str, Any]) -> dict[str, Any]:
    value = body.get("value")
    if value is None:
        value = "unknown"
    elif isinstance(value, Mapping):
        value = _day(value["date"]) if set(value) == {"date"} else dict(value)
    written = {"label": dict(body.get("label", {})), "value": value}
    for name in ("source", "mark", "ref", "as_of"):
        if body.get(name):
            written[name] = _day(body[name]) if name == "as_of" else body[name]
    if body.get("valid_until"):
        written["valid_until"] = _day(body["valid_until"])
    if body.get("ask"):
        written["ask"] = dict(body["ask"])
    return written


def _day(stamp: str | None) -> date | str | None:
    """A whole date as a date, so that YAML writes it plainly; `2025-06` stays a text."""
    return date.fromisoformat(stamp) if stamp and len(stamp) == 10 else stamp
