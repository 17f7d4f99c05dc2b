"""Statements about one request, now or as of a moment: what was known is put before them.

A name that a statement's own WITH defines hides the table or view of that name. So the very
statements that answer the present answer the past, from what ``request_as_of.sql`` defines.
"""

from datetime import datetime
from functools import cache

from firmtrack.store import statement as store_statement
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
    SELECT request_key
    FROM request
    WHERE originator = %(originator)s AND target = %(target)s AND counter = %(counter)s
)
"""

# Not by an equality: with one, the order by request and device is an order by device alone, which
# the index of all devices has, too; and how many rows are expected depends on which requests there
# were when the table was last analyzed. So the index by request is read, in its order, always.
_IS_ASKED = (
    "c.request_key BETWEEN (SELECT request_key FROM asked_request)"
    " AND (SELECT request_key FROM asked_request)"
)


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
        devices, hubs = _DEVICES_NOW, _HUBS_NOW
    else:
        attributed = statement("attributed_as_of").decode()
        devices, hubs = _DEVICES_THEN, _HUBS_THEN
        known = (
            statement("request_as_of")
            .decode()
            .format(attributed=attributed, beyond=beyond, direction=direction)
        )
    return text.format(
        known=known,
        is_asked=_IS_ASKED,
        attributed=attributed,
        devices=devices,
        hubs=hubs,
        beyond=beyond,
        direction=direction,
        **parts,
    )


def asked_of(as_of: datetime | None, *, devices: int | None = None) -> dict[str, object]:
    """Return the parameters for the moment, and for how many devices are looked at; None is all."""
    return {"moment": as_of, "devices": devices}
