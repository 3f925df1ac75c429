"""Telegram over real HTTP: what arrives, what leaves, and what goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.channels.telegram import TelegramChannel
from bot.errors import AlreadyRunning, ChatGone, Rejected, SettingsError, TryAgain
from bot.messages import Choice, Reply
from bot.storage import chats, outbox
from tests.fakes.bot_api import BotApi
from tests.fakes.small_bot import now, settings, small_bot
from tests.telegram.test_updates import hostile_updates


async def test_a_question_is_answered_and_the_menu_is_set_in_each_language(api: BotApi, database_url: str) -> None:
    async with small_bot(settings(api.url, database_url)) as bot:
        api.says(5, "salam")
        await api.until_sent(1)
        assert bot.channel.up
    assert api.texts(5) == ["answer to salam"]
    assert [call.get("language_code") for call in api.called("setMyCommands")] == [None, "fr", "ar"]
    assert api.sent[0].params["reply_markup"] == {"inline_keyboard": [[{"text": "again", "callback_data": "again"}]]}


async def test_the_offset_advances_only_once_recorded(api: BotApi, sqlite_url: str) -> None:
    async with small_bot(settings(api.url, sqlite_url)):
        last = [api.says(chat, "hello") for chat in range(1, 150)][-1]
        await api.until(lambda: api.confirmed > last)
        await api.until_sent(149)
    assert sorted(sent.chat for sent in api.sent) == list(range(1, 150))


async def test_every_button_press_is_answered_and_a_forgotten_person_is_gone(api: BotApi, sqlite_url: str) -> None:
    async with small_bot(settings(api.url, sqlite_url)) as bot:
        api.says(5, "salam")
        await api.until_sent(1)
        api.presses(5, "forget", message_id=77)
        await api.until_sent(2)
        await api.until(lambda: len(api.called("answerCallbackQuery")) == 1)

        async def nobody() -> bool:
            return await bot.db.read(lambda connection: chats.find(connection, "telegram", "5")) is None

        async with asyncio.timeout(5):
            while not await nobody():
                await asyncio.sleep(0)
    assert (api.sent[1].method, api.sent[1].params["message_id"]) == ("editMessageText", 77)


async def test_a_second_poller_refuses_with_a_clear_message(api: BotApi, sqlite_url: str) -> None:
    async with small_bot(settings(api.url, sqlite_url)):
        await api.until(lambda: len(api.called("setMyCommands")) == 3)
        with pytest.raises(AlreadyRunning, match="TELEGRAM_MODE=webhook"):
            async with small_bot(settings(api.url, sqlite_url)) as second:
                await asyncio.wait(second.tasks, return_when=asyncio.FIRST_COMPLETED)
    assert api.polls_at_once == 0


async def test_an_unknown_token_is_said(api: BotApi, sqlite_url: str) -> None:
    with pytest.raises(SettingsError, match="BOT_TOKEN"):
        async with small_bot(settings(api.url, sqlite_url, BOT_TOKEN="1:wrong")) as bot:
            await asyncio.wait(bot.tasks, return_when=asyncio.FIRST_COMPLETED)


async def test_webhook_checks_its_secret_and_acknowledges_what_is_recorded(api: BotApi, sqlite_url: str) -> None:
    chosen = settings(
        api.url,
        sqlite_url,
        TELEGRAM_MODE="webhook",
        WEBHOOK_URL="https://bot.example/telegram",
        WEBHOOK_SECRET="s3cret",
    )
    async with small_bot(chosen) as bot:
        transport = httpx.ASGITransport(app=bot.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
            update = {"update_id": 9, "message": api.message(5, text="salam")}
            right = {"X-Telegram-Bot-Api-Secret-Token": "s3cret"}
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}):
                refused = await client.post("/telegram", json=update, headers=headers)
                assert (refused.status_code, refused.content) == (403, b"")
            assert (await client.post("/telegram", content=b"{", headers=right)).status_code == 400
            for _ in range(2):
                assert (await client.post("/telegram", json=update, headers=right)).status_code == 200
            assert (await client.post("/telegram", json={"update_id": 10}, headers=right)).status_code == 200
        await api.until_sent(1)
        await api.until(lambda: len(api.called("setMyCommands")) == 3)
    assert api.texts(5) == ["answer to salam"]
    assert api.called("setWebhook")[0]["secret_token"] == "s3cret"


async def test_faults_are_retried_in_order_and_a_refused_message_holds_nobody_up(api: BotApi, sqlite_url: str) -> None:
    failed: list[str] = []

    def failing(method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if method != "sendMessage":
            return None
        if params["text"] == "answer to poison":
            return 400, {"description": "Bad Request: message text is strange"}
        if params["text"] in ("answer to a", "answer to b") and failed.count(params["text"]) < 2:
            failed.append(params["text"])
            return (502, {"description": "Bad Gateway"}) if len(failed) % 2 else (
                429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}})  # fmt: skip
        return None

    api.failing = failing
    async with small_bot(settings(api.url, sqlite_url)) as bot:
        for text in ("a", "poison", "b", "c"):
            api.says(5, text)
        api.says(6, "other")
        await api.until_sent(4)
        bad = await bot.db.read(lambda connection: outbox.poisoned(connection))
    assert api.texts(5) == ["answer to a", "answer to b", "answer to c"]
    assert api.sent[0].chat == 6
    assert [row.error for row in bad] == ["Message text is strange"]


async def test_who_blocked_the_bot_is_remembered_and_not_retried(api: BotApi, sqlite_url: str) -> None:
    def failing(method: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        if method == "sendMessage" and params["chat_id"] == 5:
            return 403, {"description": "Forbidden: bot was blocked by the user"}
        return None

    api.failing = failing
    async with small_bot(settings(api.url, sqlite_url)) as bot:
        for text in ("a", "b", "c"):
            api.says(5, text)
        api.says(6, "z")
        await api.until_sent(1)
    bot.db = type(bot.db)(sqlite_url)
    states = select(outbox.outbox.c.state).where(outbox.outbox.c.address == "5")
    found = await bot.db.read(lambda connection: set(connection.execute(states).scalars()))
    assert found == {"dropped"}
    blocked = select(chats.chats.c.blocked_at).where(chats.chats.c.address == "5")
    assert await bot.db.read(lambda connection: connection.execute(blocked).scalar()) is not None
    await bot.db.close()


@pytest.mark.parametrize(
    ("status", "description", "raised"),
    [
        (403, "Forbidden: bot was blocked by the user", ChatGone),
        (400, "Bad Request: chat not found", ChatGone),
        (400, "Bad Request: can't parse entities", Rejected),
        (500, "Internal Server Error", TryAgain),
        (401, "Unauthorized", TryAgain),
    ],
)
async def test_what_errors_mean(api: BotApi, sqlite_url: str, status: int, description: str, raised: type) -> None:
    api.failing = lambda method, params: (status, {"description": description})
    channel = TelegramChannel(settings(api.url, sqlite_url), now)
    await channel._api.connect()
    with pytest.raises(raised, match=description.split(": ")[-1].strip()[1:]):
        await channel.deliver("5", Reply("a"))
    await channel.close()


async def test_telegram_out_of_reach_is_a_passing_fault_that_names_no_token(sqlite_url: str) -> None:
    channel = TelegramChannel(settings("http://127.0.0.1:1", sqlite_url), now)
    await channel._api.connect()
    with pytest.raises(TryAgain) as caught:
        await channel.deliver("5", Reply("a"))
    assert "test-token" not in str(caught.value)
    await channel.close()


@pytest.mark.parametrize(
    ("description", "methods"),
    [
        ("Bad Request: message is not modified: specified new message content ...", []),
        ("Bad Request: message can't be edited", ["sendMessage"]),
    ],
)
async def test_an_edit_that_cannot_be_made(api: BotApi, sqlite_url: str, description: str, methods: list[str]) -> None:
    api.failing = lambda method, params: (400, {"description": description}) if "edit" in method else None
    channel = TelegramChannel(settings(api.url, sqlite_url), now)
    await channel._api.connect()
    assert await channel.deliver("5", Reply("a", edit=True, reference="3"))
    assert [sent.method for sent in api.sent] == methods
    await channel.close()


async def test_long_texts_headings_and_keyboards(api: BotApi, sqlite_url: str) -> None:
    channel = TelegramChannel(settings(api.url, sqlite_url), now)
    await channel._api.connect()
    sentence = "Le prix <est> de 3 & 4 dirhams 🧶. "
    rows = (
        (Choice("A", "a"), Choice("Site", "https://example.org", "url")),
        (Choice("Numéro", kind="contact"),),
    )
    await channel.deliver("5", Reply((sentence * 400).strip(), heading="Prix < 5", choices=rows))
    await channel.close()
    texts = [sent.params["text"] for sent in api.sent]
    assert texts[0].startswith("<b>Prix &lt; 5</b>\n\nLe prix &lt;est&gt;")
    assert all(text.endswith("🧶.") for text in texts[:-1]) and len(texts) == 5
    assert [bool(sent.params.get("reply_markup")) for sent in api.sent] == [False, False, False, True, True]
    assert api.sent[-1].params["reply_markup"]["keyboard"] == [[{"text": "Numéro", "request_contact": True}]]


async def test_a_slow_look_up_holds_nobody_else_up(api: BotApi, sqlite_url: str) -> None:
    answer = asyncio.Event()

    async def look(data: dict[str, Any]) -> str:
        await answer.wait()
        return str(data["for"]).upper()

    async with small_bot(settings(api.url, sqlite_url)) as bot:
        bot.reception._finders = {"look": look}
        api.says(5, "look x")
        await api.until(lambda: len(api.called("getUpdates")) >= 1)
        api.says(5, "then this")
        last = api.says(6, "me too")
        await api.until_sent(1)
        answer.set()
        await api.until_sent(3)
        await api.until(lambda: api.confirmed > last)
    assert api.texts(5) == ["found X", "answer to then this"]
    assert api.sent[0].chat == 6


async def test_hostile_updates_leave_it_answering(database_url: str) -> None:
    async with BotApi(first_update=10**9) as api, small_bot(settings(api.url, database_url)) as bot:
        await bot.channel.take(bot.reception, hostile_updates(2000, seed=5, first=10**6))
        api.says(77, "still there?")
        await api.until(lambda: "answer to still there?" in api.texts(77))
    assert api.violations == []
