"""What a device says of an activation (11.3), at once or later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firmtrack.domain.facts import ActivationEvent, DeviceFacts, MessageKind
from firmtrack.domain.identifiers import FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import ActivationStep
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware
from firmtrack.duis.rejections import (
    AlertCodeMismatch,
    BadValue,
    CounterMismatch,
    DeviceMismatch,
    GbcsMalformed,
    GbcsMismatch,
    MissingElement,
)
from tests.shared_files import shared_dir
from tests.unit.duis.activation_samples import (
    ACTIVATION_ID,
    COUNTER,
    acknowledgement,
    activation_answer,
    future_dated_alert,
)
from tests.unit.duis.reading import activation_event, answer, message, taken_out, with_text
from tests.unit.duis.samples import (
    ALPHA,
    BRAVO,
    METER,
    NOW,
    OTHER_METER,
    VERSION,
    device_alert,
)
from tests.unit.gbcs import encoders as enc

_SHARED = shared_dir()
_SENT = datetime(2026, 11, 22, 12, 38, 9, tzinfo=UTC)
"""The device's clock in the alerts of tests.unit.gbcs.encoders; answers are half a second later."""

_ANSWERED = _SENT.replace(microsecond=500_000)
_RUNS = (DeviceFacts(device_id=METER, learnt_at=NOW, firmware_version=VERSION),)
_SOMETHING_ELSE = enc.FRAMES["signed, no content"]
_REASONS = [(1, "no_image_held"), (2, "hash_mismatch"), (3, "activation_failure")]


def later(result: int, alert_code: int = 0x8F67, counter: int = COUNTER) -> bytes:
    """Return a future-dated activation alert of GBCS."""
    outcome = enc.activation_outcome(result)
    alert = enc.future_dated_alert(alert_code, counter=counter, outcome=outcome)
    return enc.signed(enc.grouped(0x00CA, alert))


def test_a_device_that_activated_runs_the_version_that_it_states() -> None:
    told = message(activation_answer())

    assert told.kind is MessageKind.ACTIVATE_FIRMWARE_RESPONSE
    assert told.code == "I0"
    assert told.user_id == ALPHA
    assert told.occurred_at == NOW
    assert told.devices == _RUNS
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.ANSWERED,
        occurred_at=NOW,
        device_time=_ANSWERED,
        firmware_version=VERSION,
    )


@pytest.mark.parametrize(("result", "reason"), _REASONS)
def test_a_device_that_did_not_activate_says_why(result: int, reason: str) -> None:
    told = message(activation_answer(enc.activation_response(enc.activation_outcome(result))))

    assert told.devices == _RUNS
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.ANSWERED,
        is_failed=True,
        occurred_at=NOW,
        reason=reason,
        device_time=_ANSWERED,
        firmware_version=VERSION,
    )


def test_a_device_that_took_note_has_scheduled_it() -> None:
    told = message(activation_answer(enc.SCHEDULED))

    assert told.devices == ()
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.SCHEDULED,
        occurred_at=NOW,
        device_time=_ANSWERED,
    )


