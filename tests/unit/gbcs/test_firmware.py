"""What GBCS messages say about firmware: which are read, and what tells of a distribution."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.firmware import (
    ActivationResult,
    DistributionReceipt,
    FirmwareTransfer,
    PpmidActivation,
    ReceiptAlertCode,
    TransferResult,
    read_firmware_message,
)
from firmtrack.gbcs.frame import MalformedGbcs, read_frame
from tests.unit.gbcs import encoders as enc

SENT = datetime(2026, 11, 22, 12, 38, 9, tzinfo=UTC)

each_message = pytest.mark.parametrize(
    "octets", enc.FIRMWARE_MESSAGES.values(), ids=enc.FIRMWARE_MESSAGES.keys()
)


def alert(code: int, content: bytes) -> bytes:
    return enc.signed(enc.grouped(code, content))


@pytest.mark.parametrize("alert_code", [0x8F72, 0x8F1C])
def test_an_esme_tells_whether_it_verified_its_image(alert_code: int) -> None:
    octets = alert(0x00CE, enc.dlms_receipt(alert_code))
    assert read_firmware_message(octets) == DistributionReceipt(
        device_id=Eui64.from_octets(enc.ESME),
        alert_code=ReceiptAlertCode(alert_code),
        image_hash=enc.HASH,
        device_time=SENT.replace(microsecond=500_000),
        frame=read_frame(octets),
    )


@pytest.mark.parametrize("alert_code", [0x8F72, 0x8F1C])
def test_a_gsme_tells_whether_it_verified_its_image(alert_code: int) -> None:
    octets = enc.signed(enc.grouped(0x00CF, enc.gbz_receipt(alert_code), originator=enc.GSME))
    assert read_firmware_message(octets) == DistributionReceipt(
        device_id=Eui64.from_octets(enc.GSME),
        alert_code=ReceiptAlertCode(alert_code),
        image_hash=enc.HASH,
        device_time=SENT,
        frame=read_frame(octets),
    )


@pytest.mark.parametrize(
    "content",
    [
        enc.dlms_receipt(time=bytes.fromhex("ffffffffffffffffff8000ff")),
        enc.gbz_receipt(seconds=0xFFFFFFFF),
    ],
    ids=["ESME", "GSME"],
)
def test_a_device_whose_clock_is_not_set_still_tells(content: bytes) -> None:
    message = read_firmware_message(alert(0x00CE if content[0] == 0x0F else 0x00CF, content))
    assert isinstance(message, DistributionReceipt)
    assert message.device_time is None
    assert message.image_hash == enc.HASH


@pytest.mark.parametrize("alert_code", [0x8F8A, 0x8F89])
@pytest.mark.parametrize("result", list(TransferResult))
def test_a_hub_tells_what_became_of_the_image_for_a_device(
    alert_code: int, result: TransferResult
) -> None:
    content = enc.transfer_alert(alert_code, result=int(result))
    message = read_firmware_message(enc.signed(enc.grouped(0x0128, content, originator=enc.HUB)))
    assert isinstance(message, FirmwareTransfer)
    assert message.device_id == Eui64.from_octets(enc.PPMID)
    assert message.comms_hub_id == Eui64.from_octets(enc.HUB)
    assert message.alert_code == alert_code
    assert message.firmware_version == "0123ABCD"
    assert message.result is result
    assert message.device_time == SENT


@pytest.mark.parametrize("result", list(ActivationResult))
def test_a_ppmid_tells_whether_it_activated_its_image(result: ActivationResult) -> None:
    content = enc.ppmid_activation_alert(result=int(result))
    message = read_firmware_message(enc.signed(enc.grouped(0x012B, content, originator=enc.PPMID)))
    assert isinstance(message, PpmidActivation)
    assert message.device_id == Eui64.from_octets(enc.PPMID)
    assert message.alert_code == 0x8F8B
    assert message.firmware_version == "0123ABCD"
    assert message.result is result
    assert message.device_time == SENT


@pytest.mark.parametrize("code", [0x0000, 0x0011, 0x0085, 0x00CB, 0x012A, 0xFFFF])
@pytest.mark.parametrize("content", [b"", b"\x05\x00", enc.dlms_receipt()])
@pytest.mark.parametrize("cra", [1, 2, 3])
def test_any_other_message_is_not_about_firmware(code: int, content: bytes, cra: int) -> None:
    assert read_firmware_message(enc.signed(enc.grouped(code, content, cra=cra))) is None


@pytest.mark.parametrize("code", [0x0012, 0x0059, 0x0084, 0x0129])
@pytest.mark.parametrize("content", [b"", enc.HASH, enc.activation_outcome(), enc.dlms_version()])
def test_a_command_tells_nothing_whatever_it_holds(code: int, content: bytes) -> None:
    group = enc.grouped(code, content, cra=enc.COMMAND)
    assert read_firmware_message(enc.signed(group)) is None
    assert read_firmware_message(enc.macced(group)) is None


@pytest.mark.parametrize("alert_code", [0x0000, 0x8F1B, 0x8F43, 0x81AD, 0x8F73, 0xFFFF])
@pytest.mark.parametrize("rest", [b"", bytes(3)])
def test_a_receipt_with_another_alert_code_is_not_about_firmware(
    alert_code: int, rest: bytes
) -> None:
    assert read_firmware_message(alert(0x00CE, enc.dlms_receipt(alert_code) + rest)) is None
    assert read_firmware_message(alert(0x00CF, enc.gbz_receipt(alert_code) + rest)) is None


@pytest.mark.parametrize("code", [0x00CA, 0x00CE, 0x00CF, 0x0128, 0x012B])
@pytest.mark.parametrize("cra", [enc.COMMAND, enc.RESPONSE])
def test_what_only_an_alert_says_is_refused_from_anything_else(code: int, cra: int) -> None:
    with pytest.raises(MalformedGbcs, match="is that of one ALERT"):
        read_firmware_message(enc.signed(enc.grouped(code, enc.dlms_receipt(), cra=cra)))


@pytest.mark.parametrize("code", [0x0012, 0x0059, 0x0084, 0x0129])
def test_what_answers_a_command_is_refused_from_an_alert(code: int) -> None:
    with pytest.raises(MalformedGbcs, match="is that of one RESPONSE"):
        read_firmware_message(enc.signed(enc.grouped(code, enc.dlms_receipt(), cra=enc.ALERT)))


@pytest.mark.parametrize(
    ("code", "cra", "content"),
    [
        (0x0012, enc.RESPONSE, enc.activation_outcome()),
        (0x0012, enc.RESPONSE, enc.NOT_CARRIED_OUT),
        (0x0059, enc.RESPONSE, enc.dlms_version()),
        (0x0059, enc.RESPONSE, enc.dlms_version(None, 1)),
        (0x0084, enc.RESPONSE, enc.gbz_version()),
        (0x0084, enc.RESPONSE, enc.gbz_no_version()),
        (0x00CA, enc.ALERT, enc.future_dated_alert()),
        (0x00CE, enc.ALERT, enc.dlms_receipt()),
        (0x00CF, enc.ALERT, enc.gbz_receipt()),
        (0x0128, enc.ALERT, enc.transfer_alert()),
        (0x0129, enc.RESPONSE, enc.der_version()),
        (0x012B, enc.ALERT, enc.ppmid_activation_alert()),
    ],
)
class TestContentOfTheWrongLength:
    def test_is_refused_when_it_is_too_short(self, code: int, cra: int, content: bytes) -> None:
        for size in range(len(content)):
            with pytest.raises(MalformedGbcs):
                read_firmware_message(enc.signed(enc.grouped(code, content[:size], cra=cra)))

    def test_is_refused_when_it_is_too_long(self, code: int, cra: int, content: bytes) -> None:
        with pytest.raises(MalformedGbcs, match="1 octets follow the content"):
            read_firmware_message(enc.signed(enc.grouped(code, content + b"\x00", cra=cra)))


@pytest.mark.parametrize(
    ("code", "content", "reason"),
    [
        (0x00CE, b"\x0e" + enc.dlms_receipt()[1:], "data-notification tag"),
        (0x00CE, enc.dlms_receipt().replace(b"\x02\x03\x12", b"\x02\x04\x12"), "4 members"),
        (0x00CE, enc.dlms_receipt().replace(b"\x02\x03\x12", b"\x01\x03\x12"), "structure tag"),
        (0x00CE, enc.dlms_receipt().replace(b"\x02\x03\x12", b"\x02\x03\x11"), "alert code's tag"),
        (0x00CE, enc.dlms_receipt().replace(b"\x09\x20", b"\x09\x1f"), "image hash"),
        (0x00CE, enc.dlms_receipt(time=bytes(12)), "day of the week"),
        (0x00CF, b"\x01\x08" + enc.gbz_receipt()[2:], "GBZ profile"),
        (0x00CF, enc.gbz_receipt().replace(b"\x01\x09\x01", b"\x01\x09\x02"), "2 components"),
        (0x00CF, enc.gbz_receipt().replace(b"\x09\x20", b"\x09\x21"), "image hash"),
        (0x0128, enc.transfer_alert(0x8F8B), "0x8f8b is no TransferAlertCode"),
        (0x0128, enc.transfer_alert(result=4), "0x4 is no TransferResult"),
        (0x0128, enc.transfer_alert(device=bytes(7)), "device ID has 7 octets"),
        (0x0128, enc.transfer_alert(version=bytes(5)), "firmware version has 5 octets"),
        (0x0128, enc.transfer_alert(time=b"20261122123809"), "YYYYMMDDHHMMSSZ"),
        (0x0128, enc.ppmid_activation_alert(0x8F8A), "device ID has 4 octets"),
        (0x0128, b"\x31" + enc.transfer_alert()[1:], "Firmware Transfer Alert"),
        (
            0x0128,
            enc.der(0x30, enc.transfer_alert()[2:] + b"\x05\x00"),
            "2 octets follow the transfer result",
        ),
        (0x012B, enc.ppmid_activation_alert(0x8F72), "0x8f72 is no ActivationAlertCode"),
        (0x012B, enc.ppmid_activation_alert(result=2), "0x2 is no ActivationResult"),
        (0x012B, enc.transfer_alert(0x8F8B), "firmware version has 8 octets"),
        (
            0x012B,
            enc.der(0x30, enc.ppmid_activation_alert()[2:] + b"\x05\x00"),
            "2 octets follow the activation result",
        ),
    ],
)
def test_content_that_does_not_fit_its_message_code_is_refused(
    code: int, content: bytes, reason: str
) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(alert(code, content))


@each_message
def test_no_part_of_a_firmware_message_is_taken_for_one(octets: bytes) -> None:
    for size in range(len(octets)):
        with pytest.raises(MalformedGbcs):
            read_firmware_message(octets[:size])


@each_message
@pytest.mark.parametrize("extra", [b"\x00", bytes(12), enc.ESME_VERIFIED])
def test_octets_after_a_firmware_message_are_refused(octets: bytes, extra: bytes) -> None:
    with pytest.raises(MalformedGbcs):
        read_firmware_message(octets + extra)


@each_message
def test_a_firmware_message_reads_alike_when_it_is_macced(octets: bytes) -> None:
    plain = read_firmware_message(octets)
    macced = read_firmware_message(enc.macced(octets[: -1 - len(enc.SIGNATURE)]))
    assert plain is not None
    assert macced is not None
    assert macced.frame.mac == enc.MAC
    assert replace(macced, frame=plain.frame) == plain
