"""Application files in spreadsheets: CSV and XLSX in, XLSX out. Nothing here touches the database."""

from __future__ import annotations

import csv
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.applications.numbering import key
from bot.errors import InputError
from bot.privacy import western_digits

# openpyxl is imported where it is used: it takes 7 MB, and most days no spreadsheet comes.
if TYPE_CHECKING:
    from openpyxl import Workbook

COLUMNS = (
    "number", "programme", "state", "since", "missing", "place", "deadline", "contact", "region", "phone",
    "national_id",
)  # fmt: skip
NEEDED = ("number", "state")
# A spreadsheet of a million rows unpacks to well under this; a zip bomb does not.
LARGEST_UNPACKED = 600 * 1024 * 1024
# Parts other than sheets (shared texts, styles) are read into memory as a whole.
LARGEST_PART = 100 * 1024 * 1024
WIDEST = 64
LONGEST_CELL = 2000


class Unusable(InputError):
    """The file as a whole cannot be used. `code` is a message id in `locales/*/console.po`, under `import.file_`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Record:
    """One valid row."""

    row: int
    number: str
    programme: str
    state: str
    since: date | None
    missing: str
    place: str
    deadline: date | None
    contact: str
    region: str
    phones: tuple[str, ...]
    national_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken."""

    row: int
    column: str
    code: str
    """Message id in `locales/*/console.po`, under `import.`."""
    value: str = ""


def read_rows(path: Path) -> Iterator[Record | Problem]:
    """The rows of a CSV or XLSX file, in order, one at a time. Raises Unusable when the file as a whole cannot
    be used (type, encoding, no known headings)."""
    rows = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    heads = next(rows, (0, ()))[1]
    places = _places(heads)
    missing = [name for name in NEEDED if name not in places]
    if missing:
        found = ", ".join(str(head)[:40] for head in heads if head) or "none"
        raise Unusable(
            "headings",
            f"{path.name}, row 1: no column for {', '.join(missing)}. Headings found: {found}. "
            "`applications template FILE.xlsx` writes an example.",
        )
    seen: dict[str, int] = {}
    for row, cells in rows:
        values = {name: cells[at] if at < len(cells) else None for name, at in places.items()}
        if all(as_text(value) == "" for value in values.values()):
            continue
        item = _record(row, values)
        if isinstance(item, Record):
            first = seen.setdefault(key(item.number), row)
            if first != row:
                item = Problem(row, "number", "twice", str(first))
        yield item


def write_xlsx(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Writes a spreadsheet with the usual headings."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Dossiers")
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append(plain_cells(sheet, row))
    book.save(path)


def plain_cells(sheet: Any, row: Sequence[Any]) -> list[Any]:
    """Cells for a write-only sheet. A text that a spreadsheet would run as a formula is kept a text, and characters
    that no spreadsheet may hold are left out."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cells = []
    for value in row:
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"
        cells.append(cell)
    return cells


def _csv(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    csv.field_size_limit(1_000_000)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.read(4096)
            file.seek(0)
            delimiter = max(";,\t", key=start.split("\n", 1)[0].count)
            reader = csv.reader(file, delimiter=delimiter)
            for cells in reader:
                yield reader.line_num, cells
    except UnicodeDecodeError as error:
        raise Unusable("encoding", f"{path.name}: not UTF-8 text. Save it as 'CSV UTF-8' or as .xlsx.") from error
    except csv.Error as error:
        raise Unusable("csv", f"{path.name}: not a readable CSV ({error}). Save it again as .xlsx.") from error
    except OSError as error:
        raise Unusable("csv", f"{path}: cannot be read ({error.strerror}).") from error


def _xlsx(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        book = open_book(path)
        try:
            yield from enumerate(book.worksheets[0].iter_rows(values_only=True, max_col=WIDEST), 1)
        finally:
            book.close()
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, SyntaxError, OSError, EOFError) as error:
        raise Unusable("xlsx", f"{path.name}: not a readable .xlsx spreadsheet.") from error


def open_book(path: Path) -> Workbook:
    """A spreadsheet for reading, formulas as their values. Raises Unusable for one that unpacks to too much or has
    macros, and ValueError, KeyError, BadZipFile or OSError for what is no spreadsheet."""
    from openpyxl import load_workbook

    with zipfile.ZipFile(path) as parts:
        members = parts.infolist()
    large = [part for part in members if part.file_size > LARGEST_PART and "/worksheets/" not in part.filename]
    if large or sum(part.file_size for part in members) > LARGEST_UNPACKED:
        raise Unusable("bomb", f"{path.name}: unpacks to more than {LARGEST_UNPACKED >> 20} MB; split it.")
    if any(part.filename.endswith("vbaProject.bin") for part in members):
        raise Unusable("macros", f"{path.name}: contains macros. Save it as a plain .xlsx.")
    return load_workbook(path, read_only=True, data_only=True, keep_links=False)


def _record(row: int, values: Mapping[str, Any]) -> Record | Problem:
    number = as_text(values["number"])
    if not 2 <= len(key(number)) <= 40:
        return Problem(row, "number", "number")
    state = _named("states", as_text(values["state"]))
    if state is None:
        return Problem(row, "state", "state", as_text(values["state"])[:60])
    dates: dict[str, date | None] = {}
    for name in ("since", "deadline"):
        try:
            dates[name] = as_date(values.get(name))
        except ValueError:
            return Problem(row, name, "date", as_text(values.get(name))[:60])
    texts = {name: as_text(values.get(name)) for name in ("programme", "missing", "place", "contact", "region")}
    for name, text in texts.items():
        if len(text) > LONGEST_CELL:
            return Problem(row, name, "long")
    parts = re.split(r"[;,/\n]", as_text(values.get("phone")))
    phones = tuple(part.strip() for part in parts if sum(letter.isdigit() for letter in part) >= 4)
    ids = tuple(part for part in re.split(r"[;,/\s]+", as_text(values.get("national_id"))) if part)
    programme = _named("programmes", texts["programme"]) or texts["programme"]
    return Record(
        row, number, programme, state, dates["since"], texts["missing"], texts["place"], dates["deadline"],
        texts["contact"], texts["region"], phones, ids,
    )


@cache
def _words() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8"))
    return data


def _places(heads: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, head in enumerate(heads):
        plain = _plain(as_text(head))
        for name in COLUMNS:
            if name not in found and plain in {name.replace("_", " "), *map(_plain, _words()[name])}:
                found[name] = at
    return found


def _named(kind: str, text: str) -> str | None:
    plain = _plain(text)
    for name, words in _words()[kind].items():
        if plain in {name, name.replace("_", " "), *map(_plain, words)}:
            return str(name)
    return None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return " ".join(re.sub(r"[^\w]+|_", " ", "".join(c for c in letters if not unicodedata.combining(c))).split())


def as_text(value: Any) -> str:
    """A cell as text: whole numbers without decimals, nothing as ``."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def as_date(value: Any) -> date | None:
    """A date cell, an Excel day number, `2025-06-14`, or `14/06/2025`. Raises ValueError for anything else."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float):
        return date(1899, 12, 30) + timedelta(days=int(value))
    text = western_digits(as_text(value))
    if not text:
        return None
    if found := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    return date.fromisoformat(text[:10])
