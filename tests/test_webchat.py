"""The page's calls and the terminal's loop: what they refuse, what they keep to themselves."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select
from starlette.applications import Starlette

from bot.app import Core, utc_now
from bot.channels.terminal import Terminal
from bot.channels.webchat import WebChat
from bot.storage.chats import chats
from bot.texts import Texts
from tests.running import running
from tests.talking import TEXTS

pytestmark = pytest.mark.asyncio(loop_scope="module")
ID = "abcdefgh1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def core(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Core]:
    async with running(seeded, tmp_path_factory.mktemp("web")) as built:
        yield built


@pytest_asyncio.fixture(loop_scope="module")
async def client(core: Core) -> AsyncIterator[httpx.AsyncClient]:
    page = WebChat(core.reception, core.inbox, Texts("web"), utc_now, lambda: None)
    transport = httpx.ASGITransport(app=Starlette(routes=page.routes))
    async with httpx.AsyncClient(transport=transport, base_url="https://bot") as made:
        yield made


@pytest.mark.parametrize(
    ("accepts", "lang", "direction"),
    [("ar-MA,fr;q=0.5", "ar", "rtl"), ("fr-FR", "fr", "ltr"), ("en", "fr", "ltr"), ("", "fr", "ltr")],
)
async def test_the_page_speaks_the_browsers_language(
    client: httpx.AsyncClient, accepts: str, lang: str, direction: str
) -> None:
    page = await client.get("/", headers={"accept-language": accepts})
    assert f'<html lang="{lang}" dir="{direction}">' in page.text
    assert "{" not in page.text.split("<script")[0]
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_small_and_asked_for_once(client: httpx.AsyncClient) -> None:
    weight = 0
    for path in ("/", "/chat.js", "/chat.css"):
        answer = await client.get(path)
        weight += len(answer.content)
        if tag := answer.headers.get("etag"):
            assert (await client.get(path, headers={"if-none-match": tag})).status_code == 304
    assert weight < 40_000


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"text": "no id"}', "application/json"),
        (b'{"id": "short", "text": "x"}', "application/json"),
        (b'{"id": "abcdefgh1", "text": "x"}', "text/plain"),
        (b'{"id": "abcdefgh1", "text": "' + b"x" * 21_000 + b'"}', "application/json"),
        (b"[" * 15_000, "application/json"),
    ],
)
async def test_what_is_no_message_is_refused_for_good(client: httpx.AsyncClient, body: bytes, kind: str) -> None:
    answer = await client.post("/chat/messages", content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert answer.json() == {"messages": []}
    assert not answer.cookies


@pytest.mark.parametrize(
    "body",
    [
        {"text": None}, {"text": 7}, {"text": ["x"]}, {"kind": "voice", "text": "x"}, {"kind": "action", "action": "a" * 999},
        {"text": "x", "after": "-1"}, {"text": "x", "after": "9" * 40}, {"text": "x", "ref": {"a": 1}}, {"text": "\x00\ud800"},
        {"text": "x", "language": "f" * 500},
    ],
)  # fmt: skip
async def test_odd_messages_are_answered(client: httpx.AsyncClient, body: dict[str, object]) -> None:
    content = json.dumps({"id": "oddmessage", **body})  # escapes what is no letter
    answer = await client.post("/chat/messages", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["messages"][0]["text"]


async def test_the_cookie_is_the_key_and_the_database_does_not_hold_it(client: httpx.AsyncClient, core: Core) -> None:
    answer = await client.post("/chat/messages", json={"id": ID, "text": "/start"})
    header = answer.headers["set-cookie"].lower()
    assert "httponly" in header and "samesite=lax" in header and "secure" in header
    token = client.cookies["chat"]
    known = await core.db.read(lambda connection: [row.address for row in connection.execute(select(chats.c.address))])
    assert known and not any(token in address for address in known)
    again = await client.get("/chat/messages")
    assert again.json() == answer.json()
    client.cookies.clear()
    assert (await client.get("/chat/messages")).json() == {"messages": []}
    other = await client.post("/chat/messages", json={"id": ID, "text": "/start"})
    assert len(other.json()["messages"]) == 1


async def test_over_plain_http_the_cookie_still_arrives(client: httpx.AsyncClient) -> None:
    answer = await client.post("http://bot/chat/messages", json={"id": "plainhttp1", "text": "/start"})
    assert "secure" not in answer.headers["set-cookie"].lower()


async def test_the_terminal_chats_until_told_to_stop(core: Core) -> None:
    out = io.StringIO()
    lines = io.StringIO("1\n\nje veux suivre mon dossier\n/quit\nbonjour\n")
    await Terminal(core.reception, core.inbox, utc_now, lines, out).run()
    said = out.getvalue()
    assert "[1] Français" in said
    assert TEXTS.get("fr", "language.set") in said
    assert TEXTS.get("fr", "status.ask_number") in said
    assert "Bonjour et bienvenue" not in said


async def test_the_terminal_ends_with_its_input_and_starts_in_a_chosen_language(core: Core) -> None:
    out = io.StringIO()
    terminal = Terminal(core.reception, core.inbox, utc_now, io.StringIO(""), out)
    await terminal.press("l:ary")
    await terminal.run()
    assert TEXTS.get("ary", "language.set") in out.getvalue()
