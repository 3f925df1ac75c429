"""What became of letters that were sent, and how that is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.lanes import Lane
from bot.storage import chats, forgetting, outbox
from bot.storage.database import Connection
from bot.storage.outbox import Letter, Mark


@dataclass(slots=True)
class Result:
    """What became of one letter; `gone` where its chat is."""

    lane: Lane
    letter: Letter
    mark: Mark
    gone: bool = False


def store(results: Sequence[Result], now: datetime, connection: Connection) -> None:
    """Marks the letters, remembers chats that are gone and drops what waits for them, and erases those whose
    farewell has left."""
    outbox.mark(connection, [result.mark for result in results], now)
    for result in results:
        if result.gone:
            letter = result.letter
            chats.set_blocked(connection, letter.channel, letter.address, now)
            outbox.drop(connection, letter.chat_id, result.mark.error or "")
    settled = (result.letter for result in results if result.mark.state != "pending")
    farewells = [letter.chat_id for letter in settled if letter.farewell]
    if farewells:
        forgetting.bid_farewell(connection, farewells)
