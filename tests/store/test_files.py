"""The files of a request: each format tells of the same updates, and the same of each."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO, StringIO

import openpyxl
import pytest

from firmtrack.answers.requests import NO_REASON, DistributionFilter
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation.columns import CONTRACT_COLUMNS
from firmtrack.presentation.csv import csv_of, distributions_csv
from firmtrack.presentation.files import FORMATS, FileFormat, distributions_file
from firmtrack.presentation.tables import Table
from firmtrack.store.reading.requests import stream_distributions
from firmtrack.store.settling import settled
from tests.store.facts import (
    ALL,
    ALPHA,
    BRAVO_ID,
    DCC,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    distributions,
    meter,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

HOSTILE = ["=1+1", "@x", "-1", "1E5", '"quoted,"', "<r><t>x</t></r>", "N61", "N60", "E4", "X77"]
DEVICES = [*METERS, *(meter(100 + number) for number in range(len(HOSTILE)))]


@pytest.fixture(autouse=True)
def _a_request(database: str) -> None:
    take(request(device_ids=DEVICES, sent_at=at(0), version=FirmwareVersion("0001E005")))
    take(answer(answered_at=at(1), refused=METERS[:1]))
    take(reported(Status.VERIFIED, at(2), METERS[1:2]))
    # Word that was sent to another party: its day alone is told.
    take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(3), METERS[2:3], user_id=BRAVO_ID))
    for device, reason in zip(DEVICES[len(METERS) :], HOSTILE, strict=True):
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(4), [device], reason=reason))


def by_rows(
    viewer: Viewer, wanted: DistributionFilter = ALL, as_of: datetime | None = None
) -> Iterator[bytes]:
    rows = stream_distributions(viewer, REQUEST_ID, wanted, as_of=as_of)
    return csv_of(Table("", CONTRACT_COLUMNS, rows))


@pytest.mark.parametrize("viewer", [ALPHA, DCC, STRANGER], ids=lambda viewer: viewer.name)
@pytest.mark.parametrize(
    "wanted",
    [
        ALL,
        DistributionFilter(completion=CompletionStatus.FAILED),
        DistributionFilter(reason="1E5"),
        DistributionFilter(reason=NO_REASON),
        DistributionFilter(reason="nobody knows it"),
    ],
    ids=lambda wanted: wanted.reason or wanted.completion or "all",
)
def test_the_databases_csv_is_that_of_the_rows_octet_by_octet(
    viewer: Viewer, wanted: DistributionFilter
) -> None:
    by_database = b"".join(distributions_csv(viewer, REQUEST_ID, wanted))
    assert by_database == b"".join(by_rows(viewer, wanted))


def test_of_the_past_they_are_the_same_too() -> None:
    moment = settled(datetime.now(UTC))
    take(reported(Status.VERIFIED, at(9), METERS[3:]))
    then = b"".join(distributions_csv(ALPHA, REQUEST_ID, ALL, as_of=moment))
    assert then == b"".join(by_rows(ALPHA, as_of=moment))
    assert then != b"".join(distributions_csv(ALPHA, REQUEST_ID, ALL))


def test_the_spreadsheet_tells_what_the_list_tells_and_the_code_and_completion_besides() -> None:
    octets = b"".join(distributions_file(ALPHA, REQUEST_ID, ALL, FileFormat.XLSX))
    sheet = openpyxl.load_workbook(BytesIO(octets)).worksheets[0]
    headings, *rows = sheet.iter_rows(values_only=True)
    assert headings[:6] == tuple(column.title for column in CONTRACT_COLUMNS)
    assert headings[6:] == ("Reason Code", "Completion Status")
    listed = distributions(viewer=ALPHA)
    assert len(rows) == len(listed) == len(DEVICES)
    for row, each in zip(rows, listed, strict=True):
        assert row[0] == str(REQUEST_ID)
        assert row[1] == "0001E005"
        assert row[2] == str(each.device_id)
        assert row[5] == each.updated_at.replace(tzinfo=None)
        assert row[6] == (f"'{each.reason}" if each.reason == "<r><t>x</t></r>" else each.reason)
    assert [row[7] for row in rows[:4]] == ["Failed", "Successful", "Failed", "In Progress"]


@pytest.mark.parametrize("file_format", FileFormat)
def test_to_a_stranger_a_file_is_its_headings(file_format: FileFormat) -> None:
    octets = b"".join(distributions_file(STRANGER, REQUEST_ID, ALL, file_format))
    if file_format is FileFormat.CSV:
        rows = list(csv.reader(StringIO(octets.decode())))
    else:
        sheet = openpyxl.load_workbook(BytesIO(octets)).worksheets[0]
        rows = [[str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    assert rows == [[column.title for column in FORMATS[file_format].columns]]
