"""A world in which each trouble has one known culprit: its messages, as DUIS documents."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE, Envelope
from firmtrack.simulator import gbcs_messages as gbcs
from firmtrack.simulator.image import ImagePlan, build_image, manufacturer_image_hash
from firmtrack.simulator.pki import key_of

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC_ID = Eui64.parse("90-B3-D5-1F-30-00-00-02")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
GOOD, BAD = 0x8F72, 0x8F1C
HANDED_OVER, NOT_HANDED_OVER = 0x8F8A, 0x8F89
_SUCCESS = d.TransferResponseCode.FILE_TRANSFER_SUCCESS
_DISCARDED = d.TransferResponseCode.FIRMWARE_IMAGE_DISCARDED
FORMER_REQUEST, HUB_REQUEST, REGION_REQUEST, HASH_REQUEST, REFUSED_REQUEST, MODEL_REQUEST = (
    RequestId(ALPHA_ID, DCC_ID, number) for number in range(1, 7)
)
FORMER_VERSION, VERSION, BAD_VERSION = map(FirmwareVersion, ("00010001", "00010002", "00010003"))

_FORMER_UPDATES = 120
_ANSWERED_AT_ONCE = 17  # devices that one answer to Read Inventory may have
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter, where it is, and the hub that it is on."""

    device_id: Eui64
    hub_id: Eui64
    region: str
    model: str = "EM-200"


def _meters(first: int, number: int, hub: int, region: str, model: str = "EM-200") -> list[Meter]:
    return [
        Meter(
            Eui64(0x00DB_0000_0000_0000 + each), Eui64(0x00DB_1000_0000_0000 + hub), region, model
        )
        for each in range(first, first + number)
    ]


FORMER = _meters(0, _FORMER_UPDATES, 0, "North")
ON_GOOD_HUBS, ON_BAD_HUBS = _meters(1_000, 3, 1, "North"), _meters(1_003, 3, 2, "North")
IN_SILENCE, IN_THE_SOUTH = _meters(2_000, 4, 3, "North"), _meters(2_004, 4, 4, "South")
OF_THE_BAD_IMAGE = _meters(3_000, 5, 5, "South")
OF_THE_REFUSED_REQUEST = _meters(4_000, 2, 6, "South")
OF_THE_RIGHT_MODEL = _meters(5_000, 1, 7, "South")
OF_ANOTHER_MODEL = _meters(5_001, 2, 7, "South", model="EM-100")
ALL = [
    *FORMER, *ON_GOOD_HUBS, *ON_BAD_HUBS, *IN_SILENCE, *IN_THE_SOUTH, *OF_THE_BAD_IMAGE,
    *OF_THE_REFUSED_REQUEST, *OF_THE_RIGHT_MODEL, *OF_ANOTHER_MODEL,
]  # fmt: skip
HUB_MODELS = {1: "HUB-GOOD", 2: "HUB-BAD"}


def the_world(now: datetime) -> Iterator[Envelope]:
    """Yield all that was said until ``now``, in the order in which it happened."""
    yield from _inventory(now - 20 * DAY)
    yield from _former_updates(now - 15 * DAY)
    yield from _hub_model_that_discards(now - 5 * DAY)
    yield from _silent_region(now - DAY - 4 * HOUR)
    yield from _bad_image(now - 4 * DAY)
    yield from _suppliers_own_mistakes(now - 2 * DAY)


def _inventory(at: datetime) -> Iterator[Envelope]:
    described = [
        d.InventoryDevice(
            device_id=each.device_id,
            device_type="ESME",
            manufacturer="00AB",
            model=each.model,
            device_status="Commissioned",
            csp_region=each.region,
            firmware_version=FirmwareVersion("00010000"),
        )
        for each in ALL
    ]
    described += [
        d.InventoryDevice(
            device_id=hub_id,
            device_type="CHF",
            manufacturer="00CD",
            model=HUB_MODELS.get(hub_id & 0xFFFF, "HUB-GOOD"),
            csp_region=region,
        )
        for hub_id, region in {each.hub_id: each.region for each in ALL}.items()
    ]
    for first in range(0, len(described), _ANSWERED_AT_ONCE):
        answer = d.ReadInventoryResponse(
            response_id=_to_alpha(),
            request_id=RequestId(ALPHA_ID, DCC_ID, 1_000_000 + next(_numbers)),
            responded_at=at,
            devices=tuple(described[first : first + _ANSWERED_AT_ONCE]),
        )
        yield _envelope(write(answer), at)


