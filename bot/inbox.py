"""Where replies wait for channels that fetch them (web page, terminal) instead of being sent to."""

from __future__ import annotations

from bot.messages import Reply
from bot.storage import chats, outbox
from bot.storage.database import Connection, Database


class DatabaseInbox:
    """Replies in the outbox, as the one they are for sees them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pull(self, channel: str, address: str, after: int) -> list[tuple[int, Reply]]:
        """Replies with an id above `after`, in order; fetching marks earlier ones as delivered. Raises
        StorageError."""

        def act(connection: Connection) -> list[tuple[int, Reply]]:
            chat = chats.find(connection, channel, address)
            return outbox.pull(connection, chat.id, after) if chat else []

        return await self._database.write(act)
