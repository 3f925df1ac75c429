"""Names of programmes and regions, as the published check has them."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.storage import content


def published_choices(connection: Connection, language: str) -> dict[str, dict[str, str]]:
    """`programmes` and `regions` by id, in the console's language."""
    row = content.current(connection, "rules", "eligibility")
    body = row.body if row else {}
    regions = body.get("questions", {}).get("region", {}).get("answers", {})
    return {
        "programmes": {name: one["name"][language] for name, one in body.get("programmes", {}).items()},
        "regions": {name: one[language] for name, one in regions.items() if name != "skip"},
    }
