"""What is read of a device; the first argument is the viewer, who sees only what is theirs.

``as_of`` asks for what was known at a moment, by the time of recording; None is now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.store.audit import record_lookup
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import inventory_lookup, statement
from firmtrack.store.reading.device_rows import device_answer
from firmtrack.store.reading.past import known_at


@contextmanager
def _connection(device_id: Eui64, as_of: datetime | None) -> Iterator[Connection[TupleRow]]:
    if as_of is None:
        with pool().connection() as connection:
            yield connection
    else:
        with known_at(as_of, device_id) as connection:
            yield connection


def find_device(
    viewer: Viewer, device_id: Eui64, *, as_of: datetime | None = None
) -> DeviceAnswer | None:
    """Return the device, None if nothing that the viewer may see names it.

    A supplier may see a device that one of its own requests names, or that one of its own messages
    with DCC has described, or of which word was sent to it, or whose Responsible Supplier it is.
    The inventory is not shown for word alone.
    The look-up is audited, whatever it finds.
    """
    asked = {
        "device_id": to_bigint(device_id),
        "sees_all": viewer.sees_all,
        "sees_others_updates": viewer.sees_others_updates,
        "user_ids": [to_bigint(user_id) for user_id in viewer.user_ids],
        "viewer": viewer.name,
        "term": str(device_id),
        "as_of": as_of,
    }
    with _connection(device_id, as_of) as connection:
        rows = connection.execute(statement("find_device"), asked, prepare=True).fetchall()
    return device_answer(viewer, device_id, rows)


def find_inventory(
    viewer: Viewer, device_id: Eui64, *, as_of: datetime | None = None
) -> InventoryAnswer | None:
    """Return what the inventory knows of a device, None if the viewer may see nothing of it.

    A supplier may see a device for which DCC accepted one of its own requests, or that one of its
    own messages with DCC has described, or whose Responsible Supplier it is; who else is the
    Responsible Supplier it may not. The look-up is audited, whatever it finds. A device that only
    a request names has no facts.
    """
    with _connection(device_id, as_of) as connection:
        found = inventory_lookup.look_up(connection, viewer, device_id)
    record_lookup(viewer, "inventory", str(device_id), 0 if found is None else 1, as_of=as_of)
    return found
