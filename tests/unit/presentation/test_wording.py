import re
from enum import Enum

import pytest

from firmtrack.domain.facts import ActivationEvent, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import (
    ActivationStatus,
    ActivationStep,
    CompletionStatus,
    Party,
    Stage,
    Status,
    Variant,
)
from firmtrack.duis import codes
from firmtrack.presentation import wording
from firmtrack.presentation.search import (
    SearchBy,
    read_device_id,
    read_service_request_id,
)


def assert_is_sentence(text: str) -> None:
    assert text[0].isupper()
    assert text.endswith(".")


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (wording.COMPLETION_NAMES, CompletionStatus),
        (wording.STATUS_NAMES, Status),
        (wording.ACTIVATION_STATUS_NAMES, ActivationStatus),
        (wording.ACTIVATION_STEP_NAMES, ActivationStep),
        (wording.STAGE_NAMES, Stage),
        (wording.PARTY_NAMES, Party),
        (wording.VARIANT_NAMES, Variant),
        (wording.MESSAGE_KIND_NAMES, MessageKind),
        (wording.NOT_TRACKED_TEXTS, NotTrackedReason),
        (wording.SEARCH_BY_NAMES, SearchBy),
        (wording.SEARCH_BY_EXAMPLES, SearchBy),
        (wording.NOT_FOUND_TEXTS, SearchBy),
    ],
)
def test_everything_has_a_name_of_its_own(names: dict[Enum, str], values: type[Enum]) -> None:
    assert set(names) == set(values)
    assert all(names.values())
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize("status", [status for status in Status if status.is_bad])
def test_every_reason_is_one_sentence(status: Status) -> None:
    for code in (*codes.REASON_CODES, "N998", "E998877", "new_reason", "<b>", ""):
        assert_is_sentence(wording.reason_text(code, status))


def test_every_reason_of_an_activation_is_one_sentence() -> None:
    for code in (*codes.REASON_CODES, "N998", "new_reason"):
        assert_is_sentence(wording.activation_reason_text(code))
    assert "X77" in wording.activation_reason_text("X77")


@pytest.mark.parametrize("code", ["E20", "E21"])
def test_a_device_that_did_not_answer_is_no_refusal_of_dccs(code: str) -> None:
    assert "refused" not in wording.activation_reason_text(code)


def test_an_activation_that_the_device_could_not_do_is_not_called_activated() -> None:
    request_id = RequestId.parse(wording.SEARCH_BY_EXAMPLES[SearchBy.SERVICE_REQUEST_ID])
    said = {
        is_failed: wording.activation_event_text(
            ActivationEvent(
                request_id=request_id, step=ActivationStep.ANSWERED, is_failed=is_failed
            )
        )
        for is_failed in (False, True)
    }
    assert said == {False: "Activated by device", True: "Activation by device failed"}


def test_every_answer_of_dcc_is_one_sentence() -> None:
    for code in (*codes.RESPONSE_CODES, "E998877"):
        assert_is_sentence(wording.answer_text(code))


def test_a_refusal_without_public_meaning_says_so_and_shows_its_code() -> None:
    expected = (
        "DCC refused the request with code E110101; Firmtrack does not know what it means: "
        "DUIS describes it."
    )
    assert wording.reason_text("E110101", Status.REJECTED) == expected
    assert wording.answer_text("E110101") == expected


def test_a_code_that_no_table_knows_is_shown_and_not_guessed() -> None:
    assert wording.reason_text("X77", Status.COMMS_HUB_DELIVERY_FAILED) == (
        "Delivery to Communications Hub failed with code X77; "
        "Firmtrack does not know what it means."
    )


def test_no_code_without_a_meaning_is_given_one() -> None:
    for code, row in codes.REASON_CODES.items():
        text = wording.reason_text(code, Status.REJECTED)
        assert (row.meaning is None) == text.endswith(
            "; Firmtrack does not know what it means: DUIS describes it."
        )


def test_a_code_that_dcc_wrote_stands_in_its_text() -> None:
    for code in (*codes.RESPONSE_CODES, *codes.DCC_ALERT_CODES):
        if code in codes.REASON_CODES:
            assert re.search(rf"\b{code}\b", wording.reason_text(code, Status.REJECTED))


def test_the_reason_for_a_device_left_out_says_that_dcc_left_it_out() -> None:
    for row in codes.WARNING_LISTS:
        text = wording.reason_text(row.reason, Status.REJECTED)
        assert text.startswith("DCC left the device out of the request: ")


def test_the_examples_are_of_the_kind_that_they_are_examples_of() -> None:
    request = read_service_request_id(wording.SEARCH_BY_EXAMPLES[SearchBy.SERVICE_REQUEST_ID])
    device = read_device_id(wording.SEARCH_BY_EXAMPLES[SearchBy.DEVICE_ID])
    assert isinstance(request, RequestId)
    assert isinstance(device, Eui64)
