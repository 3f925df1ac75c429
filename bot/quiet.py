"""At night nobody's phone rings because of us."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.texts import MOROCCO

WAKES, SLEEPS = 8, 21
# Telegram takes thirty; others are sent to meanwhile.
LETTERS_A_SECOND = 20


def quiet_until(now: datetime, ahead: int = 0) -> datetime | None:
    """None by day in Morocco; at night (21:00 to 8:00) the next 8:00, aware. With `ahead` letters that leave before,
    it is the moment when this one's turn comes that counts."""
    if ahead and (morning := quiet_until(now)):
        return morning
    local = (now + timedelta(seconds=ahead / LETTERS_A_SECOND)).astimezone(MOROCCO)
    if WAKES <= local.hour < SLEEPS:
        return None
    morning = local.replace(hour=WAKES, minute=0, second=0, microsecond=0)
    return morning if local.hour < WAKES else morning + timedelta(days=1)
