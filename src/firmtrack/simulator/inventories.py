"""The inventory in messages: what DCC's says of devices, what devices say, and who changes it.

Every function sends messages about devices at a moment, or a little later if the device was told
of at that very second; it returns when it sent the last, None if the simulated time was over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId
from firmtrack.duis import documents as d
from firmtrack.simulator.correspondence import dcc_alert
from firmtrack.simulator.post import Post, VersionReadSent
from firmtrack.simulator.statements import Statement
from firmtrack.simulator.world import COMMISSIONED, DCC, SUSPENDED, Device

# Which codes tell of a status change and of a mismatch is not public: the schema allows any.
_STATUS_CHANGED, _MISMATCH = "N8", "N58"

_ANSWERED_WITHIN = timedelta(seconds=15)
INSTALLED_NOT_COMMISSIONED = "InstalledNotCommissioned"


def read_inventory(
    devices: Sequence[Device], user: Eui64, at: datetime, post: Post
) -> datetime | None:
    """Let ``user`` read the inventory (8.2): DCC answers with these devices, 17 at the most."""
    counter = post.next_counter()
    request_id = RequestId(user, DCC, counter)
    at = post.statements.free_second((device.device_id for device in devices), at)
    request = d.ReadInventoryRequest(request_id=request_id, device_id=devices[0].device_id)
    rows = tuple(_inventory_row(device, at) for device in devices)
    answer = d.ReadInventoryResponse(
        request_id=request_id,
        response_id=ResponseId(DCC, user, counter),
        responded_at=at,
        devices=rows,
    )
    post.send(at, request, is_recorded=False)
    is_sent = post.send(at, answer, states=[_row_statement(row, at) for row in rows])
    return at if is_sent else None


def pre_notify(
    device: Device, user: Eui64, at: datetime, post: Post, code: str | None
) -> datetime | None:
    """Let ``user`` ask DCC to add the device to the inventory (12.2).

    ``code`` is DCC's answer, None if it gives none: only what it takes is known, and from then.
    """
    details = details_of(device, at)
    request = d.DevicePrenotification(
        request_id=RequestId(user, DCC, post.next_counter()),
        device_id=device.device_id,
        manufacturer=device.model.manufacturer,
        model=device.model.name,
        device_type=device.kind,
        smets_version=device.model.smets_version,
        firmware_version=details.firmware_version,
    )
    facts = {**_stated(details), "device_type": str(device.kind)}
    return _propose(request, "12.2", facts, at, post, code)


def update_inventory(
    device: Device,
    change: d.InventoryChange,
    user: Eui64,
    at: datetime,
    post: Post,
    code: str | None,
) -> datetime | None:
    """Let ``user`` ask DCC to change what the inventory holds of a device (8.4).

    ``code`` is DCC's answer, None if it gives none: only what it takes is known, and from then.
    """
    request = d.UpdateInventoryRequest(
        request_id=RequestId(user, DCC, post.next_counter()),
        device_id=device.device_id,
        change=change,
    )
    match change:
        case d.UpdateDeviceStatus():
            facts = {"device_status": change.device_status}
        case d.DeleteDevice():
            facts = {"device_status": "DeleteDevice"}
        case d.UpdateDeviceDetails():
            facts = _stated(change)
    return _propose(request, "8.4", facts, at, post, code)


def _propose(
    request: d.DevicePrenotification | d.UpdateInventoryRequest,
    service: str,
    facts: dict[str, str],
    at: datetime,
    post: Post,
    code: str | None,
) -> datetime | None:
    if not post.send(at, request):
        return None
    if code is None:
        return at
    answered_at = post.statements.free_second([request.device_id], at + _ANSWERED_WITHIN)
    request_id = request.request_id
    answer = d.Acknowledgement(
        response_id=ResponseId(DCC, request_id.originator, request_id.counter),
        responded_at=answered_at,
        request_id=request_id,
        response_code=code,
        service_reference=service,
        service_reference_variant=service,
    )
    is_taken = not code.startswith("E")
    states = [Statement(request.device_id, answered_at, facts)] if is_taken else []
    return answered_at if post.send(answered_at, answer, states=states) else None


def details_of(device: Device, at: datetime) -> d.UpdateDeviceDetails:
    """Return the details of a device as the inventory holds them at that time."""
    model = device.model
    return d.UpdateDeviceDetails(
        manufacturer=model.manufacturer,
        model=model.name,
        smets_version=model.smets_version,
        firmware_version=device.listed.as_of(at),
    )


def read_version(
    device: Device, user: Eui64, at: datetime, post: Post, *, is_error: bool = False
) -> datetime | None:
    """Let ``user`` read the firmware version from the device (11.2): it says what it runs.

    DCC's inventory learns it, too, unless the device answers with an error.
    """
    request_id = RequestId(user, device.device_id, post.next_counter())
    answered_at = post.statements.free_second([device.device_id], at + _ANSWERED_WITHIN)
    version = None if is_error else device.running.as_of(answered_at)
    answer = VersionReadSent(
        device=device,
        request_id=request_id,
        responded_at=answered_at,
        counter=post.next_counter(),
        firmware_version=version,
    )
    post.send(at, d.ReadFirmwareVersionRequest(request_id=request_id), is_recorded=False)
    if version is None:
        return answered_at if post.send(answered_at, answer, is_recorded=False) else None
    states = [Statement(device.device_id, answered_at, {"firmware_version": version})]
    if not post.send(answered_at, answer, states=states):
        return None
    device.listed.change(answered_at, version)
    return answered_at


def change_status(
    device: Device, change: d.DeviceStatusChange, user: Eui64, at: datetime, post: Post
) -> datetime | None:
    """Let the device be suspended, or restored, and tell ``user``."""
    at = post.statements.free_second([device.device_id], at)
    is_suspended = change is d.DeviceStatusChange.DEVICE_SUSPENDED
    body = d.DeviceStatusChangeEvent(device_id=device.device_id, change=change)
    # DCC names the change; only for a suspension is that a status that its inventory has, too.
    told = SUSPENDED if is_suspended else change.value
    states = [Statement(device.device_id, at, {"device_status": told})]
    if not post.send(at, dcc_alert(user, _STATUS_CHANGED, at, body, post), states=states):
        return None
    device.status.change(at, SUSPENDED if is_suspended else COMMISSIONED)
    return at


def tell_mismatch(device: Device, user: Eui64, at: datetime, post: Post) -> datetime | None:
    """Tell ``user`` that inventory and device disagree about the device's firmware version."""
    at = post.statements.free_second([device.device_id], at)
    body = d.FirmwareVersionMismatch(
        device_id=device.device_id,
        device_type=device.kind,
        firmware_version_smi=device.listed.as_of(at),
        firmware_version_device=device.running.as_of(at),
    )
    facts = {
        "device_type": body.device_type,
        "firmware_version": body.firmware_version_device,
        "smi_firmware_version": body.firmware_version_smi,
    }
    alert = dcc_alert(user, _MISMATCH, at, body, post)
    return at if post.send(at, alert, states=[Statement(device.device_id, at, facts)]) else None


