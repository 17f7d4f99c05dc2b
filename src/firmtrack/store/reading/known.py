"""Statements about one request as of a moment: what was known then is put before them.

A name that a statement's own WITH defines hides the table or view of that name. So the very
statements that answer the present answer the past, from what ``request_as_of.sql`` defines.
"""

from datetime import datetime
from functools import cache

from firmtrack.store.reading import statement

_ATTRIBUTED_NOW = """
SELECT found.request_key
FROM attributed_request(
    e.device_id, e.occurred_at, e.image_hash, e.firmware_version, e.addressee
) AS found
"""
_REFUSED_NOW = "JOIN distribution AS d USING (device_id, request_key)"
_REFUSED_THEN = "CROSS JOIN LATERAL (SELECT c.refused) AS d"


def as_known(text: str, as_of: datetime | None, **parts: str) -> str:
    """Return the statement, asked of ``as_of`` or, if that is None, of the present.

    ``{as_of}`` in it is where what was known is put; ``{attributed}`` finds the request of a loose
    event ``e``, ``{refused}`` joins ``d.refused`` to a row ``c`` of current_distribution, and
    ``parts`` are put in as they are: texts of ours, of which there are few.
    """
    return _filled(text, is_past=as_of is not None, **parts)


# So many texts as there are statements and kinds of condition: no part holds what is asked for.
@cache
def _filled(text: str, *, is_past: bool, **parts: str) -> str:
    if not is_past:
        return text.format(as_of="", attributed=_ATTRIBUTED_NOW, refused=_REFUSED_NOW, **parts)
    attributed = statement("attributed_as_of").decode()
    known = statement("request_as_of").decode().format(attributed=attributed)
    return text.format(as_of=known, attributed=attributed, refused=_REFUSED_THEN, **parts)


def asked_of(as_of: datetime | None, *, devices: int | None = None) -> dict[str, object]:
    """Return the parameters for the moment, and for how many devices are looked at; None is all."""
    return {"moment": as_of, "devices": devices}
