"""Logs and figures."""

from __future__ import annotations

import json
import logging
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bot import logs, metrics
from bot.settings import read_settings
from tests.conftest import NOW


@pytest.fixture(autouse=True)
def _restore_logging() -> object:
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = (root.handlers[:], root.level, ours.level)
    yield
    root.handlers, level, own = before[0], before[1], before[2]
    root.setLevel(level)
    ours.setLevel(own)


def test_the_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    read_settings({"DATA_DIR": str(folder)})
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "secret_key").stat().st_mode & 0o077 == 0


def test_logs_are_json_lines_that_carry_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info")
    token = logs.trace.set("tg7")
    try:
        logging.getLogger("bot.x").info("answered", extra={"form": "ary"})
        logging.getLogger("bot.x").debug("not shown")
        logging.getLogger("aiohttp").info("not shown either")
        try:
            raise ValueError("خطأ")
        except ValueError:
            logging.getLogger("bot.x").exception("failed", extra={"trace": "tg8"})
    finally:
        logs.trace.reset(token)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert (first["message"], first["trace"], first["form"], first["level"]) == ("answered", "tg7", "ary", "info")
    assert second["trace"] == "tg8" and "خطأ" in second["error"]


def test_a_person_at_a_terminal_gets_short_lines() -> None:
    record = logging.LogRecord("bot.x", logging.WARNING, "", 0, "the %s is full", ("disk",), None)
    assert logs.ForPeople().format(record).endswith("warning the disk is full")
    record.exc_info = (ValueError, ValueError("no"), None)
    assert "ValueError: no" in logs.ForPeople().format(record)
    assert sys.stderr is not None


def test_figures_are_in_prometheus_format() -> None:
    metrics.messages.labels("telegram", "ary", "answer").inc()
    text = metrics.render((3, NOW - timedelta(seconds=5)), NOW).decode()
    assert "bot_outbox_depth 3.0" in text and "bot_outbox_age_seconds 5.0" in text
    assert 'bot_messages_total{channel="telegram",decision="answer",form="ary"}' in text
    assert "bot_outbox_age_seconds 0.0" in metrics.render((0, None), NOW).decode()
