"""What staff do with questions, answers and facts, from the first click to what the bot then says."""

from __future__ import annotations

import asyncio
import html
import re
from datetime import timedelta
from typing import Any

from bot.menus import Menus
from bot.ports import today
from bot.storage import content, staff
from bot.texts import Texts
from tests.console.newsroom import Newsroom, fields
from tests.console.office import Person, words

TOPIC = "prog_excellence_what"
ASKED = "le machin doré pour les champions du zellige de chez nous"


async def form_of(person: Person, path: str) -> dict[str, Any]:
    """The form of a page as it stands."""
    return fields((await person.get(path)).text)


async def audit(newsroom: Newsroom, words: str) -> list[Any]:
    return await newsroom.db.read(lambda connection: staff.search_audit(connection, words, None, 50))


async def test_one_click_teaches_and_the_bot_understands_within_two_seconds(newsroom: Newsroom) -> None:
    await newsroom.asked(ASKED, ranked=((TOPIC, 0.2), ("scam_check", 0.1)))
    await newsroom.asked(f"{ASKED} svp", ranked=((TOPIC, 0.2),))
    naima = await newsroom.person("Naima", "publisher")
    page = await naima.get("/questions")
    assert page.text.count('action="/staff/questions/teach"') == 1
    assert f'value="{TOPIC}"' in page.text
    sent = {"topic": TOPIC, "text": [f"fr:{ASKED}"], "key": re.search(r'name="key" value="([^"]+)"', page.text)[1]}  # type: ignore[index]
    assert newsroom.knowledge.understand(ASKED).ranked[0].score < 0.99
    async with newsroom.following():
        answer = await naima.post("/questions/teach", sent)
        assert answer.headers["location"].endswith("done=published")
        async with asyncio.timeout(10):  # 2 s on a machine that does nothing else
            while newsroom.knowledge.understand(ASKED).decision != "answer":
                await asyncio.sleep(0.01)
        assert newsroom.knowledge.understand(ASKED).ranked[0].topic == TOPIC
    assert "questions/teach" not in (await naima.get("/questions")).text
    assert [line.subject for line in await audit(newsroom, "topic.taught")] == [TOPIC]


async def test_an_editor_proposes_and_nothing_is_in_force(newsroom: Newsroom) -> None:
    await newsroom.asked(ASKED)
    editor = await newsroom.person("Ali", "editor")
    await editor.post("/questions/teach", {"topic": TOPIC, "text": [f"fr:{ASKED}"]})
    assert ASKED in (await newsroom.revision("topic", TOPIC, "review")).body["phrasings"]["fr"]
    assert ASKED not in (await newsroom.revision("topic", TOPIC)).body["phrasings"]["fr"]


async def test_a_phrasing_taught_elsewhere_moves(newsroom: Newsroom) -> None:
    text = newsroom.knowledge.content.topics[TOPIC].phrasings["fr"][0]
    await newsroom.asked(text, "answer", feedback="down", topic=TOPIC)
    naima = await newsroom.person("Naima", "publisher")
    assert html.escape(text, quote=True).replace("&#x27;", "&#39;") in (await naima.get("/questions?why=down")).text
    await naima.post("/questions/teach", {"topic": "scam_check", "text": [f"fr:{text}"]})
    assert text in (await newsroom.revision("topic", "scam_check")).body["phrasings"]["fr"]
    assert text not in (await newsroom.revision("topic", TOPIC)).body["phrasings"]["fr"]


async def test_teaching_keeps_the_draft_somebody_is_writing(newsroom: Newsroom) -> None:
    editor, naima = await newsroom.person("Ali", "editor"), await newsroom.person("Naima", "publisher")
    form = await form_of(editor, f"/answers/topic/{TOPIC}")
    await editor.post(f"/answers/topic/{TOPIC}", {**form, "text_fr": "Un texte en cours.", "action": "draft"})
    await naima.post("/questions/teach", {"topic": TOPIC, "text": [f"fr:{ASKED}"]})
    draft = await newsroom.revision("topic", TOPIC, "draft")
    assert draft.body["answers"]["fr"]["text"] == "Un texte en cours."
    assert ASKED in draft.body["phrasings"]["fr"]
    assert draft.author == "Ali"
    assert draft.based_on == (await newsroom.revision("topic", TOPIC)).id


