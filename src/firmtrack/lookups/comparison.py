"""How others fare that have something in common with a device's newest update."""

from firmtrack.answers.peers import PeersAnswer
from firmtrack.domain.dossier import Device
from firmtrack.domain.viewer import Viewer
from firmtrack.store.reports.peers import find_peers


def peers_of(viewer: Viewer, device: Device) -> PeersAnswer | None:
    """Return how others fare beside the device's newest update, None if the viewer sees none."""
    return find_peers(viewer, device.device_id)
