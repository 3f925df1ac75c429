"""A topic as a form of the console, and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.console.desk import Visit
from intents.folding import plain
from intents.models import FORMS
from intents.revising import changed_forms, with_reviews

MOST_FOLLOW_UPS = 3
LONGEST = {"title": 80, "text": 3000, "unknown": 3000}
PENDING = {"state": "pending", "by": "", "on": None}


def read_body(visit: Visit, base: Mapping[str, Any]) -> dict[str, Any]:
    """The body that the form describes; what it does not show (place, dialogue) stays as in `base`."""
    answers = {}
    for form in FORMS:
        said = {name: visit.text(f"{name}_{form}", longest) for name, longest in LONGEST.items()}
        if said["title"] or said["text"]:
            review = (base["answers"].get(form) or {}).get("review") or PENDING
            answers[form] = {**said, "unknown": said["unknown"] or None, "review": review}
    follow_ups = [name for name in dict.fromkeys(visit.texts("follow_up")) if name][:MOST_FOLLOW_UPS]
    phrasings = {form: phrasings_of(visit.text(f"phrasings_{form}", 100_000)) for form in FORMS}
    group = visit.text("group", 40) or base["group"]
    return {**base, "group": group, "follow_ups": follow_ups, "answers": answers, "phrasings": phrasings}


def phrasings_of(text: str) -> list[str]:
    """One phrasing a line, each once."""
    lines = (" ".join(line.split())[:300] for line in text.splitlines())
    return list({plain(line): line for line in lines if line}.values())


def reviewed(visit: Visit, before: Mapping[str, Any], body: dict[str, Any], today: date) -> dict[str, Any]:
    """`body` with its reviews as they stand after this change: what changed waits for review, the other languages are
    stale (unless the change is one of wording only), and what was ticked as read is reviewed."""
    if visit.text("wording_only"):
        changed = set(changed_forms(before, body))
        answers = {
            form: {**answer, "review": PENDING} if form in changed else answer
            for form, answer in body["answers"].items()
        }
        made = {**body, "answers": answers}
    else:
        made = with_reviews(before, body)
    for form, answer in made["answers"].items():
        if visit.text(f"read_{form}"):
            read = {"state": "reviewed", "by": visit.member.name, "on": today.isoformat()}
            made["answers"] = {**made["answers"], form: {**answer, "review": read}}
        elif visit.text(f"again_{form}"):
            made["answers"] = {**made["answers"], form: {**answer, "review": PENDING}}
    return made


def empty_body(group: str, place: int) -> dict[str, Any]:
    """A topic with nothing in it yet."""
    phrasings: dict[str, list[str]] = {form: [] for form in FORMS}
    return {
        "place": place, "group": group, "follow_ups": [], "dialogue": None, "answers": {}, "phrasings": phrasings,
    }  # fmt: skip


def key_of(title: str) -> str:
    """An id made of a title: letters of English, digits and underscores."""
    text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:40]
