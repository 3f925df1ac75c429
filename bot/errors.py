"""Every exception this project raises on purpose.

BotError
├── SettingsError        a setting is missing or invalid; the text says which and what to do
├── InputError           a file or a request of a person is not usable; the text says where and what to do
├── StorageError         the database is not reachable, not migrated or full
├── AlreadyRunning       another copy already polls Telegram
├── SourceUnavailable    the back office that knows the applications does not answer now
└── DeliveryError        a message did not leave
    ├── TryAgain         a passing fault: send it later (`after` seconds at least, if known)
    ├── ChatGone         the person blocked the bot or the chat no longer exists
    └── Rejected         the channel will never take this message
"""


class BotError(Exception):
    """Root of the tree: catching it catches everything raised on purpose here."""


class SettingsError(BotError):
    """A setting is missing or invalid."""


class InputError(BotError):
    """A file or request is not usable; the text names file, row, field and what to do."""


class StorageError(BotError):
    """The database is not reachable, not migrated, or full."""


class AlreadyRunning(BotError):
    """Another copy holds the lease that only one may hold (polling)."""


class SourceUnavailable(BotError):
    """The source of applications does not answer now; nothing was lost."""


class DeliveryError(BotError):
    """A message did not leave."""


class TryAgain(DeliveryError):
    """A passing fault. `after` is the least number of seconds to wait, when the channel said so."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class ChatGone(DeliveryError):
    """The person blocked the bot, or the chat does not exist any more."""


class Rejected(DeliveryError):
    """The channel refused this message for good (a 400): retrying cannot help."""
