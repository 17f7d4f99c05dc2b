"""What requests to activate firmware (11.3) say, and what DCC itself says of them."""

from datetime import datetime

import pytest
from lxml import etree

from firmtrack.domain.facts import ActivationEvent, MessageKind
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import ActivationStep
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware
from firmtrack.duis.rejections import (
    BadValue,
    UnexpectedElement,
    UnknownEnumeration,
)
from firmtrack.duis.vocabulary import DUIS_NAMESPACE
from firmtrack.duis.writer import write
from tests.unit.duis.activation_samples import (
    ACTIVATION_ID,
    ACTIVATIONS,
    CANCELLING,
    COUNTER,
    EXECUTION,
    OTHERS,
    acknowledgement,
    activate_firmware,
    activation_answer,
    signed_pre_command,
)
from tests.unit.duis.reading import activation_event, answer, message, with_text
from tests.unit.duis.samples import (
    ALPHA,
    DCC,
    METER,
    NOW,
    dcc_alert,
)
from tests.unit.gbcs import encoders as enc


@pytest.mark.parametrize("scheduled_for", [None, EXECUTION, CANCELLING])
def test_a_request_names_its_image_and_its_time(scheduled_for: datetime | None) -> None:
    told = message(activate_firmware(scheduled_for))

    assert told.kind is MessageKind.ACTIVATE_FIRMWARE_REQUEST
    assert told.user_id == ALPHA
    assert told.occurred_at == NOW
    assert told.code is None
    assert told.devices == ()
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.REQUESTED,
        occurred_at=NOW,
        image_hash=enc.HASH,
        scheduled_for=scheduled_for,
    )


def test_a_request_whose_time_is_not_known_has_none() -> None:
    told = message(activate_firmware(), received_at=None)

    assert told.occurred_at is None
    assert told.activation is not None
    assert told.activation.occurred_at is None


@pytest.mark.parametrize("variant", range(1, 9))
def test_a_request_may_have_any_command_variant(variant: int) -> None:
    assert activation_event(with_text(activate_firmware(), "CommandVariant", str(variant)))


def test_a_request_to_what_is_no_device_is_still_what_it_says() -> None:
    body = write(activate_firmware()).replace(f":{METER}:".encode(), f":{DCC}:".encode())

    assert activation_event(body).request_id == RequestId(ALPHA, DCC, COUNTER)


def test_a_hash_may_be_in_either_case_and_amid_white_space() -> None:
    text = f"\n\t{enc.HASH.hex()} "

    assert (
        activation_event(with_text(activate_firmware(), "FirmwareHash", text)).image_hash
        == enc.HASH
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        enc.HASH.hex()[:-1],
        enc.HASH.hex()[:-2],
        enc.HASH.hex() + "00",
        "x" * 64,
        enc.HASH.hex(" "),
        "\N{FULLWIDTH DIGIT ONE}" * 64,
    ],
)
def test_a_hash_of_other_than_32_octets_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="FirmwareHash"):
        answer(with_text(activate_firmware(), "FirmwareHash", text))


def test_a_comment_in_a_hash_changes_nothing() -> None:
    half = enc.HASH.hex().upper()[:32].encode()
    body = write(activate_firmware()).replace(half, half + b"<!-- -->")

    assert activation_event(body).image_hash == enc.HASH


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01T00:00:00Z", "2026-03-10"])
def test_an_execution_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadValue, match="ExecutionDateTime"):
        answer(with_text(activate_firmware(EXECUTION), "ExecutionDateTime", text))


@pytest.mark.parametrize("service", ["11.1", "11.30", "1.3", ""])
def test_a_request_whose_header_names_another_service_is_refused(service: str) -> None:
    with pytest.raises(BadValue, match="ServiceReferenceVariant"):
        answer(with_text(activate_firmware(), "ServiceReferenceVariant", service))


def test_a_signed_pre_command_is_a_request_whose_hash_is_not_read() -> None:
    told = message(signed_pre_command())

    assert told.kind is MessageKind.ACTIVATE_FIRMWARE_REQUEST
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.REQUESTED,
        occurred_at=NOW,
        scheduled_for=EXECUTION,
    )


