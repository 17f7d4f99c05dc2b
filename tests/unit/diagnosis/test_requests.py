"""The sentence that sums a request up: true in every situation, and its numbers add up."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.answers.requests import NO_REASON, DistributionFilter, NoLongerKept, RequestAnswer
from firmtrack.diagnosis.requests import summary_of, summary_parts
from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status, Variant, completion_of

REQUEST_ID = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")
N61 = (Status.COMMS_HUB_DELIVERY_FAILED, "N61")
DISCARDED = (Status.DEVICE_TRANSFER_FAILED, "image_discarded")
LEFT_OUT = (Status.REJECTED, "not_commissioned")
GONE = NoLongerKept(
    before=datetime(2026, 3, 1, tzinfo=UTC),
    completion_counts={CompletionStatus.FAILED: 14, CompletionStatus.SUCCESSFUL: 32},
)

Standing = tuple[Status, str | None]


def request(counts: Mapping[Standing | Status, int], **changed: Any) -> RequestAnswer:
    """Return a request whose distributions stand so: bad statuses with their reasons."""
    status_counts, failures = Counter[Status](), dict[Standing, int]()
    for standing, count in counts.items():
        if isinstance(standing, Status):
            status_counts[standing] += count
        else:
            status_counts[standing[0]] += count
            failures[standing] = count
    completions = Counter[CompletionStatus]()
    for status, count in status_counts.items():
        completions[completion_of(status, Variant.UPDATE_FIRMWARE)] += count
    values: dict[str, Any] = {
        "request_id": REQUEST_ID,
        "variant": Variant.UPDATE_FIRMWARE,
        "firmware_version": FirmwareVersion("0A0B0C0D"),
        "image": ImageFacts(size_bytes=1024, manufacturer_image_hash=bytes(32)),
        "submitted_at": datetime(2026, 3, 1, tzinfo=UTC),
        "response_code": "I0",
        "answered_at": datetime(2026, 3, 1, tzinfo=UTC),
        "device_count": status_counts.total(),
        "completion_counts": dict(completions),
        "status_counts": dict(status_counts),
        "failure_counts": dict(sorted(failures.items(), key=lambda each: -each[1])),
    }
    return RequestAnswer(**values | changed)


def test_the_main_cause_stands_beside_how_many_are_done_under_way_and_failed() -> None:
    found = request(
        {Status.VERIFIED: 26_000, Status.ACCEPTED: 16_000, N61: 4_812, DISCARDED: 3_188}
    )
    assert summary_of(found) == (
        "26,000 of 50,000 done, 16,000 under way, 8,000 failed. Main cause: the image did not "
        "reach the Communications Hub (N61), 4,812 devices."
    )


SITUATIONS: Mapping[str, tuple[dict[Standing | Status, int], dict[str, Any], str]] = {
    "all done": ({Status.VERIFIED: 50_000}, {}, "All 50,000 devices are done."),
    "both done": ({Status.VERIFIED: 2}, {}, "Both devices are done."),
    "one device done": ({Status.VERIFIED: 1}, {}, "The only device is done."),
    "one device under way": ({Status.ACCEPTED: 1}, {}, "The only device is under way."),
    "one device failed": (
        {N61: 1},
        {},
        "The only device failed. Cause: the image did not reach the Communications Hub (N61).",
    ),
    "none known": ({}, {}, "Firmtrack knows no device of this request yet."),
    "none known of a stub": (
        {},
        {"statement_count": 0},
        (
            "Firmtrack knows no device of this request yet. Firmtrack has not received the request "
            "itself, which may name more devices."
        ),
    ),
    "all under way": (
        {Status.ACCEPTED: 10, Status.SENT_TO_CSP: 20},
        {},
        "All 30 devices are under way.",
    ),
    "none failed": (
        {Status.VERIFIED: 10, Status.ACCEPTED: 20},
        {},
        "10 of 30 done, 20 under way, none failed.",
    ),
    "none done": (
        {Status.ACCEPTED: 20, N61: 10},
        {},
        (
            "None of 30 done, 20 under way, 10 failed. Cause: the image did not reach the "
            "Communications Hub (N61)."
        ),
    ),
    "none under way": (
        {Status.VERIFIED: 20, N61: 1},
        {},
        (
            "20 of 21 done, none under way, 1 failed. Cause: the image did not reach the "
            "Communications Hub (N61)."
        ),
    ),
    "none failed of those still kept": (
        {Status.VERIFIED: 12, Status.ACCEPTED: 42},
        {"no_longer_kept": GONE},
        (
            "Of the 54 devices that Firmtrack still keeps: 12 done, 42 under way, none failed. 46 "
            "devices whose updates had ended before 1 March 2026 are no longer kept: 14 Failed and "
            "32 Successful."
        ),
    ),
    "none done of those still kept": (
        {Status.ACCEPTED: 42, N61: 1},
        {"no_longer_kept": GONE},
        (
            "Of the 43 devices that Firmtrack still keeps: none done, 42 under way, 1 failed. "
            "Cause: the image did not reach the Communications Hub (N61). 46 "
            "devices whose updates had ended before 1 March 2026 are no longer kept: 14 Failed and "
            "32 Successful."
        ),
    ),
    "refused as a whole": (
        {(Status.REJECTED, "E4"): 50_000},
        {"response_code": "E4"},
        (
            "DCC refused the request as a whole: all 50,000 devices failed. Cause: "
            "the sender was not "
            "authorised for the device at that time (E4)."
        ),
    ),
    "refused as a whole, by a code without a known meaning": (
        {(Status.REJECTED, "E110101"): 1},
        {"response_code": "E110101"},
        (
            "DCC refused the request as a whole: the only device failed. Cause: "
            "rejected by DCC, code "
            "E110101."
        ),
    ),
    "refused, and no device known": (
        {},
        {"response_code": "E4"},
        (
            "DCC refused the request as a whole: the sender was not authorised for "
            "the device at that "
            "time (E4)."
        ),
    ),
    "refused, but a device went on": (
        {(Status.REJECTED, "E4"): 2, Status.VERIFIED: 1},
        {"response_code": "E4"},
        (
            "1 of 3 done, none under way, 2 failed. Cause: the sender was not authorised for the "
            "device at that time (E4)."
        ),
    ),
    "each left out by name": (
        {LEFT_OUT: 3},
        {"response_code": "W110101"},
        ("All 3 devices failed. Cause: not commissioned in the inventory (not_commissioned)."),
    ),
    "two causes alike": (
        {N61: 5, DISCARDED: 5, LEFT_OUT: 1},
        {},
        (
            "All 11 devices failed. Main causes: the image did not reach the "
            "Communications Hub (N61) "
            "and the image was discarded (image_discarded), 5 devices each."
        ),
    ),
    "three causes alike": (
        {N61: 1, DISCARDED: 1, LEFT_OUT: 1, Status.VERIFIED: 1},
        {},
        (
            "1 of 4 done, none under way, 3 failed. No cause stands out: 3 are equally frequent, "
            "1 device each."
        ),
    ),
    "no reason given": (
        {(Status.VERIFICATION_FAILED, None): 2, LEFT_OUT: 1},
        {},
        (
            "All 3 devices failed. Main cause: verification by device failed, no reason given, "
            "2 devices."
        ),
    ),
    "a code that nobody knows": (
        {(Status.COMMS_HUB_DELIVERY_FAILED, "X77"): 2, LEFT_OUT: 1},
        {},
        (
            "All 3 devices failed. Main cause: delivery to Communications Hub failed, code X77, "
            "2 devices."
        ),
    ),
    "a code that means something else": (
        {(Status.COMMS_HUB_DELIVERY_FAILED, "N60"): 1},
        {},
        "The only device failed. Cause: delivery to Communications Hub failed, code N60.",
    ),
    "a stub": (
        {Status.VERIFIED: 1, N61: 2},
        {"statement_count": 0},
        (
            "1 of 3 done, none under way, 2 failed. Cause: the image did not reach "
            "the Communications "
            "Hub (N61). Firmtrack has not received the request itself, which may name more devices."
        ),
    ),
    "a stub of one device": (
        {Status.ACCEPTED: 1},
        {"statement_count": 0},
        (
            "The only device that Firmtrack knows of is under way. Firmtrack has not received the "
            "request itself, which may name more devices."
        ),
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_sentence_is_true_of_each_situation(situation: str) -> None:
    counts, changed, sentence = SITUATIONS[situation]
    assert summary_of(request(counts, **changed)) == sentence


@pytest.mark.parametrize(
    ("counts", "stalled", "sentence"),
    [
        (
            {Status.VERIFIED: 1, Status.ACCEPTED: 20},
            7,
            "1 of 21 done, 20 under way (7 of them stalled), none failed.",
        ),
        (
            {Status.VERIFIED: 1, Status.ACCEPTED: 20},
            20,
            "1 of 21 done, 20 under way (all of them stalled), none failed.",
        ),
        (
            {Status.VERIFIED: 1, Status.ACCEPTED: 1},
            1,
            "1 of 2 done, 1 under way (which has stalled), none failed.",
        ),
        ({Status.ACCEPTED: 20}, 7, "All 20 devices are under way, 7 of them stalled."),
        ({Status.ACCEPTED: 20}, 20, "All 20 devices are under way, all of them stalled."),
        ({Status.ACCEPTED: 1}, 1, "The only device is under way and has stalled."),
    ],
)
def test_the_stalled_ones_are_told_among_those_under_way(
    counts: dict[Standing | Status, int], stalled: int, sentence: str
) -> None:
    assert summary_of(request(counts), stalled=stalled) == sentence


reasons = st.one_of(st.none(), st.sampled_from(["N61", "N60", "E4", "image_discarded", "1E5"]))
numbers = st.integers(1, 60_000)
good = st.dictionaries(st.sampled_from([each for each in Status if not each.is_bad]), numbers)
bad = st.dictionaries(
    st.tuples(st.sampled_from([each for each in Status if each.is_bad]), reasons), numbers
)


@st.composite
def requests(draw: st.DrawFn) -> RequestAnswer:
    """Draw a request whose distributions stand in any way at all."""
    counts: dict[Standing | Status, int] = dict(draw(good).items())
    counts.update(draw(bad).items())
    return request(counts, statement_count=draw(st.sampled_from([0, 1, 2])))


def number_of(text: str) -> int:
    return 0 if text in {"None", "none"} else int(text.replace(",", ""))


@given(requests())
def test_the_numbers_of_the_sentence_always_add_up_to_the_requests(found: RequestAnswer) -> None:
    told = summary_of(found)
    mixed = re.match(
        r"(None|[\d,]+) of ([\d,]+) done, (none|[\d,]+) under way, (none|[\d,]+) failed\.", told
    )
    if mixed is not None:
        done, total, under_way, failed = map(number_of, mixed.groups())
        assert done + under_way + failed == total == found.device_count
        assert [under_way, failed, done] == [
            found.completion_counts.get(each, 0) for each in CompletionStatus
        ]
        return
    assert len(found.completion_counts) <= 1
    words = {0: "knows no device", 1: "only device", 2: "oth devices"}
    assert words.get(found.device_count, f"ll {found.device_count:,} devices") in told


@given(requests(), st.data())
def test_each_number_leads_to_as_many_devices(found: RequestAnswer, data: st.DataObject) -> None:
    under_way = {
        status: count
        for status, count in found.status_counts.items()
        if completion_of(status, found.variant) is CompletionStatus.IN_PROGRESS
    }
    paces = {
        (status, Pace.STALLED): data.draw(st.integers(0, count))
        for status, count in under_way.items()
    }
    for part in summary_parts(found, stalled=sum(paces.values())):
        if part.wanted is None:
            continue
        counted = found.count_of(part.wanted, paces)
        told = re.match(r"[\d,]+", part.text)
        if told is not None:
            assert number_of(told[0]) == counted
        else:
            assert counted in {found.device_count, sum(under_way.values())}


@given(requests())
def test_the_failures_add_up_to_what_failed_and_each_reason_to_its_own(
    found: RequestAnswer,
) -> None:
    failed = found.completion_counts.get(CompletionStatus.FAILED, 0)
    codes = (*found.reasons, NO_REASON)
    assert sum(found.count_of(DistributionFilter(reason=code), {}) for code in codes) == failed
    for (status, reason), count in found.failure_counts.items():
        wanted = DistributionFilter(status=status, reason=reason or NO_REASON)
        assert found.count_of(wanted, {}) == count
    assert found.count_of(DistributionFilter(reason="N999"), {}) == 0


@given(requests())
def test_a_main_cause_is_the_largest_and_no_other_is_as_large(found: RequestAnswer) -> None:
    told = re.search(r"Main cause: .*, ([\d,]+) devices?\.", summary_of(found))
    counts = sorted(found.failure_counts.values(), reverse=True)
    is_single = len(counts) > 1 and counts[0] > counts[1]
    assert (told is not None) == is_single
    if told is not None:
        assert number_of(told[1]) == counts[0]
