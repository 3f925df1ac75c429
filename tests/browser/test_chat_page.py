"""The chat page on a phone, in French and in Arabic."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from bot.texts import Texts
from intents.models import Content
from tests.browser.conftest import Loaded
from tests.talking import TEXTS, bare

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WEB = Texts("web")
SHOTS = os.environ.get("SHOTS")

TEXT, LAST = "#text", ".message:not(.mine) >> nth=-1"
PHRASE = "prog_excellence_what"


def shoot(page: Page, name: str) -> None:
    """A picture for a person to look at, where SHOTS names a folder."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png")


def ask(page: Page, text: str) -> None:
    """Types and sends."""
    count = page.locator(".message:not(.mine)").count()
    page.fill(TEXT, text)
    page.press(TEXT, "Enter")
    expect(page.locator(".message:not(.mine)")).to_have_count(count + 1)


def last(page: Page) -> str:
    """The newest message of the bot, as read."""
    return bare(page.locator(LAST).inner_text())


def no_overflow(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for one in page.locator(".message, .row button, header, form, #demo").all():
        box = one.bounding_box()
        assert box is None or (box["x"] >= 0 and box["x"] + box["width"] <= 390), one.inner_text()


def accessible(page: Page) -> None:
    found = Axe().run(page)
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert serious == [], [(one["id"], one["nodes"][0]["html"]) for one in serious]


def test_a_first_visit(page: Page, language: str, loaded: Loaded, content: Content, address: str) -> None:
    assert page.evaluate("document.documentElement.dir") == {"fr": "ltr", "ar": "rtl"}[language]
    assert page.evaluate("document.documentElement.lang") == language
    assert bare(TEXTS.get(language, "start.heading")) in last(page)
    expect(page.locator(".message:not(.mine) button")).to_have_count(4)
    expect(page.locator("#demo")).to_contain_text("EXC-2025-00417")
    shoot(page, f"{language}-1-greeting")
    no_overflow(page)
    accessible(page)
    ask(page, content.topics[PHRASE].phrasings[language][0])
    assert last(page).startswith(bare(content.topics[PHRASE].answers[language].title))
    shoot(page, f"{language}-2-answer")
    no_overflow(page)
    accessible(page)
    assert all(one.startswith((address, "data:")) for one in loaded.addresses), loaded.addresses
    assert 5_000 < loaded.weight < 60_000
    assert loaded.errors == []


def test_buttons_the_check_in_place_and_a_reload(page: Page, language: str) -> None:
    page.get_by_role("button", name={"fr": "Français", "ar": "العربية"}[language]).click()
    page.get_by_role("button", name=TEXTS.get(language, "menu.check")).click()
    expect(page.locator(LAST)).to_contain_text("1/6")
    shoot(page, f"{language}-3-check")
    no_overflow(page)
    accessible(page)
    count = page.locator(".message").count()
    for step in range(2, 7):
        page.locator(f"{LAST} >> .row button >> nth=0").click()
        expect(page.locator(LAST)).to_contain_text(f"{step}/6")
    page.locator(f"{LAST} >> .row button >> nth=2").click()
    expect(page.locator(LAST)).to_contain_text(bare(TEXTS.get(language, "eligibility.result_heading")))
    assert page.locator(".message").count() == count
    shoot(page, f"{language}-4-result")
    no_overflow(page)
    accessible(page)
    before = page.locator("#log").inner_text()
    page.reload()
    expect(page.locator(LAST)).to_contain_text(bare(TEXTS.get(language, "eligibility.result_heading")))
    assert page.locator("#log").inner_text() == before
    page.get_by_role("button", name=TEXTS.get(language, "eligibility.summary_button")).click()
    expect(page.locator(LAST)).to_contain_text("Résumé")
    expect(page.locator(LAST)).to_have_css("direction", "ltr")
    assert page.evaluate("document.documentElement.lang") == language
    shoot(page, f"{language}-5-summary")


def test_offline_it_says_so_keeps_the_message_and_sends_it_once(
    page: Page, context: BrowserContext, language: str, content: Content
) -> None:
    context.set_offline(True)
    phrase = content.topics["rna_what"].phrasings[language][0]
    page.fill(TEXT, phrase)
    page.press(TEXT, "Enter")
    expect(page.locator("#status")).to_be_visible()
    expect(page.locator("#status")).to_have_text(WEB.get(language, "offline"))
    expect(page.locator(".mine.waiting")).to_have_count(1)
    shoot(page, f"{language}-6-offline")
    accessible(page)
    context.set_offline(False)
    expect(page.locator(LAST)).to_contain_text(bare(content.topics["rna_what"].answers[language].title))
    expect(page.locator("#status")).to_be_hidden()
    expect(page.locator(".mine.waiting")).to_have_count(0)
    expect(page.locator(".mine")).to_have_count(1)


def test_with_the_keyboard_alone(page: Page, language: str) -> None:
    page.locator("#menu").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    label = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page.locator(".mine")).to_have_text(label)
    expect(page.locator(LAST)).to_contain_text(TEXTS.get("fr", "language.set"))
    page.get_by_role("button", name=TEXTS.get("fr", "menu.check")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(LAST)).to_contain_text("1/6")
    for step in range(2, 7):  # the keyboard stays in the message that changes
        page.keyboard.press("Enter")
        expect(page.locator(LAST)).to_contain_text(f"{step}/6")
    page.locator(TEXT).focus()
    page.keyboard.type("bonjour")
    page.keyboard.press("Enter")
    expect(page.locator(".mine")).to_have_count(2)
    page.locator("#menu").focus()
    page.keyboard.press("Enter")
    expect(page.locator(LAST)).to_contain_text(TEXTS.get("fr", "menu.check"))


def test_forgetting_starts_anew(page: Page, language: str) -> None:
    page.get_by_role("button", name="Français").click()
    expect(page.locator(LAST)).to_contain_text(TEXTS.get("fr", "language.set"))
    ask(page, "/forget")
    page.get_by_role("button", name=TEXTS.get("fr", "forget.yes")).click()
    expect(page.locator("#log")).to_contain_text(TEXTS.get("fr", "forget.done"))
    expect(page.locator(".message")).to_have_count(1)
