"""Statements about one request, now or as of a moment: what they read is put into them by name.

``{event}`` in a statement is the view of that name or, of the past, a text that answers for it. So
the very statements that answer the present answer the past. These are texts, and not parts of a
WITH: what several parts ask of such a part is read whole, on a cluster, and brought to one place.
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

_FACTS = ("event", "request_incident", "request_naming", "request_statement", "request_step")
_DERIVED = ("current_distribution", "device", "inventory_statement")
_PAIRS_THEN = """(
    SELECT device_id, request_key
    FROM known_distribution
    WHERE recorded_at <= %(moment)s AND ended_at > %(moment)s
)"""
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

    ``{known}`` in it is where the request is put as it was known, the one row of ``asked_request``
    among it; ``{is_asked}`` is whether a row ``c`` of current_distribution is of that request,
    ``{attributed}`` finds the request of a loose event ``e``, and ``parts`` are put in as they are:
    texts of ours, of which there are few. ``{beyond}`` and ``{direction}`` are by which comparison
    a list of devices goes on after the one that is asked for, and in which order: from the last to
    the first if ``is_backwards``.
    """
    return _filled(text, is_past=as_of is not None, is_backwards=is_backwards, **parts)


# So many texts as there are statements and kinds of condition: no part holds what is asked for.
@cache
def _filled(text: str, *, is_past: bool, is_backwards: bool, **parts: str) -> str:
    beyond, direction = ("<", "DESC") if is_backwards else (">", "ASC")
    names = _names_then() if is_past else _names_now()
    names |= {"beyond": beyond, "direction": direction}
    known = statement("request_as_of").decode().format(**names) if is_past else _ASKED_NOW
    is_asked = _IS_ASKED_THEN if is_past else _IS_ASKED_NOW
    return text.format(known=known, is_asked=is_asked, **names, **parts)


def _names_now() -> dict[str, str]:
    attributed = store_statement("attributed_request").decode()
    return {name: name for name in _FACTS + _DERIVED} | {"attributed": attributed}


def _names_then() -> dict[str, str]:
    """Return what stands for each name: what is derived has in it what it is derived from."""
    names = {
        name: _text("recorded_as_of", table=f"recorded_{name}", messages="f.message_id")
        for name in _FACTS
    }
    names["inventory_statement"] = _text(
        "recorded_as_of",
        table="recorded_inventory_statement",
        messages="f.message_id, f.taken_by",
    )
    names["named_pair"] = _PAIRS_THEN
    names["device"] = _text("device_as_of", **names)
    names["distribution"] = _text("distribution_as_of", **names)
    # The rule stands once, and reads a table of this name.
    names["attributed"] = (
        f"WITH distribution AS {names['distribution']}\n"
        + store_statement("attributed_request").decode()
    )
    names["current_distribution"] = _text("current_distribution_as_of", **names)
    return names


def _text(name: str, **parts: str) -> str:
    return f"({statement(name).decode().format(**parts)})"


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
