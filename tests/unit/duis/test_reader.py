"""What each document says, as facts."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from lxml import etree

from firmtrack.domain.facts import AnswerFacts, DeviceFacts, Event, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, ResponseId
from firmtrack.domain.stages import Status, Variant
from firmtrack.duis import documents as d
from firmtrack.duis.identity import digest_of
from firmtrack.duis.parsing import ORDINARY_MAX_BYTES
from firmtrack.duis.reader import NotAboutFirmware, parse, read
from firmtrack.duis.rejections import (
    AlertCodeMismatch,
    BadValue,
    DeviceMismatch,
    DuisRejected,
    GbcsMalformed,
    MissingElement,
    TooLarge,
    UnexpectedElement,
    UnknownEnumeration,
    UnknownRoot,
    UnknownSchemaVersion,
)
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.unit.duis.conftest import Read, Sign
from tests.unit.duis.every_sample import RECORDED
from tests.unit.duis.reading import taken_out
from tests.unit.duis.samples import (
    ALERT_ID,
    ALPHA,
    DCC,
    DEVICE_CLOCK,
    EVERY_LIST,
    HUB,
    IGNORED,
    METER,
    NOW,
    OTHER_METER,
    PPMID,
    RECEIPT_8F72,
    REQUEST_ID,
    VERSION,
    csp_status,
    dcc_alert,
    device_alert,
    hub_alert,
    ota_image,
    ppmid_alert,
    receipt,
    update_firmware,
    update_firmware_response,
)
from tests.unit.gbcs import encoders as enc

_IDS = frozenset({DCC})


def _read(document: d.Document | bytes) -> Message:
    body = document if isinstance(document, bytes) else write(document)
    message = read(body, dcc_ids=_IDS, received_at=NOW)
    assert isinstance(message, Message)
    return message


def _only_event(document: d.Document) -> Event:
    (event,) = _read(document).events
    return event


@pytest.mark.parametrize("name", RECORDED)
def test_a_signed_document_says_what_the_unsigned_one_says(
    name: str, sign: Sign, read_signed: Read
) -> None:
    signed = read_signed(sign(RECORDED[name]))
    assert isinstance(signed, Message)
    assert replace(signed, body=b"") == replace(_read(RECORDED[name]), body=b"")


@pytest.mark.parametrize("kind", IGNORED)
def test_what_is_not_about_firmware_is_named_and_let_go(
    kind: str, sign: Sign, read_signed: Read
) -> None:
    assert read(write(IGNORED[kind]), dcc_ids=_IDS) == NotAboutFirmware(kind=kind)
    assert read_signed(sign(IGNORED[kind])) == NotAboutFirmware(kind=kind)


@pytest.mark.parametrize("name", RECORDED)
def test_the_digest_is_that_of_the_exclusive_canonical_form(name: str) -> None:
    root = etree.fromstring(write(RECORDED[name]))
    canonical = etree.tostring(root, method="c14n", exclusive=True)
    assert _read(RECORDED[name]).digest == sha256(canonical).digest()


@pytest.mark.parametrize("variant", Variant)
def test_a_request_tells_its_image_and_devices(variant: Variant) -> None:
    image = ota_image(b"code")
    message = _read(update_firmware(image, (OTHER_METER, METER, OTHER_METER), variant))
    assert message.kind is MessageKind.UPDATE_FIRMWARE_REQUEST
    assert message.user_id == ALPHA
    assert message.occurred_at == NOW
    assert message.code is None
    assert message.events == ()
    assert message.steps == ()
    request = message.request
    assert request is not None
    assert request.request_id == REQUEST_ID
    assert request.variant is variant
    assert request.firmware_version == VERSION
    assert request.device_ids == (OTHER_METER, METER)
    assert request.sent_at == NOW
    assert request.image.size_bytes == len(image)
    assert request.image.manufacturer_image_hash == sha256(b"code").digest()
    assert request.image.header_version == VERSION
    assert request.image.manufacturer_code == 0x1234
    assert request.image.image_type == 1
    assert request.image.header_string == "TEST IMAGE"
    assert request.image.problem is None


def test_a_request_whose_time_is_not_known_has_none() -> None:
    message = read(write(update_firmware()), dcc_ids=_IDS)
    assert isinstance(message, Message)
    assert message.occurred_at is None
    assert message.request is not None
    assert message.request.sent_at is None


def test_a_signature_trailer_is_not_part_of_a_meters_image_hash() -> None:
    trailer = b"\x00\x40" + bytes(64)
    image = ota_image(b"code" + trailer)
    meters, ppmids = (_read(update_firmware(image, variant=variant)).request for variant in Variant)
    assert meters is not None
    assert ppmids is not None
    assert meters.image.manufacturer_image_hash == sha256(b"code").digest()
    assert ppmids.image.manufacturer_image_hash == sha256(b"code" + trailer).digest()


@pytest.mark.parametrize("image", [b"", b"not an image", bytes(200)])
def test_a_request_whose_image_is_not_ota_is_recorded_with_its_problem(image: bytes) -> None:
    request = _read(update_firmware(image)).request
    assert request is not None
    assert request.image.size_bytes == len(image)
    assert request.image.manufacturer_image_hash is None
    assert request.image.problem


def test_an_image_over_the_legal_size_is_refused() -> None:
    with pytest.raises(TooLarge):
        _read(update_firmware(bytes(10_240_001)))


def test_the_firmware_image_is_not_kept() -> None:
    body = write(update_firmware())
    start = body.index(b"<sr:FirmwareImage>") + len(b"<sr:FirmwareImage>")
    end = body.index(b"</sr:FirmwareImage>")
    assert _read(body).body == body[:start] + body[end:]


def test_every_other_document_is_kept_as_it_came() -> None:
    body = b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n" + write(
        update_firmware_response()
    )
    assert _read(body).body == body


@pytest.mark.parametrize("code", ["I0", "I99", "W110101"])
def test_an_acceptance_is_a_step_of_the_whole_request(code: str) -> None:
    message = _read(update_firmware_response(code))
    assert message.kind is MessageKind.UPDATE_FIRMWARE_RESPONSE
    assert message.code == code
    assert message.user_id == ALPHA
    assert message.occurred_at == NOW
    assert message.answer == AnswerFacts(
        request_id=REQUEST_ID,
        variant=Variant.UPDATE_FIRMWARE,
        response_code=code,
        answered_at=NOW,
    )
    (step,) = message.steps
    assert (step.request_id, step.status, step.reason) == (REQUEST_ID, Status.ACCEPTED, None)
    assert step.occurred_at == NOW
    assert message.events == ()


@pytest.mark.parametrize(
    ("code", "variant"),
    [
        ("E110101", Variant.UPDATE_FIRMWARE),
        ("E110106", Variant.UPDATE_FIRMWARE),
        ("E110405", Variant.UPDATE_PPMID_FIRMWARE),
        ("E4", Variant.UPDATE_PPMID_FIRMWARE),
        ("E1011", Variant.UPDATE_FIRMWARE),
    ],
)
def test_a_refusal_is_a_step_whose_reason_is_the_code(code: str, variant: Variant) -> None:
    message = _read(update_firmware_response(code, variant=variant))
    (step,) = message.steps
    assert (step.status, step.reason) == (Status.REJECTED, code)
    assert message.answer is not None
    assert message.answer.response_code == code
    assert message.answer.variant is variant


@pytest.mark.parametrize("code", ["W110401", "E110401", "E110104", "E6", "W110102", "", " I0"])
def test_a_code_that_is_not_one_of_the_services_is_refused(code: str) -> None:
    with pytest.raises(UnknownEnumeration):
        _read(update_firmware_response(code))


def test_each_device_left_out_is_rejected_once_for_its_first_list() -> None:
    message = _read(update_firmware_response("W110101", EVERY_LIST))
    assert [(int(event.device_id), event.reason) for event in message.events] == [
        (1, "invalid_device_id"),
        (2, "invalid_device_id"),
        (3, "not_commissioned"),
        (4, "not_applicable_firmware"),
        (5, "other_request_in_progress"),
        (6, "invalid_gbcs_version"),
    ]
    for event in message.events:
        assert event.status is Status.REJECTED
        assert event.request_id == REQUEST_ID
        assert event.occurred_at == NOW
    assert message.steps[0].status is Status.ACCEPTED


def test_the_other_services_warning_is_refused() -> None:
    body = write(update_firmware_response("W110101", EVERY_LIST))
    with pytest.raises(UnexpectedElement):
        _read(body.replace(b"DSPUpdateFirmwareWarning", b"DSPUpdatePPMIDFirmwareWarning"))


def test_delivery_to_the_hub_is_told_with_dccs_time_and_the_csps_beside_it() -> None:
    status = csp_status()
    message = _read(dcc_alert("N60", status))
    assert message.kind is MessageKind.CSP_FIRMWARE_DELIVERY_STATUS
    assert message.code == "N60"
    assert message.occurred_at == NOW
    assert message.events == (
        Event(
            device_id=METER,
            status=Status.DELIVERED_TO_COMMS_HUB,
            occurred_at=NOW,
            request_id=REQUEST_ID,
            device_time=status.time_stamp,
            comms_hub_id=HUB,
            firmware_version=VERSION,
        ),
    )


def test_the_body_decides_and_not_the_code() -> None:
    event = _only_event(dcc_alert("N60", csp_status(d.CommsHubTransferStatus.FAILURE)))
    assert (event.status, event.reason) == (Status.COMMS_HUB_DELIVERY_FAILED, "N60")


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        ("FileTransferSuccess", Status.TRANSFERRED_TO_DEVICE, None),
        ("FirmwareImageDiscarded", Status.DEVICE_TRANSFER_FAILED, "image_discarded"),
        ("HardwareVersionMismatch", Status.DEVICE_TRANSFER_FAILED, "hardware_version_mismatch"),
        ("FileTransferFailure", Status.DEVICE_TRANSFER_FAILED, "file_transfer_failure"),
    ],
)
def test_a_transfer_alert_tells_its_result(result: str, status: Status, reason: str | None) -> None:
    document = dcc_alert("N62", hub_alert(d.TransferResponseCode(result)))
    assert _read(document).kind is MessageKind.FIRMWARE_TRANSFER_ALERT
    assert _only_event(document) == Event(
        device_id=METER,
        status=status,
        occurred_at=NOW,
        request_id=REQUEST_ID,
        reason=reason,
        device_time=DEVICE_CLOCK,
        comms_hub_id=HUB,
        firmware_version=VERSION,
    )


def test_a_transfer_alert_may_leave_its_request_unnamed() -> None:
    assert _only_event(dcc_alert("N62", hub_alert(request_id=None))).request_id is None


def test_a_distribution_failure_names_each_device_once() -> None:
    message = _read(
        dcc_alert(
            "N19",
            d.FirmwareDistributionFailure(
                update_firmware_request_id=REQUEST_ID, meter_ids=(METER, OTHER_METER, METER)
            ),
        )
    )
    assert message.kind is MessageKind.FIRMWARE_DISTRIBUTION_FAILURE
    assert [event.device_id for event in message.events] == [METER, OTHER_METER]
    assert {(event.status, event.reason, event.request_id) for event in message.events} == {
        (Status.COMMS_HUB_DELIVERY_FAILED, "N19", REQUEST_ID)
    }


def test_an_upgrade_request_told_to_another_party_names_no_request() -> None:
    message = _read(RECORDED["upgrade requested"])
    assert message.kind is MessageKind.FIRMWARE_UPGRADE_REQUESTED
    assert message.events == tuple(
        Event(
            device_id=device_id,
            status=Status.RECEIVED,
            occurred_at=NOW,
            firmware_version=VERSION,
        )
        for device_id in (METER, OTHER_METER)
    )


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (d.ActivateImageResultCode.ACTIVATION_SUCCESS, Status.ACTIVATED, None),
        (
            d.ActivateImageResultCode.ACTIVATION_FAILURE,
            Status.ACTIVATION_FAILED,
            "activation_failure",
        ),
    ],
)
def test_a_ppmid_tells_whether_it_activated(
    result: d.ActivateImageResultCode, status: Status, reason: str | None
) -> None:
    document = dcc_alert("N57", ppmid_alert(result))
    assert _read(document).kind is MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT
    assert _only_event(document) == Event(
        device_id=PPMID,
        status=status,
        occurred_at=NOW,
        reason=reason,
        device_time=DEVICE_CLOCK,
        firmware_version=VERSION,
    )


@pytest.mark.parametrize(
    ("alert_code", "status", "reason"),
    [(0x8F72, Status.VERIFIED, None), (0x8F1C, Status.VERIFICATION_FAILED, "8F1C")],
)
def test_a_meter_tells_whether_the_image_is_good(
    alert_code: int, status: Status, reason: str | None
) -> None:
    document = device_alert(receipt(alert_code), alert_code)
    message = _read(document)
    assert message.kind is MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT
    assert message.code == f"{alert_code:04X}"
    assert message.user_id == ALPHA
    event = _only_event(document)
    assert (event.device_id, event.status, event.reason) == (METER, status, reason)
    assert event.occurred_at == NOW
    assert event.device_time is not None
    assert event.device_time.year == 2015
    assert event.image_hash == b"\x01" * 32
    assert event.request_id is None


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (0, Status.TRANSFERRED_TO_DEVICE, None),
        (2, Status.DEVICE_TRANSFER_FAILED, "hardware_version_mismatch"),
    ],
)
def test_a_hubs_own_transfer_alert_is_about_the_other_device(
    result: int, status: Status, reason: str | None
) -> None:
    payload = bytes.fromhex(
        "DF09030000000000000FA00800DB1234567890A20890B3D51F30000002000201282B30290203008F8A180F"
        "32303135303130313030303030305A040800DB1234567890A404040123ABCD0201"
        f"{result:02x}40" + "27" * 64
    )
    document = device_alert(payload, 0x8F8A, ResponseId(HUB, ALPHA, 1))
    assert _read(document).kind is MessageKind.FIRMWARE_TRANSFER_ALERT
    assert _only_event(document) == Event(
        device_id=PPMID,
        status=status,
        occurred_at=NOW,
        reason=reason,
        device_time=DEVICE_CLOCK,
        comms_hub_id=HUB,
        firmware_version=VERSION,
    )


def test_a_device_alert_from_another_device_is_refused() -> None:
    with pytest.raises(DeviceMismatch):
        _read(device_alert(response_id=ResponseId(OTHER_METER, ALPHA, 1)))


@pytest.mark.parametrize(
    ("payload", "alert_code"),
    [
        (RECEIPT_8F72, 0x8F1C),
        (RECEIPT_8F72, 0x81A0),
        (receipt(0x8F1B), 0x8F72),
        (receipt(0x8F72, message_code=0x1234), 0x8F72),
        (enc.ACTIVATED_LATER, 0x8F72),
    ],
)
def test_an_alert_code_that_gbcs_does_not_confirm_is_refused(
    payload: bytes, alert_code: int
) -> None:
    with pytest.raises(AlertCodeMismatch):
        _read(device_alert(payload, alert_code))


@pytest.mark.parametrize(
    ("payload", "alert_code"),
    [
        (enc.ACTIVATED, 0x8F43),
        (enc.SCHEDULED, 0x8F43),
        (enc.ESME_VERSION, 0x8F43),
        (enc.GSME_NO_VERSION, 0x8F43),
    ],
)
def test_a_device_alert_that_tells_of_no_distribution_is_ignored(
    payload: bytes, alert_code: int
) -> None:
    body = write(device_alert(payload, alert_code))
    assert read(body, dcc_ids=_IDS) == NotAboutFirmware(kind="device_alert")


@pytest.mark.parametrize("payload", [b"", b"\xdf", RECEIPT_8F72[:-1], RECEIPT_8F72 + b"\0"])
def test_gbcs_that_cannot_be_read_is_refused(payload: bytes) -> None:
    with pytest.raises(GbcsMalformed):
        _read(device_alert(payload))


def test_the_inventory_tells_what_it_holds_of_each_device() -> None:
    message = _read(RECORDED["inventory"])
    assert message.kind is MessageKind.INVENTORY_RESPONSE
    assert message.devices == (
        DeviceFacts(
            device_id=METER,
            learnt_at=NOW,
            device_type="ESME",
            smets_version="SMETS2 v4.2",
            csp_region="4G North",
            manufacturer="Meters & Sons <Ltd>",
            model="M\r1",
            device_status="Commissioned",
            firmware_version=VERSION,
            smi_firmware_version=VERSION,
            firmware_version_status="Active",
            gbcs_version="4.1",
        ),
        DeviceFacts(
            device_id=HUB, learnt_at=NOW, device_type="CHF", manufacturer="", model="Hübchen"
        ),
    )


def test_a_prenotification_tells_of_a_new_device() -> None:
    message = _read(RECORDED["prenotification"])
    assert message.kind is MessageKind.DEVICE_PRE_NOTIFICATION
    assert message.devices == ()
    assert message.proposal is not None
    assert message.proposal.facts == DeviceFacts(
        device_id=METER,
        learnt_at=None,
        device_type="GSME",
        smets_version="SMETS2",
        manufacturer="Maker",
        model="Model",
        firmware_version=VERSION,
        smi_firmware_version=VERSION,
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">I0<", b">I1<"),
        (b">ESME<", b">MESH<"),
        (b">Commissioned<", b">commissioned<"),
        (b">4G North<", b">5G North<"),
        (b">Active<", b">Passive<"),
    ],
)
def test_an_unknown_enumeration_in_the_inventory_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(UnknownEnumeration):
        _read(write(RECORDED["inventory"]).replace(old, new))


@pytest.mark.parametrize(
    ("element", "size"),
    [("SMETSCHTSVersion", 20), ("DeviceManufacturer", 30), ("DeviceModel", 30)],
)
def test_a_text_longer_than_the_schema_allows_is_refused(element: str, size: int) -> None:
    root = etree.fromstring(write(RECORDED["inventory"]))
    found = next(root.iter(f"{{{DUIS_NAMESPACE}}}{element}"))
    found.text = "x" * size
    assert _read(etree.tostring(root)).devices
    found.text = "x" * (size + 1)
    with pytest.raises(BadValue, match=element):
        _read(etree.tostring(root))


@pytest.mark.parametrize("code", ["N0", "N32", "N66", "n60", "N60 ", "AD2", "N1000", ""])
def test_an_unknown_dcc_alert_code_is_refused(code: str) -> None:
    with pytest.raises(UnknownEnumeration):
        _read(dcc_alert(code, csp_status()))


@pytest.mark.parametrize(
    "version", ["5.0", "5.1", "5.2", "5.3", "5.4", "5.40", "05.0", "5", "+5.1"]
)
def test_every_version_from_5_0_to_5_4_is_read(version: str) -> None:
    assert _read(write(update_firmware_response(), schema_version=version))


@pytest.mark.parametrize("version", ["", "4.9", "5.5", "5.35", "6", "-5.1", "5.1.0", "5,1", "NaN"])
def test_other_versions_are_refused(version: str) -> None:
    with pytest.raises(UnknownSchemaVersion):
        _read(write(update_firmware_response(), schema_version=version))


def test_a_document_without_version_is_refused() -> None:
    body = write(update_firmware_response()).replace(b' schemaVersion="5.4"', b"")
    with pytest.raises(UnknownSchemaVersion):
        _read(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<a/>",
        b'<Request schemaVersion="5.4"/>',
        f'<sr:request xmlns:sr="{DUIS_NAMESPACE}" schemaVersion="5.4"/>'.encode(),
        f'<sr:Request xmlns:sr="{DUIS_NAMESPACE}/" schemaVersion="5.4"/>'.encode(),
    ],
)
def test_other_roots_are_refused(body: bytes) -> None:
    with pytest.raises(UnknownRoot):
        _read(body)


@pytest.mark.parametrize(
    ("root", "kind"),
    [("SMETS1SignedResponse", "smets1_signed_response"), ("S1SPAlert", "s1sp_alert")],
)
def test_the_roots_of_smets1_are_let_go(root: str, kind: str) -> None:
    body = f'<x:{root} xmlns:x="{DUIS_NAMESPACE}" schemaVersion="5.4"/>'.encode()
    assert read(body, dcc_ids=_IDS) == NotAboutFirmware(kind=kind)


def test_prefixes_and_declarations_may_be_any() -> None:
    body = write(RECORDED["transferred"])
    renamed = (
        body.replace(b"<sr:", b"<")
        .replace(b"</sr:", b"</")
        .replace(b"xmlns:sr=", b'xmlns:unused="urn:unused" xmlns=')
    )
    assert _read(renamed).events == _read(body).events


def test_white_space_between_elements_changes_nothing_that_is_read() -> None:
    body = write(RECORDED["accepted in part"])
    spaced = body.replace(b"><", b">\r\n\t <")
    assert _read(spaced).events == _read(body).events


def test_declarations_that_nothing_uses_do_not_change_the_identity() -> None:
    body = write(RECORDED["transferred"])
    declared = body.replace(b"<sr:Header>", b"<sr:Header xmlns:ds='urn:ds'>")
    assert declared != body
    assert _read(declared).digest == _read(body).digest


@pytest.mark.parametrize("around", [b"", b"<?pi before?>\n"])
def test_the_identity_is_the_same_however_large_the_document_is(around: bytes) -> None:
    body = around + write(RECORDED["transferred"]) + around.strip()
    held, streamed = (
        digest_of(parse(body), None, size_bytes=size)
        for size in (len(body), ORDINARY_MAX_BYTES + 1)
    )
    assert held == streamed == _read(body).digest


def test_another_value_is_another_message() -> None:
    body = write(RECORDED["transferred"])
    assert _read(body.replace(b":77<", b":78<")).digest != _read(body).digest


_MANDATORY = {
    "update firmware": [
        "Header",
        "RequestID",
        "ServiceReferenceVariant",
        "Body",
        "UpdateFirmware",
        "FirmwareImage",
        "FirmwareVersion",
        "DeviceIDList",
    ],
    "accepted": ["RequestID", "ResponseCode", "ResponseDateTime", "ResponseMessage"],
    "delivered to hub": [
        "UpdateFirmwareRequestID",
        "CommsHubDeviceID",
        "TargetDeviceID",
        "FirmwareVersion",
        "TimeStamp",
        "CommsHubTransferStatus",
        "DCCAlertCode",
        "DCCAlert",
        "CSPFirmwareDeliveryStatus",
        "ResponseID",
        "ResponseDateTime",
    ],
    "transferred": [
        "CommsHubDeviceID",
        "OtherDeviceID",
        "FirmwareVersion",
        "TransferResponseCode",
    ],
    "distribution failed": ["UpdateFirmwareRequestID", "MeterIDs"],
    "upgrade requested": ["FirmwareVersion", "DeviceList"],
    "PPMID activated": ["DeviceID", "FirmwareVersion", "ActivateImageResultCode"],
    "verified": ["AlertCode", "GBCSPayload", "ResponseID", "ResponseDateTime"],
    "inventory": ["DeviceID"],
    "prenotification": ["DeviceID", "DeviceType"],
    "version mismatch": ["DeviceID", "DeviceType", "FirmwareVersionSMI", "FirmwareVersionDevice"],
    "suspended": ["DeviceID", "DeviceStatusChange"],
    "activation requested": ["RequestID", "ServiceReferenceVariant", "FirmwareHash"],
    "activation command": ["RequestID", "ServiceReferenceVariant"],
    "activation acknowledged": [
        "RequestID",
        "ResponseCode",
        "ResponseDateTime",
        "ServiceReferenceVariant",
    ],
    "activated at once": ["ResponseCode", "ResponseDateTime"],
    "activated later": ["ResponseDateTime", "FutureDatedAlertCode", "GBCSPayload"],
    "command failed": ["CommandRequestID", "ResponseDateTime"],
    "details updated": ["RequestID", "ServiceReferenceVariant", "DeviceID", "UpdateDeviceDetails"],
    "update taken": ["RequestID", "ResponseCode", "ResponseDateTime", "ServiceReferenceVariant"],
    "supplier changed": ["DeviceID", "DeviceType", "ResponseDateTime"],
}
_EACH_MANDATORY = [(name, element) for name, elements in _MANDATORY.items() for element in elements]


@pytest.mark.parametrize(("name", "element"), _EACH_MANDATORY)
def test_a_missing_element_is_named(name: str, element: str) -> None:
    with pytest.raises(MissingElement):
        _read(taken_out(RECORDED[name], element))


@pytest.mark.parametrize(("name", "element"), _EACH_MANDATORY)
def test_an_element_that_stands_twice_is_refused(name: str, element: str) -> None:
    root = etree.fromstring(write(RECORDED[name]))
    found = next(root.iter(f"{{{DUIS_NAMESPACE}}}{element}"))
    found.addnext(etree.fromstring(etree.tostring(found)))
    with pytest.raises(DuisRejected) as caught:
        _read(etree.tostring(root))
    assert caught.value.code in {"unexpected_element", "missing_element"}


@pytest.mark.parametrize("value", ["", "x", "12-34", "00-DB-12-34-56-78-90-A", "00DB1234567890A0"])
@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("delivered to hub", "TargetDeviceID"),
        ("delivered to hub", "CommsHubDeviceID"),
        ("delivered to hub", "UpdateFirmwareRequestID"),
        ("delivered to hub", "TimeStamp"),
        ("delivered to hub", "ResponseID"),
        ("update firmware", "RequestID"),
        ("update firmware", "DeviceIDList"),
        ("distribution failed", "MeterIDs"),
        ("verified", "AlertCode"),
    ],
)
def test_a_bad_value_is_refused(name: str, element: str, value: str) -> None:
    root = etree.fromstring(write(RECORDED[name]))
    next(root.iter(f"{{{DUIS_NAMESPACE}}}{element}")).text = value
    with pytest.raises(BadValue, match=element):
        _read(etree.tostring(root))


@pytest.mark.parametrize("counter", [2**64, 10**30, "01", "-1", "+1", "\N{FULLWIDTH DIGIT ONE}"])
def test_a_counter_that_is_no_64_bit_number_is_refused(counter: object) -> None:
    body = write(update_firmware_response()).replace(b":1000<", f":{counter}<".encode())
    with pytest.raises(BadValue):
        _read(body)


def test_the_greatest_counter_is_read() -> None:
    body = write(update_firmware_response()).replace(b":1000<", b":%d<" % (2**64 - 1))
    answer = _read(body).answer
    assert answer is not None
    assert answer.request_id.counter == 2**64 - 1


@pytest.mark.parametrize("payload", ["@@@@", "QUJ", "QUJD=", "QUJD====", "QUJDé", "Q=JD"])
def test_what_is_not_base64_is_refused(payload: str) -> None:
    root = etree.fromstring(write(device_alert()))
    next(root.iter(f"{{{DUIS_NAMESPACE}}}GBCSPayload")).text = payload
    with pytest.raises(BadValue, match="GBCSPayload"):
        _read(etree.tostring(root))


def test_base64_may_be_broken_into_lines() -> None:
    root = etree.fromstring(write(device_alert()))
    payload = next(root.iter(f"{{{DUIS_NAMESPACE}}}GBCSPayload"))
    text = payload.text or ""
    payload.text = "\n\t " + "\r\n".join(text[i : i + 76] for i in range(0, len(text), 76)) + " "
    assert _read(etree.tostring(root)).events == _read(device_alert()).events


def test_a_request_whose_header_names_another_service_is_refused() -> None:
    body = write(update_firmware()).replace(b"Variant>11.1<", b"Variant>11.4<")
    with pytest.raises(BadValue):
        _read(body)


def test_lower_case_identifiers_are_the_same_identifiers() -> None:
    event = _read(
        write(RECORDED["delivered to hub"]).replace(
            b"00-DB-12-34-56-78-90-A0", b"00-db-12-34-56-78-90-a0"
        )
    ).events[0]
    assert event.device_id == METER


def test_without_a_response_id_the_request_says_whose_answer_it_is() -> None:
    assert _read(taken_out(update_firmware_response(), "ResponseID")).user_id == ALPHA


def test_the_first_of_two_entries_for_a_device_counts() -> None:
    devices = tuple(
        d.InventoryDevice(device_id=METER, device_type=t, manufacturer="", model="")
        for t in ("ESME", "GSME")
    )
    document = d.ReadInventoryResponse(response_id=ALERT_ID, responded_at=NOW, devices=devices)
    assert [device.device_type for device in _read(document).devices] == ["ESME"]


def test_the_largest_legal_request_is_read_whole(sign: Sign, read_signed: Read) -> None:
    device_ids = tuple(map(Eui64, range(50_000)))
    image = ota_image(bytes(10_240_000 - len(ota_image(b""))))
    body = sign(update_firmware(image, device_ids))
    message = read_signed(body)
    assert isinstance(message, Message)
    assert message.request is not None
    assert message.request.device_ids == device_ids
    assert message.request.image.size_bytes == len(image) == 10_240_000
    assert len(message.body) == len(body) - len(b64encode(image))


def test_a_list_of_more_devices_than_is_legal_is_refused() -> None:
    with pytest.raises(TooLarge):
        _read(update_firmware(device_ids=tuple(map(Eui64, range(50_001)))))


def test_an_answer_may_leave_out_every_device_of_the_largest_request() -> None:
    device_ids = tuple(map(Eui64, range(50_000)))
    message = _read(update_firmware_response("W110101", {"not_commissioned": device_ids}))
    assert tuple(event.device_id for event in message.events) == device_ids


def test_a_time_without_zone_is_utc() -> None:
    body = write(RECORDED["accepted"]).replace(b"05:06:07Z", b"05:06:07")
    assert _read(body).occurred_at == datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
