"""Debian's chromium against the bot as `make run` starts it. Where chromium is missing these tests are skipped, except
in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.staffroom import Staffroom
from tests.scene import arrange
from tests.serving import CHROMIUM, QUIET, served

PHONE = {"width": 390, "height": 780}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless chromium. Not for the whole session: while Playwright lives, no other event loop can run."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Debian's chromium: apt-get install chromium")
        pytest.skip("chromium is not installed (apt-get install chromium): the page was NOT tested in a browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the bot serves, with made-up files and no account of staff."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(seeded, folder, symlinks=True, dirs_exist_ok=True)
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def room(browser: Browser, seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staffroom]:
    """The bot after a month of use, and people of the staff in front of it."""
    folder = tmp_path_factory.mktemp("console")
    shutil.copytree(seeded, folder, symlinks=True, dirs_exist_ok=True)
    scene = arrange(folder)
    with served(folder) as address:
        yield Staffroom(browser, address, scene)


@dataclass
class Loaded:
    """What a page asked for."""

    addresses: list[str] = field(default_factory=list)
    weight: int = 0
    errors: list[str] = field(default_factory=list)


@pytest.fixture(params=["fr", "ar"])
def language(request: pytest.FixtureRequest) -> str:
    """Of the browser."""
    return str(request.param)


@pytest.fixture
def context(browser: Browser, language: str) -> Iterator[BrowserContext]:
    """A phone of somebody who has never been here."""
    locale = {"fr": "fr-MA", "ar": "ar-MA"}[language]
    made = browser.new_context(viewport=PHONE, locale=locale, device_scale_factor=2, has_touch=True)  # type: ignore[arg-type]
    made.set_default_timeout(20_000)
    expect.set_options(timeout=20_000)
    yield made
    made.close()


@pytest.fixture
def loaded() -> Loaded:
    """What the page of this test asked for."""
    return Loaded()


@pytest.fixture
def page(context: BrowserContext, address: str, loaded: Loaded) -> Page:
    """The chat page, greeted."""
    opened = context.new_page()
    opened.on("requestfinished", lambda request: loaded.addresses.append(request.url))
    opened.on("response", lambda response: weigh(loaded, response))
    opened.on("pageerror", lambda error: loaded.errors.append(str(error)))
    opened.on("console", lambda said: loaded.errors.append(said.text) if said.type == "error" else None)
    opened.goto(address)
    opened.wait_for_selector(".message:not(.mine) button")
    return opened


def weigh(loaded: Loaded, response: object) -> None:
    """Adds the bytes of a response as they lie on disk (no compression is counted on)."""
    length = response.headers.get("content-length")  # type: ignore[attr-defined]
    loaded.weight += int(length or 0)
