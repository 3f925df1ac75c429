"""People of the staff at their screens."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from bot.texts import Texts
from tests.scene import Scene
from tests.screenshots import somebody

TEXTS = Texts("console")


@dataclass
class Staffroom:
    """Pages of people of the staff: one for each language and width, kept for all tests."""

    browser: Browser
    address: str
    scene: Scene

    def __post_init__(self) -> None:
        self._open: dict[tuple[str, str], Page] = {}

    def sits(self, language: str, size: str) -> Page:
        """The page of somebody of that language on a screen of that size."""
        if (language, size) not in self._open:
            page = somebody(self.browser, self.address, self.scene, language, size)
            page.set_default_timeout(10_000)
            self._open[language, size] = page
        return self._open[language, size]

    def goes(self, page: Page, path: str) -> None:
        """Opens a page of the console."""
        page.goto(f"{self.address}/staff{path}")


def flash(page: Page, language: str, done: str) -> None:
    """The page says that it was done."""
    expect(page.locator(".flash[role=status]")).to_have_text(TEXTS.get(language, f"done.{done}"))