def _former_updates(at: datetime) -> Iterator[Envelope]:
    """Yield what makes the usual: 95% pass the CSP within 4 hours, the hub within 2."""
    yield from _sent(FORMER_REQUEST, FORMER, FORMER_VERSION, at)
    for number, each in enumerate(FORMER):
        share = number / len(FORMER)
        hub_at = at + HOUR + 4 * HOUR * share
        device_at = hub_at + 2 * HOUR * share
        yield _at_hub(FORMER_REQUEST, each, FORMER_VERSION, hub_at)
        yield _handed_over(FORMER_REQUEST, each, FORMER_VERSION, device_at)
        yield _checked(each, FORMER_VERSION, GOOD, device_at + 30 * MINUTE)


def _hub_model_that_discards(at: datetime) -> Iterator[Envelope]:
    meters = ON_GOOD_HUBS + ON_BAD_HUBS
    yield from _sent(HUB_REQUEST, meters, VERSION, at)
    for each in meters:
        yield _at_hub(HUB_REQUEST, each, VERSION, at + 2 * HOUR)
    for each in ON_GOOD_HUBS:
        yield _handed_over(HUB_REQUEST, each, VERSION, at + 3 * HOUR)
        yield _checked(each, VERSION, GOOD, at + 4 * HOUR)
    for each in ON_BAD_HUBS:
        yield _handed_over(HUB_REQUEST, each, VERSION, at + 3 * HOUR, _DISCARDED)


def _silent_region(at: datetime) -> Iterator[Envelope]:
    meters = IN_SILENCE + IN_THE_SOUTH
    yield from _sent(REGION_REQUEST, meters, VERSION, at)
    for each in IN_THE_SOUTH:
        yield _at_hub(REGION_REQUEST, each, VERSION, at + 2 * HOUR)
        yield _handed_over(REGION_REQUEST, each, VERSION, at + 3 * HOUR)
        yield _checked(each, VERSION, GOOD, at + 4 * HOUR)


def _bad_image(at: datetime) -> Iterator[Envelope]:
    yield from _sent(HASH_REQUEST, OF_THE_BAD_IMAGE, BAD_VERSION, at)
    for each in OF_THE_BAD_IMAGE:
        yield _at_hub(HASH_REQUEST, each, BAD_VERSION, at + 2 * HOUR)
        yield _handed_over(HASH_REQUEST, each, BAD_VERSION, at + 3 * HOUR)
        yield _checked(each, BAD_VERSION, BAD, at + 4 * HOUR)


def _suppliers_own_mistakes(at: datetime) -> Iterator[Envelope]:
    yield _request(REFUSED_REQUEST, OF_THE_REFUSED_REQUEST, VERSION, at)
    yield _answer(REFUSED_REQUEST, "E110101", at + MINUTE)
    meters = OF_THE_RIGHT_MODEL + OF_ANOTHER_MODEL
    yield _request(MODEL_REQUEST, meters, VERSION, at)
    yield _answer(MODEL_REQUEST, "W110101", at + MINUTE, OF_ANOTHER_MODEL)


def _sent(
    request_id: RequestId, meters: Iterable[Meter], version: FirmwareVersion, at: datetime
) -> Iterator[Envelope]:
    """Yield a request that DCC accepts, and that its system hands to the CSPs within the hour."""
    yield _request(request_id, meters, version, at)
    yield _answer(request_id, "I0", at + MINUTE)
    report = {
        "specversion": "1.0",
        "type": "firmtrack.stage-report.v1",
        "source": "/dsp",
        "id": str(next(_numbers)),
        "data": {
            "service_request_id": str(request_id),
            "device_ids": "all",
            "status": "sent_to_csp",
            "reason": None,
            "occurred_at": (at + HOUR).isoformat(),
        },
    }
    yield _envelope(json.dumps(report).encode(), at + HOUR, JSON_MEDIA_TYPE)


