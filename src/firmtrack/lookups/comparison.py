"""How others fare that have something in common with a device's newest update."""

from firmtrack.answers.peers import PeersAnswer, PeersQuestion
from firmtrack.domain.seeing import View
from firmtrack.lookups.hub import hub_devices
from firmtrack.lookups.seen import inventory_answer
from firmtrack.store.reports.peers import count_peers


def peers_of(view: View) -> PeersAnswer | None:
    """Return how others fare beside the device's newest update, None if the viewer sees none."""
    if not view.own:
        return None
    newest = view.own[0].distribution
    known = inventory_answer(view, hub_devices(view, as_of=None) if view.sees_inventory else ())
    return count_peers(
        view.viewer,
        PeersQuestion(
            device_id=view.device.device_id,
            request_id=newest.request_id,
            firmware_version=newest.request.firmware_version,
            submitted_at=newest.request.submitted_at,
            facts=None if known is None else known.facts,
            hub_device_ids=()
            if known is None
            else tuple(each.device_id for each in known.hub_devices),
        ),
    )
