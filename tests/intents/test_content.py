"""The content of the repository is sound, and unsound content is told with file and line."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from bot.seeding import INTENTS
from intents.answering import fill_answer
from intents.bodies import from_bodies, to_bodies
from intents.loading import ContentError, load_content, read_content
from intents.models import FORMS, Answer, Fact
from intents.validation import check_content, check_folder
from tests import learned

TODAY = date(2026, 11, 29)
# The contract with the outside: these ids are never renamed.
TOPICS = [
    "prog_overview",
    "prog_excellence_what",
    "prog_export_what",
    "prog_agreg_what",
    "prog_which_craft",
    "prog_numbers",
    "prog_benefits",
    "prog_cost",
    "prog_partners",
    "prog_history",
    "prog_faenza",
    "prog_label_step",
    "apply_open_now",
    "apply_how",
    "apply_deadline",
    "apply_documents",
    "apply_eligibility",
    "apply_no_rna",
    "apply_individual",
    "apply_cooperative",
    "apply_again",
    "apply_selection",
    "apply_status",
    "apply_rejected",
    "apply_result_date",
    "apply_help_writing",
    "train_topics",
    "train_where_when",
    "train_certificate",
    "train_apprenticeship",
    "train_vae",
    "train_digital",
    "rna_what",
    "rna_register",
    "rna_documents",
    "card_get",
    "card_benefits",
    "card_lost",
    "coop_create",
    "auto_entrepreneur",
    "amo_join",
    "amo_amount",
    "retirement",
    "finance_loan",
    "finance_grant",
    "export_start",
    "export_documents",
    "export_shipping",
    "fair_participate",
    "fair_calendar",
    "sell_online",
    "label_handmade",
    "ip_protect",
    "prize_national",
    "contact_mda",
    "contact_region",
    "human_handover",
    "complaint",
    "scam_check",
    "privacy",
    "greet",
    "thanks",
    "goodbye",
    "language_switch",
    "bot_identity",
]


def test_the_content_is_sound() -> None:
    assert [str(problem) for problem in check_folder(INTENTS, TODAY)] == []


def test_every_topic_is_there_in_every_form() -> None:
    content = learned.content()
    assert sorted(content.topics) == sorted(TOPICS) and len(TOPICS) == 65
    for topic in content.topics.values():
        assert all(len(topic.phrasings[form]) >= 25 and form in topic.answers for form in FORMS), topic.id


def test_no_answer_says_that_applications_are_open() -> None:
    """Nothing known today says so."""
    content = learned.content()
    for name in ("call_open_until", "call_next_opening"):
        assert not content.facts[name].known(TODAY)


def test_bodies_and_back_change_nothing() -> None:
    content = learned.content()
    again = from_bodies(to_bodies(content))
    assert (
        again.topics == content.topics and again.facts == content.facts and again.out_of_scope == content.out_of_scope
    )


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    root = tmp_path / "intents"
    shutil.copytree(INTENTS, root, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return root


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_all_faults_are_told_at_once_with_file_and_line(broken: Path) -> None:
    french = broken / "content/programmes/fr.yaml"
    lines = french.read_text(encoding="utf-8").split("\n")
    place = next(at for at, line in enumerate(lines) if line.strip().startswith("title:"))
    lines[place] = "  title: Un titre beaucoup trop long pour tenir sur un bouton"
    french.write_text("\n".join(lines), encoding="utf-8")
    _edit(broken / "content/programmes/topics.yaml", "follow_ups: [", "follow_ups: [nowhere, ")
    _edit(broken / "facts.yaml", "source:", "source_lost:")
    _edit(broken / "content/market/fr.yaml", "phrasings:\n", "phrasings:\n    - شنو هاد الشي\n    - c quoi le rna\n")
    told = [str(problem) for problem in check_folder(broken, TODAY)]
    assert any(
        text.startswith(f"intents/content/programmes/fr.yaml:{place + 1}:") or "at most 30" in text for text in told
    )
    for word in ("follow-up to nowhere: nowhere", "no source", "wrong script"):
        assert any(word in text for text in told), (word, told)
    assert all(":" in text for text in told)


def test_an_unknown_placeholder_and_a_missing_text_for_unknown_facts(broken: Path) -> None:
    content, source = read_content(broken)
    topic = content.topics["apply_deadline"]
    answers = {**topic.answers, "fr": Answer("Date limite", "Le {no_such_fact} et le {call_open_until}.")}
    object.__setattr__(topic, "answers", answers)
    told = [problem.message for problem in check_content(content, TODAY, source)]
    assert any("unknown placeholder {no_such_fact}" in text for text in told)
    assert any("call_open_until is unknown" in text for text in told)


def test_a_shared_phrasing_is_told(broken: Path) -> None:
    content = load_content(broken)
    first, second = content.topics["rna_what"], content.topics["card_get"]
    shared = first.phrasings["fr"][0]
    object.__setattr__(
        second, "phrasings", {**second.phrasings, "fr": (*second.phrasings["fr"], shared.upper() + " !")}
    )
    assert any("shared by rna_what and card_get" in problem.message for problem in check_content(content, TODAY))


@pytest.mark.parametrize("spoilt, word", [("a: [b", "not valid YAML"), (None, "missing")])
def test_files_that_cannot_be_read(broken: Path, spoilt: str | None, word: str) -> None:
    path = broken / "content/money/ar.yaml"
    path.write_text(spoilt, encoding="utf-8") if spoilt else path.unlink()
    with pytest.raises(ContentError, match=word):
        load_content(broken)


def _fact(**more: object) -> Fact:
    values: dict[str, object] = {
        "id": "units",
        "label": {},
        "value": 55,
        "source": "x",
        "mark": "seed",
        "as_of": "2025-06",
    }
    return Fact(**{**values, **more})  # type: ignore[arg-type]


def _filled(fact: Fact, day: date) -> tuple[str, bool, str | None]:
    answer = Answer("T", "Il y a {units} ateliers.", "On ne sait pas (vu en {units.as_of}).")
    filled = fill_answer(answer, {"units": fact}, "fr", day, lambda value, _: str(value), lambda _, stamp: stamp)
    return filled.text, filled.known, filled.as_of


def test_a_fact_is_told_with_its_date_until_it_expires() -> None:
    fact = _fact(valid_until=date(2026, 12, 31))
    assert _filled(fact, date(2026, 12, 31)) == ("Il y a 55 ateliers.", True, "2025-06")
    assert _filled(fact, date(2027, 1, 1)) == ("On ne sait pas (vu en 2025-06).", False, None)


def test_an_unknown_fact_is_admitted() -> None:
    assert _filled(_fact(value=None), TODAY)[1] is False
