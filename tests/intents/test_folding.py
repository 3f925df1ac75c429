"""One word is one word, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.folding import fold, plain, skeleton, words


@pytest.mark.parametrize(
    "latin, arabic",
    [
        ("kifach", "كيفاش"), ("kifash", "كيفاش"), ("lbarnamaj", "البرنامج"), ("wach", "واش"), ("dyali", "ديالي"),
        ("3lach", "علاش"), ("bghit", "بغيت"), ("khassni", "خاصني"), ("5assni", "خاصني"), ("lwra9", "لوراق"),
        ("zrbia", "زربية"), ("programme", "بروگرام"), ("gal", "قال"), ("chno", "شنو"), ("xno", "شنو"),
        ("ssna3a", "الصناعة"), ("ttasjil", "التسجيل"), ("8adi", "غادي"), ("ghadi", "غادي"),
    ],
)  # fmt: skip
def test_latin_and_arabic_letters_share_a_skeleton(latin: str, arabic: str) -> None:
    assert fold(latin) == fold(arabic)


def test_kh_is_not_taken_for_ch() -> None:
    assert skeleton("khobz") == skeleton("5obz") != skeleton("chobz")


@pytest.mark.parametrize(
    "one, other", [("أريد", "اريد"), ("الحرفة", "الحرفه"), ("مستشفى", "مستشفي"), ("Écrire", "ecrire"), ("١٢٣", "123")]
)
def test_spelling_variants_read_alike(one: str, other: str) -> None:
    assert plain(one) == plain(other)


def test_stretched_letters_and_signs() -> None:
    assert plain("Bzaaaaaf !!! 🙏") == plain("bzaaf")


def test_numbers_stay_numbers() -> None:
    assert skeleton("2025") == "2025"


@given(st.text(max_size=200))
def test_reading_never_fails(text: str) -> None:
    assert len(fold(text).split()) <= len(words(text))


@given(st.text("abcdeéèçÀï 0379ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآ١٢ّ'-?", max_size=100))
def test_reading_again_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)
