"""Files in and out through the console."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from bot.applications.numbering import key
from bot.storage import applications, chats, filing, outbox
from bot.storage.database import Connection
from tests.conftest import HandClock
from tests.console.office import Office, Person, words

FIRST = "numéro;état;programme;téléphone\nEXC-2025-1;reçu;exc;0612345678\nEXC-2025-2;reçu;exc;\n"
SECOND = FIRST.replace("EXC-2025-1;reçu", "EXC-2025-1;accepté")


async def upload(person: Person, text: str, name: str = "dossiers.csv") -> str:
    """Previews; returns the name to confirm with."""
    answer = await person.post("/files/preview", file=(name, text.encode()))
    assert answer.status_code == 200, words(answer)
    found = re.search(r'name="upload" value="([^"]+)"', answer.text)
    return found[1] if found else ""


async def count(office: Office) -> int:
    return await office.db.read(
        lambda c: c.execute(select(func.count()).select_from(applications.applications)).scalar_one()
    )


async def test_preview_changes_nothing_then_the_confirmation_takes_all(office: Office, publisher: Person) -> None:
    name = await upload(publisher, FIRST)
    assert await count(office) == 0
    answer = await publisher.post("/files/import", {"upload": name})
    assert answer.headers["location"] == "/staff/files?done=imported"
    assert await count(office) == 2
    page = await publisher.get("/files?q=exc2025-1")
    assert "EXC-2025-1" in page.text and "EXC-2025-2" not in page.text
    one = words(await publisher.get("/files/one/EXC20251"))
    assert "Naima" in one and "0612345678" not in one
    assert not await upload(publisher, FIRST)  # the same again: nothing to confirm


async def test_an_invalid_row_stops_all_and_is_named(office: Office, publisher: Person) -> None:
    rows = FIRST + "EXC-2025-3;jolie;exc;\nEXC-2025-1;reçu;exc;\n;reçu;exc;\n"
    answer = await publisher.post("/files/preview", file=("a.csv", rows.encode()))
    assert answer.status_code == 422 and "jolie" in answer.text and 'name="upload"' not in answer.text
    text = words(answer)
    assert " 4 " in text and "déjà à la ligne 2" in text
    assert await count(office) == 0


async def test_a_preview_serves_only_who_made_it_and_once(office: Office, publisher: Person) -> None:
    name = await upload(publisher, FIRST)
    other = await office.person("Driss", "publisher")
    assert (await other.post("/files/import", {"upload": name})).status_code == 422
    for wrong in ("../../etc/passwd", name.replace(".csv", ".xlsx"), ""):
        assert (await publisher.post("/files/import", {"upload": wrong})).status_code == 422
    assert (await publisher.post("/files/import", {"upload": name})).status_code == 303
    assert (await publisher.post("/files/import", {"upload": name})).status_code == 422


async def test_who_asked_is_told_once_and_staff_see_it(office: Office, publisher: Person, clock: HandClock) -> None:
    await publisher.post("/files/import", {"upload": await upload(publisher, FIRST)})

    def ask(connection: Connection) -> None:
        chat = chats.open_chat(connection, "telegram", "7", clock())
        applications.subscribe(connection, chat.id, key("EXC-2025-1"), clock())

    await office.db.write(ask)
    clock.now = clock.now.replace(hour=22)
    publisher = await office.person("Sanaa", "publisher")
    assert "1 personnes qui seront prévenues" in words(
        await publisher.post("/files/preview", file=("b.csv", SECOND.encode()))
    )
    await publisher.post("/files/import", {"upload": await upload(publisher, SECOND)})
    due = await office.db.read(lambda connection: outbox.due(connection, "telegram", clock(), 10))
    assert due == []  # it is night
    clock.now = clock.now.replace(day=30, hour=9)
    due = await office.db.read(lambda connection: outbox.due(connection, "telegram", clock(), 10))
    assert [letter.reply.choices[0][0].action for letter in due] == ["s:news:1"]
    assert "EXC" not in due[0].payload
    clock.now = clock.now.replace(day=29, hour=22)
    assert "en attente" in words(await publisher.get("/files/one/EXC20251"))
    rows = await office.db.read(lambda connection: filing.notices(connection, key("EXC-2025-1"), 2))
    assert len(rows) == 1


async def test_a_lock_is_listed_and_lifted(office: Office, publisher: Person, clock: HandClock) -> None:
    def lock(connection: Connection) -> None:
        for _ in range(5):
            applications.count_failure(connection, {"number": "hash"}, {"number": "••••17"}, clock())

    await office.db.write(lock)
    assert "••••17" in (await publisher.get("/files")).text
    await publisher.post("/files/lift", {"scope": "number", "subject": "hash"})
    assert "••••17" not in (await publisher.get("/files")).text


async def test_out_comes_a_spreadsheet_that_goes_in_again(office: Office, publisher: Person) -> None:
    await publisher.post("/files/import", {"upload": await upload(publisher, FIRST)})
    answer = await publisher.get("/files/export")
    assert answer.content[:2] == b"PK"
    preview = await publisher.post("/files/preview", file=("x.xlsx", answer.content))
    assert "Ce fichier ne change rien" in preview.text
    template = await publisher.get("/files/template")
    assert (await publisher.post("/files/preview", file=("t.xlsx", template.content))).status_code == 200
    assert list((Path(office.settings.data_dir) / "uploads").glob("tmp*")) == []


async def test_formulas_leave_as_text(office: Office, publisher: Person) -> None:
    rows = 'numero;etat;lieu\nEXC-2025-9;reçu;"=HYPERLINK(""http://x"")"\n'
    await publisher.post("/files/import", {"upload": await upload(publisher, rows)})
    sheet = load_workbook(io.BytesIO((await publisher.get("/files/export")).content)).worksheets[0]
    assert [cell.data_type for cell in sheet[2] if "HYPERLINK" in str(cell.value)] == ["s"]


async def test_bombs_macros_and_rubbish_are_refused(office: Office, publisher: Person) -> None:
    book = io.BytesIO()
    Workbook().save(book)
    macros, bomb = io.BytesIO(book.getvalue()), io.BytesIO(book.getvalue())
    with zipfile.ZipFile(macros, "a") as parts:
        parts.writestr("xl/vbaProject.bin", b"x")
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("xl/big.xml", b"0" * (101 << 20))
    for name, body, said in (
        ("a.xlsx", macros.getvalue(), "macros"),
        ("a.xlsx", bomb.getvalue(), "trop grand"),
        ("a.xlsx", b"no zip at all", "tableur"),
        ("a.csv", "numéro;état\nA-1;reçu".encode("latin-1"), "UTF-8"),
        ("a.csv", b"nom;ville\nx;y", "colonnes"),
        ("a.exe", b"MZ", "fichier"),
    ):
        answer = await publisher.post("/files/preview", file=(name, body))
        assert answer.status_code == 422 and said in words(answer), (name, said)
    assert await count(office) == 0
