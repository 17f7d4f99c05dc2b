"""Which firmware version a device says that it runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.firmware import FirmwareVersionRead, read_firmware_message
from firmtrack.gbcs.frame import MalformedGbcs, read_frame
from tests.unit.gbcs import encoders as enc

GBZ_HEADER = bytes.fromhex("010901")
GBZ_VALUE = b"\x41\x04" + enc.VERSION


def response(code: int, content: bytes, originator: bytes = enc.ESME) -> bytes:
    return enc.macced(enc.grouped(code, content, cra=enc.RESPONSE, originator=originator))


def read(code: int, content: bytes) -> FirmwareVersionRead:
    message = read_firmware_message(response(code, content))
    assert isinstance(message, FirmwareVersionRead)
    return message


def gbz(command: bytes) -> bytes:
    return GBZ_HEADER + enc.gbz_component(command)


@pytest.mark.parametrize(
    ("code", "content", "originator"),
    [
        (0x0059, enc.dlms_version(), enc.ESME),
        (0x0059, enc.dlms_version(), enc.HUB),
        (0x0084, enc.gbz_version(), enc.GSME),
        (0x0129, enc.der_version(), enc.PPMID),
    ],
    ids=["ESME", "Communications Hub", "GSME", "PPMID"],
)
def test_a_device_tells_which_version_it_runs(code: int, content: bytes, originator: bytes) -> None:
    octets = response(code, content, originator)
    assert read_firmware_message(octets) == FirmwareVersionRead(
        device_id=Eui64.from_octets(originator),
        firmware_version=FirmwareVersion("0123ABCD"),
        frame=read_frame(octets),
    )


@pytest.mark.parametrize("result", [1, 2, 3, 250, 255])
def test_an_esme_may_answer_with_an_error(result: int) -> None:
    assert read(0x0059, enc.dlms_version(None, result)).firmware_version is None


@pytest.mark.parametrize("status", [0x01, 0x7E, 0x86, 0xC0, 0xFF])
def test_a_gsme_may_answer_with_an_error(status: int) -> None:
    assert read(0x0084, enc.gbz_no_version(status)).firmware_version is None


@pytest.mark.parametrize("version", [bytes(4), enc.VERSION])
def test_a_ppmid_may_answer_with_an_error_and_then_its_octets_mean_nothing(version: bytes) -> None:
    assert read(0x0129, enc.der_version(version, 1)).firmware_version is None


@pytest.mark.parametrize("frame_control", [0x08, 0x18])
@pytest.mark.parametrize("sequence", [0x00, 0xFF])
def test_a_gsmes_answer_may_have_any_sequence_number(frame_control: int, sequence: int) -> None:
    command = enc.zcl_attribute(GBZ_VALUE, frame_control=frame_control, sequence=sequence)
    assert read(0x0084, gbz(command)).firmware_version == "0123ABCD"


@given(st.binary(min_size=4, max_size=4))
def test_every_version_reads_as_it_was_written(version: bytes) -> None:
    written = version.hex().upper()
    assert read(0x0059, enc.dlms_version(version)).firmware_version == written
    assert read(0x0084, enc.gbz_version(version)).firmware_version == written
    assert read(0x0129, enc.der_version(version)).firmware_version == written


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd9" + enc.dlms_version()[1:], "access-response tag begins with d9"),
        (bytes.fromhex("da200003e80c") + bytes(20), "access-response's date-time"),
        (bytes.fromhex("da200003e80001") + bytes(20), "access-response's specification"),
        (bytes.fromhex("da200003e8000002") + bytes(20), "number of data begins with 02"),
        (bytes.fromhex("da200003e800000106") + bytes(20), "neither octet-string nor null-data"),
        (enc.dlms_version(bytes(3)), "size of the firmware version begins with 03"),
        (enc.dlms_version(bytes(5)), "size of the firmware version begins with 05"),
        (enc.dlms_version()[:-3] + b"\x02\x01\x00", "number of results begins with 02"),
        (enc.dlms_version()[:-3] + b"\x01\x02\x00", "kind, get begins with 02"),
        (enc.dlms_version(None, 0), "data access result 00 has no version"),
        (enc.dlms_version(result=1), "data access result 01 has a version"),
        (enc.dlms_version(None, 1) + enc.VERSION, "4 octets follow the content of the ECS52"),
    ],
)
def test_an_esmes_answer_of_another_form_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(response(0x0059, content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x01\x08" + enc.gbz_version()[2:], "GBZ profile begins with 0108"),
        (b"\x01\x09\x00" + enc.gbz_version()[3:], "has 0 components, not 1"),
        (b"\x01\x09\x02" + enc.gbz_version()[3:], "has 2 components, not 1"),
        *(
            (
                GBZ_HEADER + enc.gbz_component(enc.zcl_attribute(GBZ_VALUE), control=control),
                f"Extended Header Control Field begins with {control:02x}",
            )
            for control in (0x00, 0x03, 0x11)
        ),
        (
            GBZ_HEADER + enc.gbz_component(enc.zcl_attribute(GBZ_VALUE), cluster=0x0700),
            "Extended Header Cluster ID begins with 0700",
        ),
        (
            GBZ_HEADER + enc.gbz_component(enc.zcl_attribute(GBZ_VALUE), size=13),
            "GBZ command needs 13 octets where 12 are left",
        ),
        (
            GBZ_HEADER + enc.gbz_component(enc.zcl_attribute(GBZ_VALUE), size=11),
            "firmware version needs 4 octets where 3 are left",
        ),
        *(
            (
                gbz(enc.zcl_attribute(GBZ_VALUE, frame_control=frame_control)),
                f"ZCL frame control, {frame_control:02x}, is not that of an answer",
            )
            for frame_control in (0x00, 0x09, 0x0C, 0x28)
        ),
        (gbz(enc.zcl_attribute(GBZ_VALUE, command=0x0B)), "ZCL command identifier begins with 0b"),
        (gbz(enc.zcl_attribute(GBZ_VALUE, attribute=0x0602)), "attribute identifier begins"),
        (gbz(enc.zcl_attribute(b"\x42" + GBZ_VALUE[1:])), "firmware version begins with 4204"),
        (gbz(enc.zcl_attribute(b"\x41\x03" + bytes(3))), "firmware version begins with 4103"),
        (gbz(enc.zcl_attribute(b"")), "firmware version needs 2 octets where 0 are left"),
        (gbz(enc.zcl_attribute(GBZ_VALUE + b"\x00")), "1 octets follow the firmware version"),
        (gbz(enc.zcl_attribute(GBZ_VALUE, status=0xC0)), "6 octets follow the status"),
        (gbz(b""), "ZCL frame control needs 1 octets"),
    ],
)
def test_a_gsmes_answer_of_another_form_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(response(0x0084, content))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (enc.NOT_CARRIED_OUT, "Read Firmware Version response begins with 05, not 30"),
        (enc.der_version(bytes(3)), "firmware version has 3 octets"),
        (enc.der_version(result=2), "0x2 is no VersionReadResult"),
        (enc.activation_outcome(), "firmware version begins with 02, not 04"),
        (
            enc.der(0x30, enc.der_version()[2:] + enc.NOT_CARRIED_OUT),
            "2 octets follow the read result",
        ),
    ],
)
def test_a_ppmids_answer_of_another_form_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(response(0x0129, content))
