"""`main.py staff`: accounts from the command line."""

from __future__ import annotations

import getpass
import sys

from bot.app import utc_now
from bot.console.auth import hash_password
from bot.errors import InputError
from bot.settings import Settings
from bot.storage import staff
from bot.storage.database import Database
from bot.storage.migrating import migrate


def manage(settings: Settings, action: str, name: str | None, role: str) -> int:
    """Adds an account, sets a password, disables or lists. Asks for the password without showing it (or reads it from
    standard input). Raises InputError for what cannot be done."""
    db = Database(settings.database_url)
    try:
        migrate(db)
        if action == "list":
            with db.begin() as connection:
                for row in staff.everybody(connection):
                    print(f"{row.name}\t{row.role}{chr(9) + 'disabled' if row.disabled else ''}")
            return 0
        if not name:
            raise InputError("Give the name: main.py staff add NAME")
        _change(db, action, name, role)
    finally:
        db.close_now()
    return 0


def _change(db: Database, action: str, name: str, role: str) -> None:
    hashed = hash_password(_password()) if action in ("add", "password") else ""
    now = utc_now()
    with db.begin() as connection:
        row = staff.by_name(connection, name)
        if action == "add":
            if row:
                raise InputError(f"{name}: there is such an account already; `staff password {name}` changes it.")
            staff.add(connection, name, role, hashed, now)
        elif row is None:
            raise InputError(f"{name}: there is no such account; `staff list` shows all.")
        elif action == "password":
            staff.change(connection, row.id, password=hashed, totp="", disabled=False)
        else:
            staff.change(connection, row.id, disabled=True)
        staff.log(connection, "command line", f"staff.{action}", name, now)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass("Password (at least 10 characters): ")
    if getpass.getpass("Once more: ") != first:
        raise InputError("The two passwords differ.")
    return first
