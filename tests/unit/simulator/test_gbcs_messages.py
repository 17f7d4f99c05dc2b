"""Device alerts: the tracker's reader understands them, and DCC's reference message agrees."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.firmware import DistributionReceipt, read_firmware_message
from firmtrack.gbcs.frame import read_frame
from firmtrack.simulator.gbcs_messages import (
    EXECUTING_VERSION_CHANGED,
    RECEIPT_BAD,
    RECEIPT_GOOD,
    Alert,
    esme_receipt,
    generic_alert,
    gsme_receipt,
)
from firmtrack.simulator.pki import key_of
from tests.shared_files import shared_dir

_KEY = key_of(1, "devices")
_ALERT = Alert(
    device_id=Eui64.parse("00-DB-12-34-56-78-90-A0"),
    recipient=Eui64.parse("90-B3-D5-1F-30-01-00-00"),
    counter=0x7D0,
    device_time=datetime(2015, 1, 1, tzinfo=UTC),
)
_HASH = b"\x01" * 32
_SIGNATURE_BYTES = 64


@pytest.mark.parametrize("encode", [esme_receipt, gsme_receipt])
@pytest.mark.parametrize("alert_code", [RECEIPT_GOOD, RECEIPT_BAD])
def test_a_receipt_reads_back(encode: Callable[..., bytes], alert_code: int) -> None:
    receipt = read_firmware_message(encode(_ALERT, alert_code, _HASH, _KEY))
    assert isinstance(receipt, DistributionReceipt)
    assert receipt.device_id == _ALERT.device_id
    assert receipt.alert_code == alert_code
    assert receipt.image_hash == _HASH
    assert receipt.device_time == _ALERT.device_time
    assert receipt.frame.recipient == _ALERT.recipient
    assert receipt.frame.originator_counter == _ALERT.counter


def test_any_other_alert_is_not_about_firmware() -> None:
    octets = generic_alert(_ALERT, EXECUTING_VERSION_CHANGED, _KEY)
    assert read_frame(octets).originator == _ALERT.device_id
    assert read_firmware_message(octets) is None


def test_the_signature_is_the_devices_over_all_but_the_first_octet() -> None:
    frame = read_frame(esme_receipt(_ALERT, RECEIPT_GOOD, _HASH, _KEY))
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
    ours = esme_receipt(_ALERT, RECEIPT_GOOD, _HASH, _KEY)
    assert ours[:-_SIGNATURE_BYTES] == reference[:-_SIGNATURE_BYTES]
