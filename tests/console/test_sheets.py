"""Answers out to a spreadsheet and in again: differences, conflicts, faults, all or nothing."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from bot.storage import content
from bot.storage.database import Database
from intents.bodies import to_bodies
from intents.loading import load_content
from tests.console.office import Office, Person, words

Body = dict[str, Any]
Edit = Callable[[Workbook], None]


def edited(body: bytes, edit: Edit) -> bytes:
    """The spreadsheet as somebody saves it after changing it."""
    book = load_workbook(io.BytesIO(body))
    edit(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(sheet: str, column: str, value: object, **where: str) -> Edit:
    """Changes one column of the first row that is as `where` says."""

    def edit(book: Workbook) -> None:
        found = next(one for one in book.worksheets if str(one["A1"].value).startswith(f"{sheet}."))
        heads = [str(cell.value).partition(".")[2] for cell in found[1]]
        for row in found.iter_rows(min_row=3):
            cells = dict(zip(heads, row, strict=False))
            if all(cells[name].value == wanted for name, wanted in where.items()):
                cells[column].value = value  # type: ignore[assignment]
                return
        raise AssertionError("no such row")

    return edit


async def send(person: Person, body: bytes) -> httpx.Response:
    return await person.post("/sheets/preview", file=("reponses.xlsx", body))


async def confirm(person: Person, preview: httpx.Response, **more: str) -> httpx.Response:
    found = re.search(r'name="upload" value="([^"]+)"', preview.text)
    assert found, words(preview)
    return await person.post("/sheets/import", {"upload": found[1], **more})


async def body_of(office: Office, kind: str, key: str) -> Body:
    row = await office.db.read(lambda connection: content.current(connection, kind, key))
    assert row
    return dict(row.body)


def unpublishing(body: Body, title: str) -> Body:
    """The same topic with another French title."""
    french = {**body["answers"]["fr"], "title": title}
    return {**body, "answers": {**body["answers"], "fr": french}}


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """These do not depend on the engine."""
    return sqlite_db


async def test_unchanged_it_changes_nothing(office: Office, publisher: Person) -> None:
    exported = (await publisher.get("/sheets/export")).content
    assert "Ce fichier ne change rien" in (await send(publisher, exported)).text
    saved_by_a_program = edited(exported, lambda book: None)
    assert "Ce fichier ne change rien" in (await send(publisher, saved_by_a_program)).text


async def test_a_change_is_shown_then_published_and_makes_other_languages_stale(
    office: Office, publisher: Person
) -> None:
    exported = (await publisher.get("/sheets/export")).content
    change = put("answers", "title", "Candidater", topic="apply_how", form="fr")
    preview = await send(publisher, edited(exported, change))
    assert "Candidater" in preview.text and "apply_how" in preview.text
    assert (await body_of(office, "topic", "apply_how"))["answers"]["fr"]["title"] != "Candidater"
    answer = await confirm(publisher, preview)
    assert answer.headers["location"].endswith("done=imported")
    answers = (await body_of(office, "topic", "apply_how"))["answers"]
    assert answers["fr"]["title"] == "Candidater" and answers["fr"]["review"]["state"] == "pending"
    assert {answers[form]["review"]["state"] for form in ("ar", "ary", "ary-Latn")} == {"stale"}
    again = await confirm(publisher, preview)
    assert again.status_code == 422


async def test_a_fact_gets_a_value_and_a_date(office: Office, publisher: Person) -> None:
    exported = (await publisher.get("/sheets/export")).content

    def change(book: Workbook) -> None:
        for column, value in (("value", 12500), ("source", "Note de service"), ("mark", "staff"), ("as_of", "2026-11")):
            put("facts", column, value, id="ae_ceiling_craft")(book)

    preview = await send(publisher, edited(exported, change))
    assert "12500" in preview.text, words(preview)
    await confirm(publisher, preview)
    assert (await body_of(office, "fact", "ae_ceiling_craft"))["value"] == 12500


async def test_a_change_made_meanwhile_is_a_conflict_and_nothing_is_lost(office: Office, publisher: Person) -> None:
    exported = (await publisher.get("/sheets/export")).content
    theirs = unpublishing(await body_of(office, "topic", "apply_how"), "De la console")
    now = office.clock()
    await office.db.write(
        lambda connection: content.put_in_force(connection, "topic", "apply_how", theirs, author="Driss", now=now)
    )
    untouched = await send(publisher, exported)
    assert "Ce fichier ne change rien" in untouched.text  # an old export does not undo what others did
    preview = await send(publisher, edited(exported, put("answers", "title", "A moi", topic="apply_how", form="fr")))
    assert "De la console" in preview.text and "conflit" in words(preview)
    refused = await confirm(publisher, preview)
    assert refused.status_code == 200 and "conflit" in words(refused)
    assert (await body_of(office, "topic", "apply_how"))["answers"]["fr"]["title"] == "De la console"
    assert (await confirm(publisher, preview, override="yes")).status_code == 303
    assert (await body_of(office, "topic", "apply_how"))["answers"]["fr"]["title"] == "A moi"
    rows = await office.db.read(lambda connection: content.history(connection, "topic", "apply_how"))
    assert [row.author for row in rows] == ["Naima", "Driss", "seed"]


async def test_one_fault_stops_all(office: Office, publisher: Person) -> None:
    exported = (await publisher.get("/sheets/export")).content
    good = put("answers", "title", "Bon titre", topic="apply_how", form="fr")
    for bad, said in (
        (put("answers", "title", "x" * 31, topic="apply_deadline", form="fr"), "31 characters"),
        (put("answers", "text", "Voir {nowhere}.", topic="apply_deadline", form="fr"), "nowhere"),
        (put("answers", "form", "en", topic="apply_deadline", form="fr"), "langue inconnue"),
        (put("topics", "group", "nulle_part", id="apply_deadline"), "groupe inconnu"),
        (put("topics", "id", "apply how!", id="apply_how"), "identifiant"),
        (put("facts", "valid_until", "bientôt", id="ae_ceiling_craft"), "illisible"),
        (put("phrasings", "topic", "nulle_part", topic="apply_deadline"), "sujet inconnu"),
    ):
        preview = await send(publisher, edited(edited(exported, good), bad))
        assert preview.status_code == 422 and said in words(preview), said
        assert 'name="upload"' not in preview.text
    assert (await body_of(office, "topic", "apply_how"))["answers"]["fr"]["title"] != "Bon titre"


async def test_an_editor_sees_the_differences_but_cannot_publish(office: Office, publisher: Person) -> None:
    editor = await office.person("Driss", "editor")
    exported = (await editor.get("/sheets/export")).content
    preview = await send(editor, edited(exported, put("answers", "title", "Mien", topic="apply_how", form="fr")))
    assert "Mien" in preview.text and 'action="/staff/sheets/import"' not in preview.text
    assert (await editor.post("/sheets/import", {"upload": "x"})).status_code == 403


async def test_formulas_script_and_other_files(office: Office, publisher: Person) -> None:
    exported = (await publisher.get("/sheets/export")).content
    evil = put("answers", "title", "<script>x</script>", topic="apply_how", form="fr")
    page = await send(publisher, edited(exported, evil))
    assert "&lt;script&gt;" in page.text and "<script>x" not in page.text
    book = load_workbook(io.BytesIO(exported))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    other = io.BytesIO()
    Workbook().save(other)
    for name, body in (("a.xlsx", other.getvalue()), ("a.xlsx", b"PK nothing"), ("a.csv", b"a;b")):
        assert (await publisher.post("/sheets/preview", file=(name, body))).status_code == 422


async def test_the_zip_holds_the_content_files(
    office: Office, publisher: Person, tmp_path: Path, bodies: dict[tuple[str, str], Body]
) -> None:
    answer = await publisher.get("/sheets/yaml")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        parts.extractall(tmp_path / "out")
    read = to_bodies(load_content(tmp_path / "out" / "intents"))
    assert read == {key: body for key, body in bodies.items() if key[0] != "rules"}