@pytest.mark.skipif(_SHARED is None, reason="DCC's reference messages are not here")
@pytest.mark.parametrize(
    ("name", "counter", "version", "reason"),
    [("SUCCESS", 1000, "0123ABCE", None), ("ERROR", 1005, "0123ABCF", "no_image_held")],
)
def test_dccs_own_samples_say_what_became_of_an_activation(
    name: str, counter: int, version: str, reason: str | None
) -> None:
    assert _SHARED is not None
    path = _SHARED / "duis" / "gbcs" / f"CS06_11.3_IMMEDIATE_{name}_RESPONSE_GBCS.HEX"
    payload = bytes.fromhex(path.read_text("ascii"))
    request_id = RequestId(ALPHA, METER, counter)

    told = message(activation_answer(payload, request_id, ResponseId(METER, ALPHA, counter)))

    assert told.activation == ActivationEvent(
        request_id=request_id,
        step=ActivationStep.ANSWERED,
        is_failed=reason is not None,
        occurred_at=NOW,
        reason=reason,
        device_time=datetime(2015, 1, 1, tzinfo=UTC),
        firmware_version=FirmwareVersion(version),
    )
    assert told.devices == (
        DeviceFacts(device_id=METER, learnt_at=NOW, firmware_version=FirmwareVersion(version)),
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (future_dated_alert(), None),
        (device_alert(enc.ACTIVATED_LATER, 0x8F66), None),
        (future_dated_alert(later(0), 0x8F67), "8F67"),
        (device_alert(later(0), 0x8F67), "8F67"),
        *((future_dated_alert(later(code), 0x8F67), reason) for code, reason in _REASONS),
        *((future_dated_alert(later(code, 0x8F66)), reason) for code, reason in _REASONS),
        *((device_alert(later(code), 0x8F67), reason) for code, reason in _REASONS),
    ],
)
def test_a_device_tells_later_how_an_activation_went(
    document: d.FutureDatedDeviceAlert | d.DeviceAlert, expected: str | None
) -> None:
    code = (
        document.alert_code
        if isinstance(document, d.DeviceAlert)
        else document.future_dated_alert_code
    )

    told = message(document)

    assert told.kind is MessageKind.FUTURE_DATED_ACTIVATION_ALERT
    assert told.code == f"{code:04X}"
    assert told.user_id == ALPHA
    assert told.occurred_at == NOW
    assert told.events == ()
    assert told.devices == _RUNS
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.ANSWERED,
        is_failed=expected is not None,
        occurred_at=NOW,
        reason=expected,
        device_time=_SENT,
        firmware_version=VERSION,
    )


@pytest.mark.parametrize(
    "document",
    [
        activation_answer(request_id=None),
        activation_answer(enc.SCHEDULED, request_id=None),
        future_dated_alert(request_id=None),
        device_alert(enc.ACTIVATED_LATER, 0x8F66),
    ],
)
def test_an_answer_without_request_id_belongs_to_the_counter_that_gbcs_repeats(
    document: d.Document,
) -> None:
    assert activation_event(document).request_id == RequestId(ALPHA, METER, COUNTER)


def test_without_a_response_id_the_request_says_whose_answer_it_is() -> None:
    told = message(taken_out(activation_answer(), "ResponseID"))

    assert told.user_id == ALPHA
    assert told.activation == activation_event(activation_answer())


@pytest.mark.parametrize("document", [activation_answer(), future_dated_alert()])
def test_an_answer_without_either_id_is_refused(document: d.Document) -> None:
    body = taken_out(document, "RequestID").replace(b"sr:ResponseID>", b"sr:Elsewhere>")

    with pytest.raises(MissingElement, match="ResponseID or RequestID"):
        answer(body)


def test_an_acknowledgement_without_request_id_is_refused() -> None:
    with pytest.raises(MissingElement, match="RequestID"):
        answer(taken_out(acknowledgement(), "RequestID"))


@pytest.mark.parametrize(
    "document",
    [
        activation_answer(response_id=ResponseId(OTHER_METER, ALPHA, COUNTER)),
        activation_answer(enc.SCHEDULED, None, ResponseId(OTHER_METER, ALPHA, COUNTER)),
        future_dated_alert(response_id=ResponseId(OTHER_METER, ALPHA, COUNTER)),
        device_alert(enc.ACTIVATED_LATER, 0x8F66, ResponseId(OTHER_METER, ALPHA, 2000)),
    ],
)
def test_an_answer_from_another_device_than_its_sender_is_refused(document: d.Document) -> None:
    with pytest.raises(DeviceMismatch, match="90-A1"):
        answer(document)


