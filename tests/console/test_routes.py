"""Every route without login, with each role, with a forged form, with script in what is typed."""

from __future__ import annotations

import pytest

from bot.storage.database import Database
from tests.console.office import Office, Person, below, filled

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """These do not depend on the engine."""
    return sqlite_db


async def test_nothing_is_shown_or_done_without_login(office: Office) -> None:
    async with office.visitor() as visitor:
        for page in office.pages:
            answer = await visitor.request(page.method, f"/staff{filled(page.path)}")
            assert answer.status_code in (303, 401), page
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/staff/login"), page


async def test_a_role_below_is_refused_everywhere(office: Office) -> None:
    people = {role: await office.person(role, role) for role in ("reader", "editor", "publisher", "administrator")}
    for page in office.pages:
        for role, person in people.items():
            path = filled(page.path)
            answer = await (person.get(path) if page.method == "GET" else person.post(path))
            if role in below(page.role):
                assert answer.status_code == 403, (page, role)
            else:
                assert answer.status_code not in (401, 403, 500), (page, role)


async def test_a_forged_form_is_refused_everywhere(office: Office) -> None:
    boss = await office.person("boss", "administrator")
    for page in office.pages:
        if page.method == "POST":
            for forged in ({}, {"csrf": "x" * 32}):
                answer = await boss.browser.post(f"/staff{filled(page.path)}", data=forged)
                assert answer.status_code == 403, page


async def test_every_page_carries_the_strict_policy(office: Office, publisher: Person) -> None:
    for page in office.pages:
        if page.method == "GET":
            answer = await publisher.get(filled(page.path))
            assert "script-src 'self'" in answer.headers["content-security-policy"], page
            assert answer.headers["x-content-type-options"] == "nosniff", page


async def test_script_that_is_typed_stays_text(office: Office, publisher: Person) -> None:
    texts = {f"text_{form}": SCRIPT for form in ("fr", "ar", "ary", "ary-Latn")}
    await publisher.post("/conversations/canned", {"title": SCRIPT[:80], **texts})
    saved = await publisher.post("/broadcasts", {"title": SCRIPT, "forms": ["fr", "ar"], **texts})
    looked = [saved.headers["location"].removeprefix("/staff"), "/broadcasts", "/conversations/canned"]
    answers = [await publisher.get(path) for path in looked]
    answers.append(await publisher.browser.get("/staff/files", params={"q": SCRIPT}))
    rows = f"numero;etat\nA-1;{SCRIPT}".encode()
    answers.append(await publisher.post("/files/preview", file=(f"{SCRIPT}.csv", rows)))
    answers.append(await publisher.post("/broadcasts", {"title": "", "text_fr": SCRIPT}))
    for answer in answers:
        assert "onerror" in answer.text  # it is there, as text
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text


async def test_pages_are_small(office: Office, publisher: Person) -> None:
    for path in ("/files", "/conversations", "/broadcasts", "/broadcasts/new", "/sheets"):
        assert len((await publisher.get(path)).content) < 100_000


async def test_the_arabic_console_runs_right_to_left(office: Office) -> None:
    person = await office.person("سناء", "administrator", "ar")
    for page in office.pages:
        if page.method == "GET" and "{" not in page.path and "export" not in page.path and "template" not in page.path:
            answer = await person.get(page.path)
            if answer.headers["content-type"].startswith("text/html"):
                assert '<html lang="ar" dir="rtl">' in answer.text, page
