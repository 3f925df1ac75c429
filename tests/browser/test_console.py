"""The console in a real browser: every page in both languages on a phone and wide, and the main action of each of the
ten jobs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests import learned
from tests.browser.staffroom import TEXTS, Staffroom, flash
from tests.screenshots import SIZES, pages, ready
from tests.talking import bare

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module", params=list(itertools.product(("fr", "ar"), SIZES)), ids="-".join)
def seat(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Language and size of the screen."""
    return request.param  # type: ignore[no-any-return]


# Each language and each width once: axe takes most of the time of these tests.
AUDITED = (("fr", "phone"), ("ar", "wide"))


def test_every_page_fits_its_screen_and_is_accessible(room: Staffroom, seat: tuple[str, str]) -> None:
    language, page, faults = seat[0], room.sits(*seat), []
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    for name, path in pages(room.scene).items():
        room.goes(page, path)
        ready(page, name)
        assert page.evaluate("document.documentElement.dir") == {"fr": "ltr", "ar": "rtl"}[language]
        expect(page.locator("h1")).to_be_visible()
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{name}: {wide}"
        if seat in AUDITED:
            faults += [(name, *one) for one in serious(page)]
    assert faults == []
    assert errors == []


def serious(page: Page) -> list[tuple[str, str]]:
    found: Any = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        (one["id"], one["nodes"][0]["html"][:200])
        for one in found.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def today_leads_to_the_rows(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "")
    count = int(page.locator(".tile .figure").first.inner_text())
    page.locator(".tile").first.click()
    expect(page.locator("table.rows tbody tr")).to_have_count(min(count, 50))


def ignored_questions_stay_away(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/questions")
    first = page.locator("form.card").nth(2)
    said = bare(first.locator("h2 bdi").inner_text())
    first.get_by_role("button", name=TEXTS.get(language, "questions.ignore")).click()
    flash(page, language, "ignored")
    assert said not in [bare(one) for one in page.locator("form.card h2 bdi").all_inner_texts()]


def an_answer_is_written_checked_and_published(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/answers/topic/thanks")
    area = page.locator("#text_fr")
    area.fill("Avec plaisir. {")
    expect(page.locator("#check .faults")).to_be_visible()
    area.fill("Avec plaisir, à bientôt.")
    expect(page.locator("#check .bubble").first).to_contain_text("Avec plaisir, à bientôt.")
    page.get_by_role("button", name=TEXTS.get(language, "answers.to_publish")).click()
    expect(page.locator("ins").first).to_be_visible()
    page.get_by_role("button", name=TEXTS.get(language, "revision.publish")).click()
    flash(page, language, "published")


def a_fact_becomes_known(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/facts/one/mda_hours")
    page.locator("input[name=kind][value=text]").check()
    said = {"fr": "9 h à 16 h", "ar": "من 9 إلى 16", "ary": "من 9 تال 16", "ary-Latn": "mn 9 tal 16"}
    for form, text in said.items():
        page.locator(f"[id='value_{form}']").fill(text)
    page.locator("#as_of").fill("2026-11")
    page.locator("#source").fill("www.mda.gov.ma")
    page.locator("#mark").select_option(index=1)
    page.get_by_role("button", name=TEXTS.get(language, "facts.publish")).click()
    flash(page, language, "published")
    since = time.monotonic()
    room.goes(page, "/facts")
    while not page.locator("#known").get_by_text(said[language]).is_visible():
        assert time.monotonic() - since < 30  # so that it ends; the two seconds are measured by tests.bench.console
        page.reload()


def trying_shows_the_answer(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/try")
    page.locator("#text").fill("fin wsel dossier dyali")
    page.get_by_role("button", name=TEXTS.get(language, "try.send")).click()
    expect(page.locator(".phone .bubble")).to_have_count(2)
    expect(page.locator("meter").first).to_be_visible()


def a_file_is_found_and_a_lock_lifted(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/files")
    page.get_by_role("button", name=TEXTS.get(language, "files.lift")).click()
    flash(page, language, "lifted")
    page.locator("#q").fill("exc 2025 00417")
    page.locator("form[role=search] button").click()
    page.get_by_role("link", name="EXC-2025-00417").click()
    expect(page.locator("main ol li").first).to_be_visible()


def somebody_who_waits_is_answered(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/conversations")
    page.locator(".rows a").first.click()
    page.get_by_role("button", name=TEXTS.get(language, "conversations.take")).click()
    flash(page, language, "taken")
    page.locator("#words").fill("Bonjour, je regarde votre dossier.")
    page.get_by_role("button", name=TEXTS.get(language, "conversations.send"), exact=True).click()
    flash(page, language, "sent")
    expect(page.locator(".bubble.mine")).to_have_text("Bonjour, je regarde votre dossier.")


def a_broadcast_is_scheduled_and_stopped(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, f"/broadcasts/one/{room.scene.broadcast}")
    page.locator("#at").fill("2031-01-15T10:00")
    page.once("dialog", lambda asked: asked.accept())
    page.locator("form[action$=schedule] button").click()
    page.once("dialog", lambda asked: asked.accept())
    page.locator("form[action$=stop] button").click()
    flash(page, language, "stopped")


def a_spreadsheet_goes_out_and_comes_back(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/sheets")
    with page.expect_download() as found:
        page.get_by_role("link", name=TEXTS.get(language, "sheets.export")).click()
    book = load_workbook(BytesIO(found.value.path().read_bytes()))
    title = learned.content().topics["prog_history"].answers["fr"].title
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == title]
    cells[0].value = f"{title} (2025)"
    saved = BytesIO()
    book.save(saved)
    page.locator("#file").set_input_files({"name": "content.xlsx", "mimeType": "", "buffer": saved.getvalue()})
    page.locator("form[enctype] button").click()
    expect(page.locator("ins").first).to_contain_text("2025")
    page.locator("form[action$=import] button").click()
    flash(page, language, "imported")


def somebody_is_invited_and_it_stands_in_the_log(room: Staffroom, page: Page, language: str) -> None:
    room.goes(page, "/people")
    page.locator("#name").fill("Karim")
    page.get_by_role("button", name=TEXTS.get(language, "people.make_link")).click()
    assert "/staff/welcome/" in page.locator(".flash input").input_value()
    room.goes(page, "/audit?words=Karim")
    expect(page.locator(".rows tbody tr")).to_have_count(1)


JOBS: list[tuple[Callable[[Staffroom, Page, str], None], str, str]] = [
    (today_leads_to_the_rows, "ar", "phone"),
    (ignored_questions_stay_away, "fr", "phone"),
    (an_answer_is_written_checked_and_published, "ar", "wide"),
    (a_fact_becomes_known, "fr", "phone"),
    (trying_shows_the_answer, "ar", "phone"),
    (a_file_is_found_and_a_lock_lifted, "ar", "phone"),
    (somebody_who_waits_is_answered, "fr", "phone"),
    (a_broadcast_is_scheduled_and_stopped, "fr", "wide"),
    (a_spreadsheet_goes_out_and_comes_back, "fr", "wide"),
    (somebody_is_invited_and_it_stands_in_the_log, "ar", "wide"),
]


@pytest.mark.parametrize(("job", "language", "size"), JOBS, ids=[job[0].__name__ for job in JOBS])
def test_each_job_works(room: Staffroom, job: Callable[[Staffroom, Page, str], None], language: str, size: str) -> None:
    job(room, room.sits(language, size), language)
