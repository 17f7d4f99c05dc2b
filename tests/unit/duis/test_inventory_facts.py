"""What messages about other matters than the inventory tell of it all the same."""

import pytest
from lxml import etree

from firmtrack.domain.facts import DeviceFacts, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DeviceMismatch, GbcsMalformed
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.shared_files import shared_dir
from tests.unit.duis.samples import (
    ALPHA,
    DCC,
    METER,
    NOW,
    OTHER_METER,
    PPMID,
    RECORDED,
    VERSION,
    version_read,
)
from tests.unit.gbcs import encoders as enc

_SHARED = shared_dir()


def answer(document: d.Document | bytes) -> Message | NotAboutFirmware:
    body = document if isinstance(document, bytes) else write(document)
    return read(body, dcc_ids=frozenset({DCC}), received_at=NOW)


def message(document: d.Document | bytes) -> Message:
    found = answer(document)
    assert isinstance(found, Message)
    return found


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