@pytest.mark.parametrize("write_answer", [activation_answer, future_dated_alert])
def test_an_answer_from_another_device_than_was_asked_is_refused(
    write_answer: Callable[..., d.Document],
) -> None:
    with pytest.raises(DeviceMismatch, match="90-A1"):
        answer(write_answer(request_id=RequestId(ALPHA, OTHER_METER, COUNTER)))


@pytest.mark.parametrize("write_answer", [activation_answer, future_dated_alert])
def test_counters_that_disagree_are_refused(
    write_answer: Callable[..., d.Document],
) -> None:
    with pytest.raises(CounterMismatch, match="1002, and 1001"):
        answer(write_answer(request_id=RequestId(ALPHA, METER, COUNTER + 1)))


def test_the_alerts_own_counter_is_not_the_commands() -> None:
    payload = later(0, 0x8F66, counter=2**64 - 1)
    request_id = RequestId(ALPHA, METER, 2**64 - 1)

    assert (
        activation_event(future_dated_alert(payload, request_id=request_id)).request_id
        == request_id
    )
    with pytest.raises(CounterMismatch):
        answer(future_dated_alert(payload, request_id=RequestId(ALPHA, METER, 2000)))


def test_the_user_is_the_one_that_was_answered() -> None:
    document = activation_answer(request_id=None, response_id=ResponseId(METER, BRAVO, COUNTER))

    told = message(document)

    assert told.user_id == BRAVO
    assert told.activation is not None
    assert told.activation.request_id == RequestId(BRAVO, METER, COUNTER)


@pytest.mark.parametrize(
    ("document", "payload"),
    [(activation_answer(), enc.ACTIVATED), (future_dated_alert(), enc.ACTIVATED_LATER)],
)
def test_gbcs_that_is_cut_short_or_too_long_is_refused(
    document: d.DeviceResponse | d.FutureDatedDeviceAlert, payload: bytes
) -> None:
    for octets in (payload[:-1], payload[:60], payload[:1], b"", payload + b"\0"):
        with pytest.raises(GbcsMalformed):
            answer(replace(document, gbcs_payload=octets))


@pytest.mark.parametrize(
    "payload",
    [enc.ACTIVATED_LATER, enc.ESME_VERSION, enc.ESME_VERIFIED, _SOMETHING_ELSE],
)
def test_a_gbcs_message_that_answers_no_activation_is_refused(payload: bytes) -> None:
    with pytest.raises(GbcsMismatch, match="does not answer"):
        answer(activation_answer(payload))


@pytest.mark.parametrize("payload", [enc.ACTIVATED, enc.ESME_VERIFIED, _SOMETHING_ELSE])
def test_a_gbcs_message_that_is_no_alert_of_an_activation_is_refused(payload: bytes) -> None:
    with pytest.raises(GbcsMismatch, match="future-dated"):
        answer(future_dated_alert(payload))


@pytest.mark.parametrize(
    "document",
    [
        future_dated_alert(alert_code=0x8F67),
        future_dated_alert(alert_code=0x8F72),
        future_dated_alert(enc.NOT_ACTIVATED_LATER),
        device_alert(enc.ACTIVATED_LATER, 0x8F67),
        device_alert(enc.ACTIVATED_LATER, 0x8F43),
    ],
)
def test_an_alert_code_that_gbcs_does_not_confirm_is_refused(document: d.Document) -> None:
    with pytest.raises(AlertCodeMismatch):
        answer(document)


@pytest.mark.parametrize("text", ["", "8F", "8F6", "8F660", "0x8F", "8F6G"])
def test_an_alert_code_of_other_than_two_octets_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="FutureDatedAlertCode"):
        answer(with_text(future_dated_alert(), "FutureDatedAlertCode", text))


def test_an_alert_about_another_future_dated_service_is_let_go() -> None:
    body = with_text(future_dated_alert(), "ServiceReferenceVariant", "1.1.1")

    assert answer(body) == NotAboutFirmware(kind="service_response")
