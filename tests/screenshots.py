"""`make screenshots`: `python -m tests.screenshots [FOLDER] [--guide]`. Pictures of the chat page and of every page of
the staff console, French and Arabic, on a phone and wide; `--guide` makes those of `bot/console/GUIDE.md` anew."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.console.desk import COOKIE
from tests.running import first_start
from tests.scene import Scene, arrange
from tests.serving import CHROMIUM, QUIET, served

GUIDE = Path(__file__).parent.parent / "bot" / "console" / "guide"
SIZES = {"phone": {"width": 390, "height": 780}, "wide": {"width": 1280, "height": 800}}
HIGHEST = {"phone": 2600, "wide": 2000}
GUIDE_HEIGHT = 1000
"""Pictures of the guide show the beginning of a page."""
IN_GUIDE = (
    "today", "questions", "answers", "topic", "facts", "try", "files", "conversation", "broadcast", "sheets", "people",
)  # fmt: skip


def pages(scene: Scene) -> dict[str, str]:
    """Every page of the console that can be opened by its address, by name."""
    return {
        "today": "", "log": "/log", "letters": "/letters", "questions": "/questions", "answers": "/answers",
        "topic-new": "/answers/new", "topic": "/answers/topic/card_lost",
        "history": "/answers/topic/card_lost/history", "revision": f"/answers/revision/{scene.draft}",
        "facts": "/facts", "fact": "/facts/one/mda_phone", "fact-new": "/facts/new", "try": "/try", "files": "/files",
        "file": "/files/one/EXC202500417", "conversations": "/conversations",
        "conversation": f"/conversations/one/{scene.handover}", "canned": "/conversations/canned",
        "broadcasts": "/broadcasts", "broadcast-new": "/broadcasts/new",
        "broadcast": f"/broadcasts/one/{scene.broadcast}", "sheets": "/sheets", "people": "/people",
        "audit": "/audit", "account": "/account",
    }  # fmt: skip


@contextmanager
def stage() -> Iterator[tuple[Browser, str, Scene]]:
    """A browser, the address of a bot with made-up data, and the data."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        first_start(folder)
        scene = arrange(folder)
        with served(folder) as address:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
            yield chromium, address, scene
            chromium.close()


def somebody(browser: Browser, address: str, scene: Scene, language: str, size: str) -> Page:
    """A page of a member of staff."""
    context = browser.new_context(viewport=SIZES[size], locale=f"{language}-MA")  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": scene.tokens[language], "url": address}])
    return context.new_page()


def shoot(page: Page, path: Path, highest: int) -> None:
    """A picture of the whole page, but not higher than `highest`."""
    height = min(page.evaluate("document.documentElement.scrollHeight"), highest)
    width = page.viewport_size["width"] if page.viewport_size else 390
    kind = "jpeg" if path.suffix == ".jpg" else "png"
    page.screenshot(
        path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}, type=kind,
        quality=60 if kind == "jpeg" else None,
    )  # fmt: skip


def ready(page: Page, name: str) -> None:
    """Waits for what the page fetches; types a question where there would be nothing to see."""
    expect(page.locator("[aria-busy]")).to_have_count(0, timeout=20_000)
    if name == "try":
        page.fill("#text", "fin wsel dossier dyali")
        page.click("main form button")
        page.wait_for_selector(".phone")


def take_all(folder: Path) -> None:
    """Every page, both languages, both sizes, and the chat."""
    with stage() as (browser, address, scene):
        for language in ("fr", "ar"):
            _chat(browser, address, language, folder)
            for size in SIZES:
                page = somebody(browser, address, scene, language, size)
                for name, path in pages(scene).items():
                    page.goto(f"{address}/staff{path}")
                    ready(page, name)
                    shoot(page, folder / f"{name}-{language}-{size}.png", HIGHEST[size])
                page.context.close()


def take_guide() -> None:
    """The pictures of the guide: French, on a phone, and the first one in Arabic."""
    GUIDE.mkdir(exist_ok=True)
    with stage() as (browser, address, scene):
        for language, names in (("fr", IN_GUIDE), ("ar", ("today",))):
            page = somebody(browser, address, scene, language, "phone")
            for name in names:
                page.goto(f"{address}/staff{pages(scene)[name]}")
                ready(page, name)
                shoot(page, GUIDE / (f"{name}.jpg" if language == "fr" else f"{name}-ar.jpg"), GUIDE_HEIGHT)
            page.context.close()


def _chat(browser: Browser, address: str, language: str, folder: Path) -> None:
    context = browser.new_context(viewport=SIZES["phone"], locale=f"{language}-MA")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".message:not(.mine) button")
    page.screenshot(path=folder / f"chat-greeting-{language}.png")
    page.fill("#text", {"fr": "comment avoir la carte d'artisan ?", "ar": "كيف أحصل على بطاقة الصانع؟"}[language])
    page.press("#text", "Enter")
    page.wait_for_selector(".message:not(.mine) >> nth=1")
    page.screenshot(path=folder / f"chat-answer-{language}.png")
    context.close()


def main() -> None:
    """Takes what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"))
    parser.add_argument("--guide", action="store_true", help="the pictures of bot/console/GUIDE.md instead")
    options = parser.parse_args()
    if options.guide:
        take_guide()
    else:
        options.folder.mkdir(parents=True, exist_ok=True)
        take_all(options.folder)


if __name__ == "__main__":
    main()
