"""The reads of notices and endpoints; the viewer, who sees only its own party's, comes first."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from psycopg.rows import class_row, dict_row

from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.notice_answers import EndpointAnswer, NoticeAnswer, NoticePage, TryAnswer
from firmtrack.store.numbers import eui_of
from firmtrack.store.sql import statement

DEVICES_SHOWN = 20


def list_endpoints(viewer: Viewer) -> list[EndpointAnswer]:
    """Return the endpoints of the viewer's party, removed ones left out, in order of making."""
    with (
        pool().connection() as connection,
        connection.cursor(row_factory=class_row(EndpointAnswer)) as cursor,
    ):
        return cursor.execute(statement("notices_list_endpoints"), asked_by(viewer)).fetchall()


def list_notices(
    viewer: Viewer, *, limit: int, state: str | None = None, before: int | None = None
) -> NoticePage:
    """Return up to ``limit`` of the party's notices, newest first, older than ``before``.

    ``state`` is waiting, delivered or dead; None is all.
    """
    asked = {**asked_by(viewer), "limit": limit + 1, "state": state, "before": before,
             "notice_id": None, "devices": DEVICES_SHOWN}  # fmt: skip
    items = _notices(asked)
    is_more = len(items) > limit
    return NoticePage(
        items=tuple(items[:limit]), before=items[limit - 1].sequence if is_more else None
    )


def find_notice(viewer: Viewer, notice_id: UUID) -> NoticeAnswer | None:
    """Return one notice of the party's, None if it is unknown or someone else's."""
    asked = {**asked_by(viewer), "limit": 1, "state": None, "before": None,
             "notice_id": notice_id, "devices": DEVICES_SHOWN}  # fmt: skip
    return next(iter(_notices(asked)), None)


def asked_by(viewer: Viewer) -> dict[str, object]:
    """Return the parameters by which statements keep to what is the viewer's."""
    return {
        "sees_all": viewer.sees_all,
        "user_ids": [str(user_id) for user_id in viewer.user_ids],
    }


def _notices(asked: Mapping[str, object]) -> list[NoticeAnswer]:
    with pool().connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("notices_list"), asked).fetchall()
    for row in rows:
        if row["device_ids"] is not None:
            row["device_ids"] = tuple(map(eui_of, row["device_ids"]))
        row["tries"] = tuple(
            TryAnswer(
                started_at=datetime.fromisoformat(started_at),
                milliseconds=milliseconds,
                status_code=status_code,
                problem=problem,
            )
            for started_at, milliseconds, status_code, problem in row["tries"]
        )
    return [NoticeAnswer(**row) for row in rows]
