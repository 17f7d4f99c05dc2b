"""An activation of an image, as the API answers it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from firmtrack.domain import activation
from firmtrack.domain.stages import ActivationStatus
from firmtrack.presentation.documents.fields import FirmwareVersionText, RequestIdText


class Activation(Struct, frozen=True):
    """An Activate Firmware (11.3) Service Request, and what was last heard of it.

    scheduled_for is null for an immediate request, and for one that cancels earlier ones. reason is
    a code. firmware_version is what the device said it runs.
    """

    service_request_id: RequestIdText
    status: ActivationStatus
    scheduled_for: datetime | None
    reason: str | None
    firmware_version: FirmwareVersionText | None
    updated_at: datetime


def activations(found: Iterable[activation.Activation]) -> list[Activation]:
    """Return the activations in their order."""
    return [
        Activation(
            service_request_id=str(each.request_id),
            status=each.status,
            scheduled_for=each.scheduled_for,
            reason=each.reason,
            firmware_version=each.firmware_version,
            updated_at=each.updated_at,
        )
        for each in found
    ]
