"""The code tables of DUIS: which codes exist, what each means, how sure that is and who says so.

A row without meaning is a code that exists and whose text is not known: it is shown as it is.
Meanings are in our own words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from firmtrack.domain.stages import Status
from firmtrack.duis.documents import ActivateImageResultCode, TransferResponseCode


class Sureness(StrEnum):
    """How sure a meaning is."""

    CERTAIN = "C"
    LIKELY = "L"
    UNKNOWN = "U"


@dataclass(frozen=True, slots=True)
class Code:
    """One code: as written, its meaning (None if unknown), how sure, and the source."""

    code: str
    meaning: str | None
    sureness: Sureness
    source: str


@dataclass(frozen=True, slots=True)
class WarningList:
    """A list of devices that DCC left out of a request, and the reason that stands for it."""

    element: str
    reason: str


C, L, U = Sureness.CERTAIN, Sureness.LIKELY, Sureness.UNKNOWN

_SCHEMA = "DUIS 5.4 schema"
_GBCS = "GBCS 4.3"
_TRADE = "industry usage"


def _table(*rows: Code) -> dict[str, Code]:
    return {row.code: row for row in rows}


# In the schema's order: a device that stands in several lists is told of by the first.
WARNING_LISTS = (
    WarningList("InvalidDeviceIDList", "invalid_device_id"),
    WarningList("NotCommissionedDeviceIDList", "not_commissioned"),
    WarningList("NotApplicableFirmwareDeviceIDList", "not_applicable_firmware"),
    WarningList("OtherRequestInProgressList", "other_request_in_progress"),
    WarningList("InvalidGBCSVersionList", "invalid_gbcs_version"),
)

_KNOWN_RESPONSE_CODES = (
    Code("I0", "Accepted.", L, _TRADE),
    Code("I99", "Accepted; the answer follows.", L, _TRADE),
    Code("W110101", "Accepted, without the devices in its lists.", C, _SCHEMA),
    Code("W110401", "Accepted, without the devices in its lists.", C, _SCHEMA),
    Code("E1", "The sender is not a valid party in this role.", L, _TRADE),
    Code("E2", "This role may not use this service.", L, _TRADE),
    Code("E3", "The sender’s status as a User does not allow it.", L, _TRADE),
    Code("E4", "The sender was not authorised for the device at that time.", L, _TRADE),
    Code("E5", "The device’s status in the inventory does not allow it.", L, _TRADE),
    Code("E11", "The service does not apply to this type of device.", L, _TRADE),
    Code("E12", "The command variant does not apply.", L, _TRADE),
    Code("E13", "A request of this kind does not belong at this address.", L, _TRADE),
    Code("E17", "Not available as a local command.", L, _TRADE),
    Code("E19", "The device does not exist.", L, _TRADE),
    Code("E20", "The device could not be reached.", L, _TRADE),
    Code("E21", "The device did not answer.", L, _TRADE),
)

_GENERIC_NUMBERS = (
    "1 2 3 4 5 11 12 13 17 19 20 21 30 31 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58"
    " 59 60 61 62 63 64 65 66 67 68 69 70 71 100 1000 1001 1003 1004 1006 1007 1008 1010 1011"
)

# Service Reference in four digits → the two-digit errors (and W: warnings) that it has.
_SERVICE_NUMBERS = {
    "0101": "01 02",
    "0102": "01",
    "0303": "01 02",
    "0401": "01",
    "0417": "01",
    "0501": "01 02 03 05 07 08 09 10 11 12",
    "0502": "01 02 W01",
    "0503": "01 02 W01",
    "0605": "01 02",
    "0607": "01",
    "0608": "01 02 03",
    "0613": "01 04 05",
    "0615": "01 04 05 06 07 08 09",
    "0618": "01 02 03",
    "0621": "01 02 03 05",
    "0622": "01 02 03",
    "0623": "01 02 03 04 05 06",
    "0624": "01 02 03",
    "0628": "01 02 03",
    "0802": "01 02",
    "0803": "01 02",
    "0804": "05 06 07 08 09 10 11 12 13 14 15",
    "0805": "01 02 03",
    "0806": "01 02 04 06 07",
    "0807": "02 21 22 23",
    "0808": "01 21 22",
    "0809": "01 02 03",
    "0811": "01 02 04 05 06 07 08 09 10 11",
    "0812": "02 04 05 21 22 23",
    "0813": "01 02 03",
    "0814": "01 02 05 06 W01",
    "1101": "01 02 03 05 06 W01",
    "1104": "01 02 03 05 W01",
    "1201": "01 02 03",
    "1202": "01 03 04 07",
}


def _response_codes() -> Iterable[str]:
    yield from ("I0", "I99")
    yield from (f"E{number}" for number in _GENERIC_NUMBERS.split())
    for service, numbers in _SERVICE_NUMBERS.items():
        for number in numbers.split():
            yield f"{'W' if number[0] == 'W' else 'E'}{service}{number[-2:]}"


RESPONSE_CODES: Mapping[str, Code] = _table(
    *(Code(code, None, U, _SCHEMA) for code in _response_codes()),
    *_KNOWN_RESPONSE_CODES,
)

_KNOWN_DCC_ALERT_CODES = (
    Code("N12", "A command was not delivered to the device.", L, _TRADE),
    Code("N13", "A command was not answered by the device.", L, _TRADE),
    *(
        Code(f"N{number}", "The distribution of firmware failed.", L, _TRADE)
        for number in range(18, 24)
    ),
    Code("N59", "An update of a device’s firmware was asked for.", L, _TRADE),
    Code("N60", "The image reached the Communications Hub.", L, _TRADE),
    Code("N61", "The image did not reach the Communications Hub.", L, _TRADE),
    Code("N62", "An alert from a Communications Hub.", L, _TRADE),
    Code("N64", "A Communications Hub activated firmware.", L, _TRADE),
    Code("N999", "Stands in for a message that the User’s DUIS version cannot carry.", L, _TRADE),
)

DCC_ALERT_CODES: Mapping[str, Code] = _table(
    *(
        Code(code, None, U, _SCHEMA)
        for code in ("AD1", *(f"N{n}" for n in range(1, 66) if n != 32), "N999")
    ),
    *_KNOWN_DCC_ALERT_CODES,
)

DEVICE_ALERT_CODES: Mapping[str, Code] = _table(
    Code("81AD", "Verification of the metrology firmware failed.", C, _GBCS),
    Code("8F1B", "Verification of the firmware failed at power-on.", C, _GBCS),
    Code("8F1C", "The device refused the image: its verification failed.", C, _GBCS),
    Code("8F43", "The firmware that the device runs has changed.", C, _GBCS),
    Code("8F66", "A future-dated command was carried out.", C, _GBCS),
    Code("8F67", "A future-dated command was not carried out.", C, _GBCS),
    Code("8F72", "The device verified the image and holds it.", C, _GBCS),
    Code("8F89", "The hub could not hand the image to the device.", C, _GBCS),
    Code("8F8A", "The hub handed the image to the device.", C, _GBCS),
    Code("8F8B", "The PPMID activated the image, or could not.", C, _GBCS),
)

# How a hub's or a PPMID's result becomes the reason of a bad status; None is success.
TRANSFER_REASONS: Mapping[TransferResponseCode, str | None] = {
    TransferResponseCode.FILE_TRANSFER_SUCCESS: None,
    TransferResponseCode.FIRMWARE_IMAGE_DISCARDED: "image_discarded",
    TransferResponseCode.HARDWARE_VERSION_MISMATCH: "hardware_version_mismatch",
    TransferResponseCode.FILE_TRANSFER_FAILURE: "file_transfer_failure",
}
ACTIVATION_REASONS: Mapping[ActivateImageResultCode, str | None] = {
    ActivateImageResultCode.ACTIVATION_SUCCESS: None,
    ActivateImageResultCode.ACTIVATION_FAILURE: "activation_failure",
}

REASON_CODES: Mapping[str, Code] = _table(
    Code("invalid_device_id", "Unknown, or not the sender’s to update.", L, _TRADE),
    Code("not_commissioned", "Not commissioned in the inventory.", L, _TRADE),
    Code("not_applicable_firmware", "Not certified for the device’s model.", L, _TRADE),
    Code("other_request_in_progress", "An earlier update is still in progress.", L, _TRADE),
    Code("invalid_gbcs_version", "Device or hub runs an unsuitable GBCS version.", L, _TRADE),
    Code("image_discarded", "The image was discarded.", C, _GBCS),
    Code("hardware_version_mismatch", "The image is for other hardware.", C, _GBCS),
    Code("file_transfer_failure", "The transfer to the device failed.", C, _GBCS),
    Code("activation_failure", "The device could not activate the image.", C, _GBCS),
    Code("no_image_held", "The device holds no image to activate.", C, _GBCS),
    Code("hash_mismatch", "The image that the device holds is another one.", C, _GBCS),
    DEVICE_ALERT_CODES["8F1C"],
    DEVICE_ALERT_CODES["8F67"],
    *(row for row in RESPONSE_CODES.values() if row.code[0] == "E"),
    *DCC_ALERT_CODES.values(),
)

_ON_THE_WAY = frozenset(
    {
        Status.SEND_TO_CSP_FAILED,
        Status.COMMS_HUB_DELIVERY_FAILED,
        Status.DEVICE_TRANSFER_FAILED,
        Status.VERIFICATION_FAILED,
    }
)
_AT_DEVICE = frozenset(
    {Status.DEVICE_TRANSFER_FAILED, Status.VERIFICATION_FAILED, Status.ACTIVATION_FAILED}
)
_OF_COMMANDS = frozenset({Status.REJECTED, Status.ACTIVATION_FAILED})
# Which bad statuses a code's meaning can be the reason of. A code with a meaning that is not here
# tells of no failure of an update: beside a bad status it is evidence, and its meaning is not told.
_EXPLAINS: Mapping[str, frozenset[Status]] = {
    **dict.fromkeys((row.reason for row in WARNING_LISTS), frozenset({Status.REJECTED})),
    **dict.fromkeys(
        (row.code for row in _KNOWN_RESPONSE_CODES if row.code[0] == "E"), _OF_COMMANDS
    ),
    **dict.fromkeys(("E20", "E21"), _OF_COMMANDS | _ON_THE_WAY),
    **dict.fromkeys(("N12", "N13"), frozenset({Status.ACTIVATION_FAILED})),
    **dict.fromkeys((f"N{number}" for number in range(18, 24)), _ON_THE_WAY),
    "N61": frozenset({Status.COMMS_HUB_DELIVERY_FAILED}),
    **dict.fromkeys(
        ("image_discarded", "hardware_version_mismatch", "file_transfer_failure"), _AT_DEVICE
    ),
    "8F89": frozenset({Status.DEVICE_TRANSFER_FAILED}),
    "8F1C": frozenset({Status.VERIFICATION_FAILED}),
    **dict.fromkeys(
        ("activation_failure", "no_image_held", "8F67"), frozenset({Status.ACTIVATION_FAILED})
    ),
    "hash_mismatch": frozenset({Status.VERIFICATION_FAILED, Status.ACTIVATION_FAILED}),
}

DEVICE_TYPES = frozenset({"ESME", "GSME", "GPF", "CHF", "HCALCS", "PPMID", "IHD", "CAD"})
DEVICE_STATUSES = frozenset(
    {
        "Pending",
        "Whitelisted",
        "InstalledNotCommissioned",
        "Commissioned",
        "Decommissioned",
        "Withdrawn",
        "Suspended",
        "Recovery",
        "Recovered",
    }
)
# What an Update Inventory request may make of a device's status, by the element that says so.
NEW_DEVICE_STATUSES: Mapping[str, frozenset[str]] = {
    "UpdateDeviceStatusExceptCH": frozenset({"Pending", "InstalledNotCommissioned"}),
    "UpdateDeviceStatusCH": frozenset({"Commissioned", "Withdrawn", "InstalledNotCommissioned"}),
}
FIRMWARE_VERSION_STATUSES = frozenset({"Active", "Cancelled", "Expired", "Withdrawn"})
CSP_REGIONS = frozenset(
    {"North", "Central", "South", "4G North", "4G Central", "4G South", "Unknown", "SMETS1"}
)


def explains(code: str, status: Status) -> bool:
    """Return whether what ``code`` means can be the reason of the bad ``status``.

    True for a code whose meaning is not known: it says nothing against it.
    """
    tables = (RESPONSE_CODES, DCC_ALERT_CODES, DEVICE_ALERT_CODES, REASON_CODES)
    rows = [table[code] for table in tables if code in table]
    if all(row.meaning is None for row in rows):
        return True
    return status in _EXPLAINS.get(code, frozenset())


def is_response_code_for(code: str, service_reference: str) -> bool:
    """Return whether ``code`` exists and is a generic one or one of ``service_reference``'s own.

    ``service_reference`` is written as DUIS does: ``"11.1"``. Source: DUIS 5.4 schema,
    ``ResponseCode``: a code of six digits begins with its service's four.
    """
    if code not in RESPONSE_CODES:
        return False
    major, _, minor = service_reference.partition(".")
    return len(code) != 7 or code[1:5] == f"{major:0>2}{minor:0>2}"