def _request(
    request_id: RequestId, meters: Iterable[Meter], version: FirmwareVersion, at: datetime
) -> Envelope:
    request = d.UpdateFirmwareRequest(
        request_id=request_id,
        variant=Variant.UPDATE_FIRMWARE,
        firmware_image=build_image(_plan(version)),
        firmware_version=version,
        device_ids=tuple(each.device_id for each in meters),
    )
    return _envelope(write(request), at)


def _answer(
    request_id: RequestId, code: str, at: datetime, wrong_model: Iterable[Meter] = ()
) -> Envelope:
    left_out = tuple(each.device_id for each in wrong_model)
    response = d.UpdateFirmwareResponse(
        response_id=_to_alpha(),
        request_id=request_id,
        response_code=code,
        responded_at=at,
        variant=Variant.UPDATE_FIRMWARE,
        left_out={"not_applicable_firmware": left_out} if left_out else {},
    )
    return _envelope(write(response), at)


def _at_hub(
    request_id: RequestId, meter: Meter, version: FirmwareVersion, at: datetime
) -> Envelope:
    return _alert(
        "N60",
        d.CspFirmwareDeliveryStatus(
            update_firmware_request_id=request_id,
            comms_hub_device_id=meter.hub_id,
            target_device_id=meter.device_id,
            firmware_version=version,
            time_stamp=at,
            comms_hub_transfer_status=d.CommsHubTransferStatus.SUCCESS,
        ),
        at,
    )


def _handed_over(
    request_id: RequestId,
    meter: Meter,
    version: FirmwareVersion,
    at: datetime,
    code: d.TransferResponseCode = _SUCCESS,
) -> Envelope:
    """Return what the hub says of handing the image over."""
    return _alert(
        "N62",
        d.CommsHubAlert(
            comms_hub_device_id=meter.hub_id,
            alert_code=HANDED_OVER if code is _SUCCESS else NOT_HANDED_OVER,
            time_stamp=at,
            firmware_transfer_alert=d.FirmwareTransferAlert(
                other_device_id=meter.device_id,
                firmware_version=version,
                transfer_response_code=code,
                update_firmware_request_id=request_id,
            ),
        ),
        at,
    )


def _checked(meter: Meter, version: FirmwareVersion, alert_code: int, at: datetime) -> Envelope:
    """Return what the meter itself says of the image: it is good, or bad."""
    counter = next(_numbers)
    sender = gbcs.Sender(
        device_id=meter.device_id, recipient=ALPHA_ID, counter=counter, device_time=at
    )
    payload = gbcs.esme_receipt(sender, alert_code, image_hash(version), key_of(1, "any meter"))
    alert = d.DeviceAlert(
        response_id=ResponseId(meter.device_id, ALPHA_ID, counter),
        responded_at=at,
        alert_code=alert_code,
        gbcs_payload=payload,
    )
    return _envelope(write(alert), at)


def image_hash(version: FirmwareVersion) -> bytes:
    """Return the hash of the image of a version."""
    return manufacturer_image_hash(_plan(version))


def _plan(version: FirmwareVersion) -> ImagePlan:
    return ImagePlan(
        seed=1,
        firmware_version=version,
        manufacturer_code=0x00AB,
        image_type=1,
        header_string="culprit",
        minimum_hardware_version=0x1111,
        maximum_hardware_version=0x1211,
        size_bytes=2_000,
        has_trailer=True,
    )


def _alert(code: str, body: d.DccAlertBody, at: datetime) -> Envelope:
    alert = d.DccAlert(response_id=_to_alpha(), responded_at=at, alert_code=code, body=body)
    return _envelope(write(alert), at)


def _to_alpha() -> ResponseId:
    return ResponseId(DCC_ID, ALPHA_ID, next(_numbers))


def _envelope(body: bytes, at: datetime, media_type: str = DUIS_MEDIA_TYPE) -> Envelope:
    return Envelope(
        body=body, media_type=media_type, received_at=at.astimezone(UTC), origin="the world"
    )
