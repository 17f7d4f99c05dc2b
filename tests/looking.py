"""Look-ups as tests ask for them: what is found, without what stands around it."""

from datetime import datetime

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device, inventory
from firmtrack.lookups.as_of import Settled


def find_device(
    viewer: Viewer, device_id: Eui64, *, as_of: datetime | None = None
) -> DeviceAnswer | None:
    """Return the device as the look-up finds it, None if the viewer sees nothing of it."""
    found = device.find_device(viewer, device_id, as_of=_settled(as_of))
    return None if found is None else found.device


def find_inventory(
    viewer: Viewer, device_id: Eui64, *, as_of: datetime | None = None
) -> InventoryAnswer | None:
    """Return the inventory as the look-up finds it, None if the viewer sees nothing of it."""
    found = inventory.find_inventory(viewer, device_id, as_of=_settled(as_of))
    return None if found is None else found.inventory


def device_version(viewer: Viewer, device_id: Eui64) -> str | None:
    """Return what a refresh compares, None if the viewer has no update of the device."""
    page = device.open_device_page(viewer, device_id)
    return None if page is None else page.version


def _settled(as_of: datetime | None) -> Settled | None:
    """The moment as it is: no test has a writer open that it does not mean."""
    return None if as_of is None else Settled(as_of)
