"""The stages of a distribution and the steps of an activation, and what their statuses mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Stage(IntEnum):
    """A step on the way of an update; a greater one is further along."""

    RECEIVED = 1
    VALIDATED = 2
    SENT_TO_CSP = 3
    DELIVERED_TO_COMMS_HUB = 4
    TRANSFERRED_TO_DEVICE = 5
    VERIFIED_BY_DEVICE = 6
    ACTIVATED_BY_DEVICE = 7


class Party(StrEnum):
    """A party that can hold the update, and at which it can stop."""

    DSP = "dsp"
    CSP = "csp"
    COMMS_HUB = "comms_hub"
    DEVICE = "device"


class Status(StrEnum):
    """What was last heard of a distribution: one stage, good or bad."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SENT_TO_CSP = "sent_to_csp"
    SEND_TO_CSP_FAILED = "send_to_csp_failed"
    DELIVERED_TO_COMMS_HUB = "delivered_to_comms_hub"
    COMMS_HUB_DELIVERY_FAILED = "comms_hub_delivery_failed"
    TRANSFERRED_TO_DEVICE = "transferred_to_device"
    DEVICE_TRANSFER_FAILED = "device_transfer_failed"
    VERIFIED = "verified"
    VERIFICATION_FAILED = "verification_failed"
    ACTIVATED = "activated"
    ACTIVATION_FAILED = "activation_failed"

    @property
    def stage(self) -> Stage:
        """The stage that this status belongs to."""
        return _STAGE_OF[self]

    @property
    def is_bad(self) -> bool:
        """Whether the distribution stopped here."""
        return self in _BAD


class CompletionStatus(StrEnum):
    """Whether a distribution is still under way, and if not, how it ended."""

    IN_PROGRESS = "in_progress"
    FAILED = "failed"
    SUCCESSFUL = "successful"


class Variant(StrEnum):
    """A Service Reference Variant that distributes firmware."""

    UPDATE_FIRMWARE = "11.1"
    UPDATE_PPMID_FIRMWARE = "11.4"


@dataclass(frozen=True, slots=True)
class StageRow:
    """One row of the stage table."""

    stage: Stage
    name: str
    holder: Party
    good: Status
    bad: Status | None
    variants: frozenset[Variant]


_BOTH = frozenset(Variant)

STAGES: tuple[StageRow, ...] = (
    StageRow(Stage.RECEIVED, "Received", Party.DSP, Status.RECEIVED, None, _BOTH),
    StageRow(Stage.VALIDATED, "Validated", Party.DSP, Status.ACCEPTED, Status.REJECTED, _BOTH),
    StageRow(
        Stage.SENT_TO_CSP,
        "Sent to CSP",
        Party.DSP,
        Status.SENT_TO_CSP,
        Status.SEND_TO_CSP_FAILED,
        _BOTH,
    ),
    StageRow(
        Stage.DELIVERED_TO_COMMS_HUB,
        "Delivered to Communications Hub",
        Party.CSP,
        Status.DELIVERED_TO_COMMS_HUB,
        Status.COMMS_HUB_DELIVERY_FAILED,
        _BOTH,
    ),
    StageRow(
        Stage.TRANSFERRED_TO_DEVICE,
        "Transferred to device",
        Party.COMMS_HUB,
        Status.TRANSFERRED_TO_DEVICE,
        Status.DEVICE_TRANSFER_FAILED,
        _BOTH,
    ),
    StageRow(
        Stage.VERIFIED_BY_DEVICE,
        "Verified by device",
        Party.DEVICE,
        Status.VERIFIED,
        Status.VERIFICATION_FAILED,
        frozenset({Variant.UPDATE_FIRMWARE}),
    ),
    StageRow(
        Stage.ACTIVATED_BY_DEVICE,
        "Activated by device",
        Party.DEVICE,
        Status.ACTIVATED,
        Status.ACTIVATION_FAILED,
        frozenset({Variant.UPDATE_PPMID_FIRMWARE}),
    ),
)

_STAGE_OF = {
    status: row.stage for row in STAGES for status in (row.good, row.bad) if status is not None
}
_BAD = frozenset(row.bad for row in STAGES if row.bad is not None)
_ROW_OF = {row.stage: row for row in STAGES}
_FINAL_STAGES: Mapping[Variant | None, frozenset[Stage]] = {
    Variant.UPDATE_FIRMWARE: frozenset({Stage.VERIFIED_BY_DEVICE}),
    Variant.UPDATE_PPMID_FIRMWARE: frozenset({Stage.ACTIVATED_BY_DEVICE}),
    None: frozenset({Stage.VERIFIED_BY_DEVICE, Stage.ACTIVATED_BY_DEVICE}),
}


def row_of(stage: Stage) -> StageRow:
    """Return the stage table's row for ``stage``."""
    return _ROW_OF[stage]


def status_at(stage: Stage, *, is_bad: bool) -> Status:
    """Return the good or the bad status of ``stage``.

    Raises ValueError for the bad status of a stage that has none.
    """
    row = _ROW_OF[stage]
    status = row.bad if is_bad else row.good
    if status is None:
        raise ValueError(f"stage {stage.name} has no bad status")
    return status


def stages_of(variant: Variant | None) -> tuple[StageRow, ...]:
    """Return, in order, the stages that a request of ``variant`` passes; all if it is unknown."""
    return tuple(row for row in STAGES if variant is None or variant in row.variants)


def final_stages(variant: Variant | None) -> frozenset[Stage]:
    """Return the stages whose good status completes a distribution of ``variant``.

    One stage, or both last ones while the variant is unknown.
    """
    return _FINAL_STAGES[variant]


def completion_of(status: Status, variant: Variant | None) -> CompletionStatus:
    """Return the Completion Status of a distribution of ``variant`` whose status is ``status``."""
    if status.is_bad:
        return CompletionStatus.FAILED
    if status.stage in final_stages(variant):
        return CompletionStatus.SUCCESSFUL
    return CompletionStatus.IN_PROGRESS


class ActivationStep(IntEnum):
    """How far an Activate Firmware (11.3) request is reported; the greatest step counts."""

    REQUESTED = 1
    """The User asked for it."""
    ACKNOWLEDGED = 2
    """DCC took the request on."""
    SCHEDULED = 3
    """The device took note of a future-dated command."""
    NOT_ANSWERED = 4
    """DCC refused it, could not deliver it, or got no answer: a failure as far as DCC knows."""
    ANSWERED = 5
    """The device said how it went."""


class ActivationStatus(StrEnum):
    """What was last heard of an activation."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    ACTIVATED = "activated"
    FAILED = "failed"
