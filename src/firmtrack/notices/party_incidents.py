"""The incidents of parties as they are stored: read, opened, brought up to date, ended.

Whoever writes them holds the lock of composing the party's notices.
"""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import TupleRow, dict_row

from firmtrack.domain.stages import Status
from firmtrack.notices import statement
from firmtrack.notices.incidents import Incident, next_look_at


def open_incidents(connection: Connection[TupleRow], party_id: int) -> list[Incident]:
    """Return the party's incidents that are not over, in order of opening.

    Those that only a newer Firmtrack can read, of a status that is not known here, are left out.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("open_incidents"), (party_id,)).fetchall()
    known = {str(status) for status in Status}
    return [
        Incident(**{**row, "status": Status(row["status"])})
        for row in rows
        if row["status"] in known
    ]


def open_incident(
    connection: Connection[TupleRow],
    party_id: int,
    *,
    is_own: bool,
    topic: str,
    status: Status,
    reason: str | None,
    cause_id: str | None,
    now: datetime,
) -> Incident:
    """Return a new incident, which has no updates yet."""
    incident = Incident(
        incident_id=uuid4(),
        is_own=is_own,
        topic=topic,
        status=status,
        reason=reason,
        cause_id=cause_id,
        opened_at=now,
        first_at=None,
        last_at=now,
        device_count=0,
    )
    connection.execute(statement("insert_incident"), {**asdict(incident), "party_id": party_id})
    return incident


def update_incidents(
    connection: Connection[TupleRow], changed: Iterable[Incident], all_open: Iterable[Incident]
) -> None:
    """Store incidents as they are now; ``all_open`` are the party's, these among them."""
    others = list(all_open)
    with connection.cursor() as cursor:
        cursor.executemany(
            statement("update_incident"),
            [
                {
                    **asdict(incident),
                    "due_at": next_look_at(
                        incident, is_beside_another=is_beside_another(incident, others)
                    ),
                }
                for incident in changed
            ],
        )


def end_incident(connection: Connection[TupleRow], incident: Incident, now: datetime) -> None:
    """End an incident and drop its updates: its count, and what was told of it, stay."""
    connection.execute(statement("end_incident"), {**asdict(incident), "now": now})


def leave_alone(connection: Connection[TupleRow], incident: Incident) -> None:
    """Look at an incident, which nobody wants to be told of, when it is over or others join it."""
    connection.execute(
        "UPDATE party_incident SET due_at = %s WHERE incident_id = %s",
        (incident.over_at, incident.incident_id),
    )


def is_beside_another(incident: Incident, others: Iterable[Incident]) -> bool:
    """Return whether people have been told of another incident of the same kind."""
    return any(other.told_times > 0 and incident.is_beside(other) for other in others)


def merge_incidents(
    connection: Connection[TupleRow], into: Incident, merged: Incident, now: datetime
) -> Incident:
    """Return ``into`` with all that ``merged`` had, which is over, and was a part of it.

    What people have been told of either they have been told of it.
    """
    asked = {"into": into.incident_id, "merged": merged.incident_id, "now": now}
    (count,) = connection.execute(statement("move_updates"), asked).fetchone() or (0,)
    connection.execute(statement("merge_incident"), asked)
    first = [at for at in (into.first_at, merged.first_at) if at is not None]
    told = [at for at in (into.told_at, merged.told_at) if at is not None]
    return replace(
        into,
        opened_at=min(into.opened_at, merged.opened_at),
        first_at=min(first, default=None),
        last_at=max(into.last_at, merged.last_at),
        device_count=into.device_count + int(count),
        told_times=into.told_times + merged.told_times,
        told_at=max(told, default=None),
        told_count=into.told_count + merged.told_count,
    )
