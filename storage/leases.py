"""One holder per name, until a time. Moments are the real clock's, never the test clock's."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.engine import Connection

from storage.db import insert_once
from storage.models import lease

AGO = timedelta(seconds=1)  # long enough to be over at the same moment


def take(
    connection: Connection, *, name: str, holder: str, now: datetime, until: datetime
) -> bool:
    """Get or renew the lease; False while another holds it."""
    made = insert_once(
        connection,
        lease,
        key=("name",),
        values={"name": name, "holder": holder, "expires_at": until},
    )
    if made is not None:
        return True
    return bool(
        connection.execute(
            update(lease)
            .where(lease.c.name == name, or_(lease.c.holder == holder, lease.c.expires_at < now))
            .values(holder=holder, expires_at=until)
            .returning(lease.c.name)
        ).scalar()
    )


def holder(connection: Connection, *, name: str) -> str | None:
    return connection.execute(select(lease.c.holder).where(lease.c.name == name)).scalar()


def give_up(connection: Connection, *, holder: str, now: datetime) -> None:
    """Let all that this holder has run out, so that others need not wait for it. It stays to be
    found: who is buried leaves work behind."""
    connection.execute(update(lease).where(lease.c.holder == holder).values(expires_at=now - AGO))


def living(connection: Connection, *, prefix: str, now: datetime) -> list[str]:
    """Holders of unexpired leases whose name begins with `prefix`."""
    return list(
        connection.execute(
            select(lease.c.holder).where(
                lease.c.name.startswith(prefix, autoescape=True), lease.c.expires_at >= now
            )
        ).scalars()
    )


def bury(connection: Connection, *, prefix: str, living: list[str]) -> int:
    """Remove the leases of those who are not among the living; how many there were."""
    return connection.execute(
        delete(lease).where(
            lease.c.name.startswith(prefix, autoescape=True), lease.c.holder.not_in(living)
        )
    ).rowcount
