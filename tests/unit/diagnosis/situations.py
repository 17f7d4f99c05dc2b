"""The reviewed situations, and their diagnoses as prose: ``situations.md`` beside this file.

``python -m tests.unit.diagnosis.situations`` writes the prose anew; read every line that changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.diagnosis.diagnose import diagnose
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.facts import IncidentKind
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.stages import ActivationStatus, Status, Variant
from firmtrack.domain.voice import Voice
from firmtrack.presentation.catalogue_incidents import INCIDENT_NAMES
from firmtrack.store.reports.waits import GROUP_FACTS
from tests.unit.diagnosis.facts import (
    ACTIVATION,
    DAY,
    HOUR,
    IMAGE,
    INVENTORY,
    LATER_REQUEST,
    LIMITS,
    OFTEN_SILENT,
    OLD_VERSION,
    REQUEST,
    SINCE,
    USUAL,
    VERSION,
    activation,
    distribution,
    entry,
    incident,
    of_request,
    situation,
)

PAGE = Path(__file__).with_name("situations.md")

_PPMID = Variant.UPDATE_PPMID_FIRMWARE
_SUSPENDED = replace(INVENTORY, device_status="Suspended")
_A_PPMID = replace(INVENTORY, device_type="PPMID", model="PP-7")
_LATER = SINCE + timedelta(hours=3)
_PAST = SINCE + timedelta(hours=1)
_BETWEEN = FirmwareVersion("01020311")
_BY_REGION = replace(USUAL, group=GROUP_FACTS[:2])
_OF_ALL = replace(USUAL, group=())
_SILENT_REGION = replace(
    USUAL, limits=replace(LIMITS, silent_from=SINCE + timedelta(hours=8), silent_seconds=3 * HOUR)
)
_SILENT_HUB = replace(USUAL, limits=replace(LIMITS, hub_seconds=40 * HOUR))

IN_PROGRESS: Mapping[str, Situation] = {
    "Received, not answered yet": situation(Status.RECEIVED, wait=USUAL),
    "Received, its answer is missing for days": situation(Status.RECEIVED, 5 * DAY, wait=USUAL),
    "Accepted, as quick as usual": situation(Status.ACCEPTED, wait=USUAL),
    "Accepted, stalled": situation(Status.ACCEPTED, 6 * DAY, wait=USUAL),
    "Sent to CSP, as quick as usual": situation(Status.SENT_TO_CSP, wait=USUAL),
    "Sent to CSP, slower than usual": situation(
        Status.SENT_TO_CSP, 2 * DAY, wait=replace(USUAL, group=GROUP_FACTS[:1])
    ),
    "Sent to CSP, stalled in a silent region": situation(
        Status.SENT_TO_CSP, 12 * DAY, wait=_BY_REGION
    ),
    "At the Communications Hub, as quick as usual": situation(
        Status.DELIVERED_TO_COMMS_HUB, wait=USUAL
    ),
    "At the Communications Hub after a failure, as DCC said twice": situation(
        Status.DELIVERED_TO_COMMS_HUB,
        wait=USUAL,
        history=(
            entry(Status.DELIVERED_TO_COMMS_HUB),
            entry(Status.DELIVERED_TO_COMMS_HUB, SINCE - timedelta(minutes=90)),
            entry(Status.COMMS_HUB_DELIVERY_FAILED, SINCE - timedelta(days=1)),
        ),
    ),
    "At the Communications Hub, slower than usual": situation(
        Status.DELIVERED_TO_COMMS_HUB, 3 * DAY + 4 * HOUR, wait=USUAL
    ),
    "At the Communications Hub, stalled": situation(
        Status.DELIVERED_TO_COMMS_HUB, 3 * DAY + 7 * HOUR, wait=USUAL
    ),
    "At the Communications Hub, too few seen to compare": situation(
        Status.DELIVERED_TO_COMMS_HUB, 3 * DAY
    ),
    "At the Communications Hub, within the operator's setting": situation(
        Status.DELIVERED_TO_COMMS_HUB, slow_seconds=2 * DAY
    ),
    "At the Communications Hub, beyond the operator's setting": situation(
        Status.DELIVERED_TO_COMMS_HUB, 3 * DAY, slow_seconds=2 * DAY
    ),
    "At the Communications Hub since last year": situation(
        Status.DELIVERED_TO_COMMS_HUB, 60 * DAY, wait=_OF_ALL
    ),
    "At the Communications Hub, and nothing is known for days": situation(
        Status.DELIVERED_TO_COMMS_HUB, 5 * DAY
    ),
    "At the Communications Hub, longer than almost any that arrived": situation(
        Status.DELIVERED_TO_COMMS_HUB, 5 * DAY, wait=OFTEN_SILENT
    ),
    "Sent to CSP, and its region is silent": situation(
        Status.SENT_TO_CSP, 9 * HOUR, wait=_SILENT_REGION
    ),
    "At the Communications Hub, and the hub is silent": situation(
        Status.DELIVERED_TO_COMMS_HUB, 2 * DAY, wait=_SILENT_HUB, hub_since=SINCE
    ),
    "With an ESME that has not verified it yet": situation(
        Status.TRANSFERRED_TO_DEVICE, wait=USUAL
    ),
    "With an ESME that is silent": situation(Status.TRANSFERRED_TO_DEVICE, 9 * DAY, wait=USUAL),
    "With a PPMID that has not activated it yet": situation(
        Status.TRANSFERRED_TO_DEVICE, variant=_PPMID, wait=USUAL, device=_A_PPMID
    ),
    "With a device, the request itself was never seen": situation(
        Status.TRANSFERRED_TO_DEVICE, variant=None, device=None
    ),
    "Verified by a PPMID, which still activates it": situation(
        Status.VERIFIED, variant=_PPMID, wait=USUAL
    ),
    "Said to be activated by an ESME that never verified it": situation(Status.ACTIVATED),
    "With a device of which the viewer may not see the inventory": situation(
        Status.SENT_TO_CSP, wait=_BY_REGION, device=None
    ),
    "On its way to a Suspended device": situation(
        Status.SENT_TO_CSP, wait=USUAL, device=_SUSPENDED
    ),
    "On its way while the supplier changed": situation(
        Status.SENT_TO_CSP, wait=USUAL, supplier_changed_at=_PAST
    ),
    "Received, and nothing says how long an answer takes": situation(Status.RECEIVED, 5 * HOUR),
    "At the Communications Hub, and a later request succeeded": situation(
        Status.DELIVERED_TO_COMMS_HUB,
        30 * DAY,
        wait=USUAL,
        other_updates=(
            distribution(
                Status.VERIFIED, request_id=LATER_REQUEST, submitted_at=SINCE + timedelta(days=1)
            ),
        ),
    ),
    "At the Communications Hub, yet the device activated it": situation(
        Status.DELIVERED_TO_COMMS_HUB,
        9 * DAY,
        wait=USUAL,
        activations=(activation(ActivationStatus.ACTIVATED),),
    ),
}

FAILED: Mapping[str, Situation] = {
    "Left out: an invalid Device ID": situation(Status.REJECTED, reason="invalid_device_id"),
    "Left out: not commissioned": situation(
        Status.REJECTED,
        reason="not_commissioned",
        device=replace(INVENTORY, device_status="InstalledNotCommissioned"),
    ),
    "Left out: the version is not for this model": situation(
        Status.REJECTED, reason="not_applicable_firmware"
    ),
    "Left out: an earlier request of one's own is in progress": situation(
        Status.REJECTED,
        reason="other_request_in_progress",
        other_updates=(distribution(Status.SENT_TO_CSP, request_id=LATER_REQUEST),),
    ),
    "Left out: another party's request is in progress": situation(
        Status.REJECTED, reason="other_request_in_progress", is_foreign_update_open=True
    ),
    "Left out: GBCS version": situation(Status.REJECTED, reason="invalid_gbcs_version"),
    "Refused: not authorised for the device": situation(
        Status.REJECTED, reason="E4", supplier_changed_at=_PAST
    ),
    "Refused: the device's status does not allow it": situation(
        Status.REJECTED, reason="E5", device=_SUSPENDED
    ),
    "Refused: the wrong type of device": situation(
        Status.REJECTED, reason="E11", device=replace(INVENTORY, device_type="PPMID")
    ),
    "Refused with a code that DCC does not explain": situation(Status.REJECTED, reason="E110103"),
    "Refused with a code that no table has": situation(Status.REJECTED, reason="E998877"),
    "Refused without a reason": situation(Status.REJECTED),
    "Not sent to the CSP": situation(Status.SEND_TO_CSP_FAILED),
    "Not delivered to the hub: N61": situation(Status.COMMS_HUB_DELIVERY_FAILED, reason="N61"),
    "Distribution failed: N19": situation(Status.COMMS_HUB_DELIVERY_FAILED, reason="N19"),
    "Not delivered to the hub, without a reason": situation(Status.COMMS_HUB_DELIVERY_FAILED),
    "The hub discards the image": situation(
        Status.DEVICE_TRANSFER_FAILED, reason="image_discarded"
    ),
    "The hub discards the image for a PPMID": situation(
        Status.DEVICE_TRANSFER_FAILED, reason="image_discarded", variant=_PPMID, device=_A_PPMID
    ),
    "Hardware version mismatch, the image's header is known": situation(
        Status.DEVICE_TRANSFER_FAILED, reason="hardware_version_mismatch", image=IMAGE
    ),
    "Hardware version mismatch, the image's header is not known": situation(
        Status.DEVICE_TRANSFER_FAILED, reason="hardware_version_mismatch"
    ),
    "The transfer to the device broke off": situation(
        Status.DEVICE_TRANSFER_FAILED, reason="file_transfer_failure"
    ),
    "The device refuses the image": situation(Status.VERIFICATION_FAILED, reason="8F1C"),
    "A PPMID cannot activate the image": situation(
        Status.ACTIVATION_FAILED, reason="activation_failure", variant=_PPMID
    ),
    "Failed, and a later request succeeded": situation(
        Status.COMMS_HUB_DELIVERY_FAILED,
        reason="N61",
        other_updates=(
            distribution(
                Status.VERIFIED, request_id=LATER_REQUEST, submitted_at=SINCE + timedelta(days=1)
            ),
        ),
    ),
    "Failed, and a later request is under way": situation(
        Status.COMMS_HUB_DELIVERY_FAILED,
        reason="N61",
        other_updates=(
            distribution(
                Status.SENT_TO_CSP, request_id=LATER_REQUEST, submitted_at=SINCE + timedelta(days=1)
            ),
        ),
    ),
    "Failed, and another party's update is open": situation(
        Status.COMMS_HUB_DELIVERY_FAILED, reason="N61", is_foreign_update_open=True
    ),
    "The hub discards the image for an HCALCS": situation(
        Status.DEVICE_TRANSFER_FAILED,
        reason="image_discarded",
        device=replace(INVENTORY, device_type="HCALCS"),
    ),
}

SUCCESSFUL: Mapping[str, Situation] = {
    "Verified, not activated": situation(Status.VERIFIED, 2 * DAY),
    "Verified, not activated, and the supplier changed": situation(
        Status.VERIFIED, supplier_changed_at=_PAST
    ),
    "Verified, runs it though no activation was seen": situation(
        Status.VERIFIED,
        device=replace(INVENTORY, firmware_version=VERSION),
        flags=(Flag(kind=FlagKind.VERSION_WITHOUT_ACTIVATION, request_id=REQUEST),),
    ),
    "Verified, and a later request brought another version": situation(
        Status.VERIFIED,
        other_updates=(
            distribution(
                Status.VERIFIED,
                request_id=LATER_REQUEST,
                submitted_at=SINCE + timedelta(days=1),
                firmware_version=FirmwareVersion("01020313"),
            ),
        ),
    ),
    "Activation requested": situation(
        Status.VERIFIED, activations=(activation(ActivationStatus.REQUESTED),)
    ),
    "Activation scheduled": situation(
        Status.VERIFIED,
        HOUR,
        activations=(activation(ActivationStatus.SCHEDULED, scheduled_for=_LATER),),
    ),
    "Activation for a later time, not confirmed by the device": situation(
        Status.VERIFIED,
        HOUR,
        activations=(activation(ActivationStatus.REQUESTED, scheduled_for=_LATER),),
    ),
    "Activation scheduled, its time has passed in silence": situation(
        Status.VERIFIED,
        2 * DAY,
        activations=(activation(ActivationStatus.SCHEDULED, scheduled_for=_LATER),),
        device=_SUSPENDED,
    ),
    "Activation cancelled": situation(
        Status.VERIFIED,
        activations=(
            activation(ActivationStatus.CANCELLED, is_cancelling=True),
            activation(ActivationStatus.CANCELLED),
        ),
    ),
    "Activation cancelled, and a later request brought another version": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.CANCELLED),),
        other_updates=(
            distribution(
                Status.VERIFIED,
                request_id=LATER_REQUEST,
                submitted_at=SINCE + timedelta(days=1),
                firmware_version=FirmwareVersion("01020313"),
            ),
        ),
    ),
    "Activated": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.ACTIVATED),),
        device=replace(INVENTORY, firmware_version=VERSION),
    ),
    "Activated at the second attempt": situation(
        Status.VERIFIED,
        activations=(
            activation(ActivationStatus.ACTIVATED),
            activation(ActivationStatus.FAILED, reason="N13"),
        ),
    ),
    "Activated, yet the inventory has the old version": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.ACTIVATED),),
        flags=(
            Flag(
                kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
                request_id=ACTIVATION,
                expected_version=VERSION,
                found_version=OLD_VERSION,
            ),
        ),
    ),
    "Activated, as the version in an answer without success says": situation(
        Status.VERIFIED,
        activations=(
            activation(ActivationStatus.ACTIVATED, overruled_reason="no_image_held"),
            activation(ActivationStatus.FAILED, reason="N13"),
        ),
        device=replace(INVENTORY, firmware_version=VERSION),
    ),
    "Activated, yet the answer states the old version": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.ACTIVATED, firmware_version=OLD_VERSION),),
        flags=(
            Flag(
                kind=FlagKind.ACTIVATED_WITH_OTHER_VERSION,
                request_id=ACTIVATION,
                expected_version=VERSION,
                found_version=OLD_VERSION,
            ),
        ),
    ),
    "Activated, yet Suspended": situation(
        Status.VERIFIED, activations=(activation(ActivationStatus.ACTIVATED),), device=_SUSPENDED
    ),
    "Activation not answered": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.FAILED, reason="N13"),),
        device=_SUSPENDED,
    ),
    "Activation not answered, yet the device runs the version": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.FAILED, reason="N13"),),
        flags=(Flag(kind=FlagKind.VERSION_WITHOUT_ACTIVATION, request_id=REQUEST),),
    ),
    "Activation refused by DCC": situation(
        Status.VERIFIED, activations=(activation(ActivationStatus.FAILED, reason="E5"),)
    ),
    "Activation failed in the device": situation(
        Status.VERIFIED,
        activations=(
            activation(ActivationStatus.FAILED, reason="activation_failure", is_answered=True),
        ),
    ),
    "Activation failed: the device holds no image": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.FAILED, reason="no_image_held"),),
    ),
    "Activation failed: the device holds another image": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.FAILED, reason="hash_mismatch"),),
        supplier_changed_at=_PAST,
    ),
    "Activation failed without a reason": situation(
        Status.VERIFIED, activations=(activation(ActivationStatus.FAILED),)
    ),
    "Activated by a PPMID": situation(Status.ACTIVATED, variant=_PPMID),
    "Activated by a PPMID, yet the inventory has the old version": situation(
        Status.ACTIVATED,
        variant=_PPMID,
        flags=(
            Flag(
                kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
                request_id=REQUEST,
                found_version=OLD_VERSION,
            ),
        ),
    ),
}

_GONE = (incident(IncidentKind.DEVICE_REMOVED),)
_OTHER_HASH = bytes(range(1, 33))
_RAN = entry(Status.ACTIVATED, SINCE - timedelta(days=2))
_HAPPENED: Mapping[IncidentKind, Status] = {
    IncidentKind.REQUEST_QUARANTINED: Status.RECEIVED,
    IncidentKind.COMMAND_FAILED: Status.RECEIVED,
    IncidentKind.MESSAGE_NOT_CARRIED: Status.ACCEPTED,
    IncidentKind.FIRMWARE_CHANGED: Status.TRANSFERRED_TO_DEVICE,
    IncidentKind.POWER_ON_VERIFICATION_FAILED: Status.TRANSFERRED_TO_DEVICE,
    IncidentKind.METROLOGY_VERIFICATION_FAILED: Status.TRANSFERRED_TO_DEVICE,
}

NEWS: Mapping[str, Situation] = {
    **{
        f"In progress, and then: {INCIDENT_NAMES[kind]}": situation(
            _HAPPENED.get(kind, Status.DELIVERED_TO_COMMS_HUB),
            wait=USUAL,
            incidents=(incident(kind),),
        )
        for kind in IncidentKind
        if kind is not IncidentKind.ALERT_THROTTLED
    },
    "In progress, and its hub exchanged, as another party was told": situation(
        Status.DELIVERED_TO_COMMS_HUB,
        wait=USUAL,
        incidents=(incident(IncidentKind.COMMS_HUB_DECOMMISSIONED, is_anothers=True),),
    ),
    "In progress, removed, and then its firmware changed": situation(
        Status.TRANSFERRED_TO_DEVICE,
        wait=USUAL,
        incidents=(
            incident(IncidentKind.FIRMWARE_CHANGED, SINCE + timedelta(hours=2)),
            *_GONE,
        ),
    ),
    "In progress, and the device verified another image": situation(
        Status.TRANSFERRED_TO_DEVICE,
        wait=USUAL,
        unattributed=(entry(Status.VERIFIED, SINCE + timedelta(hours=1), image_hash=_OTHER_HASH),),
    ),
    "In progress, and a PPMID activated another version": situation(
        Status.TRANSFERRED_TO_DEVICE,
        variant=_PPMID,
        wait=USUAL,
        unattributed=(
            entry(Status.ACTIVATED, SINCE + timedelta(hours=1), firmware_version=_BETWEEN),
        ),
    ),
    "In progress, and a failure of an earlier stage came after it": situation(
        Status.TRANSFERRED_TO_DEVICE,
        wait=USUAL,
        history=(
            entry(Status.TRANSFERRED_TO_DEVICE),
            entry(Status.COMMS_HUB_DELIVERY_FAILED, SINCE + timedelta(hours=1), reason="N61"),
        ),
    ),
    "In progress, and an activation failed": situation(
        Status.TRANSFERRED_TO_DEVICE,
        wait=USUAL,
        activations=(activation(ActivationStatus.FAILED, reason="no_image_held"),),
    ),
}
NEWS_ON_FAILURE: Mapping[str, Situation] = {
    "Failed, and the device was removed": situation(
        Status.COMMS_HUB_DELIVERY_FAILED, reason="N61", incidents=_GONE
    ),
    "Failed, and the device verified another image": situation(
        Status.VERIFICATION_FAILED,
        reason="8F1C",
        unattributed=(entry(Status.VERIFIED, SINCE + timedelta(hours=1), image_hash=_OTHER_HASH),),
    ),
    "Failed with a code that usually tells of success": situation(
        Status.COMMS_HUB_DELIVERY_FAILED, reason="N60"
    ),
    "A PPMID cannot activate what it had activated": situation(
        Status.ACTIVATION_FAILED,
        reason="activation_failure",
        variant=_PPMID,
        device=replace(_A_PPMID, firmware_version=VERSION),
        history=(entry(Status.ACTIVATION_FAILED), _RAN),
    ),
    "A PPMID cannot activate what it had activated, and runs another version": situation(
        Status.ACTIVATION_FAILED,
        reason="activation_failure",
        variant=_PPMID,
        device=_A_PPMID,
        history=(entry(Status.ACTIVATION_FAILED), _RAN),
    ),
}
NEWS_ON_SUCCESS: Mapping[str, Situation] = {
    "Verified, and then the device was removed": situation(Status.VERIFIED, incidents=_GONE),
    "Verified, and then its firmware changed": situation(
        Status.VERIFIED, incidents=(incident(IncidentKind.FIRMWARE_CHANGED),)
    ),
    "Verified, and then the device verified another image": situation(
        Status.VERIFIED,
        unattributed=(entry(Status.VERIFIED, SINCE + timedelta(hours=1), image_hash=_OTHER_HASH),),
    ),
    "Verified, and the request to activate it is held": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.REQUESTED),),
        incidents=(
            of_request(
                incident(IncidentKind.REQUEST_QUARANTINED, SINCE + timedelta(hours=3)), ACTIVATION
            ),
        ),
    ),
    "Verified, and the request to activate it was held before it was answered": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.FAILED, reason="E5"),),
        incidents=(
            of_request(
                incident(IncidentKind.REQUEST_QUARANTINED, SINCE + timedelta(hours=1)), ACTIVATION
            ),
        ),
    ),
    "Activated, and then its firmware failed verification": situation(
        Status.VERIFIED,
        activations=(activation(ActivationStatus.ACTIVATED),),
        incidents=(
            incident(IncidentKind.POWER_ON_VERIFICATION_FAILED, SINCE + timedelta(hours=3)),
            incident(IncidentKind.FIRMWARE_CHANGED, SINCE + timedelta(hours=2)),
        ),
    ),
}

GROUPS: Mapping[str, Mapping[str, Situation]] = {
    "In Progress": {**IN_PROGRESS, **NEWS},
    "Failed": {**FAILED, **NEWS_ON_FAILURE},
    "Successful": {**SUCCESSFUL, **NEWS_ON_SUCCESS},
}
SITUATIONS: Mapping[str, Situation] = {
    name: each for group in GROUPS.values() for name, each in group.items()
}


def prose() -> str:
    """Return the page that says of every situation what Firmtrack tells people."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield (
        "# What Firmtrack says in which situation\n\n"
        "For review as prose. A test compares this page with what the diagnosis says; "
        "`python -m tests.unit.diagnosis.situations` writes it anew.\n"
    )
    for title, group in GROUPS.items():
        yield f"\n## {title}\n"
        for name, each in group.items():
            yield f"\n### {name}\n\n"
            yield from _paragraphs(diagnose(each), diagnose(replace(each, voice=Voice.DESK)))


def _paragraphs(told: Diagnosis, to_desk: Diagnosis) -> Iterator[str]:
    yield f"> {told.sentence}\n>\n> {told.advice}\n\n"
    assert to_desk.sentence == told.sentence
    yield f"To DCC’s desk: {to_desk.advice} {to_desk.next_actor_name}.\n\n"
    holder = "nobody" if told.holder is None else told.holder
    yield f"Holds it: {holder}. Acts next: {told.next_actor}. Pace: {told.pace or 'none'}.\n\n"
    if told.resend is not None:
        yield f"Again ({told.resend.again}): {told.resend.open_request} {told.resend.expected} "
        yield f"{told.resend.version_path}\n\n"
    yield from (f"- {each.text}\n" for each in told.evidence)


if __name__ == "__main__":
    PAGE.write_text(prose(), encoding="utf-8")
