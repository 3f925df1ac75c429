"""The chat page `/` and its two calls. Replies wait in the outbox until the page fetches them."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.channels.receiving import Receiver
from bot.messages import Incoming, Reply
from bot.ports import Clock
from bot.texts import Texts

PAGE = Path(__file__).parent / "web"
COOKIE = "chat"
LARGEST = 20_000
_ID = re.compile(r"[0-9a-z]{8,40}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,80}")
# Nothing from elsewhere, no inline script or style, no framing.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Inbox(Protocol):
    """Where the page's replies wait."""

    async def pull(self, channel: str, address: str, after: int) -> list[tuple[int, Reply]]:
        """Replies with an id above `after`, in order; fetching marks earlier ones as delivered."""
        ...


class WebChat:
    """Routes of the page. `demo` gives a number and code to try, while made-up files exist."""

    def __init__(
        self,
        receiver: Receiver,
        inbox: Inbox,
        texts: Texts,
        clock: Clock,
        demo: Callable[[], Mapping[str, str] | None],
        secure_cookies: str = "auto",
    ) -> None:
        self._receiver, self._inbox, self._texts, self._clock = receiver, inbox, texts, clock
        self._demo, self._secure = demo, secure_cookies
        self._page = (PAGE / "chat.html").read_text(encoding="utf-8")
        self.routes = [
            Route("/", self.page),
            Route("/chat.js", self.asset("chat.js", "text/javascript")),
            Route("/chat.css", self.asset("chat.css", "text/css")),
            Route("/chat/messages", self.send, methods=["POST"]),
            Route("/chat/messages", self.fetch, methods=["GET"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page, in the language the browser asks for (Arabic or French)."""
        wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
        first = "ar" if wanted.lower().startswith("ar") else "fr"
        texts = {form: self._words(form) for form in self._texts.languages}
        values = {name: escape(str(value)) for name, value in texts[first].items()}
        values["demo_hidden"] = "" if self._demo() else "hidden"
        # `<` as an escape, so that no text can end the script element (HTML standard, script data state).
        values["texts"] = json.dumps({**texts, "first": first}, ensure_ascii=False).replace("<", "\\u003c")
        page = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], self._page)
        return HTMLResponse(page, headers={**HEADERS, "Cache-Control": "no-cache"})

    def asset(self, name: str, media_type: str) -> Callable[[Request], Any]:
        """A file of the page, revalidated by its hash."""
        body = (PAGE / name).read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'

        async def serve(request: Request) -> Response:
            headers = {**HEADERS, "ETag": tag, "Cache-Control": "no-cache"}
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers=headers)
            return Response(body, media_type=media_type, headers=headers)

        return serve

    async def send(self, request: Request) -> Response:
        """Takes one message; the answer carries the replies. 422 means: refused, do not send it again."""
        body = await self._body(request)
        if body is None:
            return self._json({"messages": []}, 422)
        token, fresh = self._token(request)
        address = self._address(token)
        incoming = Incoming(
            channel="web",
            address=address,
            update_id=f"{address}:{body['id']}",
            at=self._clock(),
            kind="action" if body.get("kind") == "action" else "text",
            text=str(body.get("text") or "")[:4000],
            action=str(body.get("action") or "")[:64],
            language_code=str(body.get("language") or "")[:20] or None,
            message_ref=str(body["ref"])[:20] if body.get("ref") else None,
        )
        await self._receiver.receive([incoming])
        return await self._replies(request, address, self._number(body.get("after")), token if fresh else None)

    async def fetch(self, request: Request) -> Response:
        """What came since: answers of staff, news of a file."""
        token, fresh = self._token(request)
        if fresh:
            return self._json({"messages": []})
        return await self._replies(request, self._address(token), self._number(request.query_params.get("after")), None)

    async def _replies(self, request: Request, address: str, after: int, token: str | None) -> Response:
        messages = [self._shown(*item) for item in await self._inbox.pull("web", address, 0 if token else after)]
        response = self._json({"messages": messages})
        if token:
            secure = self._secure == "yes" or (self._secure == "auto" and request.url.scheme == "https")
            response.set_cookie(COOKIE, token, max_age=180 * 86400, httponly=True, samesite="lax", secure=secure)
        return response

    async def _body(self, request: Request) -> dict[str, Any] | None:
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return None
        if int(request.headers.get("content-length") or LARGEST + 1) > LARGEST:
            return None
        try:
            body = json.loads(await request.body())
        except (ValueError, UnicodeDecodeError, RecursionError):
            return None
        return body if isinstance(body, dict) and _ID.fullmatch(str(body.get("id", ""))) else None

    def _token(self, request: Request) -> tuple[str, bool]:
        token = request.cookies.get(COOKIE, "")
        return (token, False) if _TOKEN.fullmatch(token) else (secrets.token_urlsafe(24), True)

    def _address(self, token: str) -> str:
        """The chat's address: the database never holds what would let somebody take the chat over."""
        return hashlib.sha256(token.encode()).hexdigest()[:32]

    def _shown(self, number: int, reply: Reply) -> dict[str, Any]:
        choices = [[asdict(choice) for choice in row if choice.kind != "contact"] for row in reply.choices]
        return {
            "id": number,
            "heading": reply.heading,
            "text": reply.text,
            "form": reply.form,
            "reference": reply.reference if reply.edit else None,
            "choices": [row for row in choices if row],
        }

    def _words(self, form: str) -> dict[str, str]:
        names = ("lang", "title", "menu", "log", "placeholder", "send", "waiting", "offline", "noscript")
        words = {name: self._texts.get(form, name) for name in names}
        demo = self._demo()
        words["demo"] = self._texts.get(form, "demo", **demo) if demo else ""
        return words | {"dir": self._texts.languages[form].direction}

    def _number(self, value: Any) -> int:
        text = str(value or 0)
        return int(text) if text.isdigit() and len(text) < 16 else 0

    def _json(self, body: dict[str, Any], status: int = 200) -> JSONResponse:
        return JSONResponse(body, status, headers={**HEADERS, "Cache-Control": "no-store"})
