"""The reads of notices and endpoints; the viewer, who sees only its own party's, comes first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, class_row, dict_row

from firmtrack.answers.devices import DeviceAnswer, HistoryEntry
from firmtrack.answers.notices import (
    EndpointAnswer,
    IncidentAnswer,
    NoticeAnswer,
    NoticePage,
    NotifiedAnswer,
    TryAnswer,
)
from firmtrack.domain.topics import topic_of_status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import statement
from firmtrack.store.numbers import eui_of, to_bigint
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up

DEVICES_SHOWN = 20
_NOTICES_AT_MOST = 200


def list_endpoints(viewer: Viewer) -> list[EndpointAnswer]:
    """Return the endpoints of the viewer's party, removed ones left out, in order of making."""
    return _endpoints({**asked_by(viewer), "endpoint_id": None})


def find_endpoint(viewer: Viewer, endpoint_id: int) -> EndpointAnswer | None:
    """Return one endpoint of the party's, None if it is unknown, removed, or someone else's."""
    return next(iter(_endpoints({**asked_by(viewer), "endpoint_id": endpoint_id})), None)


def list_notices(
    viewer: Viewer,
    *,
    limit: int,
    state: str | None = None,
    before: int | None = None,
    incident_id: UUID | None = None,
    is_folded: bool = False,
) -> NoticePage:
    """Return up to ``limit`` of the party's notices, newest first, older than ``before``.

    ``state`` is waiting, delivered or dead; None is all. ``incident_id`` asks for those of one
    incident. With ``is_folded`` each endpoint's newest of an incident stands for all of them.
    """
    asked = {**asked_by(viewer), "limit": limit + 1, "state": state, "before": before,
             "devices": DEVICES_SHOWN, "incident_id": incident_id,
             "is_folded": is_folded}  # fmt: skip
    items = _notices(asked)
    is_more = len(items) > limit
    return NoticePage(
        items=tuple(items[:limit]), before=items[limit - 1].sequence if is_more else None
    )


def list_notified(
    viewer: Viewer, found: DeviceAnswer, *, as_of: datetime | None = None
) -> Mapping[HistoryEntry, Sequence[NotifiedAnswer]]:
    """Return which of the party's notices were about which entry of the device's histories.

    Newest first; of a device of which there were more notices than anyone reads, only the newest.
    ``as_of`` is a past moment, None for the present.
    """
    histories = {str(each.distribution.request_id): each.history for each in found.distributions}
    entries = [entry for history in histories.values() for entry in history]
    if not entries:
        return {}
    asked = {
        **asked_by(viewer),
        "device_id": to_bigint(found.device_id),
        "request_ids": list(histories),
        "topics": sorted({topic_of_status(entry.status) for entry in entries}),
        "as_of": as_of,
        "limit": _NOTICES_AT_MOST,
    }
    notified: dict[HistoryEntry, list[NotifiedAnswer]] = defaultdict(list)
    for row in _notified(asked):
        request_id = row["service_request_id"]
        concerned = (
            _entries_of_others(found, row["user_ids"])
            if request_id is None
            else histories[request_id]
        )
        entry = _entry_of(concerned, row["topic"], row["reason"], row["created_at"])
        if entry is not None:
            notified[entry].append(
                NotifiedAnswer(
                    party=row["party"],
                    channel=row["channel"],
                    state=row["state"],
                    settled_at=row["settled_at"],
                )
            )
    return notified


@look_up
def _notified(connection: Connection[TupleRow], asked: Mapping[str, object]) -> list[DictRow]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("list_notified"), asked).fetchall()


def _entries_of_others(found: DeviceAnswer, user_ids: Sequence[str]) -> Sequence[HistoryEntry]:
    """Return the entries of what a party is notified of without a Request ID: not of its own."""
    return [
        entry
        for each in found.distributions
        if str(each.distribution.request_id.originator) not in user_ids
        for entry in each.history
    ]


def _entry_of(
    entries: Sequence[HistoryEntry], topic: str, reason: str | None, created_at: datetime
) -> HistoryEntry | None:
    """Return the entry that a notice was about: the greatest event that was known by then."""
    return next(
        (
            entry
            for entry in entries
            if topic_of_status(entry.status) == topic
            and entry.reason == reason
            and entry.first_recorded_at <= created_at
        ),
        None,
    )


@look_up
def _endpoints(
    connection: Connection[TupleRow], asked: Mapping[str, object]
) -> list[EndpointAnswer]:
    with connection.cursor(row_factory=class_row(EndpointAnswer)) as cursor:
        return cursor.execute(statement("list_endpoints"), asked).fetchall()


@look_up
def _notices(connection: Connection[TupleRow], asked: Mapping[str, object]) -> list[NoticeAnswer]:
    with connection.cursor(row_factory=dict_row) as cursor:
        # Planned with what is asked for: each question has an index of its own.
        rows = cursor.execute(statement("list_notices"), asked, prepare=False).fetchall()
    for row in rows:
        if row["device_ids"] is not None:
            row["device_ids"] = tuple(map(eui_of, row["device_ids"]))
        row["tries"] = tuple(
            TryAnswer(**{**each, "started_at": datetime.fromisoformat(each["started_at"])})
            for each in row["tries"]
        )
        row["incident"] = _incident(row)
    return [NoticeAnswer(**row) for row in rows]


def _incident(row: DictRow) -> IncidentAnswer | None:
    """Take what a row says of an incident out of it, and return that."""
    found = {
        "incident_id": row.pop("whole_id"),
        "device_count": row.pop("update_count"),
        **{
            name: row.pop(name)
            for name in ("status", "cause_id", "first_at", "last_at", "ended_at", "has_older")
        },
    }
    return None if found["incident_id"] is None else IncidentAnswer(**found)
