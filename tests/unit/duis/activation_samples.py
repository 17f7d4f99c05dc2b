"""Samples of the documents about activation, the inventory and changes of supplier."""

from datetime import UTC, datetime

from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.duis import documents as d
from tests.unit.duis.samples import (
    ALERT_ID,
    ALPHA,
    DCC,
    DEVICE_ALERT_ID,
    METER,
    NOW,
    VERSION,
    dcc_alert,
)
from tests.unit.gbcs import encoders as enc

COUNTER = 1001
"""Of the 11.3 command, as in the GBCS answers of tests.unit.gbcs.encoders."""

ACTIVATION_ID = RequestId(ALPHA, METER, COUNTER)
ANSWER_ID = ResponseId(METER, ALPHA, COUNTER)
INVENTORY_UPDATE_ID = RequestId(ALPHA, DCC, 1002)
EXECUTION = datetime(2026, 3, 10, 2, tzinfo=UTC)
CANCELLING = datetime(3000, 12, 31, tzinfo=UTC)


def activate_firmware(execution_date_time: datetime | None = None) -> d.ActivateFirmwareRequest:
    return d.ActivateFirmwareRequest(
        request_id=ACTIVATION_ID,
        firmware_hash=enc.HASH,
        execution_date_time=execution_date_time,
    )


def signed_pre_command(service: str = "11.3") -> d.SignedPreCommand:
    return d.SignedPreCommand(
        request_id=ACTIVATION_ID,
        service_reference=service,
        service_reference_variant=service,
        gbcs_payload=b"a command",
        execution_date_time=EXECUTION,
    )


def acknowledgement(code: str = "I99") -> d.Acknowledgement:
    return d.Acknowledgement(
        response_id=ResponseId(DCC, ALPHA, COUNTER),
        responded_at=NOW,
        request_id=ACTIVATION_ID,
        response_code=code,
        service_reference="11.3",
        service_reference_variant="11.3",
    )


def activation_answer(
    gbcs_payload: bytes = enc.ACTIVATED,
    request_id: RequestId | None = ACTIVATION_ID,
    response_id: ResponseId = ANSWER_ID,
) -> d.DeviceResponse:
    return d.DeviceResponse(
        response_id=response_id,
        responded_at=NOW,
        request_id=request_id,
        service_reference="11.3",
        service_reference_variant="11.3",
        gbcs_payload=gbcs_payload,
    )


def future_dated_alert(
    gbcs_payload: bytes = enc.ACTIVATED_LATER,
    alert_code: int = 0x8F66,
    request_id: RequestId | None = ACTIVATION_ID,
    response_id: ResponseId = DEVICE_ALERT_ID,
) -> d.FutureDatedDeviceAlert:
    return d.FutureDatedDeviceAlert(
        response_id=response_id,
        responded_at=NOW,
        request_id=request_id,
        service_reference="11.3",
        service_reference_variant="11.3",
        future_dated_alert_code=alert_code,
        gbcs_payload=gbcs_payload,
    )


def update_inventory(change: d.InventoryChange) -> d.UpdateInventoryRequest:
    return d.UpdateInventoryRequest(request_id=INVENTORY_UPDATE_ID, device_id=METER, change=change)


def verdict(
    service: str = "8.4", code: str = "I0", request_id: RequestId = INVENTORY_UPDATE_ID
) -> d.Acknowledgement:
    """Return DCC's answer to an 8.4 or a 12.2."""
    return d.Acknowledgement(
        response_id=ResponseId(DCC, request_id.originator, request_id.counter),
        responded_at=NOW,
        request_id=request_id,
        response_code=code,
        service_reference=service,
        service_reference_variant=service,
    )


ACTIVATIONS: dict[str, d.Document] = {
    "activation requested": activate_firmware(),
    "activation requested for later": activate_firmware(EXECUTION),
    "activation cancelled": activate_firmware(CANCELLING),
    "activation command": signed_pre_command(),
    "activation acknowledged": acknowledgement(),
    "activation refused": acknowledgement("E5"),
    "activated at once": activation_answer(),
    "not activated": activation_answer(enc.NOT_ACTIVATED),
    "activation scheduled": activation_answer(enc.SCHEDULED),
    "activated later": future_dated_alert(),
    "not activated later": future_dated_alert(enc.NOT_ACTIVATED_LATER, 0x8F67),
    "command failed": dcc_alert(
        "N13", d.CommandFailure(command_request_id=ACTIVATION_ID, device_id=METER)
    ),
    "scheduled command failed": dcc_alert(
        "N12",
        d.CommandFailure(command_request_id=ACTIVATION_ID, device_id=METER, dsp_schedule_id=12),
    ),
}

INVENTORY_CHANGES: dict[str, d.Document] = {
    "details updated": update_inventory(
        d.UpdateDeviceDetails(
            manufacturer="Maker & Sons",
            model="Model",
            smets_version="SMETS2 v4.2",
            firmware_version=VERSION,
        )
    ),
    "status updated": update_inventory(d.UpdateDeviceStatus(device_status="Pending")),
    "hub's status updated": update_inventory(
        d.UpdateDeviceStatus(device_status="Withdrawn", is_comms_hub=True)
    ),
    "device deleted": update_inventory(d.DeleteDevice()),
    "update taken": verdict(),
    "update refused": verdict(code="E080405"),
    "prenotification taken": verdict("12.2"),
    "supplier changed": d.DccAlert(
        response_id=ALERT_ID,
        responded_at=NOW,
        alert_code="N27",
        body=d.DeviceChangeOfSupplier(
            device_id=METER, device_type="ESME", import_mpxn="1234567890123"
        ),
    ),
}

# Documents that are about other matters, beside those of tests.unit.duis.samples.
OTHERS: dict[str, d.Document] = {
    "another command": signed_pre_command("7.1"),
    "inventory asked": d.ReadInventoryRequest(request_id=INVENTORY_UPDATE_ID, device_id=METER),
}
