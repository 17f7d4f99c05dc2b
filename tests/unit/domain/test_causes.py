"""A cause's ID says all that makes it this cause, and nothing else is one."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.causes import Attribute, CauseKey, CauseKind, MalformedCauseId, Trait
from firmtrack.domain.stages import Stage, Status

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
traits = st.lists(
    st.builds(Trait, st.sampled_from(Attribute), texts),
    min_size=1,
    max_size=2,
    unique_by=lambda trait: trait.attribute,
)


def id_of(parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


@given(st.sampled_from(Status), st.none() | texts, traits)
def test_an_id_leads_back_to_its_cause(
    status: Status, reason: str | None, found: list[Trait]
) -> None:
    key = CauseKey.of(status, reason if status.is_bad else None, found)
    if len(key.cause_id) <= 2_000:
        assert CauseKey.of_id(key.cause_id) == key
    assert CauseKey.of(key.status, key.reason, found[::-1]) == key


def test_a_cause_is_of_failures_or_of_what_stands_still() -> None:
    trait = Trait(Attribute.MODEL, "Q4")
    failed = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, "image_discarded", [trait])
    stalled = CauseKey.of(Status.SENT_TO_CSP, None, [trait])
    assert (failed.kind, failed.stage) == (CauseKind.FAILED, Stage.TRANSFERRED_TO_DEVICE)
    assert (stalled.kind, stalled.stage) == (CauseKind.STALLED, Stage.SENT_TO_CSP)
    assert str(failed) == "device_transfer_failed image_discarded: model Q4"
    assert str(stalled) == "stalled at sent_to_csp: model Q4"


@pytest.mark.parametrize(
    "parts",
    [
        ["rejected", None],
        ["rejected", None, "model"],
        ["rejected", None, "model", ""],
        ["rejected", None, "model", 3],
        ["rejected", None, "model", "a\0"],
        ["rejected", None, "model", "\ud800"],
        ["rejected", None, "colour", "red"],
        ["rejected", None, "model", "a", "model", "b"],
        ["rejected", None, "csp_region", "North", "model", "a"],
        ["rejected", None, "model", "a", "csp_region", "b", "image_hash", "c"],
        ["rejected", "a\0", "model", "a"],
        ["rejected", 3, "model", "a"],
        ["sent_to_csp", "N61", "model", "a"],
        ["nowhere", None, "model", "a"],
        [[[]]],
        [],
        {},
        None,
    ],
)
def test_what_is_no_cause_has_no_id(parts: object) -> None:
    with pytest.raises(MalformedCauseId):
        CauseKey.of_id(id_of(parts))


@pytest.mark.parametrize("text", ["", "=", "é", "a", "....", "W10=", "a" * 3_000, "\0"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(MalformedCauseId):
        CauseKey.of_id(text)


def test_one_cause_has_one_id() -> None:
    spaced = json.dumps(["rejected", None, "model", "a"])
    with pytest.raises(MalformedCauseId):
        CauseKey.of_id(urlsafe_b64encode(spaced.encode()).decode().rstrip("="))
