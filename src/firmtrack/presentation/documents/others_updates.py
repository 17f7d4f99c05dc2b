"""Another party's update of a device, as its Responsible Supplier may see it."""

from datetime import datetime

from msgspec import Struct

from firmtrack.answers import devices
from firmtrack.domain.stages import CompletionStatus, Status, Variant
from firmtrack.presentation.documents.fields import FirmwareVersionText, StageName, stage_name


class ReachedStage(Struct, frozen=True):
    """What happened to another party's update, and when."""

    status: Status
    occurred_at: datetime


class OthersUpdate(Struct, frozen=True):
    """An update of the device that another party asked for: how far it is, and not whose.

    stages has the furthest first.
    """

    service_reference_variant: Variant | None
    firmware_version: FirmwareVersionText | None
    submitted_at: datetime
    completion_status: CompletionStatus
    current_status: Status
    stage: StageName
    current_status_updated_at: datetime
    stages: list[ReachedStage]


def others_update(answer: devices.OthersUpdate) -> OthersUpdate:
    """Return one update of another party's."""
    return OthersUpdate(
        service_reference_variant=answer.variant,
        firmware_version=answer.firmware_version,
        submitted_at=answer.submitted_at,
        completion_status=answer.completion,
        current_status=answer.status,
        stage=stage_name(answer.status.stage),
        current_status_updated_at=answer.updated_at,
        stages=[
            ReachedStage(status=step.status, occurred_at=step.occurred_at) for step in answer.steps
        ],
    )
