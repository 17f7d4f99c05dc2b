"""DCC's count of the alerts that it throttled, beside an alert of DCC's or a device's.

Source: DUIS 5.4 schema, ``DCCAlertMessage`` and ``DeviceAlertMessage``.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from firmtrack.domain.facts import Event, Incident, IncidentKind
from firmtrack.duis.elements import Children


def with_throttling(
    alert: Children,
    code: str,
    responded_at: datetime,
    *,
    incidents: tuple[Incident, ...] = (),
    events: Iterable[Event] = (),
) -> tuple[Incident, ...]:
    """Return the incidents with DCC's count of throttled repeats, where the alert has one.

    An event has no place for the count: an incident of its own carries it, about the same device
    and request. Raises BadValue.
    """
    sequence = alert.optional_unsigned_int("ThrottledAlertSequenceId")
    count = alert.optional_unsigned_int("ThrottledAlertCount")
    if count is None:
        return incidents
    found = (
        *incidents,
        *(
            Incident(
                kind=IncidentKind.ALERT_THROTTLED,
                occurred_at=responded_at,
                request_id=event.request_id,
                device_id=event.device_id,
                reason=code,
            )
            for event in events
        ),
    )
    return tuple(
        replace(each, throttled_sequence=sequence, throttled_count=count) for each in found
    )
