"""What is masked before anything is logged."""

from __future__ import annotations

import pytest

from bot.privacy import mask, mask_number


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mon numéro 0612345678", "mon numéro •••"),
        ("avec 06 12 34 56 78 merci", "avec ••• merci"),
        ("+212 6 12-34-56-78", "•••"),
        ("رقمي٠٦١٢٣٤٥٦٧٨", "رقمي•••"),
        ("CIN BE123456", "CIN •••"),
        ("be 123456", "be •••"),
        ("BE 123456", "•••"),
        ("dossier EXC-2025-00417 svp", "dossier ••• svp"),
        ("exc202500417", "•••"),
        ("EXC 2025 00417", "•••"),
        ("écrivez à a.b-c@exemple.co.ma.", "écrivez à •••"),
        ("RIB 011 810 0000012345678901 23", "•••"),
        ("en 2025, 30 femmes, 5000 dh", "en 2025, 30 femmes, 5000 dh"),
        ("w ch7al 3la 9bel", "w ch7al 3la 9bel"),
    ],
)
def test_long_numbers_and_addresses_go_and_the_question_stays(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


def test_only_the_end_of_a_number_is_shown() -> None:
    assert mask_number("EXC-2025-00417") == "••••••••••••17"
    assert mask_number("7") == "7"