async def test_out_of_scope_and_another_topic_by_its_title(newsroom: Newsroom) -> None:
    naima = await newsroom.person("Naima", "publisher")
    await naima.post("/questions/teach", {"topic": "out_of_scope", "text": ["ary-Latn:chno taman dyal ttiyara"]})
    assert "chno taman dyal ttiyara" in (await newsroom.revision("out_of_scope", "ary-Latn")).body["examples"]
    title = newsroom.knowledge.content.topics["scam_check"].answers["fr"].title
    await naima.post("/questions/teach", {"topic": "", "other": title, "text": [f"fr:{ASKED}"]})
    assert ASKED in (await newsroom.revision("topic", "scam_check")).body["phrasings"]["fr"]
    nowhere = await naima.post("/questions/teach", {"topic": "", "other": "rien", "text": [f"fr:{ASKED}"]})
    assert "problem=choose" in nowhere.headers["location"]


async def test_what_is_ignored_stays_ignored_and_what_was_taught_returns_when_asked_anew(newsroom: Newsroom) -> None:
    naima = await newsroom.person("Naima", "publisher")
    await newsroom.asked("blabla sans aucun sens")
    await newsroom.asked(ASKED)
    await naima.post("/questions/ignore", {"text": ["fr:blabla sans aucun sens"]})
    await naima.post("/questions/teach", {"topic": TOPIC, "text": [f"fr:{ASKED}"]})
    newsroom.clock.now += timedelta(minutes=5)  # type: ignore[attr-defined]
    for text in ("blabla sans aucun sens", ASKED):
        await newsroom.asked(text, at=newsroom.clock(), turn=9)
    newsroom.questions._asked.clear()
    shown = words(await naima.get("/questions"))
    assert ASKED in shown
    assert "blabla" not in shown


async def test_asked_back_counts_only_where_nothing_was_chosen(newsroom: Newsroom) -> None:
    await newsroom.asked("papiers mystérieux", "clarify", turn=1)
    await newsroom.asked("dossier mystérieux", "clarify", turn=1)
    await newsroom.asked("dossier mystérieux", "answer", turn=2, kind="button")
    reader = await newsroom.person("Sara", "reader")
    shown = words(await reader.get("/questions?why=clarify"))
    assert "papiers mystérieux" in shown
    assert "dossier mystérieux" not in shown


async def test_today_counts_and_leads_to_the_rows(newsroom: Newsroom) -> None:
    for number in range(3):
        await newsroom.asked(f"question {number}", "fallback", "ary-Latn")
    await newsroom.asked("autre", "answer", topic=TOPIC, feedback="down")
    await newsroom.asked("hier", "answer", topic=TOPIC, at=newsroom.clock() - timedelta(days=1))
    reader = await newsroom.person("Sara", "reader")
    page = (await reader.get("")).text
    link = re.search(r'href="(/staff/log\?form=ary-Latn&amp;decision=fallback[^"]*)">3<', page)
    assert link
    rows = (await reader.browser.get(html.unescape(link[1]))).text
    assert rows.count("<tr>") == 4
    assert "hier" not in words(await reader.get(f"/log?since={today(newsroom.clock)}"))
    assert "autre" in words(await reader.get("/log?feedback=down"))
    assert "question 1" in words(await reader.get("/log?words=QUESTION+1"))


async def test_the_log_goes_page_by_page(newsroom: Newsroom) -> None:
    for number in range(60):
        await newsroom.asked(f"numéro-{number}")
    reader = await newsroom.person("Sara", "reader")
    first = (await reader.get("/log?decision=fallback")).text
    more = re.search(r'href="/staff(/log\?before=[^"]+)"', first)
    assert more
    second = (await reader.get(html.unescape(more[1]))).text
    assert first.count("numéro-") == 50
    assert second.count("numéro-") == 10


