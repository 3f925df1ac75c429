"""Writes the spreadsheet of all topics and facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bot.applications.spreadsheet import plain_cells
from bot.sheets.documents import SHEETS, shown_fact
from intents.bodies import Key
from intents.models import FORMS

WIDTHS = {"text": 80, "title": 30, "unknown": 40, "follow_ups": 40, "label_fr": 40, "label_ar": 40, "source": 30}


def write_workbook(
    path: Path, bodies: Mapping[Key, tuple[Mapping[str, Any], int]], say: Callable[[str], str], rtl: bool
) -> None:
    """Writes all topics and facts of `bodies` (body, revision id). `say` gives the headings (`sheets.column_...`)."""
    topics = [(key, body, revision) for (kind, key), (body, revision) in bodies.items() if kind == "topic"]
    topics.sort(key=lambda one: one[1].get("place", 0))
    rows: dict[str, Iterator[list[Any]]] = {
        "topics": ([key, body["group"], ", ".join(body["follow_ups"]), revision] for key, body, revision in topics),
        "answers": (
            [key, form, answer["title"], answer["text"], answer.get("unknown") or ""]
            for key, body, _ in topics
            for form, answer in body["answers"].items()
        ),
        "phrasings": (
            [key, form, text] for key, body, _ in topics for form, texts in body["phrasings"].items() for text in texts
        ),
        "facts": (_fact_row(key, body, at) for (kind, key), (body, at) in bodies.items() if kind == "fact"),
    }
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, columns in SHEETS.items():
        sheet: Any = book.create_sheet(say(f"sheets.sheet_{name}"))
        sheet.sheet_view.rightToLeft = rtl
        sheet.freeze_panes = "A3"
        sheet.row_dimensions[1].hidden = True
        for at, column in enumerate(columns):
            dimension = sheet.column_dimensions[chr(ord("A") + at)]
            dimension.width, dimension.hidden = WIDTHS.get(column, 18), column == "revision"
        sheet.append([f"{name}.{column}" for column in columns])
        sheet.append([say(f"sheets.column_{column}") for column in columns])
        for row in rows[name]:
            sheet.append(plain_cells(sheet, row))
    book.save(path)


def _fact_row(key: str, body: Mapping[str, Any], revision: int) -> list[Any]:
    shown = shown_fact(body)
    value: Any = shown["value"]
    texts = [""] * len(FORMS)
    if isinstance(value, Mapping):
        if set(value) == {"date"}:
            value = date.fromisoformat(value["date"])
        else:
            value, texts = None, [value[form] for form in FORMS]
    until = date.fromisoformat(shown["valid_until"]) if shown["valid_until"] else None
    label, ask = shown["label"], shown["ask"]
    return [
        key, label["fr"], label["ar"], value, *texts, shown["source"], shown["mark"], shown["ref"], shown["as_of"],
        until, ask["fr"], ask["ar"], revision,
    ]  # fmt: skip
