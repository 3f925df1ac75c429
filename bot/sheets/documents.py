"""What a spreadsheet shows of topics and facts, and how two of them differ.

Each sheet's first row (hidden) names its columns, the second is for people. A hidden column keeps the revision a row
was exported from, so that a change made meanwhile is noticed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from intents.models import FORMS

VALUES = tuple(f"value_{form}" for form in FORMS)
SHEETS = {
    "topics": ("id", "group", "follow_ups", "revision"),
    "answers": ("topic", "form", "title", "text", "unknown"),
    "phrasings": ("topic", "form", "text"),
    "facts": (
        "id", "label_fr", "label_ar", "value", *VALUES, "source", "mark", "ref", "as_of", "valid_until", "ask_fr",
        "ask_ar", "revision",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """A topic or fact as the spreadsheet has it: `shown` as `shown_topic` and `shown_fact` make it."""

    kind: str
    key: str
    shown: Mapping[str, Any]
    revision: int | None


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be taken. `code` is a message id under `sheets.fault_`."""

    sheet: str
    row: int
    code: str
    value: str = ""


@dataclass
class Sheets:
    """What a spreadsheet holds."""

    documents: list[Document] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def shown_topic(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the spreadsheet shows of a topic's body."""
    return {
        "group": body["group"],
        "follow_ups": list(body["follow_ups"]),
        "answers": {
            form: {name: clean(answer.get(name)) for name in ("title", "text", "unknown")}
            for form, answer in sorted(body["answers"].items())
        },
        "phrasings": {
            form: [clean(text) for text in texts] for form, texts in sorted(body["phrasings"].items()) if texts
        },
    }


def shown_fact(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the spreadsheet shows of a fact's body."""
    value = body.get("value")
    if isinstance(value, Mapping) and set(value) != {"date"}:
        value = {form: clean(value.get(form)) for form in FORMS}
    texts = {name: clean(body.get(name)) for name in ("source", "mark", "ref", "as_of", "valid_until")}
    both = {name: {at: clean(body.get(name, {}).get(at)) for at in ("fr", "ar")} for name in ("label", "ask")}
    return {"value": value, **texts, **both}


SHOWN = {"topic": shown_topic, "fact": shown_fact}


def clean(text: str | None) -> str:
    """A text without what spreadsheets add: line ends of another kind, spaces around."""
    return (text or "").replace("\r\n", "\n").replace("_x000D_", "").strip()


def differences(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """What differs between two shown documents: (where, before, after), in the order of the sheet."""
    found: list[tuple[str, str, str]] = []

    def compare(where: Sequence[str], before: Any, after: Any) -> None:
        if isinstance(after, Mapping) or isinstance(before, Mapping):
            old_parts, new_parts = (dict(one) if isinstance(one, Mapping) else {} for one in (before, after))
            for name in dict.fromkeys((*old_parts, *new_parts)):
                compare((*where, str(name)), old_parts.get(name), new_parts.get(name))
        elif isinstance(after, list) or isinstance(before, list):
            gone = [text for text in before or () if text not in (after or ())]
            come = [text for text in after or () if text not in (before or ())]
            if gone or come or list(before or ()) != list(after or ()):
                found.append((" · ".join(where), "\n".join(gone), "\n".join(come)))
        elif before != after:
            left, right = ("" if one is None else str(one) for one in (before, after))
            found.append((" · ".join(where), left, right))

    compare((), old or {}, new)
    return found
