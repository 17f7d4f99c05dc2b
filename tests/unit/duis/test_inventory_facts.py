"""What messages tell of the inventory: those that change it, and those about other matters."""

import re
from datetime import datetime

import pytest
from lxml import etree

from firmtrack.domain.facts import (
    DeviceFacts,
    Message,
    MessageKind,
    Proposal,
    SupplierChange,
    Verdict,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import (
    BadValue,
    DeviceMismatch,
    GbcsMalformed,
    MissingElement,
    UnexpectedElement,
    UnknownEnumeration,
)
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.shared_files import shared_dir
from tests.unit.duis.activation_samples import (
    INVENTORY_CHANGES,
    INVENTORY_UPDATE_ID,
    update_inventory,
    verdict,
)
from tests.unit.duis.every_sample import EVERYTHING, RECORDED
from tests.unit.duis.reading import answer, message
from tests.unit.duis.samples import (
    ALPHA,
    DCC,
    METER,
    NOW,
    OTHER_METER,
    PPMID,
    REQUEST_ID,
    VERSION,
    version_read,
)
from tests.unit.gbcs import encoders as enc

_SHARED = shared_dir()
_DELETION = b"<sr:DeleteDevice></sr:DeleteDevice>"


def proposed(document: d.Document) -> DeviceFacts:
    """Return what the document proposes; it must say nothing else."""
    told = message(document)
    assert told.devices == ()
    assert told.proposal is not None
    assert told.proposal.request_id == INVENTORY_UPDATE_ID
    return told.proposal.facts


@pytest.mark.parametrize(
    ("payload", "device"),
    [
        (enc.ESME_VERSION, enc.ESME),
        (enc.GSME_VERSION, enc.GSME),
        (enc.PPMID_VERSION, enc.PPMID),
    ],
    ids=["ECS52", "GCS38", "CS08"],
)
def test_a_device_that_was_asked_tells_the_version_that_it_runs(
    payload: bytes, device: bytes
) -> None:
    device_id = Eui64.from_octets(device)

    told = message(version_read(payload, device_id))

    assert told.kind is MessageKind.FIRMWARE_VERSION_RESPONSE
    assert told.user_id == ALPHA
    assert told.events == ()
    assert told.devices == (
        DeviceFacts(device_id=device_id, learnt_at=NOW, firmware_version=VERSION),
    )


@pytest.mark.skipif(_SHARED is None, reason="DCC's reference messages are not here")
@pytest.mark.parametrize("name", ["CS08", "ECS52"])
def test_dccs_own_samples_move_the_version(name: str) -> None:
    assert _SHARED is not None
    path = _SHARED / "duis" / "gbcs" / f"{name}_11.2_SUCCESS_RESPONSE_GBCS.HEX"
    payload = bytes.fromhex(path.read_text("ascii"))
    body = write(version_read(payload)).replace(f"{METER}:{ALPHA}:1001".encode(), b"")
    without_id = body.replace(b"<sr:ResponseID></sr:ResponseID>", b"")

    (facts,) = message(without_id).devices

    assert facts.firmware_version is not None
    assert len(facts.firmware_version) == 8


@pytest.mark.parametrize("payload", [enc.ESME_NO_VERSION, enc.NOT_ACTIVATED])
def test_an_answer_that_tells_no_version_is_let_go(payload: bytes) -> None:
    device_id = Eui64.from_octets(enc.ESME)

    assert answer(version_read(payload, device_id)) == NotAboutFirmware(kind="service_response")


def test_a_version_read_that_is_no_gbcs_is_refused() -> None:
    with pytest.raises(GbcsMalformed):
        answer(version_read(b"\x00" * 20))


def test_a_version_read_of_another_device_than_the_response_names_is_refused() -> None:
    with pytest.raises(DeviceMismatch):
        answer(version_read(enc.ESME_VERSION, OTHER_METER))


def test_of_a_mismatch_what_the_device_says_is_what_runs() -> None:
    told = message(RECORDED["version mismatch"])

    assert told.kind is MessageKind.FIRMWARE_VERSION_MISMATCH
    assert told.devices == (
        DeviceFacts(
            device_id=METER,
            learnt_at=NOW,
            device_type="ESME",
            firmware_version=FirmwareVersion("00000001"),
            smi_firmware_version=VERSION,
        ),
    )


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("DeviceSuspended", "Suspended"),
        ("DeviceRestored", "DeviceRestored"),
        ("DeviceRemovedFromInventory", "DeviceRemovedFromInventory"),
        ("MeterDecommissioningOrWithdrawal", "MeterDecommissioningOrWithdrawal"),
    ],
)
def test_a_change_of_status_is_told_in_dccs_words(change: str, status: str) -> None:
    root = etree.fromstring(write(RECORDED["suspended"]))
    next(root.iter(f"{{{DUIS_NAMESPACE}}}DeviceSuspended")).tag = f"{{{DUIS_NAMESPACE}}}{change}"

    told = message(etree.tostring(root))

    assert told.kind is MessageKind.DEVICE_STATUS_CHANGE_EVENT
    assert told.devices == (DeviceFacts(device_id=METER, learnt_at=NOW, device_status=status),)


