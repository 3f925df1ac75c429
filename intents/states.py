"""The states of an application file and their texts, read from `states.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FORMS = ("fr", "ar", "ary", "ary-Latn")


@dataclass(frozen=True)
class State:
    """One state: where it stands on the path, what it means, what to do now, in each written form."""

    id: str
    step: int
    title: Mapping[str, str]
    next: Mapping[str, str]


def read_states(data: Mapping[str, Any]) -> dict[str, State]:
    """States by id. Raises ValueError naming every text that is missing."""
    missing = [
        f"{name}.{part}: no text in {form}"
        for name, body in data.items()
        for part in ("title", "next")
        for form in FORMS
        if not body.get(part, {}).get(form)
    ]
    if missing:
        raise ValueError("\n".join(missing))
    return {name: State(name, int(body["step"]), body["title"], body["next"]) for name, body in data.items()}


def load_states(path: Path) -> dict[str, State]:
    """`read_states` of a YAML file."""
    return read_states(yaml.safe_load(path.read_text(encoding="utf-8")))
