"""Spreadsheets as offices have them: three languages of headings, dates of all kinds, faults with row and reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.applications.commands import write_template
from bot.applications.demo import DEMO
from bot.applications.spreadsheet import Problem, Record, Unusable, read_rows, write_xlsx


def rows(path: Path, text: str) -> list[Record | Problem]:
    path = path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return list(read_rows(path))


@pytest.mark.parametrize(
    "heads",
    ["N° Dossier;État;Téléphone;CNIE;Date limite", "رقم الملف;الحالة;الهاتف;رقم البطاقة;آخر أجل",
     "Application number,Status,Phone,National ID,Deadline", "\ufeffnumero\tstatut\tgsm\tcin\tdelai"],
)  # fmt: skip
def test_headings_in_three_languages(tmp_path: Path, heads: str) -> None:
    sign = max(";,\t", key=heads.count)
    row = sign.join(["EXC-1-2", "reçu", "06 12 34 56 78 / 0522000000", "BE123 ZZ9", "14/06/2027"])
    (record,) = rows(tmp_path, f"{heads}\n{row}\n")
    assert isinstance(record, Record)
    assert (record.number, record.state, record.deadline) == ("EXC-1-2", "received", date(2027, 6, 14))
    assert len(record.phones) == 2 and record.national_ids == ("BE123", "ZZ9")


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [(";reçu;", "number", "number"), ("A-1;peut-être;", "state", "state"), ("A-1;reçu;31/02/2026", "since", "date"),
     (f"A-1;reçu;;{'x' * 2001}", "missing", "long")],
)  # fmt: skip
def test_a_fault_names_row_column_and_reason(tmp_path: Path, row: str, column: str, code: str) -> None:
    found = rows(tmp_path, f"numero;etat;depuis;manque\nB-2;reçu\n{row}\n")
    assert isinstance(found[0], Record)
    problem = found[1]
    assert isinstance(problem, Problem) and (problem.row, problem.column, problem.code) == (3, column, code)


def test_the_same_number_twice_is_named_with_its_first_row(tmp_path: Path) -> None:
    found = rows(tmp_path, "numero;etat\nEXC-2025-10;reçu\nexc 2O25 I0;accepté\n")
    assert found[1] == Problem(3, "number", "twice", "2")


def test_dates_and_numbers_as_excel_keeps_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["numero", "etat", "depuis"], [12345.0, "Accepté", date(2026, 3, 1)], ["B-7", "accepted", 46082]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    first, second = read_rows(tmp_path / "a.xlsx")
    assert isinstance(first, Record) and (first.number, first.since) == ("12345", date(2026, 3, 1))
    assert isinstance(second, Record) and second.since == date(2026, 3, 1)


def test_what_is_written_is_read_again_and_no_formula_leaves(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [["A-1", "export", "received", date(2026, 1, 2), "=1+1\x07", "", None, "@SUM(A1)", "", "", ""]])
    (record,) = read_rows(path)
    assert isinstance(record, Record) and record.missing == "=1+1" and record.contact == "@SUM(A1)"
    assert "f" not in {cell.data_type for row in load_workbook(path).worksheets[0] for cell in row}


def test_the_template_can_be_imported(tmp_path: Path) -> None:
    write_template(tmp_path / "t.xlsx")
    found = list(read_rows(tmp_path / "t.xlsx"))
    assert len(found) == len(DEMO) and all(isinstance(record, Record) for record in found)


def test_without_the_needed_columns_it_says_which(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="state") as error:
        rows(tmp_path, "numero;ville\nA-1;Fes\n")
    assert error.value.code == "headings"
