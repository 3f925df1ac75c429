"""An artisan asks for a person; staff answer in the same chat."""

from __future__ import annotations

from bot.alerts import tell_group
from bot.dialogues.handover import HandoverDialogue, OpeningHours
from bot.effects import EFFECTS
from bot.letters import Letters
from bot.messages import Chat, Exchange, Incoming
from bot.recording import EffectContext, together
from bot.storage import chats, exchanges, handovers, outbox
from bot.storage.database import Connection
from bot.texts import Texts
from tests.conftest import HandClock
from tests.console.office import Office, Person, words

GROUP = "-100200"
ASKED = "Bghit nhder m3a chi 7ed"


async def wait_for_somebody(office: Office, address: str = "7", form: str = "ary-Latn", said: str = ASKED) -> int:
    """An artisan opens a handover, as the reception stores it; returns its id."""
    dialogue = HandoverDialogue(OpeningHours("always"), Texts(), office.clock)
    opened = {**EFFECTS, "handover_open": together(EFFECTS["handover_open"], tell_group(GROUP, Letters(Texts())))}

    def store(connection: Connection) -> int:
        now = office.clock()
        kept = chats.lock(connection, "telegram", [address], now)[address]
        incoming = Incoming("telegram", address, "1", now, text=said)
        outcome = dialogue.start(incoming, kept.chat, form, said)
        kept.chat = outcome.chat
        chats.save(connection, [kept], now)
        for effect in outcome.effects:
            opened[effect.name](connection, EffectContext(effect, kept.chat, incoming, now, None))
        row = exchanges.entry(kept.chat.id, 1, "telegram", Exchange("question", "fin •••", form, "fallback"), now, "")
        exchanges.add(connection, [row])
        found = handovers.current(connection, kept.chat.id)
        assert found
        return int(found.id)

    return await office.db.write(store)


async def letters(office: Office, address: str = "7") -> list[outbox.Letter]:
    found = await office.db.read(lambda c: outbox.due(c, "telegram", office.clock(), 50))
    return [letter for letter in found if letter.address == address]


async def chat_of(office: Office, address: str = "7") -> Chat:
    found = await office.db.read(lambda connection: chats.find(connection, "telegram", address))
    assert found
    return found


async def test_taken_answered_and_closed(office: Office, publisher: Person) -> None:
    number = await wait_for_somebody(office)
    page = await publisher.get("/conversations")
    assert f"/conversations/one/{number}" in page.text and ASKED in page.text
    assert (await publisher.post(f"/conversations/one/{number}/take")).status_code == 303
    page = await publisher.get(f"/conversations/one/{number}")
    assert ASKED in page.text and "fin •••" in page.text
    await publisher.post(f"/conversations/one/{number}/answer", {"words": "Salam, kifach n3awnek?", "turn": 0})
    (letter,) = await letters(office)
    assert letter.reply.text == "Salam, kifach n3awnek?" and letter.priority == outbox.REPLY
    assert letter.reply.choices[0][0].action == "h:end" and letter.reply.form == "ary-Latn"
    answer = await publisher.post(f"/conversations/one/{number}/close")
    assert answer.headers["location"].endswith("done=closed")
    assert [letter.reply.choices[0][0].action for letter in await letters(office)] == ["h:end", "m:"]
    assert (await chat_of(office)).state == {}
    assert office.woken == 2
    late = await publisher.post(f"/conversations/one/{number}/answer", {"words": "Encore", "turn": 1})
    assert late.status_code == 409 and len(await letters(office)) == 2


async def test_taking_is_exclusive_and_the_second_is_told_who_has_it(office: Office, publisher: Person) -> None:
    number = await wait_for_somebody(office)
    other = await office.person("Driss", "editor")
    await other.post(f"/conversations/one/{number}/take")
    for path, data in (("take", {}), ("answer", {"words": "Moi aussi", "turn": 0}), ("close", {})):
        answer = await publisher.post(f"/conversations/one/{number}/{path}", data)
        assert answer.status_code == 409 and "Driss" in words(answer), path
    assert await letters(office) == []
    await other.post(f"/conversations/one/{number}/give")
    assert (await publisher.post(f"/conversations/one/{number}/take")).status_code == 303


async def test_a_form_sent_twice_answers_once_and_keeps_the_words(office: Office, publisher: Person) -> None:
    number = await wait_for_somebody(office)
    for _ in range(2):
        answer = await publisher.post(f"/conversations/one/{number}/answer", {"words": "Mercredi à 9 h", "turn": 0})
    assert answer.status_code == 409 and "Mercredi à 9 h</textarea>" in answer.text
    assert len(await letters(office)) == 1
    assert len(await office.db.read(lambda connection: handovers.read_lines(connection, number))) == 2


async def test_canned_answers_are_inserted_in_the_artisans_language(office: Office, publisher: Person) -> None:
    number = await wait_for_somebody(office)
    texts = {"text_fr": "Bonjour", "text_ary-Latn": "Salam 3likom"}
    await publisher.post("/conversations/canned", {"title": "Accueil", **texts})
    answer = await publisher.post(f"/conversations/one/{number}/answer", {"words": "Si Ahmed,", "turn": 0, "insert": 1})
    assert "Si Ahmed,\nSalam 3likom</textarea>" in answer.text and await letters(office) == []
    await publisher.post("/conversations/canned/delete", {"id": 1})
    assert "Salam 3likom" not in (await publisher.get("/conversations/canned")).text


async def test_the_group_is_told_once_a_handover_and_nothing_of_whom(office: Office) -> None:
    for _ in range(2):
        await wait_for_somebody(office)
    (letter,) = await letters(office, GROUP)
    assert ASKED not in letter.payload


async def test_numbers_an_artisan_writes_are_masked(office: Office, publisher: Person) -> None:
    number = await wait_for_somebody(office, said="Tel dyali 0612345678")
    page = await publisher.get(f"/conversations/one/{number}")
    assert "Tel dyali •••" in page.text and "0612345678" not in page.text


async def test_script_from_an_artisan_stays_text(office: Office, publisher: Person, clock: HandClock) -> None:
    number = await wait_for_somebody(office, said="<script>alert(1)</script>")
    for path in ("/conversations", f"/conversations/one/{number}"):
        page = await publisher.get(path)
        assert "&lt;script&gt;" in page.text and "<script>alert" not in page.text
