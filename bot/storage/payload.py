"""How a reply is written into a row of the outbox."""

from __future__ import annotations

import json
from typing import Any

from bot.messages import Choice, Reply


def encode(reply: Reply) -> str:
    """`reply` as JSON, only what differs from the default."""
    data: dict[str, Any] = {"text": reply.text, "form": reply.form}
    if reply.heading:
        data["heading"] = reply.heading
    if reply.choices:
        data["choices"] = [
            [{"label": one.label, "action": one.action, "kind": one.kind} for one in row] for row in reply.choices
        ]
    if reply.edit:
        data["edit"], data["reference"] = True, reply.reference
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def decode(payload: str) -> Reply:
    """The inverse of `encode`."""
    data = json.loads(payload)
    data["choices"] = tuple(tuple(Choice(**choice) for choice in row) for row in data.get("choices", ()))
    return Reply(**data)
