"""Entries for the incidents: what befell an update besides its stages, and what to do about it."""

from collections.abc import Mapping

from firmtrack.domain.facts import IncidentKind
from firmtrack.duis.codes import Sureness
from firmtrack.presentation.catalogue_entry import Advice, Entry

C, L = Sureness.CERTAIN, Sureness.LIKELY
_SCHEMA = "DUIS 5.4 schema"
_GBCS = "GBCS 4.3"
_TRADE = "industry usage"

INCIDENT_NAMES: Mapping[IncidentKind, str] = {
    IncidentKind.REQUEST_QUARANTINED: "Held in quarantine by DCC",
    IncidentKind.COMMAND_FAILED: "Reported by DCC as failed",
    IncidentKind.MESSAGE_NOT_CARRIED: "Word that the User’s version of DUIS cannot carry",
    IncidentKind.DEVICE_REMOVED: "Device removed from the inventory",
    IncidentKind.METER_DECOMMISSIONED: "Meter decommissioned or withdrawn",
    IncidentKind.ASSOCIATED_METER_DECOMMISSIONED: "Its meter decommissioned or withdrawn",
    IncidentKind.PPMID_REMOVED: "PPMID removed from its hub",
    IncidentKind.COMMS_HUB_DECOMMISSIONED: "Communications Hub decommissioned",
    IncidentKind.COMMS_HUB_EXCHANGED: "Communications Hub exchanged",
    IncidentKind.FIRMWARE_CHANGED: "The firmware that the device runs has changed",
    IncidentKind.POWER_ON_VERIFICATION_FAILED: "Firmware verification failed at power-on",
    IncidentKind.METROLOGY_VERIFICATION_FAILED: "Metrology firmware verification failed",
    IncidentKind.ALERT_THROTTLED: "Repeats of an alert throttled",
}

_HUB_GONE = (
    "Read the inventory (8.2) for the hub that the device is on now. Ask DCC’s Service Centre, "
    "with the Service Request ID and the Device ID, whether this update still goes on. If it does "
    "not, send a new request for the device."
)
_GONE = "Nothing more is known: whether DCC ends an update of the device, no message says."
_NOT_KNOWN = "Not known to Firmtrack."


def _entry(
    kind: IncidentKind, meaning: str, written: str, advice: Advice, sureness: Sureness, source: str
) -> Entry:
    return Entry(
        code=kind.value,
        name=INCIDENT_NAMES[kind],
        meaning=meaning,
        written=written,
        advice=advice,
        sureness=sureness,
        source=source,
    )