@pytest.mark.parametrize("name", OTHERS)
def test_other_commands_and_questions_are_let_go(name: str) -> None:
    assert answer(OTHERS[name]) == NotAboutFirmware(kind="service_request")


@pytest.mark.parametrize("code", ["I0", "I99"])
def test_an_acknowledgement_is_dccs_word_that_it_took_the_request_on(code: str) -> None:
    told = message(acknowledgement(code))

    assert told.kind is MessageKind.ACTIVATE_FIRMWARE_RESPONSE
    assert told.user_id == ALPHA
    assert told.code == code
    assert told.occurred_at == NOW
    assert told.devices == ()
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID, step=ActivationStep.ACKNOWLEDGED, occurred_at=NOW
    )


def test_a_command_to_be_signed_is_an_acknowledgement() -> None:
    command = (
        b"<sr:PreCommand><sr:GBCSVersion>4.3</sr:GBCSVersion><sr:GBCSPayload>AA==</sr:GBCSPayload>"
        b"</sr:PreCommand></sr:ResponseMessage>"
    )
    body = write(acknowledgement("I0")).replace(b"</sr:ResponseMessage>", command)

    assert activation_event(body) == activation_event(acknowledgement("I0"))


@pytest.mark.parametrize("code", ["E5", "E20", "E21", "E1011"])
def test_a_refusal_is_a_failure_whose_reason_is_its_code(code: str) -> None:
    told = message(acknowledgement(code))

    assert told.kind is MessageKind.ACTIVATE_FIRMWARE_RESPONSE
    assert told.code == code
    assert told.devices == ()
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.NOT_ANSWERED,
        is_failed=True,
        occurred_at=NOW,
        reason=code,
    )


@pytest.mark.parametrize("document", [acknowledgement(), activation_answer()])
@pytest.mark.parametrize("code", ["E6", "E110101", "W110101", "I1", "", " I0"])
def test_a_code_that_is_not_one_of_the_services_is_refused(document: d.Document, code: str) -> None:
    with pytest.raises(UnknownEnumeration, match="ResponseCode"):
        answer(with_text(document, "ResponseCode", code))


@pytest.mark.parametrize("code", ["N12", "N13"])
def test_a_failed_command_is_a_failure_whose_reason_is_the_alert(code: str) -> None:
    body = d.CommandFailure(command_request_id=ACTIVATION_ID, device_id=METER)
    told = message(dcc_alert(code, body))

    assert told.kind is MessageKind.COMMAND_FAILURE
    assert told.user_id == ALPHA
    assert told.code == code
    assert told.occurred_at == NOW
    assert told.activation == ActivationEvent(
        request_id=ACTIVATION_ID,
        step=ActivationStep.NOT_ANSWERED,
        is_failed=True,
        occurred_at=NOW,
        reason=code,
    )


def test_an_alert_that_stands_for_another_one_is_not_taken_for_it() -> None:
    body = d.DuisVersionMismatch(
        dcc_alert_code="N13", service_user_duis_version="5.1", request_id=ACTIVATION_ID
    )

    told = message(dcc_alert("N999", body))
    assert told.kind is MessageKind.DUIS_VERSION_MISMATCH
    assert told.activation is None


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_prefixes_comments_and_white_space_change_nothing(name: str) -> None:
    body = write(ACTIVATIONS[name])
    other = (
        body.replace(b"<sr:", b"<x:")
        .replace(b"</sr:", b"</x:")
        .replace(b"xmlns:sr=", b"xmlns:x=")
        .replace(b"><", b">\r\n<!-- <x:RequestID> -->\t<")
    )

    told, expected = message(other), message(body)

    assert (told.kind, told.code, told.activation, told.devices) == (
        expected.kind,
        expected.code,
        expected.activation,
        expected.devices,
    )


def test_an_element_inside_a_hash_is_refused() -> None:
    root = etree.fromstring(write(activate_firmware()))
    found = next(root.iter(f"{{{DUIS_NAMESPACE}}}FirmwareHash"))
    etree.SubElement(found, f"{{{DUIS_NAMESPACE}}}FirmwareHash")
    with pytest.raises(UnexpectedElement, match="FirmwareHash"):
        answer(etree.tostring(root))
