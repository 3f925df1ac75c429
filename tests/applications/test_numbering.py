"""Numbers as people type them: one key however written, found in a sentence, never where none is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.applications.numbering import Scheme, check_character, key

WRITTEN = "EXC-2025-00417"


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN, "exc-2025-00417", "EXC 2025 00417", "exc202500417", "EXC-2025-417", "EXC/2025/00417", "exc.2025.00417",
        "EXC-2O25-OO4I7", "EXC-2025-0041l", "٠EXC-٢٠٢٥-٠٠٤١٧"[1:], "dossier n° EXC-2025-00417 svp",
        "fin wsel dossier dyali exc 2025 00417?", "رقم الملف ديالي EXC-2025-00417 شكرا", "EXC–2025–00417",
    ],
)  # fmt: skip
def test_every_writing_is_found(text: str) -> None:
    found = Scheme().find(text)
    assert found is not None
    assert key(found) in (key(WRITTEN), key("EXC-2025-00411"))


@pytest.mark.parametrize(
    "text",
    [
        "j'ai 45 ans", "combien coûte la formation, 5000 dh ?", "mon tel est le 0612345678 appelez moi demain svp",
        "bghit credit dyal 150000 dh bach nchri l materiel dyali", "salam", "2025",
    ],
)  # fmt: skip
def test_other_numbers_in_a_sentence_are_none(text: str) -> None:
    assert Scheme().find(text) is None


def test_a_bare_number_counts_alone_or_where_it_was_asked_for() -> None:
    scheme = Scheme()
    assert scheme.find("١٢٣٤٥") == "12345" == scheme.find("dossier 12345")
    assert scheme.find("je vous donne mon numéro alors c'est 12345 voilà", asked=True) == "12345"
    assert scheme.find("0612345678", asked=True) is None


@given(st.from_regex(r"(EXC|EXP|AGR)-20[0-9]{2}-[0-9]{5}", fullmatch=True), st.data())
def test_noise_never_changes_the_key(number: str, data: st.DataObject) -> None:
    noisy = "".join(data.draw(st.sampled_from([c, c.lower()])) for c in number)
    noisy = noisy.replace("-", data.draw(st.sampled_from([" ", "", "/", " - ", "."])))
    assert key(noisy) == key(number)
    found = Scheme().find(noisy)
    assert found is not None and key(found) == key(number)


@given(st.from_regex(r"(EXC|EXP|AGR)-20[0-9]{2}-[0-9]{5}", fullmatch=True), st.data())
def test_the_check_letter_shows_one_wrong_digit_and_a_swap(body: str, data: st.DataObject) -> None:
    scheme = Scheme(check="letter")
    assert scheme.valid(f"{body}-{check_character(body)}")
    at = data.draw(st.integers(9, 13))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != body[at]]))
    assert not scheme.valid(f"{body[:at]}{other}{body[at + 1 :]}-{check_character(body)}")
    if at < 13 and body[at] != body[at + 1]:
        swapped = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
        assert not scheme.valid(f"{swapped}-{check_character(body)}")
