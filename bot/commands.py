"""What each command of `main.py` does."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from bot.errors import InputError
from bot.settings import Settings, read_settings
from bot.texts import Texts
from intents.evaluation import Question
from intents.loading import ContentError


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Runs the command of `options`; returns its exit code. Raises BotError for what the person can mend."""
    if options.command == "content" and options.action == "check":
        return _check_content()
    if options.command == "evaluate":
        return _evaluate(options)
    settings = read_settings(environ)
    commands: dict[str, Callable[[], int]] = {
        "serve": lambda: _serve(settings, environ),
        "chat": lambda: asyncio.run(_chat(settings, environ, options.language)),
        "ask": lambda: asyncio.run(_ask(settings, environ, options)),
        "train": lambda: _train(settings),
        "content": lambda: _content(settings, options),
        "applications": lambda: _applications(settings, options),
        "staff": lambda: _staff(settings, options),
        "backup": lambda: _backup(settings, options.file),
        "restore": lambda: _restore(settings, options.file),
    }
    return commands[options.command]()


def _serve(settings: Settings, environ: Mapping[str, str]) -> int:
    from bot import logs
    from bot.serving import serve

    logs.set_up(settings.log_level)
    if not any((settings.data_dir / "models").glob("*.npz")):
        print(Texts("console").get("fr", "ready.learning"), flush=True)
    return asyncio.run(serve(settings, environ))


async def _chat(settings: Settings, environ: Mapping[str, str], language: str | None) -> int:
    from bot.app import core, utc_now
    from bot.channels.terminal import Terminal

    async with core(settings, environ, {}) as built:
        terminal = Terminal(built.reception, built.inbox, utc_now)
        if language:
            await terminal.press(f"l:{language}")
        await terminal.run()
    return 0


async def _ask(settings: Settings, environ: Mapping[str, str], options: argparse.Namespace) -> int:
    from bot.app import core, utc_now
    from bot.messages import Chat, Incoming

    async with core(settings, environ, {}) as built:
        explained = built.knowledge.explain(options.text)
        incoming = Incoming("terminal", "ask", "1", utc_now(), text=options.text)
        outcome = built.conversation.respond(incoming, Chat("terminal", "ask"))
        replies = [asdict(reply) for reply in outcome.replies]
    if options.json:
        print(json.dumps({**explained, "replies": replies}, ensure_ascii=False, indent=2))
        return 0
    for reply in outcome.replies:
        print("\n".join(filter(None, (reply.heading, reply.text))))
        print("".join(f"  [{choice.label}]\n" for row in reply.choices for choice in row))
    print(f"({explained['form']}, {explained['decision']})")
    if options.explain:
        print(json.dumps(explained, ensure_ascii=False, indent=2))
    return 0


def _train(settings: Settings) -> int:
    from bot.app import utc_now
    from bot.knowledge import model_path
    from bot.seeding import lexicons, seed
    from bot.storage import content as storage
    from bot.storage.database import Database
    from bot.storage.migrating import migrate
    from intents.matching import Matcher, examples_of

    db = Database(settings.database_url)
    try:
        migrate(db)
        seed(db, settings, utc_now())
        with db.begin() as connection:
            content = storage.load(connection)
    finally:
        db.close_now()
    path = model_path(settings.data_dir / "models", content, lexicons())
    if not path.exists():
        Matcher.build(examples_of(content), lexicons(), _bar("learning")).save(path)
        _forget_old(path)
    return 0


def _forget_old(newest: Path, keep: int = 3) -> None:
    """Deletes all but the newest files of what was learned."""
    files = sorted(newest.parent.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[keep:]:
        path.unlink(missing_ok=True)


def _bar(name: str) -> Callable[[float], None]:
    from tqdm import tqdm

    bar = tqdm(total=100, desc=name, unit="%", disable=not sys.stderr.isatty(), leave=False)

    def show(share: float) -> None:
        bar.update(int(share * 100) - bar.n)

    return show


def _check_content() -> int:
    from bot.seeding import INTENTS
    from bot.texts import catalogue_problems
    from intents.eligibility import check_rules, load_check
    from intents.loading import load_content
    from intents.states import load_states
    from intents.validation import check_folder

    try:
        problems = [str(problem) for problem in check_folder(INTENTS, date.today())]
        content = load_content(INTENTS)
        problems += check_rules(load_check(INTENTS / "eligibility.yaml"), frozenset(content.facts))
        load_states(INTENTS / "states.yaml")
    except ContentError as error:
        problems = [str(problem) for problem in sorted(error.problems)]
    except ValueError as error:
        problems = str(error).splitlines()
    problems += catalogue_problems()
    print("\n".join(problems) or "The content is sound.")
    return 1 if problems else 0


def _evaluate(options: argparse.Namespace) -> int:
    from bot.seeding import INTENTS, lexicons
    from intents import evaluation
    from intents.loading import load_content
    from intents.matching import Matcher, examples_of
    from intents.noise import KINDS, noisy

    try:
        questions = evaluation.read_questions(options.test)
        if options.train:
            learned = evaluation.examples(evaluation.read_questions(options.train, "intent"))
        else:
            content = load_content(INTENTS)
            evaluation.check_topics(options.test, questions, content.topics)
            learned = examples_of(content)
    except evaluation.DataError as error:
        raise InputError(str(error)) from error
    matcher = Matcher.build(learned, lexicons(), _bar("learning"))
    results = list(evaluation.ask(matcher, questions, _questions_bar))
    if options.predictions:
        evaluation.write_predictions(options.predictions, results)
    made = evaluation.report(results)
    print(
        json.dumps(evaluation.as_json(made), ensure_ascii=False, indent=2)
        if options.json
        else evaluation.as_table(made)
    )
    if options.noise:
        for kind in KINDS:
            worse = evaluation.report(list(evaluation.ask(matcher, noisy(questions, kind)))).forms["all"]
            clean = made.forms["all"]
            print(f"{kind:16} top-1 {worse.top1 - clean.top1:+.3f}  served {worse.served - clean.served:+.3f}")
    return 0


def _questions_bar(questions: Sequence[Question]) -> Iterable[Question]:
    from tqdm import tqdm

    return tqdm(questions, desc="asking", disable=not sys.stderr.isatty(), leave=False)


def _content(settings: Settings, options: argparse.Namespace) -> int:
    from bot.transfer import export_content, import_content

    if options.folder is None:
        raise InputError("Name the folder: main.py content export FOLDER")
    act = export_content if options.action == "export" else import_content
    return act(settings, options.folder)


def _applications(settings: Settings, options: argparse.Namespace) -> int:
    from bot.applications import commands

    if options.action == "import":
        return commands.import_file(settings, Path(options.target), options.dry_run)
    if options.action == "show":
        return commands.show(settings, options.target)
    act = commands.export_file if options.action == "export" else commands.template
    return act(settings, Path(options.target))


def _staff(settings: Settings, options: argparse.Namespace) -> int:
    from bot.console.accounts import manage

    return manage(settings, options.action, options.name, options.role)


def _backup(settings: Settings, file: Path) -> int:
    from bot.storage.backup import backup
    from bot.storage.database import Database

    db = Database(settings.database_url)
    try:
        backup(db, file)
    finally:
        db.close_now()
    print(file)
    return 0


def _restore(settings: Settings, file: Path) -> int:
    from bot.storage.backup import restore
    from bot.storage.database import Database

    db = Database(settings.database_url)
    try:
        restore(db, file)
    finally:
        db.close_now()
    return 0
