"""What events tell of the inventory, too."""

from collections.abc import Iterable

from firmtrack.domain.facts import DeviceFacts, Event
from firmtrack.domain.stages import Status


def running_versions(events: Iterable[Event]) -> tuple[DeviceFacts, ...]:
    """Return the firmware version that each activated device runs from now on."""
    return tuple(
        DeviceFacts(
            device_id=event.device_id,
            learnt_at=event.occurred_at,
            firmware_version=event.firmware_version,
        )
        for event in events
        if event.status is Status.ACTIVATED
    )
