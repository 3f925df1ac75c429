"""All routes of the console: pages, login, static files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.console.answers import AnswersPages
from bot.console.auth import Door
from bot.console.broadcasts import BroadcastsPages
from bot.console.conversations import ConversationsPages
from bot.console.desk import HEADERS, Desk, Page
from bot.console.facts import FactsPages
from bot.console.files import FilesPages
from bot.console.people import PeoplePages
from bot.console.questions import QuestionsPages
from bot.console.sheets import SheetsPages
from bot.console.today import TodayPages
from bot.console.trying import TryPages
from bot.letters import Letters

if TYPE_CHECKING:
    from bot.app import Core

STATIC = Path(__file__).parent / "static"
MEDIA = {".css": "text/css", ".js": "text/javascript"}


def pages(desk: Desk, core: Core) -> list[Page]:
    """Every page of the console."""
    letters, wake = Letters(core.texts), core.sender.wake
    knowledge, look = core.knowledge, core.knowledge.look
    return [
        *TodayPages(desk, knowledge).pages,
        *QuestionsPages(desk, knowledge, look).pages,
        *AnswersPages(desk, knowledge, core.texts, look).pages,
        *FactsPages(desk, knowledge, look).pages,
        *TryPages(desk, knowledge, core.texts).pages,
        *FilesPages(desk, letters, wake).pages,
        *ConversationsPages(desk, letters, wake, lambda: knowledge.content).pages,
        *BroadcastsPages(desk, letters, wake).pages,
        *SheetsPages(desk).pages,
        *PeoplePages(desk).pages,
    ]


def console_routes(desk: Desk, core: Core) -> list[BaseRoute]:
    """What the server serves below `/staff`."""
    door = Door(desk)
    routes: list[BaseRoute] = [*door.routes, *desk.routes([*pages(desk, core), *door.pages])]
    return routes + [_static(path) for path in sorted(STATIC.iterdir())]


def _static(path: Path) -> Route:
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

    async def serve(request: Request) -> Response:
        headers = {**HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=MEDIA[path.suffix], headers=headers)

    return Route(f"/staff/static/{path.name}", serve)
