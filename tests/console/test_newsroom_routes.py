"""Every route of today, questions, answers, facts, trying and people: roles, forged forms, script."""

from __future__ import annotations

from tests.console.newsroom import FORMS, Newsroom, fields
from tests.console.office import below, filled

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
TOPIC = "prog_excellence_what"


def place(path: str) -> str:
    """A path that exists."""
    path = path.replace("{topic}", TOPIC).replace("{fact}", "apply_channel").replace("{id:int}", "1")
    return filled(path)


async def test_nothing_without_login(newsroom: Newsroom) -> None:
    async with newsroom.visitor() as visitor:
        for page in newsroom.pages:
            answer = await visitor.request(page.method, f"/staff{place(page.path)}")
            assert answer.status_code in (303, 401), page


async def test_a_role_below_is_refused(newsroom: Newsroom) -> None:
    people = {role: await newsroom.person(role, role) for role in ("reader", "editor", "publisher", "administrator")}
    for page in newsroom.pages:
        for role, person in people.items():
            answer = await (person.get(place(page.path)) if page.method == "GET" else person.post(place(page.path)))
            if role in below(page.role):
                assert answer.status_code == 403, (page, role)
            elif page.path != "/people/change":
                assert answer.status_code not in (401, 403, 500), (page, role)


async def test_a_forged_form_is_refused(newsroom: Newsroom) -> None:
    boss = await newsroom.person("boss", "administrator")
    for page in newsroom.pages:
        if page.method == "POST":
            answer = await boss.browser.post(f"/staff{place(page.path)}", data={"csrf": "x" * 32})
            assert answer.status_code == 403, page


async def test_pages_render_small_and_strict_in_both_languages(newsroom: Newsroom) -> None:
    for number in range(40):
        await newsroom.asked(f"une question bien étrange numéro {number} sur rien du tout")
    for language, direction in (("fr", "ltr"), ("ar", "rtl")):
        person = await newsroom.person(f"boss {language}", "administrator", language)
        for page in newsroom.pages:
            if page.method == "GET" and not page.path.endswith("otherwise"):
                answer = await person.get(place(page.path))
                assert answer.status_code == 200, page
                assert f'<html lang="{language}" dir="{direction}">' in answer.text, page
                assert "script-src 'self'" in answer.headers["content-security-policy"]
                assert " style=" not in answer.text, page
                assert len(answer.content) < 100_000, (page, len(answer.content))


async def test_script_that_is_typed_stays_text(newsroom: Newsroom) -> None:
    boss = await newsroom.person("boss", "administrator")
    await newsroom.asked(SCRIPT)
    await newsroom.asked(f"{SCRIPT} encore", feedback="down")
    page = await boss.get(f"/answers/topic/{TOPIC}")
    form = fields(page.text)
    typed = {f"{name}_{at}": SCRIPT for name in ("title", "text", "unknown", "phrasings") for at in FORMS}
    saved = await boss.post(f"/answers/topic/{TOPIC}", {**form, **typed, "action": "review"})
    assert saved.status_code == 303, saved.text
    revision = await newsroom.revision("topic", TOPIC, "review")
    fact = fields((await boss.get("/facts/one/apply_channel")).text)
    typed = {f"value_{at}": SCRIPT for at in FORMS}
    saved = await boss.post("/facts/one/apply_channel", {
        **fact, **typed, "kind": "text", "source": SCRIPT, "mark": "staff", "label_fr": SCRIPT, "ask_fr": SCRIPT,
    })  # fmt: skip
    assert saved.status_code == 303
    await newsroom.knowledge.load()
    answers = [
        await boss.get(path)
        for path in (
            "/questions", "/log", "/audit", "/facts", "/facts/one/apply_channel", f"/answers/topic/{TOPIC}",
            f"/answers/revision/{revision.id}",
        )
    ]  # fmt: skip
    for path in ("/log", "/audit"):
        answers.append(await boss.browser.get(f"/staff{path}", params={"words": SCRIPT}))
    answers.append(await boss.browser.get("/staff/answers/new", params={"text": SCRIPT, "form": SCRIPT}))
    answers.append(await boss.post("/try", {"text": SCRIPT}))
    answers.append(await boss.post(f"/answers/topic/{TOPIC}/check", {**form, "text_fr": SCRIPT}))
    answers.append(await boss.post("/people/invite", {"name": SCRIPT, "role": "reader"}))
    answers.append(await boss.post("/facts/new", {"label_fr": SCRIPT}))
    answers.append(await boss.post("/answers/new", {"title_fr": SCRIPT, "group": SCRIPT}))
    for answer in answers:
        assert "<script>alert" not in answer.text, answer.url
        assert "<img" not in answer.text, answer.url
