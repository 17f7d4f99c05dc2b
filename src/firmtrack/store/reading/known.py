"""Statements about one request, now or as of a moment: what was known is put before them.

A name that a statement's own WITH defines hides the table or view of that name. So the very
statements that answer the present answer the past, from what ``request_as_of.sql`` defines.
"""

from datetime import datetime
from functools import cache
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import scalar_row

from firmtrack.domain.identifiers import RequestId
from firmtrack.store import statement as store_statement
from firmtrack.store.numbers import request_parts
from firmtrack.store.reading import statement

_DEVICES_NOW = "SELECT * FROM device WHERE device_id = ANY (ARRAY(SELECT device_id FROM standing))"
_DEVICES_THEN = "TABLE device"
_HUBS_NOW = """
SELECT device_id, manufacturer, model, firmware_version
FROM device
WHERE device_id = ANY (ARRAY(SELECT comms_hub_id FROM profiled))
"""
_HUBS_THEN = "TABLE hub"
_ASKED_NOW = """WITH asked_request AS MATERIALIZED (
    SELECT %(request_key)s::bigint AS request_key
)
"""

# Not by an equality: with one, the order by request and device is an order by device alone, which
# the index of all devices has, too. So the index by request is read, in its order. The key is a
# parameter, so that it is known how many devices the request has when that is planned.
_IS_ASKED_NOW = "c.request_key BETWEEN %(request_key)s AND %(request_key)s"
_IS_ASKED_THEN = (
    "c.request_key BETWEEN (SELECT request_key FROM asked_request)"
    " AND (SELECT request_key FROM asked_request)"
)
_KEY = """
SELECT request_key
FROM request
WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
"""
_NO_KEY = 0


def as_known(text: str, as_of: datetime | None, *, is_backwards: bool = False, **parts: str) -> str:
    """Return the statement, asked of ``as_of`` or, if that is None, of the present.

    ``{known}`` in it is where what was known is put, the one row of ``asked_request`` among it;
    ``{is_asked}`` is whether a row ``c`` of current_distribution is of that request,
    ``{attributed}`` finds the request of a loose event ``e``, ``{devices}`` are the rows of device
    of those in ``standing``, ``{hubs}`` those of the hubs in ``profiled``, and ``parts`` are put in
    as they are: texts of ours, of which there are few. ``{beyond}`` and ``{direction}`` are by
    which comparison a list of devices goes on after the one that is asked for, and in which order:
    from the last to the first if ``is_backwards``.
    """
    return _filled(text, is_past=as_of is not None, is_backwards=is_backwards, **parts)


# So many texts as there are statements and kinds of condition: no part holds what is asked for.
@cache
def _filled(text: str, *, is_past: bool, is_backwards: bool, **parts: str) -> str:
    beyond, direction = ("<", "DESC") if is_backwards else (">", "ASC")
    if not is_past:
        known, attributed = _ASKED_NOW, store_statement("attributed_request").decode()
        devices, hubs, is_asked = _DEVICES_NOW, _HUBS_NOW, _IS_ASKED_NOW
    else:
        attributed = statement("attributed_as_of").decode()
        devices, hubs, is_asked = _DEVICES_THEN, _HUBS_THEN, _IS_ASKED_THEN
        known = (
            statement("request_as_of")
            .decode()
            .format(attributed=attributed, beyond=beyond, direction=direction)
        )
    return text.format(
        known=known,
        is_asked=is_asked,
        attributed=attributed,
        devices=devices,
        hubs=hubs,
        beyond=beyond,
        direction=direction,
        **parts,
    )


def asked_of(
    at: Connection[Any] | Cursor[Any],
    request_id: RequestId,
    as_of: datetime | None,
    *,
    devices: int | None = None,
) -> dict[str, object]:
    """Return the parameters for the request and the moment.

    ``devices`` is how many devices of the past are looked at; None is all.
    """
    originator, target, counter = request_parts(request_id)
    asked = {"originator": originator, "target": target, "counter": counter}
    if as_of is not None:
        return {**asked, "moment": as_of, "devices": devices, "after": None}
    connection = at.connection if isinstance(at, Cursor) else at
    with connection.cursor(row_factory=scalar_row) as cursor:
        key = cursor.execute(_KEY, asked).fetchone()
    return {**asked, "request_key": _NO_KEY if key is None else key, "after": None}
