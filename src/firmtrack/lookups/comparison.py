"""How others fare that have something in common with a device's newest update."""

from firmtrack.answers.peers import PeersAnswer, PeersQuestion
from firmtrack.domain.dossier import Device
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.hub import hub_devices
from firmtrack.lookups.seen import inventory_seen
from firmtrack.store.reports.peers import count_peers


def peers_of(viewer: Viewer, device: Device) -> PeersAnswer | None:
    """Return how others fare beside the device's newest update, None if the viewer sees none."""
    newest = next((each for each in device.distributions if viewer.may_see(each.request_id)), None)
    if newest is None:
        return None
    known = inventory_seen(viewer, device, hub_devices(viewer, device, as_of=None))
    return count_peers(
        viewer,
        PeersQuestion(
            device_id=device.device_id,
            request_id=newest.request_id,
            firmware_version=newest.request.firmware_version,
            submitted_at=newest.request.submitted_at,
            facts=None if known is None else known.facts,
            hub_device_ids=()
            if known is None
            else tuple(each.device_id for each in known.hub_devices),
        ),
    )
