"""What Firmtrack calls things: every name and sentence that pages, files and the API share."""

from collections.abc import Mapping

from firmtrack.answers.sources import FactSource
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.facts import (
    CLOCK_OF_KIND,
    ActivationEvent,
    Clock,
    MessageKind,
)
from firmtrack.domain.reconciliation import NO_ANSWER_REASONS
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import (
    STAGES,
    ActivationStatus,
    ActivationStep,
    CompletionStatus,
    Party,
    Stage,
    Status,
    Variant,
)
from firmtrack.duis import codes
from firmtrack.presentation.search import SearchBy
from firmtrack.store.wording import current_wordings

NOT_KNOWN = "Firmtrack does not know what it means: DUIS describes it."
"""Of a code of DCC's without a meaning in our tables, after what is said with it."""

COMPLETION_NAMES: Mapping[CompletionStatus, str] = {
    CompletionStatus.IN_PROGRESS: "In Progress",
    CompletionStatus.FAILED: "Failed",
    CompletionStatus.SUCCESSFUL: "Successful",
}

STATUS_NAMES: Mapping[Status, str] = {
    Status.RECEIVED: "Received by DCC",
    Status.ACCEPTED: "Accepted by DCC",
    Status.REJECTED: "Rejected by DCC",
    Status.SENT_TO_CSP: "Sent to CSP",
    Status.SEND_TO_CSP_FAILED: "Could not be sent to CSP",
    Status.DELIVERED_TO_COMMS_HUB: "Delivered to Communications Hub",
    Status.COMMS_HUB_DELIVERY_FAILED: "Delivery to Communications Hub failed",
    Status.TRANSFERRED_TO_DEVICE: "Transferred to device",
    Status.DEVICE_TRANSFER_FAILED: "Transfer to device failed",
    Status.VERIFIED: "Verified by device",
    Status.VERIFICATION_FAILED: "Verification by device failed",
    Status.ACTIVATED: "Activated by device",
    Status.ACTIVATION_FAILED: "Activation by device failed",
}

ACTIVATION_STATUS_NAMES: Mapping[ActivationStatus, str] = {
    ActivationStatus.REQUESTED: "Requested",
    ActivationStatus.SCHEDULED: "Scheduled",
    ActivationStatus.CANCELLED: "Cancelled",
    ActivationStatus.ACTIVATED: "Activated",
    ActivationStatus.FAILED: "Failed",
}

ACTIVATION_STEP_NAMES: Mapping[ActivationStep, str] = {
    ActivationStep.REQUESTED: "Requested",
    ActivationStep.ACKNOWLEDGED: "Taken on by DCC",
    ActivationStep.SCHEDULED: "Taken note of by device",
    ActivationStep.NOT_ANSWERED: "Failed, as far as DCC knows",
    ActivationStep.ANSWERED: STATUS_NAMES[Status.ACTIVATED],
}

STAGE_NAMES: Mapping[Stage, str] = {row.stage: row.name for row in STAGES}

PARTY_NAMES: Mapping[Party, str] = {
    Party.DSP: "Data Service Provider (DSP)",
    Party.CSP: "Communications Service Provider (CSP)",
    Party.COMMS_HUB: "Communications Hub",
    Party.DEVICE: "device",
}

VARIANT_NAMES: Mapping[Variant, str] = {
    Variant.UPDATE_FIRMWARE: "Update Firmware",
    Variant.UPDATE_PPMID_FIRMWARE: "Update PPMID Firmware",
}

# The Service Requests that tell of firmware and of the inventory, by Service Reference.
SERVICE_NAMES: Mapping[str, str] = {
    "8.2": "Read Inventory",
    "8.4": "Update Inventory",
    "11.2": "Read Firmware Version",
    "11.3": "Activate Firmware",
    "12.2": "Device Pre-notification",
    **{variant.value: name for variant, name in VARIANT_NAMES.items()},
}

