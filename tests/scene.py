"""A month in the life of the bot, made up: what tests and pictures of the console look at."""

from __future__ import annotations

import copy
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from bot.messages import Exchange
from bot.privacy import mask
from bot.storage import broadcasts, chats, content, exchanges, handovers, staff
from bot.storage.applications import attempts
from bot.storage.database import Database
from tests import learned
from tests.running import settings

QUESTIONS = Path(__file__).parent / "understanding"
FORMS = ("fr", "ar", "ary", "ary-Latn")
ASKED = 60
"""Questions of each written form."""
STRANGE = {
    "fr": [
        "ma fille travaille avec moi",
        "ma fille travaille avec moi à l'atelier",
        "le bus pour venir à rabat",
        "argile de safi qualité",
    ],
    "ar": ["ابنتي تعمل معي في الورشة", "كيف أصل إلى الرباط بالحافلة"],
    "ary": ["وليدي خدام معايا واش نقيدوه", "بنتي خدامة معايا واش نقيدها", "فين كاين الطين مزيان"],
    "ary-Latn": [
        "tin dyal asfi",
        "tin dyal asfi mzyan",
        "zerbiya dyali fin nweriha l nass barra",
        "smiyti machi f lista",
    ],
}


@dataclass(frozen=True)
class Scene:
    """Session tokens of an administrator who reads French and of one who reads Arabic, and what there is to see."""

    tokens: dict[str, str]
    handover: int
    taken: int
    broadcast: int
    draft: int


def arrange(folder: Path) -> Scene:
    """Fills the database of a data folder that had its first start."""
    database = Database(settings(folder).database_url)
    now = datetime.now(UTC)
    with database.begin() as connection:
        _people_ask(connection, now)
        _locked(connection, now)
        scene = Scene(
            {"fr": _member(connection, "Naïma", "fr", now), "ar": _member(connection, "أمينة", "ar", now)},
            _somebody_waits(connection, now, "web", "waits", "fr", ["Bonjour, je veux parler à quelqu'un.", "C'est pour mon dossier, je ne comprends pas la lettre."]),
            _taken(connection, now),
            _broadcast(connection, now),
            _draft(connection, now),
        )  # fmt: skip
    database.close_now()
    return scene


def _member(connection: Connection, name: str, language: str, now: datetime) -> str:
    number = staff.add(connection, name, "administrator", "", now - timedelta(days=40), language)
    staff.log(connection, name, "staff.added", name, now - timedelta(days=40), None, {"role": "administrator"})
    return staff.open_session(connection, number, now)


def _people_ask(connection: Connection, now: datetime) -> None:
    rows = []
    for number, (form, text, times) in enumerate(_asked()):
        found = learned.matcher().understand(text, hint_form=form)
        best = found.ranked[0]
        ranked = tuple((one.topic, one.score) for one in found.ranked)
        exchange = Exchange("question", mask(text), form, found.decision, best.topic, best.score, ranked, 0.4)
        for time in range(times):
            at = now - timedelta(minutes=7 + ((number * 7 + time * 3) % 30) * 1440 + (number * 37) % 360)
            chat = _chat(connection, "web", f"asker {number} {time}", form, now)
            feedback = {0: "up", 5: "down", 9: "none"}.get((number + time) % 12)
            row = exchanges.entry(chat, 1, "web", exchange, at, f"trace{number}")
            rows.append({**row, "feedback": feedback if found.decision == "answer" else None})
    exchanges.add(connection, sorted(rows, key=lambda row: row["at"]))


def _asked() -> Iterator[tuple[str, str, int]]:
    for form in FORMS:
        with (QUESTIONS / f"{form}.csv").open(encoding="utf-8", newline="") as file:
            texts = [row["text"] for row in csv.DictReader(file)]
        for text in texts[:: max(len(texts) // ASKED, 1)][:ASKED]:
            yield form, text, 1
        for number, text in enumerate(STRANGE[form]):
            yield form, text, 5 - number


def _chat(connection: Connection, channel: str, address: str, form: str, now: datetime) -> int:
    kept = chats.lock(connection, channel, [address], now)[address]
    connection.execute(chats.chats.update().where(chats.chats.c.id == kept.chat.id).values(form=form))
    return kept.chat.id


def _somebody_waits(
    connection: Connection, now: datetime, channel: str, address: str, form: str, said: list[str]
) -> int:
    number = _chat(connection, channel, address, form, now)
    for turn, text in enumerate(said):
        exchange = Exchange("question", text, form, "fallback" if turn else "answer", "human_handover", 0.9)
        exchanges.add(connection, [exchanges.entry(number, turn + 1, channel, exchange, now, "trace")])
    chat = chats.get(connection, number)
    assert chat
    opened = handovers.open_one(connection, chat, now - timedelta(minutes=20))
    for text in said:
        handovers.say(connection, number, "artisan", text, now - timedelta(minutes=18))
    return opened


def _taken(connection: Connection, now: datetime) -> int:
    said = ["السلام عليكم، بغيت نهضر مع شي حد", "الملف ديالي ناقصاه شي ورقة وما عرفتش شنو هي"]
    number = _somebody_waits(connection, now, "telegram", "55001", "ary", said)
    handovers.take(connection, number, "أمينة", now)
    handovers.add_canned(connection, "Heures d'ouverture", dict.fromkeys(FORMS, "…"))
    return number


def _broadcast(connection: Connection, now: datetime) -> int:
    for number in range(12):
        form = FORMS[number % 4]
        chat = _chat(connection, "telegram", f"agreed {number}", form, now)
        handovers.set_consent(connection, chat, {"on": True, "programme": "excellence", "region": ""}, now)
    said = {
        "fr": "Une rencontre d'information a lieu jeudi à la Maison de l'Artisan.",
        "ar": "ينعقد لقاء إخباري يوم الخميس بدار الصانع.",
        "ary": "كاين لقاء ديال المعلومات نهار الخميس ف دار الصانع.",
        "ary-Latn": "Kayn lqa2 dyal lma3loumat nhar lkhmis f Dar Assani3.",
    }
    saved = broadcasts.save(
        connection, None, now, title="Rencontre de jeudi", author="Naïma", programme="", region="",
        forms=list(FORMS), texts=said,
    )  # fmt: skip
    assert saved
    return saved


def _draft(connection: Connection, now: datetime) -> int:
    """Somebody has changed a text and two phrasings, for review."""
    row = content.current(connection, "topic", "card_lost")
    assert row
    body = copy.deepcopy(row.body)
    body["answers"]["fr"]["text"] += "\nGardez une photo de votre carte sur votre téléphone."
    body["phrasings"]["fr"] = [*body["phrasings"]["fr"], "j'ai perdu le papier de la coopérative"]
    return content.save(
        connection, "topic", "card_lost", body, author="Naïma", now=now, based_on=row.id, state="review"
    )


def _locked(connection: Connection, now: datetime) -> None:
    values = {"scope": "chat", "subject": "x" * 20, "failures": 5, "first_at": now, "label": "web •••12"}
    connection.execute(attempts.insert().values(**values, locked_until=now + timedelta(minutes=50)))
