"""Coming in: invitation, login with an argon2 hash and optional TOTP, throttling, logout, one's own settings."""

from __future__ import annotations

import re

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console.desk import COOKIE, HEADERS, LANGUAGES, Desk, Page, Visit
from bot.errors import InputError
from bot.storage import staff as accounts

SHORTEST = 10
# Argon2id with the library's defaults (RFC 9106, low-memory profile).
_HASHER = PasswordHasher()
# Checked when the name is unknown, so that a login takes as long for a name that exists as for one that does not.
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The argon2 hash to store. Raises InputError for a password that is too short."""
    if len(password) < SHORTEST:
        raise InputError(f"password: at least {SHORTEST} characters")
    return _HASHER.hash(password)


def _right(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _NOBODY, password) and bool(stored)
    except (Argon2Error, InvalidHashError):
        return False


class Door:
    """Routes that need no session, and the page of one's own account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.routes = [
            Route("/staff/login", self.login_page, methods=["GET"]),
            Route("/staff/login", self.login, methods=["POST"]),
            Route("/staff/welcome/{token}", self.welcome_page, methods=["GET"]),
            Route("/staff/welcome/{token}", self.welcome, methods=["POST"]),
        ]
        self.pages = [
            Page("/logout", "reader", self.logout, "POST"),
            Page("/account", "reader", self.account),
            Page("/account", "reader", self.change, "POST"),
        ]

    async def login_page(self, request: Request) -> Response:
        """The form."""
        return self._form(request, "")

    async def login(self, request: Request) -> Response:
        """Opens a session, or says that name and password do not fit (never which of them)."""
        form = await request.form(max_files=0, max_fields=10)
        name, password = str(form.get("name", "")).strip()[:80], str(form.get("password", ""))[:200]
        code = re.sub(r"\D", "", str(form.get("code", "")))[:6]
        now, desk = self._desk.clock(), self._desk
        address = request.client.host if request.client else ""
        row = await desk.db.read(lambda connection: accounts.by_name(connection, name))
        if await desk.db.read(
            lambda c: accounts.throttled(c, f"name:{name}", now) or accounts.throttled(c, f"from:{address}", now)
        ):
            return self._form(request, "login.throttled", 429)
        right = _right(row.password if row else "", password)
        step = int(now.timestamp()) // 30
        if right and row and row.totp:
            # A code serves once: the step of the last one used is kept (RFC 6238, section 5.2).
            right = row.totp_step < step and pyotp.TOTP(row.totp).verify(code, for_time=now, valid_window=1)
        if not right or row is None or row.disabled:
            await desk.db.write(lambda c: self._count(c, name, address))
            return self._form(request, "login.wrong", 403)

        def open_session(connection: Connection) -> str:
            if row.totp:
                accounts.change(connection, row.id, totp_step=step)
            accounts.log(connection, row.name, "staff.login", row.name, now)
            return accounts.open_session(connection, row.id, now)

        return self._enter(request, await desk.db.write(open_session))

    def _count(self, connection: Connection, name: str, address: str) -> None:
        now = self._desk.clock()
        accounts.login_failed(connection, f"name:{name}", now)
        accounts.login_failed(connection, f"from:{address}", now)

    async def welcome_page(self, request: Request) -> Response:
        """The one-time page where an invited person chooses a name and password."""
        token, now = request.path_params["token"], self._desk.clock()
        invitation = await self._desk.db.read(lambda connection: accounts.invitation(connection, token, now))
        if invitation is None:
            return self._desk.refuse(request, 404)
        return self._desk.render(
            request, self._desk.guess(request), "welcome.html", role=invitation.role, name=invitation.name, problem=""
        )

    async def welcome(self, request: Request) -> Response:
        """Makes the account and logs in. The invitation is used up."""
        form = await request.form(max_files=0, max_fields=10)
        token, now, desk = request.path_params["token"], self._desk.clock(), self._desk
        language = desk.guess(request)
        name, password = str(form.get("name", "")).strip()[:80], str(form.get("password", ""))[:200]

        def make(connection: Connection) -> str:
            invitation = accounts.invitation(connection, token, now)
            if invitation is None:
                return "refused.404"
            if not name or accounts.by_name(connection, name) is not None:
                return "welcome.name_taken"
            if not accounts.use_invitation(connection, token):
                return "refused.404"
            staff_id = accounts.add(connection, name, invitation.role, hashed, now, language)
            accounts.log(connection, name, "staff.added", name, now, None, {"role": invitation.role})
            return "token:" + accounts.open_session(connection, staff_id, now)

        try:
            hashed = hash_password(password)
        except InputError:
            result = "welcome.short"
        else:
            result = await desk.db.write(make)
        if result.startswith("token:"):
            return self._enter(request, result.removeprefix("token:"))
        if result == "refused.404":
            return desk.refuse(request, 404)
        return desk.render(request, language, "welcome.html", 422, role="", name=name, problem=result)

    async def logout(self, visit: Visit) -> Response:
        """Ends the session."""
        token = visit.request.cookies.get(COOKIE, "")
        await self._desk.db.write(lambda connection: accounts.close_session(connection, token))
        response = self._desk.go("/login")
        response.delete_cookie(COOKIE, path="/staff")
        return response

    async def account(self, visit: Visit) -> Response:
        """One's own language, password and second factor."""
        return await self._account(visit, "")

    async def change(self, visit: Visit) -> Response:
        """Changes one of them. A new password ends all one's sessions."""
        what, now, desk = visit.text("what"), self._desk.clock(), self._desk
        row = await desk.db.read(lambda connection: accounts.by_name(connection, visit.member.name))
        if row is None:
            return desk.refuse(visit.request, 404, visit.member)
        if what == "language" and visit.text("language") in LANGUAGES:
            values = {"language": visit.text("language")}
        elif what == "password":
            if not _right(row.password, visit.text("old")):
                return await self._account(visit, "account.wrong_password")
            try:
                values = {"password": hash_password(visit.text("new"))}
            except InputError:
                return await self._account(visit, "welcome.short")
        elif what == "totp":
            secret = visit.text("secret")
            if not re.fullmatch(r"[A-Z2-7]{32}", secret) or not pyotp.TOTP(secret).verify(
                visit.text("code"), for_time=now, valid_window=1
            ):
                return await self._account(visit, "account.wrong_code")
            values = {"totp": secret}
        elif what == "totp_off" and _right(row.password, visit.text("old")):
            values = {"totp": ""}
        else:
            return await self._account(visit, "account.wrong_password")
        await desk.db.write(lambda connection: accounts.change(connection, row.id, **values))
        await desk.log(visit, f"staff.{what}", visit.member.name)
        return desk.go("/account", "saved")

    async def _account(self, visit: Visit, problem: str) -> Response:
        row = await self._desk.db.read(lambda connection: accounts.by_name(connection, visit.member.name))
        secret = pyotp.random_base32()
        values = {"secret": secret, "has_totp": bool(row and row.totp), "problem": problem}
        return self._desk.page(visit, "account.html", 422 if problem else 200, **values)

    def _form(self, request: Request, problem: str, status: int = 200) -> Response:
        target = request.query_params.get("next", "")
        return self._desk.render(
            request, self._desk.guess(request), "login.html", status, problem=problem, next=_local(target)
        )

    def _enter(self, request: Request, token: str) -> Response:
        target = _local(request.query_params.get("next", "")) or "/staff"
        response = RedirectResponse(target, 303, headers=HEADERS)
        mode = self._desk.settings.secure_cookies
        secure = mode == "yes" or (mode == "auto" and request.url.scheme == "https")
        response.set_cookie(COOKIE, token, path="/staff", httponly=True, samesite="strict", secure=secure)
        return response


def _local(target: str) -> str:
    """`target` if it is a page of the console: a login never leads elsewhere."""
    return target if re.fullmatch(r"/staff(/[\w./-]*)?", target) else ""