SURENESS_NAMES: Mapping[codes.Sureness, str] = {
    codes.Sureness.CERTAIN: "Certain",
    codes.Sureness.LIKELY: "Likely",
    codes.Sureness.UNKNOWN: "Not known to Firmtrack",
}

MESSAGE_KIND_NAMES: Mapping[MessageKind, str] = {
    MessageKind.UPDATE_FIRMWARE_REQUEST: "Service Request",
    MessageKind.UPDATE_FIRMWARE_RESPONSE: "DCC’s response to the Service Request",
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: "DCC Alert: CSP firmware delivery status",
    MessageKind.FIRMWARE_TRANSFER_ALERT: "DCC Alert: firmware transfer by the Communications Hub",
    MessageKind.FIRMWARE_DISTRIBUTION_FAILURE: "DCC Alert: firmware distribution failure",
    MessageKind.FIRMWARE_UPGRADE_REQUESTED: "DCC Alert: firmware upgrade requested",
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: "Device Alert: firmware distribution receipt",
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: "DCC Alert: PPMID firmware upgrade",
    MessageKind.INVENTORY_RESPONSE: "DCC’s response to an inventory read",
    MessageKind.DEVICE_PRE_NOTIFICATION: "Device Pre-notification",
    MessageKind.STAGE_REPORT: "Stage report from a DCC system",
    MessageKind.FIRMWARE_VERSION_RESPONSE: "Device’s response to a firmware version read",
    MessageKind.FIRMWARE_VERSION_MISMATCH: "DCC Alert: firmware version mismatch",
    MessageKind.DEVICE_STATUS_CHANGE_EVENT: "DCC Alert: device status change",
    MessageKind.ACTIVATE_FIRMWARE_REQUEST: "Activate Firmware request",
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: "Response to the Activate Firmware request",
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: "Device Alert: future-dated activation",
    MessageKind.COMMAND_FAILURE: "DCC Alert: command failure",
    MessageKind.UPDATE_INVENTORY_REQUEST: "Update Inventory request",
    MessageKind.CHANGE_OF_SUPPLIER: "DCC Alert: change of supplier",
    MessageKind.INVENTORY_UPDATE_RESPONSE: "DCC’s response to an inventory update",
    MessageKind.QUARANTINED_REQUEST: "DCC Alert: quarantined request",
    MessageKind.DUIS_VERSION_MISMATCH: "DCC Alert: DUIS version mismatch",
    MessageKind.PPMID_REMOVAL: "DCC Alert: PPMID removal",
    MessageKind.DEVICE_LOG_RESTORED: "DCC Alert: device log restored",
    MessageKind.DEVICE_FIRMWARE_ALERT: "Alert of the device about its firmware",
}

CLOCK_NAMES: Mapping[Clock, str] = {
    Clock.CSP: "CSP’s clock",
    Clock.COMMS_HUB: "Communications Hub’s clock",
    Clock.DEVICE: "Device’s clock",
}

NOT_TRACKED_TEXTS: Mapping[NotTrackedReason, str] = {
    NotTrackedReason.COMMS_HUB: (
        "This device is part of a Communications Hub. Communications Service Providers update "
        "Communications Hubs themselves, so Firmtrack does not track their firmware."
    ),
    NotTrackedReason.TYPE_2: (
        "This is a Type 2 device, such as an in-home display or a consumer access device. "
        "Update Firmware requests do not apply to Type 2 devices, so Firmtrack does not track "
        "their firmware."
    ),
    NotTrackedReason.SMETS1: (
        "This is a SMETS1 device. Firmtrack tracks the distribution of firmware to SMETS2 and "
        "later devices only."
    ),
}

SEARCH_BY_NAMES: Mapping[SearchBy, str] = {
    SearchBy.SERVICE_REQUEST_ID: "Service Request ID",
    SearchBy.DEVICE_ID: "Device ID",
}

SEARCH_BY_EXAMPLES: Mapping[SearchBy, str] = {
    SearchBy.SERVICE_REQUEST_ID: "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000",
    SearchBy.DEVICE_ID: "00-DB-12-34-56-78-90-A1",
}