def test_another_change_of_a_device_is_let_go() -> None:
    body = write(RECORDED["suspended"]).replace(b"DeviceSuspended", b"RecoveryComplete")

    assert answer(body) == NotAboutFirmware(kind="device_status_change_event")


def test_a_ppmid_that_activated_runs_the_version_from_then_on() -> None:
    (facts,) = message(RECORDED["PPMID activated"]).devices

    assert facts == DeviceFacts(device_id=PPMID, learnt_at=NOW, firmware_version=VERSION)


@pytest.mark.parametrize(
    "name", ["PPMID not activated", "delivered to hub", "transferred", "verified"]
)
def test_other_words_of_an_update_say_nothing_of_the_inventory(name: str) -> None:
    assert message(RECORDED[name]).devices == ()


@pytest.mark.parametrize("received_at", [NOW, None])
def test_new_details_are_proposed_to_the_inventory(
    received_at: datetime | None,
) -> None:
    body = write(INVENTORY_CHANGES["details updated"])
    told = read(body, dcc_ids=frozenset({DCC}), received_at=received_at)

    assert isinstance(told, Message)
    assert told.kind is MessageKind.UPDATE_INVENTORY_REQUEST
    assert told.user_id == ALPHA
    assert told.occurred_at == received_at
    assert told.devices == ()
    assert told.proposal == Proposal(
        request_id=INVENTORY_UPDATE_ID,
        facts=DeviceFacts(
            device_id=METER,
            learnt_at=None,
            manufacturer="Maker & Sons",
            model="Model",
            smets_version="SMETS2 v4.2",
            firmware_version=VERSION,
            smi_firmware_version=VERSION,
        ),
    )


def test_what_an_update_leaves_out_it_does_not_state() -> None:
    facts = proposed(update_inventory(d.UpdateDeviceDetails(model="Other")))

    assert facts == DeviceFacts(device_id=METER, learnt_at=None, model="Other")


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status updated", "Pending"),
        ("hub's status updated", "Withdrawn"),
        ("device deleted", "DeleteDevice"),
    ],
)
def test_a_new_status_is_told_in_dccs_words(name: str, status: str) -> None:
    facts = proposed(INVENTORY_CHANGES[name])

    assert facts == DeviceFacts(device_id=METER, learnt_at=None, device_status=status)


@pytest.mark.parametrize(
    ("status", "is_comms_hub"),
    [("Commissioned", False), ("Withdrawn", False), ("Pending", True), ("Suspended", True)],
)
def test_a_status_that_this_service_cannot_give_is_refused(status: str, is_comms_hub: bool) -> None:
    change = d.UpdateDeviceStatus(device_status=status, is_comms_hub=is_comms_hub)

    with pytest.raises(UnknownEnumeration, match=status):
        answer(update_inventory(change))


@pytest.mark.parametrize(
    "change",
    [
        b"<sr:UpdateMPxN><sr:ImportMPxN>1234567890123</sr:ImportMPxN></sr:UpdateMPxN>",
        b"<sr:UpdateDeviceDetails><sr:ESMEVariant>B</sr:ESMEVariant></sr:UpdateDeviceDetails>",
        b"<sr:UpdateDeviceDetails/>",
    ],
)
def test_an_update_that_tells_nothing_of_a_devices_firmware_is_let_go(change: bytes) -> None:
    body = write(INVENTORY_CHANGES["device deleted"])

    assert answer(body.replace(_DELETION, change)) == NotAboutFirmware(kind="service_request")


