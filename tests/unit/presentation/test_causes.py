import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from io import StringIO

import pytest

from firmtrack.answers.causes import (
    CauseDevice,
    CausesAnswer,
    CausesQuestion,
    CauseState,
    Resending,
)
from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind, Trait
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.presentation.causes import (
    ATTRIBUTE_NAMES,
    KIND_NAMES,
    LEFT_OUT_TEXTS,
    RESENDING_NAMES,
    STATE_NAMES,
    STATE_TEXTS,
    cause_devices_file,
    counted_text,
    share_text,
)
from firmtrack.presentation.csv import COLUMNS
from firmtrack.presentation.files import FileFormat

REQUEST = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")
KEY = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, "image_discarded", [Trait(Attribute.MODEL, "Q4")])


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (ATTRIBUTE_NAMES, Attribute),
        (KIND_NAMES, CauseKind),
        (STATE_NAMES, CauseState),
        (STATE_TEXTS, CauseState),
        (RESENDING_NAMES, Resending),
    ],
)
def test_everything_has_a_name(names: Mapping[object, str], named: type[Enum]) -> None:
    assert names.keys() == set(named)
    assert len(set(names.values())) == len(names)


def test_why_a_device_is_left_out_is_told_of_all_that_are() -> None:
    assert LEFT_OUT_TEXTS.keys() == set(Resending) - {Resending.SEND}


@pytest.mark.parametrize(
    ("count", "of", "text"),
    [
        (0, 50, "none"),
        (50, 50, "all"),
        (3, 12_480, "3"),
        (9, 9_000_000, "9"),
        (20, 99, "20"),
        (10, 10_001, "fewer than 1 in 1,000"),
        (10, 10_000, "about 1 in 1,000"),
        (208, 12_480, "about 1 in 60"),
        (12, 1_800, "about 1 in 150"),
        (1_000, 50_001, "about 1 in 50"),
        (1_000, 50_000, "about 2 in 100"),
        (30, 1_000, "about 3 in 100"),
        (3_120, 12_480, "about 25 in 100"),
        (999, 1_000, "about 99 in 100"),
    ],
)
def test_how_often_is_told_no_closer_than_it_is_known(count: int, of: int, text: str) -> None:
    assert share_text(count, of) == text


def test_how_often_is_never_far_from_what_was_counted() -> None:
    for of in (100, 1_000, 54_321):
        for count in range(10, of, max(1, of // 300)):
            text = share_text(count, of)
            if text.startswith("about"):
                _, some, _, each = text.split()
                told = int(some) / int(each.replace(",", ""))
                assert told == pytest.approx(count / of, rel=0.26), (count, of, text)


def device(number: int, resending: Resending, version: str | None = "0102030A") -> CauseDevice:
    return CauseDevice(
        device_id=Eui64(number),
        request_id=REQUEST,
        firmware_version=version,
        updated_at=datetime(2026, 11, 14, 9, 12, tzinfo=UTC),
        resending=resending,
    )


def test_the_file_has_a_row_for_each_device_that_says_whether_it_is_in_the_list() -> None:
    devices = [device(number, each) for number, each in enumerate(Resending)]
    devices.append(device(9, Resending.SEND, version=None))
    octets = b"".join(cause_devices_file(KEY, devices, FileFormat.CSV))
    header, *rows = csv.reader(StringIO(octets.decode(), newline=""))
    assert tuple(header) == (*COLUMNS, "In New Device List")
    assert rows[0] == [
        str(REQUEST),
        "0102030A",
        "00-00-00-00-00-00-00-00",
        "Transfer to device failed",
        "The image was discarded.",
        "2026-11-14T09:12:00Z",
        "Yes",
    ]
    assert [row[-1] for row in rows] == [*RESENDING_NAMES.values(), "Yes"]
    assert rows[-1][1] == ""


def test_a_large_file_leaves_in_blocks_and_a_reason_begins_no_formula() -> None:
    key = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, None, KEY.traits)
    devices = (device(n, Resending.SEND, "=1+1") for n in range(2_000))
    blocks = list(cause_devices_file(key, devices, FileFormat.CSV))
    assert len(blocks) > 1
    rows = list(csv.reader(StringIO(b"".join(blocks).decode(), newline="")))
    assert len(rows) == 2_001
    assert {row[1] for row in rows[1:]} == {"'=1+1"}
    assert {row[4] for row in rows[1:]} == {""}


def test_it_is_told_how_many_were_compared_and_how_old_that_is() -> None:
    at = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
    answer = CausesAnswer(
        question=CausesQuestion(),
        causes=(),
        updates=14_790,
        counted=Counted(at, at.replace(minute=14)),
    )
    assert counted_text(answer) == (
        "14,790 updates were compared. They were counted 2 minutes ago (14 November 2026, 09:12 "
        "GMT): what came since may not be among them."
    )
