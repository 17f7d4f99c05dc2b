"""Is it only me? Counts of others beside one device, in words and as JSON."""

from datetime import date, datetime

from msgspec import Struct

from firmtrack.answers.peers import COUNTED_IN_BACKGROUND, PeerGroupKind, PeersAnswer, PeerScope
from firmtrack.answers.peers import PeerGroup as Group
from firmtrack.domain.disclosure import FEWEST_DISTRIBUTIONS, FEWEST_USERS
from firmtrack.domain.stages import CompletionStatus
from firmtrack.presentation.documents.fields import (
    Count,
    EuiText,
    FirmwareVersionText,
    RequestIdText,
)
from firmtrack.presentation.times import ago_text

SCOPE_NAMES = {
    PeerScope.YOUR_REQUESTS: "Your requests",
    PeerScope.ALL_PARTIES: "All parties",
}

WHOSE_TEXT = (
    "Other parties’ updates are counted only in a crowd: at least "
    f"{FEWEST_DISTRIBUTIONS} of them, by at least {FEWEST_USERS} Users, none of whom has more than "
    "half. On one Communications Hub they never are: it is one home."
)


class PeerGroup(Struct, frozen=True):
    """How the updates of a group stand, this device's own among them."""

    kind: PeerGroupKind
    scope: PeerScope
    in_progress: Count
    failed: Count
    successful: Count


class Peers(Struct, frozen=True):
    """How others fare that have something in common with a device's newest update.

    submitted_on is the day of its request, in Great Britain. Groups are narrowest first; one whose
    common fact is not known is not there. In model_and_version and region_and_day is all that was
    recorded by counted_at, null if there is no record of a count; the others are as of now. Of
    updates that ended before kept_from only those that are left are counted; null: all are kept.
    """

    device_id: EuiText
    service_request_id: RequestIdText
    firmware_version: FirmwareVersionText | None
    submitted_on: date
    groups: list[PeerGroup]
    counted_at: datetime | None
    kept_from: datetime | None


def peers(answer: PeersAnswer) -> Peers:
    """Return the counts as the API answers them."""
    return Peers(
        device_id=str(answer.device_id),
        service_request_id=str(answer.request_id),
        firmware_version=answer.firmware_version,
        submitted_on=answer.day,
        groups=[
            PeerGroup(
                kind=group.kind,
                scope=group.scope,
                in_progress=group.count_of(CompletionStatus.IN_PROGRESS),
                failed=group.count_of(CompletionStatus.FAILED),
                successful=group.count_of(CompletionStatus.SUCCESSFUL),
            )
            for group in answer.groups
        ],
        counted_at=answer.counted.at,
        kept_from=answer.kept_from,
    )


def counted_text(answer: PeersAnswer) -> str:
    """Return how old the figures of models and regions are, empty if there are none."""
    if COUNTED_IN_BACKGROUND.isdisjoint(group.kind for group in answer.groups):
        return ""
    if answer.counted.at is None:
        return "There is no record of when models and regions were counted."
    ago = ago_text(answer.counted.at, answer.counted.read_at)
    return f"Models and regions were counted {ago}: what came since may not be among them."


def group_name(answer: PeersAnswer, group: Group) -> str:
    """Return what the updates of a group have in common, in words."""
    facts = answer.facts
    if group.kind is PeerGroupKind.COMMS_HUB:
        return "Devices on the same Communications Hub"
    if group.kind is PeerGroupKind.SERVICE_REQUEST or facts is None:
        return "Devices in the same Service Request"
    if group.kind is PeerGroupKind.MODEL_AND_VERSION:
        return (
            f"Devices of model {facts.model}, manufacturer {facts.manufacturer}, "
            f"updated to version {answer.firmware_version}"
        )
    return f"Devices in region {facts.csp_region}, of requests submitted on the same day"
