"""Guided dialogues: small explicit state machines over `Chat.state`, each behind `bot.ports.Dialogue`."""
