"""Staff accounts, their sessions, throttled logins, and the audit log of every change."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.storage.schema import Key, UtcDateTime, metadata

ROLES = ("reader", "editor", "publisher", "administrator")
SESSION = timedelta(hours=10)
IDLE = timedelta(hours=2)
INVITATION = timedelta(days=2)
# Ten wrong passwords in a quarter of an hour close an account's login for the rest of it.
LOGIN_FAILURES = 10
LOGIN_WINDOW = timedelta(minutes=15)

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("password", sa.String(200), nullable=False, default=""),
    sa.Column("totp", sa.String(64), nullable=False, default=""),
    sa.Column("totp_step", Key, nullable=False, default=0),
    sa.Column("language", sa.String(8), nullable=False, default="fr"),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)
sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("staff_id", sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)
invitations = sa.Table(
    "staff_invitations",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("name", sa.String(80), nullable=False, default=""),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)
login_failures = sa.Table(
    "login_failures",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("subject", sa.String(64), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_login_failures_subject_at", "subject", "at"),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("who", sa.String(80), nullable=False),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("subject", sa.String(160), nullable=False, default=""),
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON),
    sa.Index("ix_audit_at", "at"),
    sa.Index("ix_audit_subject", "subject"),
)


@dataclass(frozen=True)
class Member:
    """A person of the staff, logged in."""

    id: int
    name: str
    role: str
    language: str
    csrf: str = ""

    def may(self, role: str) -> bool:
        """True when this person's role includes `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


def fingerprint(token: str) -> str:
    """What is stored of a secret that its owner keeps: nobody can log in with what the database holds."""
    return hashlib.sha256(token.encode()).hexdigest()


def count(connection: Connection) -> int:
    """How many accounts there are."""
    return connection.scalar(sa.select(sa.func.count()).select_from(staff)) or 0


def by_name(connection: Connection, name: str) -> sa.Row[Any] | None:
    """The account of that name."""
    return connection.execute(sa.select(staff).where(staff.c.name == name)).one_or_none()


def add(connection: Connection, name: str, role: str, password: str, now: datetime, language: str = "fr") -> int:
    """A new account; `password` is its argon2 hash. Raises IntegrityError where the name is taken."""
    values = {"name": name, "role": role, "password": password, "created_at": now, "language": language}
    row = connection.execute(staff.insert().values(**values).returning(staff.c.id)).one()
    return int(row.id)


def change(connection: Connection, staff_id: int, **values: Any) -> None:
    """Changes columns of an account. A new password, role or a lock ends its sessions."""
    connection.execute(staff.update().where(staff.c.id == staff_id).values(**values))
    if {"password", "role", "disabled"} & set(values):
        connection.execute(sessions.delete().where(sessions.c.staff_id == staff_id))


def everybody(connection: Connection) -> list[sa.Row[Any]]:
    """All accounts by name."""
    return list(connection.execute(sa.select(staff).order_by(staff.c.name)))


def open_session(connection: Connection, staff_id: int, now: datetime) -> str:
    """A new session; returns its secret token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    connection.execute(sessions.delete().where(sessions.c.created_at < now - SESSION))
    values = {"staff_id": staff_id, "csrf": secrets.token_urlsafe(24), "created_at": now, "seen_at": now}
    connection.execute(sessions.insert().values(token=fingerprint(token), **values))
    return token


def read_session(connection: Connection, token: str, now: datetime) -> tuple[Member, bool] | None:
    """The member of a session token and whether the session must be touched; None when it has ended."""
    query = (
        sa.select(staff, sessions.c.csrf, sessions.c.seen_at)
        .join(sessions, sessions.c.staff_id == staff.c.id)
        .where(
            sessions.c.token == fingerprint(token),
            sessions.c.created_at > now - SESSION,
            sessions.c.seen_at > now - IDLE,
            staff.c.disabled.is_(False),
        )
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Member(row.id, row.name, row.role, row.language, row.csrf), row.seen_at < now - timedelta(minutes=1)


def touch_session(connection: Connection, token: str, now: datetime) -> None:
    """Keeps a session alive."""
    connection.execute(sessions.update().where(sessions.c.token == fingerprint(token)).values(seen_at=now))


def close_session(connection: Connection, token: str) -> None:
    """Logs out."""
    connection.execute(sessions.delete().where(sessions.c.token == fingerprint(token)))


def invite(connection: Connection, role: str, now: datetime, name: str = "") -> str:
    """A one-time invitation; returns its secret token."""
    token = secrets.token_urlsafe(24)
    expires = now + INVITATION
    connection.execute(invitations.insert().values(token=fingerprint(token), role=role, name=name, expires_at=expires))
    return token


def invitation(connection: Connection, token: str, now: datetime) -> sa.Row[Any] | None:
    """An invitation that still holds."""
    where = (invitations.c.token == fingerprint(token), invitations.c.expires_at > now)
    return connection.execute(sa.select(invitations).where(*where)).one_or_none()


def use_invitation(connection: Connection, token: str) -> bool:
    """Uses an invitation up; False when somebody else just did."""
    return bool(connection.execute(invitations.delete().where(invitations.c.token == fingerprint(token))).rowcount)


def throttled(connection: Connection, subject: str, now: datetime) -> bool:
    """True when too many logins failed lately for that name or address (a fingerprint)."""
    where = (login_failures.c.subject == fingerprint(subject), login_failures.c.at > now - LOGIN_WINDOW)
    counted = connection.scalar(sa.select(sa.func.count()).select_from(login_failures).where(*where))
    return (counted or 0) >= LOGIN_FAILURES


def login_failed(connection: Connection, subject: str, now: datetime) -> None:
    """Counts a failed login."""
    connection.execute(login_failures.delete().where(login_failures.c.at < now - LOGIN_WINDOW))
    connection.execute(login_failures.insert().values(subject=fingerprint(subject), at=now))


def log(
    connection: Connection,
    who: str,
    action: str,
    subject: str,
    now: datetime,
    before: Any = None,
    after: Any = None,
) -> None:
    """One line of the audit log. `action` is namespaced: `topic.published`, `fact.changed`, `staff.added`."""
    values = {"who": who, "action": action, "subject": subject[:160], "before": before, "after": after, "at": now}
    connection.execute(audit.insert().values(**values))


def search_audit(connection: Connection, words: str, before_id: int | None, limit: int) -> list[sa.Row[Any]]:
    """Lines that contain `words` in who, action or subject, newest first, below `before_id`."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if words:
        found = (column.icontains(words, autoescape=True) for column in (audit.c.who, audit.c.action, audit.c.subject))
        query = query.where(sa.or_(*found))
    if before_id:
        query = query.where(audit.c.id < before_id)
    return list(connection.execute(query))
