"""Reads the content files. Every fault is collected with file and line; one error tells them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from intents.bodies import Key, from_bodies
from intents.models import FORMS, Content

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a content file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class ContentError(ValueError):
    """The content cannot be used; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in sorted(problems)))
        self.problems = problems


@dataclass
class Source:
    """Where each part of the content stands: file and line by path of keys, for messages."""

    lines: dict[tuple[str, ...], tuple[str, int]]

    def problem(self, path: tuple[str, ...], message: str) -> Problem:
        """A problem at `path`, or at the nearest part above it."""
        for length in range(len(path), 0, -1):
            if found := self.lines.get(path[:length]):
                return Problem(found[0], found[1], message)
        return Problem("intents", 0, message)


def load_content(root: Path) -> Content:
    """The content below `root` (`intents/`). Raises ContentError."""
    return read_content(root)[0]


def read_content(root: Path) -> tuple[Content, Source]:
    """The content and where each part stands. Raises ContentError for files that cannot be read as content."""
    reader = _Reader(root)
    bodies: dict[Key, dict[str, Any]] = {}
    place = 0
    for folder in _groups(root / "content"):
        topics = (reader.read(folder / "topics.yaml", ("topics_file", folder.name)) or {}).get("topics", {})
        for topic_id, topic in topics.items():
            reader.move(("topics_file", folder.name, "topics", topic_id), ("topic", topic_id))
            if ("topic", topic_id) in bodies:
                reader.fault(("topic", topic_id), f"topic {topic_id} stands in two groups")
            bodies["topic", topic_id] = {
                "place": place, "group": folder.name, "follow_ups": topic.get("follow_ups", []),
                "dialogue": topic.get("dialogue"), "answers": {}, "phrasings": {},
            }  # fmt: skip
            place += 1
        for form in FORMS:
            _read_form(reader, folder, form, bodies)
    for fact_id, fact in (reader.read(root / "facts.yaml", ("fact",)) or {}).items():
        bodies["fact", fact_id] = _fact(fact)
    clarifications = reader.read(root / "content" / "clarifications.yaml", ("clarification",)) or {}
    for at, (name, body) in enumerate(clarifications.items()):
        bodies["clarification", name] = {**body, "place": at}
    for form in FORMS:
        path = root / "content" / "out_of_scope" / f"{form}.yaml"
        bodies["out_of_scope", form] = {"examples": reader.read(path, ("out_of_scope", form)) or []}
    if reader.problems:
        raise ContentError(reader.problems)
    return from_bodies(bodies), Source(reader.lines)


def _groups(content: Path) -> list[Path]:
    """The group folders in the order of `groups.yaml`: the order of menus."""
    names = yaml.safe_load((content / "groups.yaml").read_text(encoding="utf-8"))
    return [content / name for name in names]


def _read_form(reader: _Reader, folder: Path, form: str, bodies: Mapping[Key, dict[str, Any]]) -> None:
    data = reader.read(folder / f"{form}.yaml", ("form_file", folder.name, form)) or {}
    for topic_id, body in data.items():
        here = ("form_file", folder.name, form, topic_id)
        reader.move(here, ("topic", topic_id, form))
        topic = bodies.get(("topic", topic_id))
        if topic is None or topic["group"] != folder.name:
            reader.fault(here, f"topic {topic_id} is not in {folder.name}/topics.yaml")
            continue
        missing = [name for name in ("title", "answer", "phrasings") if not body.get(name)]
        if missing:
            reader.fault(here, f"{topic_id} has no {', '.join(missing)}")
            continue
        review = body.get("review", "pending")
        topic["answers"][form] = {
            "title": body["title"].strip(), "text": body["answer"].strip(),
            "unknown": (body.get("unknown") or "").strip() or None,
            "review": {"state": review} if isinstance(review, str) else
            {**review, "on": str(review["on"]) if review.get("on") else None},
        }  # fmt: skip
        topic["phrasings"][form] = [str(text) for text in body["phrasings"]]


def _fact(body: Mapping[str, Any]) -> dict[str, Any]:
    value = body.get("value")
    if value == "unknown":
        value = None
    elif isinstance(value, date):
        value = {"date": value.isoformat()}
    until = body.get("valid_until")
    return {**body, "value": value, "as_of": str(body.get("as_of", "")), "valid_until": str(until) if until else None}


class _Reader:
    """Reads YAML files and remembers on which line each key stands."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.problems: list[Problem] = []
        self.lines: dict[tuple[str, ...], tuple[str, int]] = {}

    def read(self, path: Path, prefix: tuple[str, ...]) -> Any:
        """The data of a file; None where it is missing or broken (then a problem says so)."""
        name = str(path.relative_to(self._root.parent))
        try:
            text = path.read_text(encoding="utf-8")
            node = yaml.compose(text, Loader=_Loader)
            data = yaml.load(text, Loader=_Loader)
        except FileNotFoundError:
            self.problems.append(Problem(name, 0, "the file is missing"))
            return None
        except UnicodeDecodeError:
            self.problems.append(Problem(name, 0, "not UTF-8 text"))
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            what = getattr(error, "problem", None) or "not YAML"
            self.problems.append(Problem(name, mark.line + 1 if mark else 0, f"not valid YAML: {what}"))
            return None
        self.lines[prefix] = (name, 1)
        self._mark(node, prefix, name, depth=4)
        return data

    def move(self, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Gives what stands at `old` (and below) the path `new` too."""
        for path, where in [(p, w) for p, w in self.lines.items() if p[: len(old)] == old]:
            self.lines.setdefault(new + path[len(old) :], where)

    def fault(self, path: tuple[str, ...], message: str) -> None:
        """Notes a problem at `path`."""
        self.problems.append(Source(self.lines).problem(path, message))

    def _mark(self, node: Any, path: tuple[str, ...], name: str, depth: int) -> None:
        if depth and isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*path, str(key.value))
                self.lines[here] = (name, key.start_mark.line + 1)
                self._mark(value, here, name, depth - 1)
        elif depth and isinstance(node, yaml.SequenceNode):
            for at, value in enumerate(node.value):
                self.lines[(*path, str(at))] = (name, value.start_mark.line + 1)


def dump_yaml(data: Any) -> str:
    """`data` as YAML for people: their order, their letters, long texts on one line."""
    return str(yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000))
