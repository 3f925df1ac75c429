"""The bot: channels, conversation, storage and staff console. The architecture is told in `bot/README.md`."""
