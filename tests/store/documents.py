"""The fixed cast's messages as DUIS documents, for tests that go through the intake."""

from datetime import datetime
from itertools import count

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, Envelope
from firmtrack.intake.receive import Outcome, Submitter, receive
from firmtrack.simulator import gbcs_messages as gbcs
from firmtrack.simulator.image import ImagePlan, build_image, manufacturer_image_hash
from firmtrack.simulator.pki import key_of
from tests.store.facts import ALPHA_ID, DCC_ID, HUB, METER, REQUEST_ID, VERSION

GOOD, BAD = 0x8F72, 0x8F1C
UPDATE, UPDATE_PPMID = Variant.UPDATE_FIRMWARE, Variant.UPDATE_PPMID_FIRMWARE
TOTAL_SIZE_AT = 52
"""Where the OTA header states the image's total size, in four octets."""

_numbers = count(1)


def plan(version: FirmwareVersion, *, has_trailer: bool = True) -> ImagePlan:
    return ImagePlan(
        seed=1,
        firmware_version=version,
        manufacturer_code=0x00AB,
        image_type=1,
        header_string="a test",
        minimum_hardware_version=0x1111,
        maximum_hardware_version=0x1211,
        size_bytes=2_000,
        has_trailer=has_trailer,
    )


def hash_of(version: FirmwareVersion) -> bytes:
    """Return the hash of a meter's image of a version."""
    return manufacturer_image_hash(plan(version))


def request(
    *device_ids: Eui64,
    request_id: RequestId = REQUEST_ID,
    sent_at: datetime | None,
    version: FirmwareVersion = VERSION,
    header_version: FirmwareVersion | None = None,
    variant: Variant = UPDATE,
    image: bytes | None = None,
) -> Envelope:
    has_trailer = variant is UPDATE
    octets = image or build_image(plan(header_version or version, has_trailer=has_trailer))
    document = d.UpdateFirmwareRequest(
        request_id=request_id,
        variant=variant,
        firmware_image=octets,
        firmware_version=version,
        device_ids=device_ids or (METER,),
    )
    return envelope(write(document), sent_at)


def answer(
    at: datetime,
    code: str = "I0",
    *,
    request_id: RequestId = REQUEST_ID,
    variant: Variant = UPDATE,
    **left_out: tuple[Eui64, ...],
) -> Envelope:
    document = d.UpdateFirmwareResponse(
        response_id=to(request_id.originator),
        request_id=request_id,
        response_code=code,
        responded_at=at,
        variant=variant,
        left_out=left_out,
    )
    return envelope(write(document))


def delivered(
    at: datetime,
    device_id: Eui64 = METER,
    *,
    request_id: RequestId = REQUEST_ID,
    time_stamp: datetime | None = None,
    version: FirmwareVersion = VERSION,
    code: str = "N60",
    status: d.CommsHubTransferStatus = d.CommsHubTransferStatus.SUCCESS,
    sent_to: Eui64 | None = None,
) -> Envelope:
    body = d.CspFirmwareDeliveryStatus(
        update_firmware_request_id=request_id,
        comms_hub_device_id=HUB,
        target_device_id=device_id,
        firmware_version=version,
        time_stamp=time_stamp or at,
        comms_hub_transfer_status=status,
    )
    return dcc_alert(at, code, body, sent_to=sent_to or request_id.originator)


def handed_over(
    at: datetime,
    device_id: Eui64 = METER,
    *,
    request_id: RequestId | None = None,
    version: FirmwareVersion = VERSION,
    sent_to: Eui64 = ALPHA_ID,
) -> Envelope:
    body = d.CommsHubAlert(
        comms_hub_device_id=HUB,
        alert_code=0x8F8A,
        time_stamp=at,
        firmware_transfer_alert=d.FirmwareTransferAlert(
            other_device_id=device_id,
            firmware_version=version,
            transfer_response_code=d.TransferResponseCode.FILE_TRANSFER_SUCCESS,
            update_firmware_request_id=request_id,
        ),
    )
    return dcc_alert(at, "N62", body, sent_to=sent_to)


def checked(
    at: datetime,
    device_id: Eui64 = METER,
    *,
    image_hash: bytes | None = None,
    alert_code: int = GOOD,
    sent_to: Eui64 = ALPHA_ID,
) -> Envelope:
    """Return the meter's own word on its image: 8F72, or else 8F1C."""
    counter = next(_numbers)
    sender = gbcs.Sender(device_id=device_id, recipient=sent_to, counter=counter, device_time=at)
    digest = image_hash or hash_of(VERSION)
    document = d.DeviceAlert(
        response_id=ResponseId(device_id, sent_to, counter),
        responded_at=at,
        alert_code=alert_code,
        gbcs_payload=gbcs.esme_receipt(sender, alert_code, digest, key_of(1, "any meter")),
    )
    return envelope(write(document))


def ppmid_activated(
    at: datetime,
    device_id: Eui64 = METER,
    *,
    version: FirmwareVersion = VERSION,
    result: d.ActivateImageResultCode = d.ActivateImageResultCode.ACTIVATION_SUCCESS,
    sent_to: Eui64 = ALPHA_ID,
) -> Envelope:
    body = d.PpmidAlert(
        device_id=device_id,
        device_alert_code=0x8F8B,
        timestamp=at,
        ppmid_firmware_upgrade_alert=d.PpmidFirmwareUpgradeAlert(
            firmware_version=version, activate_image_result_code=result
        ),
    )
    return dcc_alert(at, "N63", body, sent_to=sent_to)


def upgrade_requested(
    at: datetime, device_id: Eui64 = METER, *, version: FirmwareVersion = VERSION, sent_to: Eui64
) -> Envelope:
    body = d.FirmwareUpgradeRequested(
        device_type="PPMID", firmware_version=version, device_ids=(device_id,)
    )
    return dcc_alert(at, "N59", body, sent_to=sent_to)


def dcc_alert(
    at: datetime, code: str, body: d.DccAlertBody, *, sent_to: Eui64 = ALPHA_ID
) -> Envelope:
    document = d.DccAlert(response_id=to(sent_to), responded_at=at, alert_code=code, body=body)
    return envelope(write(document))


def to(user_id: Eui64) -> ResponseId:
    """Return a fresh Response ID of DCC's to a User."""
    return ResponseId(DCC_ID, user_id, next(_numbers))


def envelope(body: bytes, at: datetime | None = None) -> Envelope:
    return Envelope(body=body, media_type=DUIS_MEDIA_TYPE, received_at=at, origin="a test")


def take(*envelopes: Envelope) -> list[Outcome]:
    """Take the documents in as the operator does, in one batch."""
    return receive(envelopes, Submitter.operator())