async def test_an_answer_is_drafted_reviewed_published_and_restored(newsroom: Newsroom) -> None:
    editor, naima = await newsroom.person("Ali", "editor"), await newsroom.person("Naima", "publisher")
    path = f"/answers/topic/{TOPIC}"
    before = (await newsroom.revision("topic", TOPIC)).body
    form = await form_of(editor, path)
    form["phrasings_fr"] += f"\n{ASKED}"
    sent = await editor.post(path, {**form, "text_fr": "Nouvelle réponse.", "action": "review"})
    assert sent.headers["location"].endswith("done=sent")
    revision = await newsroom.revision("topic", TOPIC, "review")
    states = {name: answer["review"]["state"] for name, answer in revision.body["answers"].items()}
    assert states == {"fr": "pending", "ar": "stale", "ary": "stale", "ary-Latn": "stale"}
    assert (await editor.post(f"/answers/revision/{revision.id}/publish")).status_code == 403
    await newsroom.asked(ASKED)
    look = await naima.get(f"/answers/revision/{revision.id}")
    assert "<ins>Nouvelle" in look.text
    otherwise = words(await naima.get(f"/answers/revision/{revision.id}/otherwise"))
    assert re.search(rf"{ASKED} (non compris|demandé de préciser)", otherwise)
    published = await naima.post(f"/answers/revision/{revision.id}/publish")
    assert published.headers["location"].endswith("done=published")
    await newsroom.follow()
    said = Menus(Texts()).answer("ar", TOPIC, newsroom.knowledge.content, 1, today(newsroom.clock)).text
    assert Texts().get("ar", "answer.stale") in said
    old = revision.based_on
    restored = await naima.post(f"/answers/revision/{old}/restore")
    again = re.search(r"revision/(\d+)", restored.headers["location"])
    assert again
    await naima.post(f"/answers/revision/{again[1]}/publish")
    assert (await newsroom.revision("topic", TOPIC)).body == before
    actions = [line.action for line in await audit(newsroom, TOPIC)]
    assert actions[::-1] == ["topic.for_review", "topic.published", "topic.for_review", "topic.published"]


async def test_a_stale_answer_is_confirmed_by_one_tick(newsroom: Newsroom) -> None:
    naima = await newsroom.person("Naima", "publisher")
    path = f"/answers/topic/{TOPIC}"
    form = await form_of(naima, path)
    await naima.post(path, {**form, "text_fr": "Autre texte.", "action": "draft"})
    form = await form_of(naima, path)
    await naima.post(path, {**form, "read_ar": "yes", "action": "draft"})
    answers = (await newsroom.revision("topic", TOPIC, "draft")).body["answers"]
    assert answers["ar"]["review"] == {"state": "reviewed", "by": "Naima", "on": "2026-11-29"}
    assert answers["ary"]["review"]["state"] == "stale"
    form = await form_of(naima, path)
    await naima.post(path, {**form, "text_fr": "Autre texte !", "wording_only": "yes", "action": "draft"})
    answers = (await newsroom.revision("topic", TOPIC, "draft")).body["answers"]
    assert answers["ar"]["review"]["state"] == "reviewed"


async def test_two_who_edit_one_topic_lose_nothing(newsroom: Newsroom) -> None:
    ali, naima = await newsroom.person("Ali", "editor"), await newsroom.person("Naima", "publisher")
    path = f"/answers/topic/{TOPIC}"
    mine, theirs = await form_of(ali, path), await form_of(naima, path)
    await naima.post(path, {**theirs, "text_fr": "De Naima.", "action": "draft"})
    told = await ali.post(path, {**mine, "text_fr": "De Ali.", "action": "draft"})
    assert told.status_code == 409
    assert "De Ali." in told.text
    assert "<del>Naima</del>" in told.text
    assert (await newsroom.revision("topic", TOPIC, "draft")).author == "Naima"
    again = await ali.post(path, {**fields(told.text), "action": "draft"})
    assert again.status_code == 303
    assert (await newsroom.revision("topic", TOPIC, "draft")).body["answers"]["fr"]["text"] == "De Ali."
    assert "De Naima." in str([row.body for row in await history(newsroom)])


