"""The Bot API stand-in, and the rule that every call of every test must be as specified."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.fakes.bot_api import BotApi


@pytest_asyncio.fixture
async def api() -> AsyncIterator[BotApi]:
    """The stand-in; a call that Telegram's specification does not allow fails the test."""
    async with BotApi() as standin:
        yield standin
    assert standin.violations == []
