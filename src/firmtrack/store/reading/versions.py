"""Whether a result has changed since it was looked up, for pages that refresh themselves.

To ask shows nothing, so it is not audited; what has changed is looked up, and that is.
"""

from hashlib import sha256

from firmtrack.answers.requests import RequestAnswer
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import statement
from firmtrack.store.reading.seeing import asked_by

_DIGITS = 32


def device_version(viewer: Viewer, device_id: Eui64) -> str | None:
    """Return what changes whenever the device's own distributions do, None if the viewer sees none.

    It is the viewer's own: nobody can guess it, nor compare it with another's.
    """
    with pool().connection() as connection:
        row = connection.execute(
            statement("device_version"),
            asked_by(viewer) | {"device_id": to_bigint(device_id)},
            prepare=True,
        ).fetchone()
    return None if row is None else _of(viewer, str(row[0]))


def request_version(viewer: Viewer, found: RequestAnswer) -> str:
    """Return what changes whenever the found request's counts do; the viewer's own, too."""
    return _of(viewer, repr(sorted(found.status_counts.items())))


def _of(viewer: Viewer, what: str) -> str:
    return sha256(f"{viewer.name}\0{what}".encode()).hexdigest()[:_DIGITS]
