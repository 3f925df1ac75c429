"""Who asked is told once, also when the bot is killed while it tells them; at night nobody is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.quiet import LETTERS_A_SECOND, quiet_until
from bot.storage.database import Database
from tests.chaos.news import DAY, bring, news, subscribe, write_file
from tests.conftest import HandClock
from tests.fakes.bot_api import BotApi
from tests.fakes.small_bot import settings, small_bot

NIGHT = DAY.replace(hour=23)
MORNING = (DAY + timedelta(days=1)).replace(hour=8)


async def test_kill_9_while_300_are_told_tells_each(sqlite_url: str, tmp_path: Path) -> None:
    outcome = await news(sqlite_url, tmp_path, people=300, kills=3, rate="0", seconds=30)
    print(outcome)
    assert outcome.good, outcome


async def test_at_night_nobody_is_told(sqlite_url: str, sqlite_db: Database, tmp_path: Path) -> None:
    path, clock = tmp_path / "files.csv", HandClock(NIGHT)
    await bring(sqlite_db, write_file(path, 20, "reçu"), DAY)
    await subscribe(sqlite_db, people=20, files=20)
    async with BotApi() as api, small_bot(settings(api.url, sqlite_url), clock) as bot:
        await bring(sqlite_db, write_file(path, 20, "accepté"), clock())
        for moment in (NIGHT, MORNING - timedelta(hours=1, minutes=1)):  # Morocco is an hour ahead of UTC
            clock.now = moment
            sent = len(api.sent)
            api.says(99, "are you there?")
            await api.until_sent(sent + 1)
            assert {one.chat for one in api.sent} == {99}
        clock.now = MORNING
        bot.sender.wake()
        await api.until(lambda: {one.chat for one in api.sent} == {*range(1, 21), 99})
        assert len(api.sent) == 22


def test_who_would_be_told_after_nine_in_the_evening_waits_for_the_morning() -> None:
    evening = DAY.replace(hour=19, minute=58)  # 20:58 in Morocco
    assert quiet_until(evening) is None and quiet_until(evening, LETTERS_A_SECOND * 60) is None
    assert quiet_until(evening, LETTERS_A_SECOND * 180) == MORNING - timedelta(hours=1)
    early = DAY.replace(hour=6, minute=59)
    assert quiet_until(early, LETTERS_A_SECOND * 180) == quiet_until(early) == DAY.replace(hour=7)
