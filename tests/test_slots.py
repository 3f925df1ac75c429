"""What free text says about the questions of the check."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from intents.slots import QUESTIONS
from tests.talking import FORMS, SLOTS

OPENINGS = Path(__file__).parent / "understanding" / "openings.csv"


@pytest.mark.parametrize("form", FORMS)
def test_nine_openings_in_ten_fill_exactly_the_right_slots(form: str) -> None:
    with OPENINGS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lang"] == form]
    wrong = [
        (row["text"], heard)
        for row in rows
        if (heard := SLOTS.read(row["text"])) != {name: row[name] for name in QUESTIONS if row[name]}
    ]
    assert len(rows) >= 60
    assert len(wrong) <= 0.1 * len(rows), wrong


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("quand commence le cours à l'atelier, votre registre musique au Maroc", {"rna": "yes"}),
        ("je voudrais savoir, monsieur", {}),
        ("بغيت واحد الكارطة جديدة", {}),
        ("j'ai la carte nationale", {}),
        ("inscrit au programme de formation", {}),
        ("j'ai besoin d'argent", {}),
        ("safi baraka", {}),
        ("ma mère est potière", {"craft": "pottery"}),
        ("pas de société, juste moi", {"legal": "alone"}),
        ("ماشي بوحدي", {}),
        ("3mri 22 w ana khezzaf", {"craft": "pottery"}),
        ("je n'exporte pas et j'ai le registre", {"export": "no", "rna": "yes"}),
        ("RNA non, export oui", {"rna": "no", "export": "yes"}),
        ("je tisse des tapis", {"craft": "carpet"}),
        ("mam9eydch f sijil", {"rna": "no"}),
        ("بتطوان", {"region": "tanger"}),
        ("", {}),
    ],
)
def test_words_that_look_alike_and_words_that_deny(text: str, heard: dict[str, str]) -> None:
    assert SLOTS.read(text) == heard