def test_an_update_without_a_change_is_refused() -> None:
    with pytest.raises(MissingElement, match="UpdateInventory"):
        answer(write(INVENTORY_CHANGES["device deleted"]).replace(_DELETION, b""))


def test_an_update_with_two_changes_is_refused() -> None:
    body = write(INVENTORY_CHANGES["details updated"])
    two = body.replace(b"</sr:UpdateInventory>", _DELETION + b"</sr:UpdateInventory>")

    with pytest.raises(UnexpectedElement, match="DeleteDevice beside UpdateDeviceDetails"):
        answer(two)


@pytest.mark.parametrize(
    ("service", "code", "is_accepted"),
    [
        ("8.4", "I0", True),
        ("8.4", "E5", False),
        ("8.4", "E080415", False),
        ("12.2", "I0", True),
        ("12.2", "E120204", False),
    ],
)
def test_dccs_answer_tells_whether_it_has_taken_what_was_proposed(
    service: str, code: str, is_accepted: bool
) -> None:
    told = message(verdict(service, code))

    assert told.kind is MessageKind.INVENTORY_UPDATE_RESPONSE
    assert (told.user_id, told.code, told.occurred_at) == (ALPHA, code, NOW)
    assert told.verdict == Verdict(
        request_id=INVENTORY_UPDATE_ID, is_accepted=is_accepted, answered_at=NOW
    )
    assert (told.devices, told.named_requests()) == ((), frozenset())


@pytest.mark.parametrize(
    ("service", "code"),
    [("8.4", "E080401"), ("8.4", "E120201"), ("12.2", "E080405"), ("12.2", "X0")],
)
def test_a_code_that_does_not_belong_to_the_service_is_no_answer_to_it(
    service: str, code: str
) -> None:
    body = write(verdict(service)).replace(b">I0<", b">" + code.encode() + b"<")

    with pytest.raises(UnknownEnumeration, match=f"ResponseCode for {service}"):
        answer(body)


@pytest.mark.parametrize("name", ["details updated", "prenotification"])
def test_a_request_that_its_header_calls_another_is_refused(name: str) -> None:
    body = write(EVERYTHING[name])
    other = re.sub(rb"Variant>(8\.4|12\.2)<", b"Variant>11.3<", body)

    assert other != body
    with pytest.raises(BadValue, match="ServiceReferenceVariant"):
        answer(other)


def test_a_version_longer_than_eight_characters_is_refused() -> None:
    body = write(INVENTORY_CHANGES["details updated"]).replace(b">0123ABCD<", b">0123ABCD0<")

    with pytest.raises(BadValue, match="FirmwareVersion"):
        answer(body)


def test_a_change_of_supplier_is_told_of_its_device() -> None:
    told = message(INVENTORY_CHANGES["supplier changed"])

    assert told.kind is MessageKind.CHANGE_OF_SUPPLIER
    assert told.user_id == ALPHA
    assert told.code == "N27"
    assert told.occurred_at == NOW
    assert told.supplier_change == SupplierChange(device_id=METER, reported_at=NOW)
    assert told.devices == (DeviceFacts(device_id=METER, learnt_at=NOW, device_type="ESME"),)


def test_a_change_of_supplier_that_names_a_request_alone_is_let_go() -> None:
    root = etree.fromstring(write(INVENTORY_CHANGES["supplier changed"]))
    change = next(root.iter(f"{{{DUIS_NAMESPACE}}}ChangeOfSupplier"))
    for child in change:
        change.remove(child)
    request = etree.SubElement(change, f"{{{DUIS_NAMESPACE}}}ChangeOfSupplierServiceRequestID")
    request.text = str(REQUEST_ID)

    assert answer(etree.tostring(root)) == NotAboutFirmware(kind="change_of_supplier")


def test_a_change_of_supplier_of_an_unknown_type_of_device_is_refused() -> None:
    body = write(INVENTORY_CHANGES["supplier changed"]).replace(b">ESME<", b">METER<")

    with pytest.raises(UnknownEnumeration, match="DeviceType"):
        answer(body)
