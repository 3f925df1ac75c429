"""The matcher by itself: learning, saving, adapting, explaining, deciding."""

from pathlib import Path

import pytest

from bot.seeding import lexicons
from intents.decision import OUT_OF_SCOPE, decide
from intents.matching import Example, Matcher
from intents.models import FORMS, Content, Topic
from tests import learned


def test_an_exact_phrasing_is_answered() -> None:
    understood = learned.matcher().understand("fin wsel dossier dyali")
    assert (understood.decision, understood.ranked[0].topic) == ("answer", "apply_status")
    assert understood.form == "ary-Latn"


def test_scores_are_shares() -> None:
    understood = learned.matcher().understand("شنو هي لوراق ديال السجل")
    scores = [one.score for one in understood.ranked]
    assert all(0 <= score <= 1 for score in scores) and sum(scores) + understood.out_of_scope <= 1.0001
    assert scores == sorted(scores, reverse=True)


def test_the_same_examples_give_the_same_matcher() -> None:
    examples = [
        Example(text, label) for label in ("a", "b") for text in (f"{label} un", f"{label} deux", f"{label} trois")
    ]
    one, other = Matcher.build(examples, lexicons()), Matcher.build(examples, lexicons())
    assert one.understand("b deux trois") == other.understand("b deux trois")


def test_a_phrasing_in_msa_is_found_from_arabizi() -> None:
    """Any phrasing in any language helps every other: here the topic is known in one form only."""
    texts = {"card": "أين بطاقتي المهنية", "price": "كم ثمن المشاركة في البرنامج", "when": "متى يفتح باب التسجيل"}
    matcher = Matcher.build([Example(text, label) for label, text in texts.items()], lexicons())
    assert matcher.understand("fin lkarta lmihaniya dyali").ranked[0].topic == "card"
    assert matcher.understand("fo9ach kayt7el tasjil").ranked[0].topic == "when"
    assert matcher.understand("quand est-ce que l'inscription ouvre").ranked[0].topic == "when"


def test_saved_and_loaded_it_understands_the_same(tmp_path: Path) -> None:
    matcher = learned.matcher()
    matcher.save(tmp_path / "one.npz")
    again = Matcher.load(tmp_path / "one.npz", learned.content(), lexicons())
    for text in ("c koi le rna", "بغيت نعرف شحال كيخلصو لامو", "wach kayna formation f Fes"):
        assert again.understand(text) == matcher.understand(text)


def test_an_added_phrasing_is_understood_before_learning() -> None:
    content = learned.content()
    topic = content.topics["card_lost"]
    text = "labtana dyali mcha biha lwad"
    assert learned.matcher().understand(text).decision != "answer"
    phrasings = {**topic.phrasings, "ary-Latn": (*topic.phrasings["ary-Latn"], text)}
    changed = Topic(topic.id, topic.group, topic.follow_ups, topic.dialogue, topic.answers, phrasings)
    adapted = learned.matcher().adapted(
        Content({**content.topics, topic.id: changed}, content.facts, content.clarifications, content.out_of_scope)
    )
    understood = adapted.understand(text)
    assert (understood.decision, understood.ranked[0].topic) == ("answer", "card_lost")


def test_a_removed_topic_is_never_given() -> None:
    content = learned.content()
    fewer = {topic_id: topic for topic_id, topic in content.topics.items() if topic_id != "apply_status"}
    adapted = learned.matcher().adapted(Content(fewer, content.facts, content.clarifications, content.out_of_scope))
    assert "apply_status" not in [one.topic for one in adapted.understand("fin wsel dossier dyali").ranked]


def test_a_new_topic_is_found_at_once() -> None:
    content = learned.content()
    new = Topic("parking", "contact", phrasings={"fr": ("où garer ma camionnette", "y a-t-il un parking")})
    adapted = learned.matcher().adapted(
        Content({**content.topics, "parking": new}, content.facts, content.clarifications, content.out_of_scope)
    )
    assert adapted.understand("y a-t-il un parking").ranked[0].topic == "parking"


def test_courtesies_say_nothing_about_the_question() -> None:
    matcher = learned.matcher()
    bare = matcher.understand("c'est quoi le programme d'excellence")
    polite = matcher.understand("Bonjour, s'il vous plaît, c'est quoi le programme d'excellence, merci beaucoup")
    assert polite.ranked[0].topic == bare.ranked[0].topic == "prog_excellence_what"
    assert matcher.understand("merci beaucoup").ranked[0].topic == "thanks"


def test_words_run_together_are_read_apart() -> None:
    assert learned.matcher().understand("kifachndfe3 talabdyal lbarnamaj").ranked[0].topic == "apply_how"


@pytest.mark.parametrize("text", ["", "   ", "🙏🙏", "?!", "a" * 5000, "\x00\ud83d", "١٢٣٤٥", "ـــ"])
def test_anything_can_be_read(text: str) -> None:
    assert learned.matcher().understand(text).decision in ("answer", "clarify", "fallback")


def test_explaining_shows_how_it_was_read() -> None:
    read = learned.matcher().explain("kifach nqder ntsejjel f RNA")
    assert read["nearest"] and read["skeletons"] and "register_signup" in read["concepts"]
    assert read["decision"] == learned.matcher().understand("kifach nqder ntsejjel f RNA").decision


@pytest.mark.parametrize(
    "ranked, expected",
    [
        ([("a", 0.9), (OUT_OF_SCOPE, 0.1)], ("answer", ())),
        ([("a", 0.4), ("b", 0.35), (OUT_OF_SCOPE, 0.1)], ("clarify", ("a", "b"))),
        ([(OUT_OF_SCOPE, 0.99), ("a", 0.01)], ("fallback", ())),
        ([], ("fallback", ())),
    ],
)
def test_deciding(ranked: list[tuple[str, float]], expected: tuple[str, tuple[str, ...]]) -> None:
    assert decide(ranked, "fr") == expected


def test_at_most_three_are_offered() -> None:
    ranked = [(name, 0.2) for name in "abcde"]
    assert decide(ranked, "ary") == ("clarify", ("a", "b", "c"))


def test_the_form_of_the_chat_decides_a_toss_up_only() -> None:
    matcher = learned.matcher()
    for form in FORMS:
        assert matcher.understand("123", hint_form=form).form == form
    assert matcher.understand("كيفاش نقدر ندير باش ناخد البطاقة ديالي", hint_form="ar").form == "ary"
    assert matcher.understand("comment faire pour obtenir la carte", hint_form="ar").form == "fr"
