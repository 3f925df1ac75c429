"""What keeps the house in order: who may import whom, what is documented, where texts live, what nothing may name."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from bot.conversation import COMMANDS
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
# By the beginning of a module's name: what it may not import, and why not.
FORBIDDEN = {
    "intents": ("bot", "starlette", "sqlalchemy", "telegram", "aiohttp", "uvicorn"),  # a pure library
    "bot.messages": ("bot.", "starlette", "sqlalchemy", "telegram"),  # what everybody speaks
    "bot.errors": ("bot.",),
    "bot.conversation": ("bot.channels", "bot.storage", "bot.console", "bot.app", "bot.reception", "bot.sender"),
    "bot.dialogues": ("bot.channels", "bot.storage", "bot.console", "bot.app", "bot.reception", "bot.sender"),
    "bot.menus": ("bot.channels", "bot.storage", "bot.console"),
    "bot.language": ("bot.channels", "bot.storage", "bot.console"),
    "bot.texts": ("bot.channels", "bot.storage", "bot.console", "bot.messages"),
    "bot.channels": ("bot.storage", "bot.console", "bot.conversation", "bot.dialogues", "intents", "bot.app"),
    "bot.storage": ("bot.channels", "bot.console", "bot.conversation", "bot.dialogues", "bot.app"),
    "bot.console": ("bot.channels",),
}  # fmt: skip
# Each third-party library has its home: a change of library is a change of one room.
HOMES = {
    "telegram": ("bot.channels",),
    "sqlalchemy": ("bot.storage", "bot.console", "bot.applications", "bot.recording", "bot.effects", "bot.housekeeping",
                   "bot.knowledge", "bot.serving", "bot.alerts", "bot.transfer", "bot.bookkeeping", "bot.quiet",
                   "bot.arrivals", "bot.reception", "bot.app", "bot.seeding", "bot.sheets"),
    "alembic": ("bot.storage",),
    "starlette": ("bot.channels", "bot.console", "bot.serving"),
    "jinja2": ("bot.console",),
    "openpyxl": ("bot.applications", "bot.console", "bot.sheets"),
    "rapidfuzz": ("intents",),
    "numpy": ("intents",),
    "scipy": ("intents",),
    "prometheus_client": ("bot.metrics",),
    "babel": ("bot.texts",),
    "uvicorn": ("bot.serving",),
}  # fmt: skip


@cache
def tracked() -> tuple[Path, ...]:
    """Files under version control."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file())


def modules(*rooms: str) -> list[tuple[str, Path]]:
    """(dotted name, file) of the Python modules of these rooms."""
    files = [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in rooms]
    return [(".".join(path.relative_to(ROOT).with_suffix("").parts), path) for path in files]


def imported(path: Path) -> set[str]:
    """Modules that a file imports while it runs; those for type checking alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(
        (name == room.rstrip(".") and not room.endswith(".")) or name.startswith(room.rstrip(".") + ".")
        for room in rooms
    )


def test_nobody_imports_whom_they_should_not_know() -> None:
    broken = [
        f"{name} imports {other}"
        for name, path in modules("bot", "intents")
        for room, others in FORBIDDEN.items()
        if within(name, (room,))
        for other in imported(path)
        if within(other, others)
    ]
    assert broken == []


def test_each_library_stays_at_home() -> None:
    broken = [
        f"{name} imports {library}"
        for name, path in modules("bot", "intents")
        for library, homes in HOMES.items()
        if not within(name, homes) and any(within(other, (library,)) for other in imported(path))
    ]
    assert broken == []


def test_every_setting_stands_in_the_readme_and_nothing_else() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    documented = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.__dataclass_fields__)


def test_no_text_for_people_is_written_in_python() -> None:
    """Arabic letters betray one; folding and masking know letters and digits as such."""
    tables = {"intents/folding.py", "intents/language.py", "intents/lexicon.py", "intents/noise.py", "intents/slots.py",
              "intents/features.py", "bot/privacy.py", "bot/applications/columns.py"}  # fmt: skip
    found = []
    for name, path in modules("bot", "intents"):
        if str(path.relative_to(ROOT)) in tables:
            continue
        tree = list(ast.walk(ast.parse(_text(path))))
        docstrings = {id(node.value) for node in tree if isinstance(node, ast.Expr)}
        texts = [node for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        found += [
            f"{name}:{node.lineno}: {node.value[:40]}"
            for node in texts
            if id(node) not in docstrings and re.search(r"[\u0621-\u064a]", node.value)
        ]
    assert found == []


def test_every_command_is_described_in_each_language_of_the_menu() -> None:
    for folder in ("fr", "ar", "ary", "ary_Latn"):
        catalogue = (ROOT / "locales" / folder / "LC_MESSAGES" / "bot.po").read_text(encoding="utf-8")
        missing = [name for name in COMMANDS if name != "start" and f'msgid "command.{name}"' not in catalogue]
        assert missing == []


def test_no_file_names_a_package_registry() -> None:
    # In two halves, so that this file does not name one itself.
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "registry" + ".npmjs", "crates" + ".io"]
    named = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in tracked()
        if path.suffix not in (".png", ".xlsx", ".npz")
        for host in hosts
        if host in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert named == []


def test_no_secret_and_no_data_is_tracked() -> None:
    wrong = re.compile(r"(^|/)(\.env|data/|.*\.sqlite.*|.*\.npz|.*\.pem|id_rsa.*|secret_key)$")
    assert [str(path) for path in tracked() if wrong.search(str(path.relative_to(ROOT)))] == []
    token = re.compile(r"\b\d{9,10}:[A-Za-z0-9_-]{35}\b")
    leaked = [
        path for path in tracked() if path.suffix in (".py", ".md", ".yaml", ".json", "") and token.search(_text(path))
    ]
    assert leaked == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("room", ["bot", "intents", "tests"])
def test_files_stay_readable_in_one_sitting(room: str) -> None:
    files = ((name, path) for name, path in modules(room) if "migrations" not in path.parts)  # lists, not to be read
    assert [f"{name}: {lines}" for name, path in files if (lines := _text(path).count("\n")) > 350] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name
        for name, path in modules("bot", "intents", "tests")
        if path.name not in ("__init__.py", "env.py") and "migrations" not in path.parts
        if not ast.get_docstring(ast.parse(_text(path)))
    ]
    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "core"}
    assert [name for name, _ in modules("bot", "intents", "tests") if name.rsplit(".", 1)[-1] in empty] == []
