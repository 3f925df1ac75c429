"""Structured logs: a line a fact, with the trace of the message it belongs to. JSON where no person reads
along."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

trace: ContextVar[str] = ContextVar("trace", default="")
"""The message being handled: every line logged meanwhile carries it."""

_ORDINARY = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}


def _extras(record: logging.LogRecord) -> dict[str, object]:
    extras = {key: value for key, value in record.__dict__.items() if key not in _ORDINARY}
    if "trace" not in extras and (current := trace.get()):
        extras["trace"] = current
    return extras


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, `trace`, and what the call gave as
    `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class ForPeople(logging.Formatter):
    """A short line for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        extras = " ".join(f"{key}={value}" for key, value in _extras(record).items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()} {extras}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(level: str) -> None:
    """Logs to standard error from `level` (`debug` ... `error`) on. Libraries only say what is wrong: their
    chatter would show texts, addresses and tokens."""
    # What no line shows need not be found out for every line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ForPeople() if sys.stderr.isatty() else JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("bot", "intents"):
        logging.getLogger(name).setLevel(level.upper())
