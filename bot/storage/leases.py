"""Who may do what only one copy may do: poll Telegram, empty the outbox, purge. And version counters that
tell every copy that something changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, or_, select

from bot.storage.schema import UtcDateTime, insert, metadata

LONGEST = timedelta(minutes=10)
"""No lease is given for longer: one that ends later was written before the clock jumped back, and is void."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

versions = Table(
    "versions",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)


def take(connection: Connection, name: str, holder: str, now: datetime, seconds: float) -> bool:
    """True where `holder` now holds the lease for `seconds` (taken or renewed), False where another holds
    it."""
    until = now + min(timedelta(seconds=seconds), LONGEST)
    mine = insert(connection, leases).values(name=name, holder=holder, until=until)
    mine = mine.on_conflict_do_update(
        index_elements=[leases.c.name],
        set_={"holder": holder, "until": until},
        where=or_(leases.c.holder == holder, leases.c.until < now, leases.c.until > now + LONGEST),
    )
    return connection.execute(mine.returning(leases.c.holder)).scalar() == holder


def give_back(connection: Connection, name: str, holder: str) -> None:
    """Ends the lease at once, so that another copy need not wait for its end."""
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def version(connection: Connection, name: str) -> int:
    """The counter of that name; 0 where it was never raised."""
    return connection.execute(select(versions.c.value).where(versions.c.name == name)).scalar() or 0


def raise_version(connection: Connection, name: str) -> int:
    """Raises the counter by one and returns it: every copy that watches it sees that something changed."""
    statement = insert(connection, versions).values(name=name, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=[versions.c.name], set_={"value": versions.c.value + 1}
    ).returning(versions.c.value)
    return int(connection.execute(statement).scalar_one())
