"""The devices beside one device on its Communications Hub."""

from firmtrack.answers.inventory import HubDevice
from firmtrack.domain.seeing import View
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.seen import hub_of
from firmtrack.lookups.views import read_view
from firmtrack.store.reading.hub_devices import placed_at
from firmtrack.store.replica import look_up

_MOST_SHOWN = 50
_placed_at = look_up(placed_at)


def hub_devices(view: View, *, as_of: Settled | None) -> tuple[HubDevice, ...]:
    """Return the other devices that the viewer sees on the device's hub, by Device ID."""
    hub = hub_of(view)
    if hub is None:
        return ()
    found = []
    for device_id in _placed_at(view.viewer, hub, view.device.device_id):
        other = read_view(view.viewer, device_id, as_of)
        if other.sees_inventory and hub_of(other) == hub:
            kind = None if other.known is None else other.known.facts.get("device_type")
            device_type = None if kind is None else str(kind.value)
            found.append(HubDevice(device_id=device_id, device_type=device_type))
        if len(found) == _MOST_SHOWN:
            break
    return tuple(found)
