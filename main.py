"""The commands of the bot. `python main.py --help` lists them; `make run` calls `serve`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bot.errors import BotError

# One question is too small a sum for several threads: they would only wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="main.py", description="A chatbot for Moroccan artisans. Start with: make run", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    commands.add_parser("serve", help="run the bot: web page, staff console, and Telegram when BOT_TOKEN is set")
    chat = commands.add_parser("chat", help="chat in this terminal")
    chat.add_argument("--language", choices=("fr", "ar", "ary", "ary-Latn"), help="answer in this written form")
    ask = commands.add_parser("ask", help="show how one question is understood and answered")
    ask.add_argument("text", metavar="TEXT")
    ask.add_argument("--json", action="store_true", help="print JSON")
    ask.add_argument("--explain", action="store_true", help="show how the text was read and why this was decided")
    commands.add_parser("train", help="migrate, seed and learn the phrasings now (serve does it by itself)")

    content = commands.add_parser("content", help="check, export or import the content")
    content.add_argument("action", choices=("check", "export", "import"))
    content.add_argument("folder", nargs="?", type=Path, help="folder of YAML files for export and import")

    evaluate = commands.add_parser("evaluate", help="measure understanding on labelled questions")
    evaluate.add_argument("--test", type=Path, required=True, metavar="FILE.csv", help="text,topic[,also_ok][,lang]")
    evaluate.add_argument(
        "--train", type=Path, metavar="FILE.csv", help="text,intent[,lang]: learn this, not the content"
    )
    evaluate.add_argument("--predictions", type=Path, metavar="FILE.csv", help="write one row a question")
    evaluate.add_argument("--noise", action="store_true", help="also measure every kind of noise")
    evaluate.add_argument("--json", action="store_true", help="print JSON")

    applications = commands.add_parser("applications", help="application files: import, export, show, template")
    applications.add_argument("action", choices=("import", "export", "show", "template"))
    applications.add_argument("target", metavar="FILE|NUMBER")
    applications.add_argument("--dry-run", action="store_true", help="show what an import would change, change nothing")

    staff = commands.add_parser("staff", help="accounts of the staff console")
    staff.add_argument("action", choices=("add", "password", "list", "disable"))
    staff.add_argument("name", nargs="?")
    staff.add_argument("--role", choices=("reader", "editor", "publisher", "administrator"), default="administrator")

    backup = commands.add_parser("backup", help="write a consistent copy of the database, also while running")
    backup.add_argument("file", type=Path)
    restore = commands.add_parser("restore", help="put a backup back (the bot must be stopped)")
    restore.add_argument("file", type=Path)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns its exit code (2: bad input, said in one message)."""
    from dotenv import dotenv_values

    options = _parser().parse_args(arguments)
    environ = {key: value for key, value in dotenv_values(".env").items() if value is not None} | dict(os.environ)
    from bot import commands

    try:
        return commands.run(options, environ)
    except BotError as error:
        print(f"\n{error}\n", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough (`| head`)
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
