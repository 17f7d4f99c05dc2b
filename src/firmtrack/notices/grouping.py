"""Changes to calls: as few as the order of each device's changes allows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.domain.identifiers import Eui64, RequestId

DEVICES_PER_CALL = 1_000


class Matter(NamedTuple):
    """What changes that may share a call have in common."""

    user_id: Eui64
    topic: str
    reason: str | None
    service_request_id: RequestId | None
    firmware_version: str | None
    details: str
    """JSON of what else there is to say."""
    is_from_alert: bool
    """DCC itself sent the User this as an alert."""
    incident_id: UUID | None = None
    """The incident that they belong to, None for what belongs to none."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was queued; ``device_ids`` None is the whole request's ``device_count``.

    ``request_key`` is the stored number of the request of a distribution, None of anything else.
    ``is_own``: the request is the notified User's own.
    """

    matter: Matter
    occurred_at: datetime | None
    device_ids: Sequence[Eui64] | None
    device_count: int
    request_key: int | None = None
    is_own: bool = True


@dataclass(slots=True)
class Group:
    """What one call tells: devices with the times of their changes, or the whole request."""

    matter: Matter
    occurred_at: datetime | None
    device_count: int = 0
    devices: dict[Eui64, datetime | None] | None = field(default_factory=dict)


def grouped(changes: Iterable[Change], *, devices_per_call: int = DEVICES_PER_CALL) -> list[Group]:
    """Return calls, in order, that tell of the changes, of up to ``devices_per_call`` devices each.

    Of one device the changes stay in their order: it never enters a call that goes out before one
    that it is in already. Word about a whole request is a call of its own, and what follows about
    that request does not go out before it.
    """
    groups: list[Group] = []
    open_at: dict[Matter, int] = {}
    device_at: dict[Eui64, int] = {}
    request_at: dict[RequestId | None, int] = {}
    for change in changes:
        matter = change.matter
        if change.device_ids is None:
            request_at[matter.service_request_id] = len(groups)
            groups.append(Group(matter, change.occurred_at, change.device_count, devices=None))
            continue
        floor = request_at.get(matter.service_request_id, -1)
        for device_id in change.device_ids:
            place = open_at.get(matter, -1)
            earliest = max(floor, device_at.get(device_id, -1))
            if place <= earliest or _is_full(groups[place], devices_per_call):
                place = open_at[matter] = len(groups)
                groups.append(Group(matter, change.occurred_at))
            _add(groups[place], device_id, change.occurred_at)
            device_at[device_id] = place
    return groups


def _is_full(group: Group, devices_per_call: int) -> bool:
    return group.device_count >= devices_per_call


def _add(group: Group, device_id: Eui64, occurred_at: datetime | None) -> None:
    assert group.devices is not None
    group.devices[device_id] = occurred_at
    group.device_count += 1
    if occurred_at is not None and (group.occurred_at is None or occurred_at > group.occurred_at):
        group.occurred_at = occurred_at
