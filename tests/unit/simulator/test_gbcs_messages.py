"""What devices send: the tracker's reader understands them, and DCC's reference message agrees."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.gbcs.firmware import (
    ActivateImageResponse,
    ActivationResponse,
    DistributionReceipt,
    FirmwareVersionRead,
    FutureDatedActivation,
    read_firmware_message,
)
from firmtrack.gbcs.frame import read_frame
from firmtrack.simulator.gbcs_messages import (
    EXECUTING_VERSION_CHANGED,
    FUTURE_DATED_DONE,
    FUTURE_DATED_FAILED,
    RECEIPT_BAD,
    RECEIPT_GOOD,
    Outcome,
    Sender,
    activation_response,
    esme_receipt,
    esme_version,
    future_dated_activation,
    generic_alert,
    gsme_receipt,
    gsme_version,
    other_version,
)
from firmtrack.simulator.pki import key_of
from tests.shared_files import shared_dir

_KEY = key_of(1, "devices")
_SENDER = Sender(
    device_id=Eui64.parse("00-DB-12-34-56-78-90-A0"),
    recipient=Eui64.parse("90-B3-D5-1F-30-01-00-00"),
    counter=0x7D0,
    device_time=datetime(2015, 1, 1, tzinfo=UTC),
)
_HASH = b"\x01" * 32
_VERSION = FirmwareVersion("0123ABCD")
_SIGNATURE_BYTES = 64


@pytest.mark.parametrize("encode", [esme_receipt, gsme_receipt])
@pytest.mark.parametrize("alert_code", [RECEIPT_GOOD, RECEIPT_BAD])
def test_a_receipt_reads_back(encode: Callable[..., bytes], alert_code: int) -> None:
    receipt = read_firmware_message(encode(_SENDER, alert_code, _HASH, _KEY))
    assert isinstance(receipt, DistributionReceipt)
    assert receipt.device_id == _SENDER.device_id
    assert receipt.alert_code == alert_code
    assert receipt.image_hash == _HASH
    assert receipt.device_time == _SENDER.device_time
    assert receipt.frame.recipient == _SENDER.recipient
    assert receipt.frame.originator_counter == _SENDER.counter


@pytest.mark.parametrize(
    "outcome", [*(Outcome(result, _VERSION) for result in ActivateImageResponse), None]
)
def test_an_answer_to_an_activation_reads_back(outcome: Outcome | None) -> None:
    response = read_firmware_message(activation_response(_SENDER, outcome, _KEY))
    assert isinstance(response, ActivationResponse)
    assert response.device_id == _SENDER.device_id
    assert response.originator_counter == _SENDER.counter
    assert response.device_time == _SENDER.device_time
    assert response.result == (None if outcome is None else outcome.result)
    assert response.firmware_version == (None if outcome is None else _VERSION)


@pytest.mark.parametrize("alert_code", [FUTURE_DATED_DONE, FUTURE_DATED_FAILED])
@pytest.mark.parametrize("result", ActivateImageResponse)
def test_a_future_dated_activation_reads_back(
    alert_code: int, result: ActivateImageResponse
) -> None:
    octets = future_dated_activation(_SENDER, alert_code, 2**40, Outcome(result, _VERSION), _KEY)
    alert = read_firmware_message(octets)
    assert isinstance(alert, FutureDatedActivation)
    assert (alert.alert_code, alert.result) == (alert_code, result)
    assert alert.activation_counter == 2**40
    assert alert.firmware_version == _VERSION
    assert alert.device_time == _SENDER.device_time
    assert alert.frame.originator_counter == _SENDER.counter


@pytest.mark.parametrize("version", [_VERSION, None])
@pytest.mark.parametrize(
    "encode", [esme_version, gsme_version, partial(other_version, user=_SENDER.recipient)]
)
def test_a_version_reads_back(
    encode: Callable[..., bytes], version: FirmwareVersion | None
) -> None:
    read = read_firmware_message(encode(_SENDER, version, key=_KEY))
    assert isinstance(read, FirmwareVersionRead)
    assert read.device_id == _SENDER.device_id
    assert read.firmware_version == version


def test_any_other_alert_is_not_about_firmware() -> None:
    octets = generic_alert(_SENDER, EXECUTING_VERSION_CHANGED, _KEY)
    assert read_frame(octets).originator == _SENDER.device_id
    assert read_firmware_message(octets) is None


def test_the_signature_is_the_devices_over_all_but_the_first_octet() -> None:
    frame = read_frame(esme_receipt(_SENDER, RECEIPT_GOOD, _HASH, _KEY))
    assert frame.signature is not None
    r, s = frame.signature[:32], frame.signature[32:]
    signature = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    _KEY.public_key().verify(signature, frame.signed_octets, ECDSA(SHA256()))


def test_dccs_own_receipt_has_the_same_octets_up_to_its_signature() -> None:
    shared = shared_dir()
    if shared is None:
        pytest.skip("DCC's reference messages are not part of this repository")
    text = (shared / "duis/gbcs/FDRA-DLMS_NA_8F72_ALERT_GBCS.HEX").read_text("ascii")
    reference = bytes.fromhex(text.strip())
    ours = esme_receipt(_SENDER, RECEIPT_GOOD, _HASH, _KEY)
    assert ours[:-_SIGNATURE_BYTES] == reference[:-_SIGNATURE_BYTES]
