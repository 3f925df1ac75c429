"""What Telegram's updates mean, from the ordinary to the hostile."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram_text import split, units
from bot.channels.telegram_updates import Membership, Pressed, Reader
from bot.messages import Incoming
from tests.conftest import NOW, HandClock

TYPES: dict[str, dict[str, list[str]]] = json.loads(
    (Path(__file__).parents[1] / "fakes" / "bot_api_updates.json").read_text(encoding="utf-8")
)
PERSON = {"id": 5, "is_bot": False, "first_name": "A", "language_code": "ar-MA"}
PRIVATE = {"id": 5, "type": "private"}
GROUP = {"id": -100, "type": "supergroup"}


def reader() -> Reader:
    made = Reader(123456, HandClock())
    made.username = "Artisan_Bot"
    return made


def read(**content: Any) -> Any:
    return reader().read({"update_id": 1, **content})


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": int(NOW.timestamp()), "chat": chat, "from": PERSON, **content}


def test_a_text() -> None:
    assert read(message=message(text="سلام")) == Incoming(
        "telegram", "5", "1", NOW, "text", "سلام", language_code="ar-MA", trace="tg1"
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"voice": {}}, "voice"), ({"audio": {}}, "voice"), ({"video_note": {}}, "voice"), ({"sticker": {}}, "sticker"),
        ({"photo": [{}], "caption": "x"}, "photo"), ({"location": {}}, "location"), ({"document": {}}, "document"),
        ({"animation": {}, "document": {}}, "document"), ({"venue": {}, "location": {}}, "location"),
        ({"video": {}}, "other"), ({"poll": {}}, "other"), ({"dice": {}}, "other"),
    ],
)  # fmt: skip
def test_other_kinds(content: dict[str, Any], kind: str) -> None:
    assert read(message=message(**content)).kind == kind


def test_only_the_senders_own_contact_is_vouched_for() -> None:
    for contact, more, own in (
        ({"phone_number": "+2126", "user_id": 5}, {}, True),
        ({"phone_number": "+2126", "user_id": 6}, {}, False),
        ({"phone_number": "+2126"}, {}, False),
        ({"phone_number": "+2126", "user_id": 5}, {"forward_origin": {}}, False),
    ):
        assert read(message=message(contact=contact, **more)).contact.own is own


def test_edits_count_when_they_have_text() -> None:
    assert read(edited_message=message(text="a")).kind == "edited"
    assert read(edited_message=message(location={})) is None


def test_in_groups_only_what_is_addressed_to_the_bot() -> None:
    mine = {"from": {"id": 123456, "is_bot": True}}
    for content, said in (
        ({"text": "hello all"}, None),
        ({"text": "hello @artisan_bot how much"}, "hello   how much"),
        ({"text": "/help"}, "/help"),
        ({"text": "/help@artisan_bot"}, "/help@artisan_bot"),
        ({"text": "/help@other_bot"}, None),
        ({"text": "yes", "reply_to_message": mine}, "yes"),
        ({"text": "yes", "reply_to_message": {"from": {"id": 9}}}, None),
        ({"sticker": {}}, None),
    ):
        found = read(message=message(GROUP, **content))
        assert (found.text if found else None) == said


def test_what_is_not_for_the_bot() -> None:
    channel = {"id": -5, "type": "channel"}
    assert read(channel_post=message(channel, text="x")) is None
    assert read(message=message(channel, text="x")) is None
    assert read(message=message(new_chat_members=[PERSON])) is None
    assert read(message={**message(text="x"), "from": {"id": 9, "is_bot": True}}) is None
    assert read(poll={}) is None


def test_buttons_and_blocking() -> None:
    query = {"id": "q", "from": PERSON, "data": "t:price", "message": message(text="...")}
    pressed = read(callback_query=query)
    assert isinstance(pressed, Pressed) and pressed.query_id == "q" and pressed.incoming
    assert (pressed.incoming.action, pressed.incoming.message_ref, pressed.incoming.at) == ("t:price", "3", NOW)
    assert read(callback_query={"id": "q", "from": PERSON, "game_short_name": "x"}) == Pressed("q", None)
    without = read(callback_query={"id": "q", "from": PERSON, "data": "x"})
    assert without.incoming.address == "5" and without.incoming.message_ref is None
    for status, blocked in (("kicked", True), ("member", False)):
        change = {"chat": PRIVATE, "from": PERSON, "new_chat_member": {"status": status}}
        assert read(my_chat_member=change) == Membership("5", blocked)
    assert read(my_chat_member={"chat": GROUP, "new_chat_member": {"status": "kicked"}}) is None


def random_value(kind: str, chance: random.Random, depth: int = 0) -> Any:
    """A value of that type by the specification, or, one time in twelve, of quite another."""
    if chance.random() < 1 / 12:
        return chance.choice([None, -1, 2**70, 1.5, "", "\ud800\0", "x" * 5000, [], {}, True, [[]], {"id": {}}])
    if kind.startswith("Array of "):
        return [random_value(kind[9:], chance, depth + 1) for _ in range(chance.randrange(3))]
    if TYPES.get(kind):
        if depth > 4:
            return {}
        return {
            name: random_value(chance.choice(given["types"]), chance, depth + 1)
            for name, given in TYPES[kind].items()
            if given["required"] or chance.random() < 0.2
        }
    simple = {
        "Integer": lambda: chance.choice([0, 1, 5, -100, 123456, 2**40]),
        "String": lambda: chance.choice(["private", "group", "/start", "سلام", "a<b>&", "@artisan_bot x", "🧶" * 40]),
        "Boolean": lambda: chance.random() < 0.5,
        "True": lambda: True,
        "Float": lambda: chance.uniform(-180, 180),
    }
    return simple.get(kind, dict)()


def hostile_updates(count: int, seed: int = 1, first: int = 0) -> list[Any]:
    """Random updates, of the types the specification knows and of none."""
    chance = random.Random(seed)
    made = []
    for number in range(first, first + count):
        update = random_value("Update", chance)
        if isinstance(update, dict) and chance.random() < 0.95:
            update["update_id"] = number
        made.append(update)
    return made


def test_no_update_is_too_strange() -> None:
    found = [reader().read(update) for update in hostile_updates(3000)]
    assert sum(isinstance(one, Incoming) for one in found) > 50
    for one in found:
        if isinstance(one, Incoming):
            one.text.encode()


def test_texts_are_split_at_sentences_and_nothing_is_lost() -> None:
    text = "\n\n".join(" ".join(f"Sentence {n}.{m}, 🧶 said." for m in range(30)) for n in range(30))
    pieces = split(text, first=1000)
    assert units(pieces[0]) <= 1000 and all(units(piece) <= 4096 for piece in pieces)
    assert all(piece.endswith("said.") for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert [units(piece) for piece in split("🧶" * 4100)] == [4096, 4096, 8]