async def history(newsroom: Newsroom) -> list[Any]:
    return await newsroom.db.read(lambda connection: content.history(connection, "topic", TOPIC))


async def test_faults_are_told_in_words_and_prevent_publishing(newsroom: Newsroom) -> None:
    naima = await newsroom.person("نعيمة", "publisher", "ar")
    path = f"/answers/topic/{TOPIC}"
    form = await form_of(naima, path)
    broken = {**form, "text_fr": "Le {no_such_fact}.", "title_ar": "x" * 40}
    checked = await naima.post(f"{path}/check", broken)
    assert "معطى غير معروف" in checked.text
    assert "<html" not in checked.text
    went = await naima.post(path, {**broken, "action": "publish"})
    revision = went.headers["location"].removeprefix("/staff")
    assert "/publish" not in (await naima.get(revision)).text
    assert (await naima.post(f"{revision}/publish")).status_code == 409
    assert (await newsroom.revision("topic", TOPIC)).author == "seed"


async def test_what_was_published_meanwhile_is_not_undone_unseen(newsroom: Newsroom) -> None:
    ali, naima = await newsroom.person("Ali", "editor"), await newsroom.person("Naima", "publisher")
    path = f"/answers/topic/{TOPIC}"
    form = await form_of(ali, path)
    await ali.post(path, {**form, "text_fr": "Texte de Ali.", "action": "review"})
    revision = await newsroom.revision("topic", TOPIC, "review")
    body = {**(await newsroom.revision("topic", TOPIC)).body, "follow_ups": ["scam_check"]}
    now = newsroom.clock()

    def elsewhere(connection: Any) -> None:
        saved = content.save(connection, "topic", TOPIC, body, author="import", now=now, based_on=None)
        content.publish(connection, [saved], "import", now)
        content.save(connection, "topic", TOPIC, revision.body, author="Ali", now=now, based_on=revision.based_on)

    await newsroom.db.write(elsewhere)
    kept = await newsroom.revision("topic", TOPIC, "draft")
    refused = await naima.post(f"/answers/revision/{kept.id}/publish")
    assert refused.status_code == 409
    assert 'name="override"' in refused.text
    done = await naima.post(f"/answers/revision/{kept.id}/publish", {"override": "yes"})
    assert done.status_code == 303


async def test_a_new_topic_begins_from_a_question(newsroom: Newsroom) -> None:
    naima = await newsroom.person("Naima", "publisher")
    page = await naima.browser.get("/staff/answers/new", params={"text": ASKED, "form": "fr"})
    form = fields(page.text)
    made = await naima.post("/answers/new", {**form, "title_fr": "Médaille d'or", "title_ar": "وسام"})
    assert made.headers["location"].startswith("/staff/answers/topic/medaille_d_or")
    draft = await newsroom.revision("topic", "medaille_d_or", "draft")
    assert draft.body["phrasings"]["fr"] == [ASKED]
    page = await naima.get(f"/answers/revision/{draft.id}")
    assert "/publish" not in page.text  # two languages have no answer yet
    path = "/answers/topic/medaille_d_or"
    form = await form_of(naima, path)
    latin, arabic = "Demandez à la Maison de l'Artisan.", "اسألوا دار الصانع."
    texts = {"text_fr": latin, "text_ar": arabic, "text_ary": arabic, "title_ary": "وسام", "text_ary-Latn": latin}
    went = await naima.post(path, {
        **form, **texts, "title_ary-Latn": "Wissam", "follow_up": ["scam_check", "", ""], "action": "publish",
    })  # fmt: skip
    done = await naima.post(went.headers["location"].removeprefix("/staff") + "/publish")
    assert done.headers["location"].endswith("done=published")
    tried = await naima.post("/try", {"text": ASKED, "content": "draft"})
    assert latin in html.unescape(tried.text)


async def test_try_it_shows_how_and_what(newsroom: Newsroom) -> None:
    reader = await newsroom.person("Sara", "reader")
    topic = newsroom.knowledge.content.topics[TOPIC]
    shown = words(await reader.post("/try", {"text": topic.phrasings["ary-Latn"][0]}))
    assert "Darija (latin)" in shown
    assert topic.answers["fr"].title in html.unescape(shown)
    assert "100" in shown


