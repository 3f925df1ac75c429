"""People and log: accounts with their roles, one-time invitations, and the audit log of every change."""

from __future__ import annotations

from sqlalchemy import Connection
from starlette.responses import Response

from bot.console.desk import Desk, Page, Visit
from bot.storage import staff as accounts
from bot.storage.staff import ROLES

ROWS = 50


class PeoplePages:
    """`/staff/people` and `/staff/audit`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.pages = [
            Page("/people", "reader", self.home),
            Page("/people/invite", "administrator", self.invite, "POST"),
            Page("/people/change", "administrator", self.change, "POST"),
            Page("/audit", "reader", self.log),
        ]

    async def home(self, visit: Visit) -> Response:
        """Everybody with their role."""
        rows = await self._desk.db.read(accounts.everybody)
        return self._desk.page(visit, "people.html", rows=rows, roles=ROLES, link="")

    async def invite(self, visit: Visit) -> Response:
        """A link that serves once, shown once."""
        role, now, member = visit.text("role", 20), self._desk.clock(), visit.member
        if role not in ROLES:
            return self._desk.refuse(visit.request, 404, visit.member)

        def write(connection: Connection) -> str:
            accounts.log(connection, member.name, "staff.invited", visit.text("name", 80), now, None, {"role": role})
            return accounts.invite(connection, role, now, visit.text("name", 80))

        token = await self._desk.db.write(write)
        rows = await self._desk.db.read(accounts.everybody)
        link = str(visit.request.url.replace(path=f"/staff/welcome/{token}", query=""))
        return self._desk.page(visit, "people.html", rows=rows, roles=ROLES, link=link)

    async def change(self, visit: Visit) -> Response:
        """Another role, or no access any more. Nobody takes their own rights away: there would be nobody left."""
        number, role, now, member = visit.number("id"), visit.text("role", 20), self._desk.clock(), visit.member

        def write(connection: Connection) -> bool:
            row = next((one for one in accounts.everybody(connection) if one.id == number), None)
            if row is None or row.id == member.id or role not in (*ROLES, "disabled"):
                return False
            values = {"disabled": True} if role == "disabled" else {"disabled": False, "role": role}
            accounts.change(connection, row.id, **values)
            before = {"role": row.role, "disabled": row.disabled}
            after = {"role": values.get("role", row.role), "disabled": values["disabled"]}
            accounts.log(connection, member.name, "staff.changed", row.name, now, before, after)
            return True

        if not await self._desk.db.write(write):
            return self._desk.refuse(visit.request, 403, visit.member)
        return self._desk.go("/people", "saved")

    async def log(self, visit: Visit) -> Response:
        """Every change, newest first, with before and after."""
        words, before = visit.query("words"), visit.query("before")
        last = int(before) if before.isdigit() and len(before) < 19 else None
        rows = await self._desk.db.read(lambda connection: accounts.search_audit(connection, words, last, ROWS + 1))
        more = rows[ROWS - 1].id if len(rows) > ROWS else None
        return self._desk.page(visit, "audit.html", rows=rows[:ROWS], words=words, more=more)
