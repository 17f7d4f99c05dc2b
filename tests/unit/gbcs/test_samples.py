"""DCC's own reference messages say what the specification says they do."""

from datetime import UTC, datetime

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.firmware import (
    ActivateImageResponse,
    ActivationResponse,
    DistributionReceipt,
    FirmwareTransfer,
    FirmwareVersionRead,
    TransferResult,
    read_firmware_message,
)
from firmtrack.gbcs.frame import Cra, MalformedGbcs, read_frame
from firmtrack.gbcs.times import read_dlms_date_time
from tests.shared_files import shared_dir

_SHARED = shared_dir()

pytestmark = pytest.mark.skipif(
    _SHARED is None, reason="the directory shared, with DCC's reference messages, is not here"
)

_RECEIPT = "FDRA-DLMS_NA_8F72_ALERT_GBCS"
_TRANSFER = "CCS08_NA_NA_ALERT_GBCS"
_ACTIVATED = "CS06_11.3_IMMEDIATE_SUCCESS_RESPONSE_GBCS"
_NOT_ACTIVATED = "CS06_11.3_IMMEDIATE_ERROR_RESPONSE_GBCS"
_PPMID_VERSION = "CS08_11.2_SUCCESS_RESPONSE_GBCS"
_ESME_VERSION = "ECS52_11.2_SUCCESS_RESPONSE_GBCS"
_ALL = (_RECEIPT, _TRANSFER, _ACTIVATED, _NOT_ACTIVATED, _PPMID_VERSION, _ESME_VERSION)

_2015 = datetime(2015, 1, 1, tzinfo=UTC)


def sample(name: str) -> bytes:
    assert _SHARED is not None
    return bytes.fromhex((_SHARED / "duis" / "gbcs" / f"{name}.HEX").read_text("ascii"))


def test_the_receipt_alert_says_that_an_esme_verified_its_image() -> None:
    message = read_firmware_message(sample(_RECEIPT))
    assert isinstance(message, DistributionReceipt)
    assert message.device_id == Eui64.parse("00-DB-12-34-56-78-90-A0")
    assert message.alert_code == 0x8F72
    assert message.image_hash == b"\x01" * 32
    assert message.device_time == _2015
    assert message.frame.recipient == Eui64.parse("90-B3-D5-1F-30-01-00-00")
    assert message.frame.originator_counter == 2000


def test_the_transfer_alert_says_that_a_hub_handed_the_image_over() -> None:
    message = read_firmware_message(sample(_TRANSFER))
    assert isinstance(message, FirmwareTransfer)
    assert message.alert_code == 0x8F8A
    assert message.comms_hub_id == Eui64.parse("00-DB-12-34-56-78-90-A2")
    assert message.device_id == Eui64.parse("00-DB-12-34-56-78-90-A4")
    assert message.firmware_version == "0123ABCD"
    assert message.result is TransferResult.SUCCESS
    assert message.device_time == _2015
    assert message.frame.recipient == Eui64.parse("90-B3-D5-1F-30-00-00-02")


@pytest.mark.parametrize(
    ("name", "counter", "result", "version"),
    [
        (_ACTIVATED, 1000, ActivateImageResponse.SUCCESS, "0123ABCE"),
        (_NOT_ACTIVATED, 1005, ActivateImageResponse.NO_IMAGE_HELD, "0123ABCF"),
    ],
)
def test_an_activate_firmware_response_says_what_became_of_it(
    name: str, counter: int, result: ActivateImageResponse, version: str
) -> None:
    message = read_firmware_message(sample(name))
    assert isinstance(message, ActivationResponse)
    assert message.device_id == Eui64.parse("00-DB-12-34-56-78-90-A0")
    assert message.originator_counter == counter
    assert message.result is result
    assert message.firmware_version == version
    assert message.device_time == _2015


@pytest.mark.parametrize(
    ("name", "device"),
    [
        (_ESME_VERSION, "00-DB-12-34-56-78-90-A0"),
        (_PPMID_VERSION, "00-DB-12-34-56-78-90-A4"),
    ],
)
def test_a_version_response_names_the_device_and_its_version(name: str, device: str) -> None:
    message = read_firmware_message(sample(name))
    assert isinstance(message, FirmwareVersionRead)
    assert message.device_id == Eui64.parse(device)
    assert message.firmware_version == "0123ABCD"


@pytest.mark.parametrize(
    ("name", "counter", "content"),
    [
        (_ACTIVATED, 1000, "300902010004040123abce"),
        (_NOT_ACTIVATED, 1005, "300902010104040123abcf"),
    ],
)
def test_an_activate_firmware_response_is_signed_and_dated(
    name: str, counter: int, content: str
) -> None:
    frame = read_frame(sample(name))
    assert (frame.message_code, frame.cra) == (0x0012, Cra.RESPONSE)
    assert frame.originator_counter == counter
    assert frame.content.hex() == content
    assert frame.date_time is not None
    assert read_dlms_date_time(frame.date_time) == _2015
    assert frame.signature is not None
    assert frame.mac is None


def test_a_ppmids_version_response_names_the_user_that_asked() -> None:
    frame = read_frame(sample(_PPMID_VERSION))
    assert (frame.message_code, frame.cra) == (0x0129, Cra.RESPONSE)
    assert frame.supplementary is not None
    assert frame.supplementary.remote_party == Eui64.parse("90-B3-D5-1F-30-01-00-00")
    assert frame.supplementary.remote_party_counter == 1000
    assert frame.content.hex() == "300904040123abcd020100"
    assert frame.signature is None
    assert frame.mac is not None
    assert frame.mac.hex() == "0da6f255e953f315b792d962"


def test_an_esmes_version_response_is_macced() -> None:
    frame = read_frame(sample(_ESME_VERSION))
    assert (frame.message_code, frame.cra) == (0x0059, Cra.RESPONSE)
    assert frame.supplementary is None
    assert frame.content.hex() == "da200003e800000109040123abcd010100"
    assert frame.mac is not None
    assert frame.mac.hex() == "3ba27aac07f946bfd463702f"


@pytest.mark.parametrize("name", _ALL)
def test_no_part_of_a_sample_is_taken_for_a_message(name: str) -> None:
    octets = sample(name)
    for size in range(len(octets)):
        with pytest.raises(MalformedGbcs):
            read_firmware_message(octets[:size])