def _stated(details: d.UpdateDeviceDetails) -> dict[str, str]:
    stated = {
        "manufacturer": details.manufacturer,
        "model": details.model,
        "smets_version": details.smets_version,
        "firmware_version": details.firmware_version,
        "smi_firmware_version": details.firmware_version,
    }
    return {name: value for name, value in stated.items() if value is not None}


def _inventory_row(device: Device, at: datetime) -> d.InventoryDevice:
    model = device.model
    return d.InventoryDevice(
        device_id=device.device_id,
        device_type=device.kind,
        device_status=device.status.as_of(at),
        manufacturer=model.manufacturer,
        model=model.name,
        smets_version=device.smets_version,
        firmware_version=device.listed.as_of(at),
        firmware_version_status="Active",
        csp_region=device.home.region,
        gbcs_version=model.gbcs_version,
    )


def _row_statement(row: d.InventoryDevice, at: datetime) -> Statement:
    stated = {
        "device_type": row.device_type,
        "device_status": row.device_status,
        "manufacturer": row.manufacturer,
        "model": row.model,
        "smets_version": row.smets_version,
        "firmware_version": row.firmware_version,
        "smi_firmware_version": row.firmware_version,
        "firmware_version_status": row.firmware_version_status,
        "csp_region": row.csp_region,
        "gbcs_version": row.gbcs_version,
    }
    facts = {name: value for name, value in stated.items() if value is not None}
    return Statement(row.device_id, at, facts)