NO_SEARCH_BY_TEXT = "Select whether to search by Service Request ID or by Device ID"

NOT_FOUND_TEXTS: Mapping[SearchBy, str] = {
    SearchBy.SERVICE_REQUEST_ID: (
        "Firmtrack has no Service Request with this ID that your organisation may see."
    ),
    SearchBy.DEVICE_ID: (
        "Firmtrack has nothing that your organisation may see about a device with this ID."
    ),
}

_WARNING_REASONS = frozenset(row.reason for row in codes.WARNING_LISTS)


def other_search(search_by: SearchBy) -> SearchBy:
    """Return the kind of ID that ``search_by`` is not."""
    return next(kind for kind in SearchBy if kind is not search_by)


ATTRIBUTION_TEXTS: Mapping[Evidence, str] = {
    Evidence.IMAGE_HASH: (
        "That message names no Service Request: the hash of the image ties it to this one."
    ),
    Evidence.FIRMWARE_VERSION: (
        "That message names no Service Request: the firmware version ties it to this one."
    ),
    Evidence.NOTHING_AGAINST: (
        "That message names no Service Request, and neither image nor version ties it to one. "
        "Firmtrack counts it here because this is its addressee’s newest request for the device "
        "that nothing speaks against."
    ),
}
"""What ties word to the request in whose history it stands, if its message names none."""

UNATTRIBUTED_TITLE = "Messages of no request that you may see"

ATTRIBUTION_NAMES: Mapping[Evidence, str] = {
    Evidence.IMAGE_HASH: "Names no request; tied here by the image’s hash",
    Evidence.FIRMWARE_VERSION: "Names no request; tied here by the firmware version",
    Evidence.NOTHING_AGAINST: "Names no request; likely to belong here",
}


def fact_source_text(source: FactSource) -> str:
    """Return what a fact was learnt from, in words."""
    if source.is_anothers:
        return "Another party’s message"
    if source.message_id is None:
        return "Imported by an operator"
    if source.kind is None:
        return "A message that is not kept any more"
    name = MESSAGE_KIND_NAMES[source.kind]
    return name if source.code is None else f"{name}, code {source.code}"


def reason_text(code: str, status: Status) -> str:
    """Return a sentence for the reason of ``status``, whatever its code; no meaning is invented.

    What the operators say of the code comes before what Firmtrack says.
    """
    return misfit_text(code, status) or _explained(code, STATUS_NAMES[status])


def reason_cell(code: str, status: Status) -> str:
    """Return the reason of ``status`` as files have it: a code that nobody knows as it came."""
    return misfit_text(code, status) or _known_text(code) or code


def cause_text(code: str | None, status: Status) -> str:
    """Return why an update has the bad ``status``, as it stands within a sentence, with its code.

    For example ``the image did not reach the Communications Hub (N61)``. Where the meaning of the
    code is not known, or is not the reason of the status, it is what happened.
    """
    happened = _within_sentence(STATUS_NAMES[status])
    if code is None:
        return f"{happened}, no reason given"
    own = operators_text(code)
    if own is not None:
        return f"{_within_sentence(own)} ({code}, wording of your operator)"
    row = codes.REASON_CODES.get(code)
    if row is None or row.meaning is None or not codes.explains(code, status):
        return f"{happened}, code {code}"
    return f"{_within_sentence(row.meaning)} ({code})"


def misfit_text(code: str, status: Status) -> str | None:
    """Return the sentence for a code whose meaning cannot be the reason of the bad ``status``.

    None if it can, and where the operators say what it means: the status says what happened, and
    the code is only evidence.
    """
    if codes.explains(code, status) or operators_text(code) is not None:
        return None
    return (
        f"{STATUS_NAMES[status]} with code {code}; that code usually tells of something else, and "
        "Firmtrack does not know what it means here."
    )


