"""Which devices may be on a Communications Hub."""

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import eui_of, to_bigint
from firmtrack.store.reading import statement
from firmtrack.store.reading.seeing import asked_by

_MOST = 200
"""DCC answers with up to 17 devices on a hub; more are a hub that the inventory has wrong."""


def placed_at(
    connection: Connection[TupleRow], viewer: Viewer, comms_hub_id: Eui64, device_id: Eui64
) -> list[Eui64]:
    """Return the other devices ever placed at a hub that the viewer has to do with, by Device ID.

    Whether one is there at a moment, and the viewer may see it, its dossier tells. The first 200.
    """
    asked = asked_by(viewer) | {
        "comms_hub_id": to_bigint(comms_hub_id),
        "device_id": to_bigint(device_id),
        "limit": _MOST,
    }
    rows = connection.execute(statement("hub_devices"), asked).fetchall()
    return [eui_of(found) for (found,) in rows]
