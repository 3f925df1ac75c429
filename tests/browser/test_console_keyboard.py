"""The console without a mouse (jobs 2 and 3), and how long it takes from a question that is not understood to a bot
that understands it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from intents.models import Content
from tests.browser.staffroom import TEXTS, Staffroom, flash
from tests.talking import bare

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COUNT = "addEventListener('click', () => { sessionStorage.clicks = 1 + Number(sessionStorage.clicks || 0); }, true);"


def tab_to(page: Page, selector: str, most: int = 250) -> None:
    """Presses Tab until what fits `selector` has the focus, which must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{selector} was not reached by Tab")


def follows(page: Page, address: str) -> None:
    """Goes where a link leads, with the keyboard."""
    tab_to(page, f"a[href='{address}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def asked(room: Staffroom, text: str, number: int) -> str:
    """What the bot answers to somebody new."""
    body = {"id": f"question{number:04}", "text": text, "after": 0, "language": "fr"}
    answer: Any = httpx.post(f"{room.address}/chat/messages", json=body, timeout=10).json()
    return bare("\n".join(f"{one['heading']}\n{one['text']}" for one in answer["messages"]))


def test_from_not_understood_to_understanding(room: Staffroom, content: Content) -> None:
    question, title = "le bus pour venir à rabat", content.topics["contact_mda"].answers["fr"].title
    assert title not in asked(room, question, 0)
    page = room.sits("fr", "phone")
    page.context.add_init_script(COUNT)
    room.goes(page, "")
    page.get_by_role("link", name=TEXTS.get("fr", "nav.questions")).click()
    one = page.locator("form.card", has_text=question)
    one.locator("summary").click()
    one.locator("input[name=other]").fill(title)
    one.locator("details button").click()
    flash(page, "fr", "published")
    since, number = time.monotonic(), 1
    while title not in asked(room, question, number):
        number += 1
        assert time.monotonic() - since < 30  # so that it ends; the two seconds are measured by tests.bench.console
    assert 3 <= int(page.evaluate("sessionStorage.clicks")) <= 6


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_a_question_is_taught_with_the_keyboard(room: Staffroom, language: str) -> None:
    page = room.sits(language, "wide")
    room.goes(page, "")
    follows(page, "/staff/questions")
    before = page.locator("form.card h2 bdi").first.inner_text()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('a.unseen')")
    page.keyboard.press("Enter")
    tab_to(page, "form.card input[type=checkbox]")
    page.keyboard.press("Space")
    assert not page.evaluate("document.activeElement.checked")
    page.keyboard.press("Space")
    tab_to(page, "form.card button[name=topic]:not(.second):not(.unseen)")
    page.keyboard.press("Enter")
    flash(page, language, "published")
    assert page.locator("form.card h2 bdi").first.inner_text() != before


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_an_answer_is_changed_and_published_with_the_keyboard(room: Staffroom, language: str) -> None:
    page = room.sits(language, "wide")
    room.goes(page, "/answers")
    follows(page, "/staff/answers/topic/goodbye")
    tab_to(page, f"#text_{language}")
    page.keyboard.press("Control+End")
    page.keyboard.type({"fr": " Bonne journée.", "ar": " نهاركم سعيد."}[language])
    page.keyboard.type(" {mda_ph")
    expect(page.locator(".offers button").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "{mda_phone}" in page.locator(f"#text_{language}").input_value()
    for _ in range(len("{mda_phone}") + 1):
        page.keyboard.press("Backspace")
    tab_to(page, "button[name=action][value=publish]")
    page.keyboard.press("Enter")
    expect(page.locator("ins").first).to_be_visible()
    tab_to(page, "form[action$=publish] button")
    page.keyboard.press("Enter")
    flash(page, language, "published")
