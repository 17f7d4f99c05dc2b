"""The fixed cast and one sample of every document that Firmtrack writes."""

import struct
from datetime import UTC, datetime

from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId, parse_firmware_version
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from tests.unit.gbcs import encoders as enc

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO = Eui64.parse("90-B3-D5-1F-30-02-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
METER = Eui64.parse("00-DB-12-34-56-78-90-A0")
OTHER_METER = Eui64.parse("00-DB-12-34-56-78-90-A1")
HUB = Eui64.parse("00-DB-12-34-56-78-90-A2")
PPMID = Eui64.parse("00-DB-12-34-56-78-90-A4")
VERSION = parse_firmware_version("0123ABCD")
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DEVICE_CLOCK = datetime(2015, 1, 1, tzinfo=UTC)

REQUEST_ID = RequestId(ALPHA, DCC, 1000)
ALERT_ID = ResponseId(DCC, ALPHA, 77)
DEVICE_ALERT_ID = ResponseId(METER, ALPHA, 2000)

RECEIPT_8F72 = bytes.fromhex(
    "DF090300000000000007D00800DB1234567890A00890B3D51F30010000000200CE3B0F200007D0000203128F72"
    "090C07DF0101FF000000008000FF0920" + "01" * 32 + "40" + "59" * 64
)


def receipt(alert_code: int, device_id: Eui64 = METER, message_code: int = 0x00CE) -> bytes:
    """Return a Firmware Distribution Receipt Alert of an ESME."""
    return (
        RECEIPT_8F72.replace(b"\x02\x00\xce", b"\x02" + message_code.to_bytes(2, "big"))
        .replace(b"\x12\x8f\x72", b"\x12" + alert_code.to_bytes(2, "big"))
        .replace(METER.to_bytes(8, "big"), device_id.to_bytes(8, "big"))
    )


def ota_image(content: bytes = b"firmware" * 100) -> bytes:
    """Return a Zigbee OTA file without optional fields and without signature trailer."""
    header = struct.pack(
        "<IHHHHHIH32sI",
        0x0BEEF11E,
        0x0100,
        56,
        0,
        0x1234,
        0x0001,
        0x0123ABCD,
        0x0002,
        b"TEST IMAGE".ljust(32, b"\0"),
        56 + len(content),
    )
    return header + content


def update_firmware(
    image: bytes | None = None,
    device_ids: tuple[Eui64, ...] = (METER, OTHER_METER),
    variant: Variant = Variant.UPDATE_FIRMWARE,
) -> d.UpdateFirmwareRequest:
    return d.UpdateFirmwareRequest(
        request_id=REQUEST_ID,
        variant=variant,
        firmware_image=ota_image() if image is None else image,
        firmware_version=VERSION,
        device_ids=device_ids,
    )


def update_firmware_response(
    code: str = "I0",
    left_out: dict[str, tuple[Eui64, ...]] | None = None,
    variant: Variant = Variant.UPDATE_FIRMWARE,
) -> d.UpdateFirmwareResponse:
    return d.UpdateFirmwareResponse(
        response_id=ALERT_ID,
        responded_at=NOW,
        request_id=REQUEST_ID,
        response_code=code,
        variant=variant,
        left_out=left_out or {},
    )


def dcc_alert(code: str, body: d.DccAlertBody) -> d.DccAlert:
    return d.DccAlert(response_id=ALERT_ID, responded_at=NOW, alert_code=code, body=body)


def device_alert(
    payload: bytes = RECEIPT_8F72,
    alert_code: int = 0x8F72,
    response_id: ResponseId = DEVICE_ALERT_ID,
) -> d.DeviceAlert:
    return d.DeviceAlert(
        response_id=response_id, responded_at=NOW, alert_code=alert_code, gbcs_payload=payload
    )


def csp_status(
    status: d.CommsHubTransferStatus = d.CommsHubTransferStatus.SUCCESS,
) -> d.CspFirmwareDeliveryStatus:
    return d.CspFirmwareDeliveryStatus(
        update_firmware_request_id=REQUEST_ID,
        comms_hub_device_id=HUB,
        target_device_id=METER,
        firmware_version=VERSION,
        time_stamp=datetime(2026, 3, 4, 1, 2, 3, 456000, tzinfo=UTC),
        comms_hub_transfer_status=status,
    )


def hub_alert(
    result: d.TransferResponseCode = d.TransferResponseCode.FILE_TRANSFER_SUCCESS,
    request_id: RequestId | None = REQUEST_ID,
) -> d.CommsHubAlert:
    return d.CommsHubAlert(
        comms_hub_device_id=HUB,
        alert_code=0x8F8A if result.endswith("Success") else 0x8F89,
        time_stamp=DEVICE_CLOCK,
        firmware_transfer_alert=d.FirmwareTransferAlert(
            other_device_id=METER,
            firmware_version=VERSION,
            transfer_response_code=result,
            update_firmware_request_id=request_id,
        ),
    )


def ppmid_alert(
    result: d.ActivateImageResultCode = d.ActivateImageResultCode.ACTIVATION_SUCCESS,
) -> d.PpmidAlert:
    return d.PpmidAlert(
        device_id=PPMID,
        device_alert_code=0x8F8B,
        timestamp=DEVICE_CLOCK,
        ppmid_firmware_upgrade_alert=d.PpmidFirmwareUpgradeAlert(
            firmware_version=VERSION, activate_image_result_code=result
        ),
    )


EVERY_LIST: dict[str, tuple[Eui64, ...]] = {
    "invalid_device_id": (Eui64(1), Eui64(2)),
    "not_commissioned": (Eui64(3), Eui64(1)),
    "not_applicable_firmware": (Eui64(4),),
    "other_request_in_progress": (Eui64(5),),
    "invalid_gbcs_version": (Eui64(6),),
}

INVENTORY = d.ReadInventoryResponse(
    response_id=ALERT_ID,
    responded_at=NOW,
    request_id=REQUEST_ID,
    devices=(
        d.InventoryDevice(
            device_id=METER,
            device_type="ESME",
            manufacturer="Meters & Sons <Ltd>",
            model="M\r1",
            device_status="Commissioned",
            smets_version="SMETS2 v4.2",
            firmware_version=VERSION,
            firmware_version_status="Active",
            csp_region="4G North",
            gbcs_version="4.1",
        ),
        d.InventoryDevice(device_id=HUB, device_type="CHF", manufacturer="", model="Hübchen"),
    ),
)

PRENOTIFICATION = d.DevicePrenotification(
    request_id=REQUEST_ID,
    device_id=METER,
    manufacturer="Maker",
    model="Model",
    device_type="GSME",
    smets_version="SMETS2",
    firmware_version=VERSION,
)


def version_read(gbcs_payload: bytes, device_id: Eui64 = METER) -> d.DeviceResponse:
    return d.DeviceResponse(
        response_id=ResponseId(device_id, ALPHA, 1001),
        responded_at=NOW,
        request_id=RequestId(ALPHA, device_id, 1001),
        service_reference="11.2",
        service_reference_variant="11.2",
        gbcs_payload=gbcs_payload,
    )


# Documents that say something about firmware or the inventory.
RECORDED: dict[str, d.Document] = {
    "update firmware": update_firmware(),
    "update PPMID firmware": update_firmware(
        device_ids=(PPMID,), variant=Variant.UPDATE_PPMID_FIRMWARE
    ),
    "accepted": update_firmware_response(),
    "accepted later": update_firmware_response("I99"),
    "accepted in part": update_firmware_response("W110101", EVERY_LIST),
    "PPMIDs accepted in part": update_firmware_response(
        "W110401", EVERY_LIST, Variant.UPDATE_PPMID_FIRMWARE
    ),
    "refused": update_firmware_response("E110101"),
    "delivered to hub": dcc_alert("N60", csp_status()),
    "not delivered to hub": dcc_alert("N61", csp_status(d.CommsHubTransferStatus.FAILURE)),
    "transferred": dcc_alert("N62", hub_alert()),
    "transferred, request unnamed": dcc_alert("N62", hub_alert(request_id=None)),
    "not transferred": dcc_alert("N62", hub_alert(d.TransferResponseCode.FILE_TRANSFER_FAILURE)),
    "distribution failed": dcc_alert(
        "N19",
        d.FirmwareDistributionFailure(
            update_firmware_request_id=REQUEST_ID, meter_ids=(METER, OTHER_METER)
        ),
    ),
    "upgrade requested": dcc_alert(
        "N59",
        d.FirmwareUpgradeRequested(
            device_type="ESME", firmware_version=VERSION, device_ids=(METER, OTHER_METER)
        ),
    ),
    "PPMID activated": dcc_alert("N57", ppmid_alert()),
    "PPMID not activated": dcc_alert(
        "N57", ppmid_alert(d.ActivateImageResultCode.ACTIVATION_FAILURE)
    ),
    "verified": device_alert(),
    "not verified": device_alert(receipt(0x8F1C), 0x8F1C),
    "inventory": INVENTORY,
    "prenotification": PRENOTIFICATION,
    "version mismatch": dcc_alert(
        "N49",
        d.FirmwareVersionMismatch(
            device_id=METER,
            device_type="ESME",
            firmware_version_smi=VERSION,
            firmware_version_device=parse_firmware_version("00000001"),
        ),
    ),
    "suspended": dcc_alert(
        "N9",
        d.DeviceStatusChangeEvent(device_id=METER, change=d.DeviceStatusChange.DEVICE_SUSPENDED),
    ),
    "version read": version_read(enc.ESME_VERSION),
}

NEW_HUB = Eui64.parse("00-DB-12-34-56-78-90-B2")


def log_restored(new_hub: Eui64 = NEW_HUB, log: d.DeviceLog = d.DeviceLog.CHF) -> d.DccAlert:
    return dcc_alert(
        "N48",
        d.DeviceLogRestored(
            restored_date=NOW.date(),
            log=log,
            old_chf_device_id=HUB,
            new_chf_device_id=new_hub,
            old_gpf_device_id=Eui64(HUB + 1),
            new_gpf_device_id=Eui64(new_hub + 1),
        ),
    )


# Documents that tell of what befalls an update besides its stages.
INCIDENTS: dict[str, d.Document] = {
    "quarantined": dcc_alert(
        "AD1",
        d.QuarantinedRequest(
            breach=d.QuarantineBreach.AD_USER_THRESHOLD_BREACH,
            request_id=REQUEST_ID,
            quarantine_event_ref=99,
        ),
    ),
    "request failed": dcc_alert(
        "N13", d.CommandFailure(command_request_id=REQUEST_ID, device_id=METER)
    ),
    "alert not carried": dcc_alert(
        "N999",
        d.DuisVersionMismatch(
            dcc_alert_code="N60",
            service_user_duis_version="5.1",
            device_id=METER,
            request_id=REQUEST_ID,
        ),
    ),
    "alert about a device not carried": dcc_alert(
        "N999",
        d.DuisVersionMismatch(
            dcc_alert_code="N63", service_user_duis_version="5.1", device_id=METER
        ),
    ),
    "response not carried": dcc_alert(
        "N999",
        d.ServiceResponseVersionMismatch(
            request_id=REQUEST_ID,
            service_reference="11.1",
            service_reference_variant="11.1",
            service_request_duis_version="5.4",
            service_user_duis_version="5.1",
        ),
    ),
    "removed": dcc_alert(
        "N9",
        d.DeviceStatusChangeEvent(
            device_id=METER, change=d.DeviceStatusChange.DEVICE_REMOVED_FROM_INVENTORY
        ),
    ),
    "meter decommissioned": dcc_alert(
        "N9",
        d.MeterDecommissioningOrWithdrawal(
            device_id=METER,
            import_mpxn="1234567890123",
            associated_devices=((PPMID, "PPMID"), (OTHER_METER, "HCALCS")),
        ),
    ),
    "hub decommissioned": dcc_alert(
        "N9",
        d.DeviceStatusChangeEvent(device_id=HUB, change=d.DeviceStatusChange.CHF_DECOMMISSIONING),
    ),
    "hub exchanged": log_restored(),
    "PPMID removed": dcc_alert("N53", d.PpmidRemoval(ppmid_device_id=PPMID, chf_device_id=HUB)),
    "firmware changed": device_alert(receipt(0x8F43), 0x8F43),
    "verification at power-on failed": device_alert(receipt(0x8F1B), 0x8F1B),
    "metrology verification failed": device_alert(receipt(0x81AD), 0x81AD),
    "PPMID's firmware changed": dcc_alert(
        "N57", d.PpmidAlert(device_id=PPMID, device_alert_code=0x8F43, timestamp=DEVICE_CLOCK)
    ),
}

# Documents that do not, by the kind that they are counted under.
IGNORED: dict[str, d.Document] = {
    "comms_hub_alert": dcc_alert(
        "N62", d.CommsHubAlert(comms_hub_device_id=HUB, alert_code=0x81A0)
    ),
    "ppmid_alert": dcc_alert("N57", d.PpmidAlert(device_id=PPMID, device_alert_code=0x81A0)),
    "comms_hub_firmware_activation": dcc_alert(
        "N64", d.CommsHubFirmwareActivation(device_id=HUB, firmware_version=VERSION)
    ),
    "duis_version_mismatch": dcc_alert(
        "N999", d.DuisVersionMismatch(dcc_alert_code="N60", service_user_duis_version="5.1")
    ),
    "device_log_restored": log_restored(HUB),
    "power_outage_event": dcc_alert(
        "AD1",
        d.PowerOutageEvent(
            comms_hub_device_id=HUB, start_date_time=NOW, import_mpxn="1234567890123"
        ),
    ),
    "device_alert": device_alert(receipt(0x8F1D, message_code=0x00CE), 0x8F1D),
    "service_request": d.ReadFirmwareVersionRequest(request_id=REQUEST_ID),
    "service_response": d.DeviceResponse(
        response_id=DEVICE_ALERT_ID,
        responded_at=NOW,
        request_id=REQUEST_ID,
        service_reference="11.2",
        service_reference_variant="11.2",
        gbcs_payload=RECEIPT_8F72,
    ),
}
