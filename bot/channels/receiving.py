"""What a channel hands messages to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Incoming


class Receiver(Protocol):
    """The reception, as channels see it."""

    async def receive(self, incomings: Sequence[Incoming]) -> None:
        """Returns once everything is recorded; a redelivered message changes nothing."""
        ...
