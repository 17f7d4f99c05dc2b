"""How a device answers an Activate Firmware command, at once or later."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.firmware import (
    ActivateImageResponse,
    ActivationResponse,
    FutureDatedActivation,
    FutureDatedAlertCode,
    read_firmware_message,
)
from firmtrack.gbcs.frame import MalformedGbcs, read_frame
from tests.unit.gbcs import encoders as enc

SENT = datetime(2026, 11, 22, 12, 38, 9, tzinfo=UTC)

versions = st.binary(min_size=4, max_size=4)
counters = st.integers(min_value=0, max_value=2**64 - 1)
results = st.sampled_from(ActivateImageResponse)


def later(content: bytes) -> bytes:
    return enc.signed(enc.grouped(0x00CA, content))


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (0, ActivateImageResponse.SUCCESS),
        (1, ActivateImageResponse.NO_IMAGE_HELD),
        (2, ActivateImageResponse.HASH_MISMATCH),
        (3, ActivateImageResponse.ACTIVATION_FAILURE),
    ],
)
def test_a_device_answers_an_activation_at_once(code: int, result: ActivateImageResponse) -> None:
    octets = enc.activation_response(enc.activation_outcome(code))
    message = read_firmware_message(octets)
    assert message == ActivationResponse(
        device_id=Eui64.from_octets(enc.ESME),
        originator_counter=1001,
        result=result,
        firmware_version=FirmwareVersion("0123ABCD"),
        device_time=SENT.replace(microsecond=500_000),
        frame=read_frame(octets),
    )


def test_a_device_takes_note_of_a_future_dated_activation() -> None:
    octets = enc.activation_response(enc.NOT_CARRIED_OUT)
    message = read_firmware_message(octets)
    assert message == ActivationResponse(
        device_id=Eui64.from_octets(enc.ESME),
        originator_counter=1001,
        result=None,
        firmware_version=None,
        device_time=SENT.replace(microsecond=500_000),
        frame=read_frame(octets),
    )


@pytest.mark.parametrize("date_time", [b"", bytes.fromhex("ffffffffffffffffff8000ff")])
@pytest.mark.parametrize("content", [enc.activation_outcome(), enc.NOT_CARRIED_OUT])
def test_a_device_that_states_no_time_still_answers(date_time: bytes, content: bytes) -> None:
    message = read_firmware_message(enc.activation_response(content, date_time))
    assert isinstance(message, ActivationResponse)
    assert message.device_time is None
    assert message.originator_counter == 1001


@pytest.mark.parametrize(
    ("code", "alert_code"),
    [(0x8F66, FutureDatedAlertCode.SUCCESS), (0x8F67, FutureDatedAlertCode.FAILURE)],
)
@pytest.mark.parametrize("result", list(ActivateImageResponse))
def test_a_device_tells_later_how_an_activation_went(
    code: int, alert_code: FutureDatedAlertCode, result: ActivateImageResponse
) -> None:
    outcome = enc.activation_outcome(int(result))
    octets = later(enc.future_dated_alert(code, counter=1001, outcome=outcome))
    assert read_firmware_message(octets) == FutureDatedActivation(
        device_id=Eui64.from_octets(enc.ESME),
        alert_code=alert_code,
        activation_counter=1001,
        result=result,
        firmware_version=FirmwareVersion("0123ABCD"),
        device_time=SENT,
        frame=read_frame(octets),
    )


@given(counters, results, versions)
def test_every_counter_result_and_version_reads_as_it_was_written(
    counter: int, result: ActivateImageResponse, version: bytes
) -> None:
    outcome = enc.activation_outcome(int(result), version)
    group = enc.grouped(0x0012, outcome, cra=enc.RESPONSE, counter=counter)
    at_once = read_firmware_message(enc.signed(group))
    assert isinstance(at_once, ActivationResponse)
    assert at_once.originator_counter == counter
    alert = read_firmware_message(later(enc.future_dated_alert(counter=counter, outcome=outcome)))
    assert isinstance(alert, FutureDatedActivation)
    assert alert.activation_counter == counter
    for told in (at_once, alert):
        assert told.result is result
        assert told.firmware_version == version.hex().upper()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Activate Firmware response needs 1 octets"),
        (b"\x05\x01\x00", "NULL of 1 octets"),
        (b"\x04" + enc.activation_outcome()[1:], "begins with 04: neither SEQUENCE nor NULL"),
        (enc.activation_outcome(4), "0x4 is no ActivateImageResponse"),
        (enc.activation_outcome(2**40), "0x10000000000 is no ActivateImageResponse"),
        (enc.activation_outcome(version=bytes(3)), "firmware version has 3 octets"),
        (enc.der_version(), "activation result begins with 04, not 02"),
        (enc.der(0x30, b""), "activation result needs 1 octets"),
        (
            enc.der(0x30, enc.activation_outcome()[2:] + enc.NOT_CARRIED_OUT),
            "2 octets follow the firmware version",
        ),
        (enc.NOT_CARRIED_OUT + enc.activation_outcome(), "11 octets follow the content"),
    ],
)
def test_an_answer_of_another_form_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(enc.activation_response(content))


def test_an_answer_at_no_possible_time_is_refused() -> None:
    with pytest.raises(MalformedGbcs, match="day of the week"):
        read_firmware_message(enc.activation_response(enc.NOT_CARRIED_OUT, bytes(12)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (enc.NOT_CARRIED_OUT, "future-dated activation alert begins with 05, not 30"),
        (enc.future_dated_alert(0x8F72), "0x8f72 is no FutureDatedAlertCode"),
        (enc.future_dated_alert(time=b"20261322123809Z"), "does not exist"),
        (enc.future_dated_alert(outcome=enc.NOT_CARRIED_OUT), "outcome of the activation begins"),
        (enc.future_dated_alert(outcome=b""), "outcome of the activation needs 1 octets"),
        (enc.future_dated_alert(outcome=enc.activation_outcome(4)), "no ActivateImageResponse"),
        (enc.ppmid_activation_alert(0x8F66), "originator counter begins with 04, not 02"),
        (
            enc.der(0x30, enc.future_dated_alert()[2:] + b"\x05\x00"),
            "2 octets follow the outcome of the activation",
        ),
    ],
)
def test_a_future_dated_alert_of_another_form_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(MalformedGbcs, match=reason):
        read_firmware_message(later(content))


def test_a_counter_beyond_64_bits_is_refused() -> None:
    with pytest.raises(MalformedGbcs, match="originator counter"):
        read_firmware_message(later(enc.future_dated_alert(counter=2**64)))
