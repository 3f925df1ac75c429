"""At night nobody's phone rings because of us."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.texts import MOROCCO

WAKES, SLEEPS = 8, 21


def quiet_until(now: datetime) -> datetime | None:
    """None by day in Morocco; at night (21:00 to 8:00) the next 8:00, aware."""
    local = now.astimezone(MOROCCO)
    if WAKES <= local.hour < SLEEPS:
        return None
    morning = local.replace(hour=WAKES, minute=0, second=0, microsecond=0)
    return morning if local.hour < WAKES else morning + timedelta(days=1)
