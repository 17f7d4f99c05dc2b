"""What befalls an update besides its stages, read from the alerts that tell of it.

Source: DUIS 5.4 schema, ``DCCAlert`` and ``DeviceAlertMessage``; GBCS 4.3, alert codes.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from lxml import etree

from firmtrack.domain.facts import Incident, IncidentKind
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.elements import Children, name_of

# The schema sets no limit to what a message may be called that could not be carried.
_CODE_MAX_CHARACTERS = 64

_BREACHES = ("ADUserThresholdBreach", "ADDCCThresholdBreach", "ADAttributeLimitsBreach")
_DEVICE_LOGS = ("CHFDeviceLog", "GPFDeviceLog")

# What a device says of the firmware that it runs; the alerts name neither version nor request.
DEVICE_ALERT_INCIDENTS: Mapping[int, IncidentKind] = {
    0x8F43: IncidentKind.FIRMWARE_CHANGED,
    0x8F1B: IncidentKind.POWER_ON_VERIFICATION_FAILED,
    0x81AD: IncidentKind.METROLOGY_VERIFICATION_FAILED,
}


def device_alert(device_id: Eui64, alert_code: int, responded_at: datetime) -> Incident | None:
    """Return what a Device Alert with this code tells, None if nothing of the device's firmware."""
    kind = DEVICE_ALERT_INCIDENTS.get(alert_code)
    if kind is None:
        return None
    return Incident(
        kind=kind, occurred_at=responded_at, device_id=device_id, reason=f"{alert_code:04X}"
    )


def ppmid_alert(body: Children, responded_at: datetime) -> Incident | None:
    """Return what a PPMIDAlert without an upgrade in it tells, as ``device_alert`` does."""
    octets = body.text("DeviceAlertCode").strip().upper()
    known = {f"{code:04X}": kind for code, kind in DEVICE_ALERT_INCIDENTS.items()}
    if octets not in known:
        return None
    return Incident(
        kind=known[octets],
        occurred_at=responded_at,
        device_id=body.eui("DeviceID"),
        device_time=body.optional_time("Timestamp"),
        reason=octets,
    )


def quarantined_request(body: Children, _: str, responded_at: datetime) -> tuple[Incident, ...]:
    """Return which request DCC holds; the reason is the name of the breach."""
    breach = body.only(*_BREACHES)
    return (
        Incident(
            kind=IncidentKind.REQUEST_QUARANTINED,
            occurred_at=responded_at,
            request_id=body.children(breach).request_id("RequestID"),
            reason=breach,
        ),
    )


def command_failure(body: Children, code: str, responded_at: datetime) -> tuple[Incident, ...]:
    """Return which request failed, for which device, if it is no command to that very device.

    What failed of a command to a device is told of its activation: it updates no firmware.
    """
    request_id = body.request_id("CommandRequestID")
    device_id = body.eui("DeviceID")
    if device_id == request_id.target:
        return ()
    return (
        Incident(
            kind=IncidentKind.COMMAND_FAILED,
            occurred_at=responded_at,
            request_id=request_id,
            device_id=device_id,
            reason=code,
        ),
    )


def duis_version_mismatch(body: Children, _: str, responded_at: datetime) -> tuple[Incident, ...]:
    """Return about which request or device a message could not be carried; none if it names none.

    The reason is the code of the alert that could not be, or the service whose answer it was.
    """
    choice = body.only("DCCAlertVersionMismatch", "ServiceResponseVersionMismatch")
    mismatch = body.children(choice)
    name = "DCCAlertCode" if choice == "DCCAlertVersionMismatch" else "ServiceReferenceVariant"
    mismatch.element(name)  # the schema requires it
    request_id = mismatch.optional_request_id("RequestID")
    device_id = mismatch.eui("DeviceID") if "DeviceID" in mismatch else None
    if request_id is None and device_id is None:
        return ()
    return (
        Incident(
            kind=IncidentKind.MESSAGE_NOT_CARRIED,
            occurred_at=responded_at,
            request_id=request_id,
            device_id=device_id,
            reason=mismatch.optional_text(name, _CODE_MAX_CHARACTERS),
        ),
    )


def ppmid_removal(body: Children, _: str, responded_at: datetime) -> tuple[Incident, ...]:
    """Return which PPMID was removed, from which hub."""
    return (
        Incident(
            kind=IncidentKind.PPMID_REMOVED,
            occurred_at=responded_at,
            device_id=body.eui("PPMIDDeviceID"),
            comms_hub_id=body.eui("CHFDeviceID"),
        ),
    )


def device_log_restored(body: Children, _: str, responded_at: datetime) -> tuple[Incident, ...]:
    """Return which hub took the place of which; none if the log came back to the same hub."""
    log = body.children(body.only(*_DEVICE_LOGS))
    old, new = log.eui("OldCHFDeviceID"), log.eui("NewCHFDeviceID")
    if old == new:
        return ()
    return (
        Incident(
            kind=IncidentKind.COMMS_HUB_EXCHANGED,
            occurred_at=responded_at,
            comms_hub_id=old,
            new_comms_hub_id=new,
        ),
    )


def status_change(
    device_id: Eui64, change: etree._Element, responded_at: datetime
) -> tuple[Incident, ...]:
    """Return what a change of a device's inventory status means to its update; often nothing."""
    return tuple(_status_change(device_id, change, responded_at))


def _status_change(
    device_id: Eui64, change: etree._Element, responded_at: datetime
) -> Iterator[Incident]:
    match name_of(change):
        case "DeviceRemovedFromInventory":
            yield Incident(
                kind=IncidentKind.DEVICE_REMOVED, occurred_at=responded_at, device_id=device_id
            )
        case "CHFDecommissioning":
            yield Incident(
                kind=IncidentKind.COMMS_HUB_DECOMMISSIONED,
                occurred_at=responded_at,
                comms_hub_id=device_id,
            )
        case "MeterDecommissioningOrWithdrawal":
            yield Incident(
                kind=IncidentKind.METER_DECOMMISSIONED,
                occurred_at=responded_at,
                device_id=device_id,
            )
            for associated in _associated_devices(change):
                if associated != device_id:
                    yield Incident(
                        kind=IncidentKind.ASSOCIATED_METER_DECOMMISSIONED,
                        occurred_at=responded_at,
                        device_id=associated,
                    )


def _associated_devices(change: etree._Element) -> Iterator[Eui64]:
    """Yield each device that DCC lists with the meter, once."""
    listed = [
        Children(child).eui("DeviceID")
        for child in change
        if name_of(child) == "AssociatedType1Device"
    ]
    yield from dict.fromkeys(listed)
