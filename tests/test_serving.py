"""`main.py serve` as people run it: a process of its own on a free port, with the real content."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bot.knowledge import MAIN
from bot.storage import content
from bot.storage.database import Database
from tests.chaos.crash import free_port
from tests.serving import ADDRESS, environment

numbers = count()


class Bot:
    """One process of `main.py serve`."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.settings = environment(folder, **more)
        began = time.monotonic()
        self.process = self._run("serve")
        self.said = ""
        self.url = ""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if found := ADDRESS.search(line):
                self.url = found.group()
            elif self.url and not line.strip():
                break
        self.start_seconds = time.monotonic() - began

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""
        try:
            with urlopen(f"{self.url}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def press(self, action: str) -> str:
        """What a new person is told who presses that button."""
        body = {"id": f"serving{next(numbers):05}", "kind": "action", "action": action, "language": "fr"}
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.url}/chat/messages", json.dumps(body).encode(), headers), timeout=10) as answer:
            return "\n".join(one["text"] for one in json.load(answer)["messages"])

    def command(self, *arguments: str) -> tuple[int, str]:
        """Exit code and all words of another command with the same settings."""
        process = self._run(*arguments)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def end(self) -> int:
        """The exit code after SIGTERM. Raises TimeoutExpired after the ten seconds it has."""
        self.process.send_signal(signal.SIGTERM)
        self.said += self.process.communicate(timeout=10)[0]
        return self.process.returncode

    def _run(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(MAIN), *arguments], env=self.settings, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture
def start(seeded: Path, tmp_path: Path) -> Iterator[Callable[..., Bot]]:
    """Starts a bot in a data folder named `name`, a copy of a seeded one; kills it at the end if it still runs."""
    started: list[Bot] = []

    def act(name: str = "data", **more: str) -> Bot:
        if not (tmp_path / name).exists():
            shutil.copytree(seeded, tmp_path / name, symlinks=True)
        started.append(Bot(tmp_path / name, **more))
        return started[-1]

    yield act
    for bot in started:
        if bot.process.poll() is None:
            bot.process.kill()
        bot.process.communicate()


def until(reached: Callable[[], bool], seconds: float) -> None:
    """Asks again and again; raises AssertionError where it is not so after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline


def test_it_is_ready_answers_stops_and_starts_again(start: Callable[..., Bot]) -> None:
    bot = start()
    assert bot.get("/healthz") == (200, "alive")
    status, parts = bot.get("/readyz")
    assert (status, json.loads(parts)) == (200, {"ready": True, "content": True, "telegram": True, "database": True})
    assert "<html" in bot.get("/")[1]
    assert bot.get("/nothing")[0] == 404
    assert bot.press("t:prog_overview")
    assert 'bot_messages_total{channel="web",decision="answer",form="fr"} 1.0' in bot.get("/metrics")[1]
    assert bot.end() == 0
    again = start()
    print(f"ready {again.start_seconds:.1f} s after the second start")
    assert again.get("/readyz")[0] == 200
    assert again.end() == 0


def test_a_first_start_prepares_everything_by_itself(seeded: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    shutil.copytree(seeded / "models", tmp_path / "new" / "models")
    bot = Bot(tmp_path / "new")
    assert bot.get("/readyz")[0] == 200 and bot.press("t:prog_overview")
    assert bot.end() == 0
    assert "/staff/welcome/" in bot.said


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"HTTP_PORT": "http", "SEND_RATE": "-1"}, ("HTTP_PORT", "SEND_RATE")),
        ({"DATABASE_URL": "mysql://x"}, ("DATABASE_URL",)),
        ({"BOT_TOKEN": "1:a", "TELEGRAM_MODE": "webhook"}, ("WEBHOOK_URL", "WEBHOOK_SECRET")),
    ],
)
def test_invalid_settings_are_named(start: Callable[..., Bot], given: dict[str, str], named: tuple[str, ...]) -> None:
    bot = start(**given)
    assert bot.process.wait(10) == 2
    assert all(name in bot.said for name in named) and "Traceback" not in bot.said


def test_a_port_in_use_is_told(start: Callable[..., Bot]) -> None:
    port = str(free_port())
    first = start(HTTP_PORT=port)
    second = start("other", HTTP_PORT=port)
    assert second.process.wait(10) == 2
    assert f"127.0.0.1:{port}" in second.said and "HTTP_PORT" in second.said and "Traceback" not in second.said
    assert first.end() == 0


def test_what_one_copy_publishes_reaches_the_other(start: Callable[..., Bot], postgres_url: str) -> None:
    first = start(DATABASE_URL=postgres_url)
    second = start(DATABASE_URL=postgres_url)
    before = second.press("t:prog_overview")
    database = Database(postgres_url)
    with database.begin() as connection:
        body = content.published(connection)["topic", "prog_overview"]
        body["answers"]["fr"]["text"] = "Une phrase toute neuve."
        content.put_in_force(connection, "topic", "prog_overview", body, author="x", now=datetime.now(UTC), note="")
    database.close_now()
    assert "toute neuve" not in before
    for copy in (first, second):
        until(lambda copy=copy: "toute neuve" in copy.press("t:prog_overview"), 10)
        assert copy.end() == 0


def test_a_backup_while_it_runs_is_put_back(start: Callable[..., Bot], tmp_path: Path) -> None:
    bot = start()
    bot.press("t:prog_overview")
    file = tmp_path / "copy"
    assert bot.command("backup", str(file))[0] == 0
    bot.press("t:prog_overview")
    code, said = bot.command("restore", str(file))
    assert code == 2 and "stop it first" in said
    assert bot.end() == 0
    assert people(bot) == 2
    assert bot.command("restore", str(file))[0] == 0
    assert people(bot) == 1
    again = start()
    assert again.press("t:prog_overview") and again.end() == 0


def people(bot: Bot) -> int:
    """How many have a chat."""
    with closing(sqlite3.connect(Path(bot.settings["DATA_DIR"]) / "bot.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM chats").fetchone()[0])
