"""How values stand in the tables: unsigned 64-bit numbers and message kinds."""

from firmtrack.domain.facts import IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId

_FLIP = 1 << 63

KIND_NUMBERS: dict[MessageKind, int] = {
    MessageKind.UPDATE_FIRMWARE_REQUEST: 1,
    MessageKind.UPDATE_FIRMWARE_RESPONSE: 2,
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: 3,
    MessageKind.FIRMWARE_TRANSFER_ALERT: 4,
    MessageKind.FIRMWARE_DISTRIBUTION_FAILURE: 5,
    MessageKind.FIRMWARE_UPGRADE_REQUESTED: 6,
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: 7,
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: 8,
    MessageKind.INVENTORY_RESPONSE: 9,
    MessageKind.DEVICE_PRE_NOTIFICATION: 10,
    MessageKind.STAGE_REPORT: 11,
    MessageKind.FIRMWARE_VERSION_RESPONSE: 12,
    MessageKind.FIRMWARE_VERSION_MISMATCH: 13,
    MessageKind.DEVICE_STATUS_CHANGE_EVENT: 14,
    MessageKind.ACTIVATE_FIRMWARE_REQUEST: 15,
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: 16,
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: 17,
    MessageKind.COMMAND_FAILURE: 18,
    MessageKind.UPDATE_INVENTORY_REQUEST: 19,
    MessageKind.CHANGE_OF_SUPPLIER: 20,
    MessageKind.INVENTORY_UPDATE_RESPONSE: 21,
    MessageKind.QUARANTINED_REQUEST: 22,
    MessageKind.DUIS_VERSION_MISMATCH: 23,
    MessageKind.PPMID_REMOVAL: 24,
    MessageKind.DEVICE_LOG_RESTORED: 25,
    MessageKind.DEVICE_FIRMWARE_ALERT: 26,
}
"""The number that stands for each kind in ``message.kind``; never renumbered."""

INCIDENT_NUMBERS: dict[IncidentKind, int] = {
    IncidentKind.REQUEST_QUARANTINED: 1,
    IncidentKind.COMMAND_FAILED: 2,
    IncidentKind.MESSAGE_NOT_CARRIED: 3,
    IncidentKind.DEVICE_REMOVED: 4,
    IncidentKind.METER_DECOMMISSIONED: 5,
    IncidentKind.ASSOCIATED_METER_DECOMMISSIONED: 6,
    IncidentKind.PPMID_REMOVED: 7,
    IncidentKind.COMMS_HUB_DECOMMISSIONED: 8,
    IncidentKind.COMMS_HUB_EXCHANGED: 9,
    IncidentKind.FIRMWARE_CHANGED: 10,
    IncidentKind.POWER_ON_VERIFICATION_FAILED: 11,
    IncidentKind.METROLOGY_VERIFICATION_FAILED: 12,
    IncidentKind.ALERT_THROTTLED: 13,
}
"""The number that stands for each kind in ``incident.kind``; never renumbered."""

INCIDENT_OF_NUMBER = {number: kind for kind, number in INCIDENT_NUMBERS.items()}

KIND_OF_NUMBER = {number: kind for kind, number in KIND_NUMBERS.items()}


def to_bigint(unsigned: int) -> int:
    """Return the bigint that stores an unsigned 64-bit number, in the numbers' own order."""
    return int(unsigned) - _FLIP


def eui_of(stored: int) -> Eui64:
    """Return the EUI-64 that a bigint stores."""
    return Eui64(stored + _FLIP)


def request_parts(request_id: RequestId) -> tuple[int, int, int]:
    """Return the three bigints that store a Request ID."""
    return (
        to_bigint(request_id.originator),
        to_bigint(request_id.target),
        to_bigint(request_id.counter),
    )


def response_parts(response_id: ResponseId | None) -> tuple[int | None, int | None]:
    """Return the bigints that store who responded and the counter of a message's Response ID.

    To whom is the message's User. Two times None of a message without one.
    """
    if response_id is None:
        return None, None
    return to_bigint(response_id.sender), to_bigint(response_id.counter)


def response_id_of(responder: int, user_id: int, response_counter: int) -> ResponseId:
    """Return the Response ID that these bigints store."""
    return ResponseId(eui_of(responder), eui_of(user_id), response_counter + _FLIP)


def request_id_of(originator: int, target: int, counter: int) -> RequestId:
    """Return the Request ID that three bigints store."""
    return RequestId(eui_of(originator), eui_of(target), counter + _FLIP)


def numbers_of(message: Message) -> dict[str, object]:
    """Return the columns that tell, beside a fact, what its message is and whose."""
    responder, response_counter = response_parts(message.response_id)
    return {
        "message_kind": KIND_NUMBERS[message.kind],
        "code": message.code,
        "user_id": None if message.user_id is None else to_bigint(message.user_id),
        "responder": responder,
        "response_counter": response_counter,
    }
