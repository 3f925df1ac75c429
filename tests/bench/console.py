"""Every page of the console with a full database: `python -m tests.bench.console`. Printed are milliseconds as a
browser waits for them and kilobytes before compression; the first visit is the one that finds nothing kept."""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
from sqlalchemy import Connection, text

from bot.console.desk import COOKIE
from bot.storage import exchanges
from bot.storage.database import Database
from intents.models import FORMS
from tests import learned
from tests.running import first_start, settings
from tests.scene import QUESTIONS, arrange
from tests.screenshots import pages
from tests.serving import served

QUESTIONS_LOGGED, NOT_UNDERSTOOD, FILES, AUDITED = 100_000, 10_000, 100_000, 20_000
VISITS = 30
SLOWEST_MS, HEAVIEST_KB, CLUSTERS_MS = 300, 100, 5000
_MANY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :size)"
_FILL = (
    "INSERT INTO applications (key, number, programme, state, since, missing, place, contact, region, tails, demo,"
    f" version, batch, updated_at) {_MANY} SELECT 'EXP2026' || printf('%06d', i), 'EXP-2026-' || printf('%06d', i),"
    " 'export', CASE i % 3 WHEN 0 THEN 'received' WHEN 1 THEN 'under_review' ELSE 'accepted' END, '2026-05-02', '', '',"
    " '', 'Souss-Massa', '[]', 0, 1, '', :at FROM n",
    "INSERT INTO application_events (application_id, at, actor, state, changes)"
    " SELECT id, updated_at, 'import', state, '{}' FROM applications",
    "INSERT INTO audit (at, who, action, subject, before, after)"
    f" {_MANY.replace(':size', ':audited')} SELECT :at, 'Karim', 'fact.published', 'mda_hours', 'null', 'null' FROM n",
)
MORE = {
    "log of one day": "/log?since={day}&until={day}",
    "log by words": "/log?words=dossier",
    "log by rare words": "/log?words=xyzzy",
    "log not understood": "/log?decision=fallback&form=ary",
    "log 👎": "/log?feedback=down",
    "questions, page 50": "/questions?page=50",
    "questions, 👎": "/questions?why=down",
    "files by number": "/files?q=EXP-2026-0500",
    "audit by words": "/audit?words=card_lost",
}


def run() -> None:
    """Fills a database, starts the bot on it, visits every page."""
    content = learned.content()
    phrasings = sum(len(texts) for topic in content.topics.values() for texts in topic.phrasings.values())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first_start(folder)
        scene = arrange(folder)
        database = Database(settings(folder).database_url)
        with database.begin() as connection:
            _fill(connection)
        database.close_now()
        print(
            f"{phrasings:,} phrasings, {QUESTIONS_LOGGED:,} questions, {NOT_UNDERSTOOD:,} of them not understood,"
            f" {FILES:,} files, {AUDITED:,} lines of audit; {VISITS} visits a page"
        )
        with served(folder) as address, httpx.Client(base_url=address, timeout=60) as client:
            client.cookies.set(COOKIE, scene.tokens["fr"])
            day = datetime.now(UTC).date().isoformat()
            paths = pages(scene) | {name: path.replace("{day}", day) for name, path in MORE.items()}
            print(f"{'page':24} {'first ms':>9} {'p50 ms':>8} {'p95 ms':>8} {'kB':>7}")
            for page, path in paths.items():
                _visit(client, page, path)
            slow = client.get(f"/staff/answers/revision/{scene.draft}/otherwise").elapsed.total_seconds() * 1000
            print(f"{'(questions otherwise)':24} {slow:9.0f}   fetched by the page of a revision, after it is shown")
            with served(folder) as second:
                _teach(client, address, second)


def _teach(client: httpx.Client, *copies: str) -> None:
    """Teaches a question in the console and prints how long until each copy of the bot answers it."""
    question, title = "wa7ed so2al jdid bezzaf", learned.content().topics["contact_mda"].answers["ary-Latn"].title
    for address in copies:
        _answer(address, "salam", 9999)  # both have been at work for a while
    page = client.get("/staff/questions").text
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    form = {"csrf": csrf, "key": "", "why": "", "page": "1", "topic": "contact_mda", "text": f"ary-Latn:{question}"}
    began = time.perf_counter()
    assert client.post("/staff/questions/teach", data=form).status_code == 303
    print(f"{'teaching (the click)':24} {(time.perf_counter() - began) * 1000:9.0f}")
    for number, address in enumerate(copies, 1):
        tries = 0
        while title not in _answer(address, question, tries):
            tries += 1
            assert time.perf_counter() - began < 30
        print(f"{f'... answered by copy {number}':24} {(time.perf_counter() - began) * 1000:9.0f}   after the click")


def _answer(address: str, question: str, number: int) -> str:
    body = {"id": f"question{number:04}", "text": question, "after": 0}
    messages = httpx.post(f"{address}/chat/messages", json=body, timeout=10).json()["messages"]
    return str(messages).replace("\u2068", "").replace("\u2069", "")


def _visit(client: httpx.Client, name: str, path: str) -> None:
    waits = []
    for _ in range(VISITS + 1):
        began = time.perf_counter()
        answer = client.get(f"/staff{path}")
        waits.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    first, rest, weight = waits[0], waits[1:], len(answer.content) / 1000
    slow = np.quantile(rest, 0.95)
    over = slow > SLOWEST_MS or weight > HEAVIEST_KB or first > (CLUSTERS_MS if "questions" in name else 1000)
    print(
        f"{name:24} {first:9.0f} {np.median(rest):8.1f} {slow:8.1f} {weight:7.1f}{'  <- over the bar' if over else ''}",
        flush=True,
    )


def _fill(connection: Connection) -> None:
    at = datetime.now(UTC) - timedelta(days=2)
    values = {"size": FILES, "audited": AUDITED, "at": str(at.replace(tzinfo=None))}
    for statement in _FILL:
        connection.execute(text(statement), values)
    rows = list(_questions(at))
    for begin in range(0, len(rows), 10_000):
        exchanges.add(connection, rows[begin : begin + 10_000])


def _questions(now: datetime) -> Iterator[dict[str, object]]:
    """Rows of the log over ninety days, the not understood ones within thirty and all worded differently."""
    chance = random.Random(7)
    asked = {form: [row["text"] for row in _rows(form)] for form in FORMS}
    words = {form: sorted({word for one in texts for word in one.split()}) for form, texts in asked.items()}
    topics = sorted(learned.content().topics)
    for number in range(QUESTIONS_LOGGED):
        form, lost = FORMS[number % 4], number % (QUESTIONS_LOGGED // NOT_UNDERSTOOD) == 0
        said = chance.choice(asked[form])
        if lost:
            said = " ".join([*said.split()[: chance.randint(2, 6)], *chance.sample(words[form], 3)])
        ranked = tuple((topic, 0.2) for topic in chance.sample(topics, 3))
        exchange = exchanges.Exchange(
            "question", said, form, "fallback" if lost else "answer", ranked[0][0], 0.2 if lost else 0.9, ranked, 0.4
        )
        at = now - timedelta(minutes=chance.randrange(30 * 1440 if lost else 90 * 1440))
        row = exchanges.entry(number, 1, "web", exchange, at, f"bench{number}")
        yield {**row, "feedback": None if lost else chance.choice(["up", *[None] * 8])}


def _rows(form: str) -> list[dict[str, str]]:
    with (QUESTIONS / f"{form}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    run()
