"""Catalogues, formats, and numbers inside Arabic text."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest

from bot.texts import LOCALES, catalogue_problems, isolate
from tests.talking import FORMS, NOW, TEXTS

F, P = "\u2068", "\u2069"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("اتصلوا بـ 05 37 27 37 30.", f"اتصلوا بـ {F}05 37 27 37 30{P}."),
        ("سجل RNA. 2025 هي السنة", f"سجل {F}RNA{P}. {F}2025{P} هي السنة"),
        ("نسبة 13,5% فقط", f"نسبة {F}13,5%{P} فقط"),
        ("من 09:00 إلى 16:30", f"من {F}09:00{P} إلى {F}16:30{P}"),
        ("كتب /forget دابا", f"كتب {F}/forget{P} دابا"),
        ("العنوان https://example.ma/a?b=1", f"العنوان {F}https://example.ma/a?b=1{P}"),
        ("Darija (latin)", f"{F}Darija (latin){P}"),
        ("السلام\nBonjour, choisissez une langue.", f"السلام\n{F}Bonjour, choisissez une langue.{P}"),
        (f"الملف {F}EXC-2025{P} في Fès", f"الملف {F}EXC-2025{P} في {F}Fès{P}"),
        ("سلام", "سلام"),
        ("😊 ✅", "😊 ✅"),
        ("", ""),
    ],
)
def test_latin_runs_keep_their_own_order_inside_arabic(text: str, shown: str) -> None:
    assert isolate(text) == shown
    assert isolate(isolate(text)) == shown


@pytest.mark.parametrize(
    ("form", "number", "day", "month"),
    [
        ("fr", "12\u202f500", "7 juin 2025", "juin 2025"),
        ("ar", "12.500", "7 يونيو 2025", "يونيو 2025"),
        ("ary", "12.500", "7 يونيو 2025", "يونيو 2025"),
        ("ary-Latn", "12\u202f500", "7 juin 2025", "juin 2025"),
    ],
)
def test_numbers_and_dates_as_moroccans_write_them(form: str, number: str, day: str, month: str) -> None:
    assert TEXTS.number(form, 12500) == number
    assert TEXTS.day(form, date(2025, 6, 7)) == day
    assert TEXTS.as_of(form, "2025-06") == month
    assert TEXTS.as_of(form, "2025-06-07") == day


def test_times_are_moroccos() -> None:
    assert TEXTS.day("fr", datetime.fromisoformat("2025-12-31T23:30:00+00:00")) == "1 janvier 2026"
    assert TEXTS.hour("fr", time(9, 5)) == "09:05"
    assert TEXTS.hour("ar", NOW) == "11:00"


def test_a_fact_is_written_by_what_it_is() -> None:
    assert TEXTS.value(30, "fr") == "30"
    assert TEXTS.value("Fès", "fr") == "Fès"
    assert TEXTS.value(date(2025, 6, 7), "fr") == "7 juin 2025"
    with pytest.raises(TypeError):
        TEXTS.value(True, "fr")


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_text_is_a_fault(form: str) -> None:
    with pytest.raises(KeyError):
        TEXTS.get(form, "no.such.text")


def test_the_catalogues_are_complete() -> None:
    assert catalogue_problems() == []


def test_what_is_missing_in_a_catalogue_is_named(tmp_path: Path) -> None:
    for source in LOCALES.rglob("*.po"):
        target = tmp_path / source.relative_to(LOCALES)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if source.parts[-3:] == ("ary", "LC_MESSAGES", "bot.po"):
            text = text.replace('msgid "menu.back"', 'msgid "menu.other"')
        if source.parts[-3:] == ("fr", "LC_MESSAGES", "web.po"):
            text = text.replace("{number}", "{nombre}")
        target.write_text(text, encoding="utf-8")
    assert catalogue_problems(tmp_path) == [
        "locales/ary/LC_MESSAGES/bot.po: no text for menu.back",
        "locales/fr/LC_MESSAGES/bot.po: no text for menu.other",
        "locales/ar/LC_MESSAGES/bot.po: no text for menu.other",
        "locales/ary_Latn/LC_MESSAGES/bot.po: no text for menu.other",
        "web.po: the placeholders of demo differ between languages",
    ]
