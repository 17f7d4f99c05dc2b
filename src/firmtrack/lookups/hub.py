"""The devices beside one device on its Communications Hub."""

from datetime import datetime

from firmtrack.answers.inventory import HubDevice
from firmtrack.domain import seeing
from firmtrack.domain.dossier import Device, fold
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.seen import hub_of
from firmtrack.store.database import pool
from firmtrack.store.reading.dossiers import read_dossier
from firmtrack.store.reading.hub_devices import placed_at

_MOST_SHOWN = 50


def hub_devices(viewer: Viewer, device: Device, *, as_of: datetime | None) -> tuple[HubDevice, ...]:
    """Return the other devices that the viewer sees on the device's hub, by Device ID."""
    hub = hub_of(device)
    if hub is None:
        return ()
    found = []
    with pool().connection() as connection:
        for device_id in placed_at(connection, viewer, hub, device.device_id):
            other = fold(read_dossier(connection, device_id, as_of))
            if hub_of(other) == hub and seeing.sees_inventory(viewer, other):
                kind = None if other.known is None else other.known.facts.get("device_type")
                device_type = None if kind is None else str(kind.value)
                found.append(HubDevice(device_id=device_id, device_type=device_type))
            if len(found) == _MOST_SHOWN:
                break
    return tuple(found)
