"""What every page of the console works with, and the frame around it: session, role, forged forms, language."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console.naming import deeds
from bot.ports import Clock
from bot.settings import Settings
from bot.storage import staff as accounts
from bot.storage.database import Database
from bot.storage.staff import Member
from bot.texts import Texts

COOKIE = "staff"
HERE = Path(__file__).parent
LARGEST_UPLOAD = 20 * 1024 * 1024
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LANGUAGES = ("fr", "ar")


@dataclass(frozen=True)
class Visit:
    """One request of somebody logged in, its form already read and its origin checked."""

    request: Request
    member: Member
    language: str
    form: FormData = field(default_factory=FormData)

    def text(self, name: str, longest: int = 20_000) -> str:
        """A field of the form as text, trimmed; `` where absent."""
        value = self.form.get(name, "")
        return value.strip()[:longest].replace("\r\n", "\n") if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a repeated field."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def number(self, name: str) -> int | None:
        """A field as a whole number, or None."""
        value = self.text(name, 18)
        return int(value) if value.isdigit() else None

    def upload(self, name: str) -> UploadFile | None:
        """An uploaded file, or None."""
        value = self.form.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def query(self, name: str, default: str = "") -> str:
        """A part of the address."""
        return self.request.query_params.get(name, default)[:200]

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A route: path below `/staff`, the role it needs, and who answers. POST carries a form."""

    path: str
    role: str
    handler: Handler
    method: str = "GET"


class Desk:
    """Shared by all pages: database, texts, templates."""

    def __init__(self, db: Database, texts: Texts, clock: Clock, settings: Settings) -> None:
        self.db, self.texts, self.clock, self.settings = db, texts, clock, settings
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def say(self, language: str, message: str, /, **values: object) -> str:
        """A text of the console."""
        return self.texts.get(language, message, **values)

    def page(self, visit: Visit, template: str, status: int = 200, **values: Any) -> Response:
        """A page inside the frame (menu, language, flash)."""
        return self.render(visit.request, visit.language, template, status, member=visit.member, **values)

    def render(
        self,
        request: Request,
        language: str,
        template: str,
        status: int = 200,
        member: Member | None = None,
        **values: Any,
    ) -> Response:
        """A rendered template. `t(message, **values)` is its text function; everything is escaped."""

        def t(message: str, /, **filled: object) -> str:
            return self.say(language, message, **filled)

        body = self._templates.get_template(template).render(
            t=t,
            deed=deeds(t),
            lang=language,
            dir="rtl" if self.texts.rtl(language) else "ltr",
            member=member,
            csrf=member.csrf if member else "",
            here=request.url.path,
            flash=request.query_params.get("done", "")[:60],
            texts=self.texts,
            now=self.clock(),
            **values,
        )
        return HTMLResponse(body, status, headers=HEADERS)

    def go(self, path: str, done: str = "") -> Response:
        """See other: after a POST, so that a reload repeats nothing. `done` names a text `done.<name>` to show."""
        join = "&" if "?" in path else "?"
        target = f"/staff{path}" + (f"{join}done={quote(done)}" if done else "")
        return RedirectResponse(target, 303, headers=HEADERS)

    def routes(self, pages: list[Page]) -> list[Route]:
        """Starlette routes of `pages`, each behind session, role and (for POST) the form's token."""
        return [Route(f"/staff{page.path}", self._guard(page), methods=[page.method]) for page in pages]

    def _guard(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            token = request.cookies.get(COOKIE, "")
            member = await self.member(token)
            if member is None:
                if page.method == "GET":
                    return RedirectResponse(f"/staff/login?next={quote(request.url.path)}", 303, headers=HEADERS)
                return self.refuse(request, 401)
            if not member.may(page.role):
                return self.refuse(request, 403, member)
            form = FormData()
            if page.method == "POST":
                if int(request.headers.get("content-length") or 0) > LARGEST_UPLOAD:
                    return self.refuse(request, 413, member)
                form = await request.form(max_files=1, max_fields=2000, max_part_size=2 * 1024 * 1024)
                given = form.get("csrf")
                if not isinstance(given, str) or not hmac.compare_digest(given, member.csrf):
                    return self.refuse(request, 403, member)
            language = member.language if member.language in LANGUAGES else "fr"
            try:
                return await page.handler(Visit(request, member, language, form))
            finally:
                await form.close()

        return serve

    async def member(self, token: str) -> Member | None:
        """Who a session token belongs to, while it holds."""
        if not token:
            return None
        now = self.clock()
        found = await self.db.read(lambda connection: accounts.read_session(connection, token, now))
        if found is None:
            return None
        if found[1]:
            await self.db.write(lambda connection: accounts.touch_session(connection, token, now))
        return found[0]

    def refuse(self, request: Request, status: int, member: Member | None = None) -> Response:
        """A page that says what is wrong, in the visitor's language."""
        language = member.language if member else self.guess(request)
        return self.render(request, language, "refused.html", status, member, reason=f"refused.{status}")

    def guess(self, request: Request) -> str:
        """French or Arabic, from the address or the browser."""
        wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
        return "ar" if wanted.lower().startswith("ar") else "fr"

    async def log(
        self, visit: Visit, action: str, subject: str, before: Mapping[str, Any] | None = None, after: Any = None
    ) -> None:
        """One line of the audit log, where the change itself was not made in a transaction of its own."""
        now = self.clock()
        await self.db.write(
            lambda connection: accounts.log(connection, visit.member.name, action, subject, now, before, after)
        )
