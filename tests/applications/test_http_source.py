"""A back office over HTTP, against a real server: answers, unknown files, faults, slowness, and the circuit breaker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.applications import http_source
from bot.applications.http_source import BREAKS_AFTER, PAUSE, TRIES, HttpSource
from bot.applications.models import matches
from bot.errors import SourceUnavailable
from tests.applications.test_importing import KEYS

FILE = {"number": "EXC-2025-00417", "state": "accepted", "since": "2026-11-02", "phones": ["0612345678"],
        "national_ids": ["BE9876"], "deadline": "2026-12-24"}  # fmt: skip


class BackOffice:
    """Answers as told."""

    def __init__(self) -> None:
        self.mode, self.asked, self.headers = "ok", 0, {}  # type: ignore[var-annotated]
        self.released = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        self.headers = dict(request.headers)
        if self.mode == "slow":
            await self.released.wait()
        if (self.mode == "once" and self.asked == 1) or self.mode == "broken":
            return web.Response(status=503)
        if self.mode == "html":
            return web.Response(text="<html>login</html>", content_type="text/html")
        if self.mode == "odd":
            return web.json_response({"number": "X", "state": "flying", "since": "2026-01-01"})
        if "phone" in request.query:
            return web.json_response([FILE] if request.query["phone"] == "+212612345678" else [])
        if request.match_info.get("key") == "EXC202500417":
            return web.json_response(FILE)
        return web.Response(status=404)


class Setup:
    """The source under test with its server and its hand-moved time."""

    def __init__(self, office: BackOffice, source: HttpSource) -> None:
        self.office, self.source, self.time = office, source, 0.0


@pytest_asyncio.fixture
async def setup() -> AsyncIterator[Setup]:
    """A real server on a free port."""
    office = BackOffice()
    app = web.Application()
    app.router.add_get("/api/applications/{key}", office.answer)
    app.router.add_get("/api/applications", office.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        made = Setup(office, HttpSource(f"http://127.0.0.1:{port}/api/", "secret", KEYS, session, lambda: made.time))
        yield made
    office.released.set()
    await runner.cleanup()


async def test_a_file_is_found_and_its_factors_are_hashed(setup: Setup) -> None:
    found = await setup.source.find("EXC202500417")
    assert found and found.state == "accepted" and str(found.deadline) == "2026-12-24"
    assert [matches(found, KEYS.tail(tail)) for tail in ("5678", "9876", "1")] == [True, True, False]
    assert setup.office.headers["Authorization"] == "Bearer secret"
    assert await setup.source.find("NONE") is None
    assert [each.number for each in await setup.source.find_many(["EXC202500417", "NONE"])] == ["EXC-2025-00417"]
    assert len(await setup.source.find_by_phone("+212612345678", "")) == 1
    assert await setup.source.find_by_phone("+212600000000", "") == ()


async def test_one_fault_is_tried_again(setup: Setup) -> None:
    setup.office.mode = "once"
    assert await setup.source.find("EXC202500417")
    assert setup.office.asked == 2


@pytest.mark.parametrize("mode", ["broken", "html", "odd"])
async def test_a_fault_that_stays_is_said_honestly(setup: Setup, mode: str) -> None:
    setup.office.mode = mode
    with pytest.raises(SourceUnavailable):
        await setup.source.find("EXC202500417")


async def test_a_slow_back_office_is_not_waited_for(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_source, "TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    setup.office.mode = "slow"
    with pytest.raises(SourceUnavailable, match="TimeoutError"):
        await setup.source.find("EXC202500417")


async def test_the_breaker_opens_and_closes_again(setup: Setup) -> None:
    setup.office.mode = "broken"
    for _ in range(BREAKS_AFTER):
        with pytest.raises(SourceUnavailable):
            await setup.source.find("EXC202500417")
    assert setup.office.asked == BREAKS_AFTER * TRIES
    with pytest.raises(SourceUnavailable):
        await setup.source.find("EXC202500417")
    assert setup.office.asked == BREAKS_AFTER * TRIES  # not asked while open
    setup.office.mode, setup.time = "ok", PAUSE + 1
    assert await setup.source.find("EXC202500417")


async def test_nobody_there_at_all() -> None:
    async with aiohttp.ClientSession() as session:
        source = HttpSource("http://127.0.0.1:9", "", KEYS, session, lambda: 0.0)
        with pytest.raises(SourceUnavailable):
            await source.find("EXC202500417")