async def test_a_fact_becomes_known_and_expires(newsroom: Newsroom) -> None:
    naima = await newsroom.person("Naima", "publisher")
    listed = words(await naima.get("/facts"))
    assert "Réponses qui attendent" in listed
    form = await form_of(naima, "/facts/one/apply_channel")
    known = {**form, "kind": "text", "source": "circulaire 12", "mark": "staff", "as_of": "2026-11-29",
             "valid_until": "2026-12-05", **{f"value_{at}": v for at, v in VALUES.items()}}  # fmt: skip
    missing = await naima.post("/facts/one/apply_channel", {**known, "source": ""})
    assert missing.status_code == 422
    assert "donnez la source" in missing.text
    assert VALUES["fr"] in missing.text
    done = await naima.post("/facts/one/apply_channel", known)
    assert done.headers["location"].endswith("done=published")
    await newsroom.follow()
    fact = newsroom.knowledge.content.facts["apply_channel"]
    assert fact.known(today(newsroom.clock))
    page = (await naima.get("/facts")).text
    assert "apply_channel" in page[page.index('id="soon"') :]
    newsroom.clock.now += timedelta(days=7)  # type: ignore[attr-defined]
    assert not fact.known(today(newsroom.clock))
    naima = await newsroom.person("Naima 2", "publisher")
    page = (await naima.get("/facts")).text
    assert "apply_channel" in page[page.index('id="expired"') : page.index('id="known"')]
    assert next(line.action for line in await audit(newsroom, "apply_channel")) == "fact.published"


VALUES = {"fr": "au guichet", "ar": "في الشباك", "ary": "فالشباك", "ary-Latn": "f guichet"}


async def test_an_editor_proposes_a_fact_and_two_editors_are_told(newsroom: Newsroom) -> None:
    ali, sara = await newsroom.person("Ali", "editor"), await newsroom.person("Sara", "editor")
    path = "/facts/one/apply_channel"
    mine, theirs = await form_of(ali, path), await form_of(sara, path)
    value = {"kind": "number", "number": "1 200", "source": "x", "mark": "staff"}
    assert (await ali.post(path, {**mine, **value})).headers["location"].endswith("done=sent")
    assert (await newsroom.revision("fact", "apply_channel", "review")).body["value"] == 1200
    assert (await newsroom.revision("fact", "apply_channel")).body["value"] is None
    told = await sara.post(path, {**theirs, **value, "number": "1300"})
    assert told.status_code == 409
    assert 'value="1300"' in told.text
    wrong = await sara.post(path, {**fields(told.text), **value, "number": "beaucoup"})
    assert "nombre" in wrong.text


async def test_an_invitation_serves_once_and_roles_change(newsroom: Newsroom) -> None:
    boss = await newsroom.person("boss", "administrator")
    page = await boss.post("/people/invite", {"name": "Hind", "role": "editor"})
    link = re.search(r'value="(http://staff.test/staff/welcome/[^"]+)"', page.text)
    assert link
    async with newsroom.visitor() as hind:
        choice = {"name": "Hind", "password": "une phrase assez longue"}
        entered = await hind.post(link[1], data=choice)
        assert entered.headers["location"] == "/staff"
        assert (await hind.get("/staff/answers")).status_code == 200
        assert (await hind.post(link[1], data={**choice, "name": "Encore"})).status_code == 404
        row = await newsroom.db.read(lambda connection: staff.by_name(connection, "Hind"))
        assert row
        await boss.post("/people/change", {"id": row.id, "role": "disabled"})
        assert (await hind.get("/staff/answers")).status_code == 303
    own = await newsroom.db.read(lambda connection: staff.by_name(connection, "boss"))
    assert own
    assert (await boss.post("/people/change", {"id": own.id, "role": "reader"})).status_code == 403
    found = words(await boss.get("/audit?words=Hind"))
    assert "compte : rôle changé" in found
    assert "True" in found