INCIDENTS: Mapping[IncidentKind, Entry] = {
    IncidentKind(entry.code): entry
    for entry in (
        _entry(
            IncidentKind.REQUEST_QUARANTINED,
            "DCC’s anomaly detection holds the request: it went over a threshold, or a value in it "
            "is out of bounds.",
            "QuarantinedRequest with ADUserThresholdBreach, ADDCCThresholdBreach or "
            "ADAttributeLimitsBreach.",
            Advice(
                "Many requests within a short time, or a value that is not expected.",
                "Tell DCC whether the request was meant: confirm it, or cancel it. DCC is likely "
                "to hold it until you have.",
                (
                    "Ask the supplier whether the request was meant, and have it confirmed or "
                    "cancelled. It is likely to be held until then."
                ),
                "It is likely to hold the request until the User confirms or cancels it.",
            ),
            L,
            _TRADE,
        ),
        _entry(
            IncidentKind.COMMAND_FAILED,
            "DCC reports that the request failed for the device.",
            "CommandFailure that names an Update Firmware request.",
            Advice(
                "The code of the alert stands beside it.",
                "Ask DCC’s Service Centre, with the code, the Service Request ID and the Device "
                "ID, whether the update still goes on. If it does not, send a new request for the "
                "device.",
                (
                    "Ask the Communications Service Provider whether the update still goes on, "
                    "with the code, the Service Request ID and the Device ID. If it does not, "
                    "tell the supplier to send a new request for the device."
                ),
                _NOT_KNOWN,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.MESSAGE_NOT_CARRIED,
            "DCC had word of the update or the device that the User’s version of DUIS cannot "
            "carry. What it says is not in the message.",
            "DUISVersionMismatch; its DCC Alert is likely to be N999.",
            Advice(
                "The User’s version of DUIS is older than the message.",
                "Ask DCC’s Service Centre what the message says, or move to a later version of "
                "DUIS.",
                ("Tell the supplier what the message says, or to move to a later version of DUIS."),
                "DCC sends this in place of the message.",
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.DEVICE_REMOVED,
            "DCC removed the device from its inventory.",
            "DeviceStatusChangeEvent with DeviceRemovedFromInventory.",
            Advice(
                "The device was taken out of use, or its entry was wrong.",
                "If the device is still in use, ask DCC’s Service Centre why it was removed, and "
                "have it added and commissioned again before you send a new request for it.",
                (
                    "Find out why the device was removed. If it is still in use, tell the "
                    "supplier to have it added and commissioned again before it sends a new "
                    "request for it."
                ),
                _GONE,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.METER_DECOMMISSIONED,
            "The meter was decommissioned or withdrawn; DUIS has one word for both.",
            "DeviceStatusChangeEvent with MeterDecommissioningOrWithdrawal.",
            Advice(
                "The meter was taken out of use.",
                "If the meter is still in use, ask DCC’s Service Centre why it was decommissioned "
                "or withdrawn, and have it commissioned again before you send a new request for "
                "it.",
                (
                    "Find out why the meter was decommissioned or withdrawn. If it is still in "
                    "use, tell the supplier to have it commissioned again before it sends a new "
                    "request for it."
                ),
                _GONE,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.ASSOCIATED_METER_DECOMMISSIONED,
            "The meter that DCC lists the device with was decommissioned or withdrawn.",
            "AssociatedType1Device within MeterDecommissioningOrWithdrawal.",
            Advice(
                "The meter was taken out of use. What becomes of the device, the message does not "
                "say.",
                "Read the inventory (8.2) to see whether the device is still there.",
                "Look in the inventory whether the device is still there.",
                _NOT_KNOWN,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.PPMID_REMOVED,
            "The PPMID was removed from its Communications Hub.",
            "PPMIDRemoval.",
            Advice(
                "The PPMID was taken out of use, or moved.",
                "If the PPMID is still in use, have it joined to its hub and commissioned again "
                "before you send a new request for it.",
                (
                    "If the PPMID is still in use, tell the supplier to have it joined to its "
                    "hub and commissioned again before it sends a new request for it."
                ),
                _GONE,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.COMMS_HUB_DECOMMISSIONED,
            "The Communications Hub that had the image was decommissioned.",
            "DeviceStatusChangeEvent with CHFDecommissioning.",
            Advice(
                "The hub was taken out of use or exchanged.",
                _HUB_GONE,
                (
                    "Look in the inventory for the hub that the device is on now. Ask the "
                    "Communications Service Provider whether this update still goes on; if it "
                    "does not, tell the supplier to send a new request for the device."
                ),
                _GONE,
            ),
            C,
            _SCHEMA,
        ),
        _entry(
            IncidentKind.COMMS_HUB_EXCHANGED,
            "The device log of the Communications Hub that had the image was restored to another "
            "hub, which is likely to have taken its place. Images are not in a device log.",
            "DeviceLogRestored with CHFDeviceLog or GPFDeviceLog.",
            Advice(
                "The hub was exchanged.",
                _HUB_GONE,
                (
                    "Look in the inventory for the hub that the device is on now. Ask the "
                    "Communications Service Provider whether this update still goes on; if it "
                    "does not, tell the supplier to send a new request for the device."
                ),
                _GONE,
            ),
            L,
            _TRADE,
        ),
        _entry(
            IncidentKind.FIRMWARE_CHANGED,
            "The device says that the firmware that it runs has changed; to which version, the "
            "alert does not say.",
            "Alert code 8F43.",
            Advice(
                "The device activated an image.",
                "Read the firmware version (11.2) to see what the device runs.",
                (
                    "Tell the supplier to read the firmware version (11.2) to see what the "
                    "device runs."
                ),
                "DCC only tells the User; it waits for nothing.",
            ),
            C,
            _GBCS,
        ),
        _entry(
            IncidentKind.POWER_ON_VERIFICATION_FAILED,
            "The device says that the verification of its firmware failed at power-on.",
            "Alert code 8F1B.",
            Advice(
                "The alert does not say why the verification failed.",
                "Read the firmware version (11.2), and ask the manufacturer what the device needs "
                "before you send or activate anything.",
                (
                    "Tell the supplier to read the firmware version (11.2), and to ask the "
                    "manufacturer what the device needs before it sends or activates anything."
                ),
                "DCC only tells the User; it waits for nothing.",
            ),
            C,
            _GBCS,
        ),
        _entry(
            IncidentKind.METROLOGY_VERIFICATION_FAILED,
            "The device says that the verification of its metrology firmware failed.",
            "Alert code 81AD.",
            Advice(
                "The alert does not say why the verification failed.",
                "Read the firmware version (11.2), and ask the manufacturer what the device needs "
                "before you send or activate anything.",
                (
                    "Tell the supplier to read the firmware version (11.2), and to ask the "
                    "manufacturer what the device needs before it sends or activates anything."
                ),
                "DCC only tells the User; it waits for nothing.",
            ),
            C,
            _GBCS,
        ),
        _entry(
            IncidentKind.ALERT_THROTTLED,
            "DCC counts repeats of an alert that it did not send one by one.",
            "ThrottledAlertSequenceId and ThrottledAlertCount beside an alert.",
            Advice(
                "The same alert came often within a short time.",
                "Look at the alert itself, which stands in the history.",
                "Look at the alert itself, which stands in the history.",
                "DCC throttles repeated alerts.",
            ),
            C,
            _SCHEMA,
        ),
    )
}