def misfit_texts() -> dict[tuple[Status, str], str]:
    """Return ``misfit_text`` by status and code, wherever there is one."""
    texts = {
        (status, code): misfit_text(code, status)
        for status in Status
        if status.is_bad
        for table in (codes.REASON_CODES, codes.RESPONSE_CODES, codes.DEVICE_ALERT_CODES)
        for code in table
    }
    return {key: text for key, text in texts.items() if text is not None}


def activation_reason_text(code: str) -> str:
    """Return a sentence for the reason of an activation that failed, as ``reason_text`` does."""
    if misfit_text(code, Status.ACTIVATION_FAILED) is not None:
        return (
            f"Activation failed with code {code}; that code usually tells of something else, and "
            "Firmtrack does not know what it means here."
        )
    return _explained(code, "Activation failed")


def activation_event_text(event: ActivationEvent) -> str:
    """Return what a party said of an activation, in words."""
    if event.step is ActivationStep.ANSWERED and event.is_failed:
        return STATUS_NAMES[Status.ACTIVATION_FAILED]
    return ACTIVATION_STEP_NAMES[event.step]


def clock_name(kind: MessageKind) -> str:
    """Return whose clock the time is of that stands beside DCC's in a message of this kind."""
    return CLOCK_NAMES[CLOCK_OF_KIND.get(kind, Clock.DEVICE)]


def answer_text(code: str) -> str:
    """Return a sentence for DCC's response code to a Service Request, whatever it is."""
    row = codes.RESPONSE_CODES.get(code)
    if row is None or row.meaning is None or code.startswith("E"):
        return reason_text(code, Status.REJECTED)
    own = operators_text(code)
    return row.meaning if own is None else _marked(own)


def operators_text(code: str) -> str | None:
    """Return what the operators of this installation say that ``code`` means, None if nothing."""
    wording = current_wordings().get(code)
    return None if wording is None else wording.text


def reason_texts() -> dict[str, str]:
    """Return the sentence of every reason code that the tables or the operators know."""
    of_operators = {
        code: _clause_with_operators_text(code, each.text)
        for code, each in current_wordings().items()
    }
    return {**REASON_TEXTS, **of_operators}


def _within_sentence(text: str) -> str:
    """Return a sentence as it stands within another one."""
    first = text[0] if text[:2].isupper() else text[0].lower()
    return f"{first}{text[1:].removesuffix('.')}"


def _explained(code: str, happened: str) -> str:
    known = _known_text(code)
    return known or f"{happened} with code {code}; Firmtrack does not know what it means."


def _known_text(code: str) -> str | None:
    own = operators_text(code)
    return REASON_TEXTS.get(code) if own is None else _clause_with_operators_text(code, own)


def _clause_with_operators_text(code: str, text: str) -> str:
    """Return the operators' text after who said the code, which stays a fact."""
    return f"{_clause_before_meaning(code) or f'Code {code}'}: {_marked(text)}"


def _marked(text: str) -> str:
    # One full stop, after the mark, whatever the text ends with.
    return f"{text.removesuffix('.')} (wording of your operator)."


def _clause_before_meaning(code: str) -> str | None:
    """Return what is known of a code whatever it means: who said it, and of what; None if none."""
    if code in _WARNING_REASONS:
        return "DCC left the device out of the request"
    if code in codes.RESPONSE_CODES or code in codes.DCC_ALERT_CODES:
        return _clause_with_code(code)
    return None


def _known_reason_text(row: codes.Code) -> str:
    if row.meaning is None:
        return f"{_clause_with_code(row.code)}; {NOT_KNOWN}"
    known = _clause_before_meaning(row.code)
    if known is None:
        return row.meaning
    return f"{known}: {row.meaning[0].lower()}{row.meaning[1:]}"


def _clause_with_code(code: str) -> str:
    if code in codes.RESPONSE_CODES and code not in NO_ANSWER_REASONS:
        return f"DCC refused the request with code {code}"
    return f"DCC reported a failure with code {code}"


# Firmtrack's own words for every reason that the code tables know; a known code means the same at
# every stage.
REASON_TEXTS: Mapping[str, str] = {
    code: _known_reason_text(row) for code, row in codes.REASON_CODES.items()
}
