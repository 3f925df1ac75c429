"""Reads the spreadsheet back. Here is only the file; nothing touches the database."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.applications.spreadsheet import Unusable, as_date, as_text, open_book
from bot.sheets.documents import SHEETS, Document, Fault, Sheets, clean
from intents.models import FORMS

Table = list[tuple[int, dict[str, Any]]]


def read_workbook(path: Path) -> Sheets:
    """The topics and facts of a spreadsheet. Raises Unusable where it is none of ours or cannot be read safely."""
    try:
        book = open_book(path)
        try:
            tables = dict(table for sheet in book.worksheets if (table := _table(sheet)))
        finally:
            book.close()
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, SyntaxError, OSError, EOFError) as error:
        raise Unusable("xlsx", f"{path.name}: not a readable .xlsx spreadsheet.") from error
    of_topics = [name for name in ("topics", "answers", "phrasings") if name in tables]
    if not tables or 0 < len(of_topics) < 3:
        raise Unusable("sheets", f"{path.name}: the sheets are not those of an export.")
    sheets = Sheets()
    if of_topics:
        _read_topics(tables, sheets)
    for row, cells in tables.get("facts", ()):
        _read_fact(row, cells, sheets)
    return sheets


def _table(sheet: Any) -> tuple[str, Table] | None:
    rows = sheet.iter_rows(values_only=True, max_col=32)
    heads = [as_text(head) for head in next(rows, ())]
    name = heads[0].partition(".")[0] if heads else ""
    if name not in SHEETS or not set(heads) >= {f"{name}.{column}" for column in SHEETS[name][:-1]}:
        return None
    columns = [head.partition(".")[2] for head in heads]
    found = []
    for number, cells in enumerate(rows, 2):
        if number > 2 and any(as_text(cell) for cell in cells):
            found.append((number, dict(zip(columns, cells, strict=False))))
    return name, found


def _read_topics(tables: Mapping[str, Table], sheets: Sheets) -> None:
    topics: dict[str, dict[str, Any]] = {}
    revisions: dict[str, int | None] = {}
    for row, cells in tables["topics"]:
        key = as_text(cells["id"])
        if not _is_id(key) or key in topics:
            sheets.faults.append(Fault("topics", row, "id", key[:60]))
            continue
        follow_ups = [part.strip() for part in as_text(cells["follow_ups"]).split(",") if part.strip()]
        topics[key] = {"group": as_text(cells["group"]), "follow_ups": follow_ups, "answers": {}, "phrasings": {}}
        revisions[key] = _number(cells.get("revision"))
    for name in ("answers", "phrasings"):
        for row, cells in tables[name]:
            key, form = as_text(cells["topic"]), as_text(cells["form"])
            if key not in topics or form not in FORMS:
                sheets.faults.append(Fault(name, row, "topic" if form in FORMS else "form", (key or form)[:60]))
            elif name == "phrasings":
                if text := clean(as_text(cells["text"])):
                    topics[key]["phrasings"].setdefault(form, []).append(text)
            else:
                answer = {column: clean(as_text(cells[column])) for column in ("title", "text", "unknown")}
                if not answer["title"] or not answer["text"] or form in topics[key]["answers"]:
                    sheets.faults.append(Fault(name, row, "answer", key))
                topics[key]["answers"][form] = answer
    for key, topic in topics.items():
        shown = {**topic, **{name: dict(sorted(topic[name].items())) for name in ("answers", "phrasings")}}
        sheets.documents.append(Document("topic", key, shown, revisions[key]))


def _read_fact(row: int, cells: Mapping[str, Any], sheets: Sheets) -> None:
    key = as_text(cells["id"])
    known = {document.key for document in sheets.documents if document.kind == "fact"}
    if not _is_id(key) or key in known:
        sheets.faults.append(Fault("facts", row, "id", key[:60]))
        return
    try:
        value = _value(cells)
        until = as_date(cells["valid_until"])
    except ValueError:
        sheets.faults.append(Fault("facts", row, "value", key))
        return
    stamp = cells["as_of"]
    as_of = stamp.date().isoformat() if isinstance(stamp, datetime) else clean(as_text(stamp))
    shown = {
        "value": value,
        **{name: clean(as_text(cells[name])) for name in ("source", "mark", "ref")},
        "as_of": as_of,
        "valid_until": until.isoformat() if until else "",
        **{name: {at: clean(as_text(cells[f"{name}_{at}"])) for at in ("fr", "ar")} for name in ("label", "ask")},
    }
    sheets.documents.append(Document("fact", key, shown, _number(cells.get("revision"))))


def _value(cells: Mapping[str, Any]) -> Any:
    """A number, {"date": …}, a text per form, or None. Raises ValueError for what is two of these or none."""
    texts = {form: clean(as_text(cells[f"value_{form}"])) for form in FORMS}
    given = cells["value"]
    if as_text(given) == "":
        return texts if any(texts.values()) else None
    if any(texts.values()) or isinstance(given, bool):
        raise ValueError("a value and texts")
    if isinstance(given, int | float):
        return int(given) if float(given).is_integer() else given
    if isinstance(given, str) and given.strip().isdigit():
        return int(given)
    day = as_date(given)
    return {"date": day.isoformat()} if day else None


def _is_id(key: str) -> bool:
    return key.isascii() and key.replace("_", "a").isalnum() and key == key.lower() and 2 <= len(key) <= 60


def _number(value: Any) -> int | None:
    text = as_text(value)
    return int(text) if text.isdigit() and len(text) < 19 else None
