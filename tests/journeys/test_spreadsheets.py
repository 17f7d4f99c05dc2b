"""What a real spreadsheet makes of the file: IDs, versions, codes and times unchanged."""

import csv
import os
import subprocess
from pathlib import Path

import pytest

from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.stages import Status
from firmtrack.presentation import wording
from firmtrack.presentation.files import FORMATS, FileFormat, distributions_file
from tests.store.facts import (
    ALL,
    ALPHA,
    METERS,
    REQUEST_ID,
    answer,
    at,
    distributions,
    reported,
    request,
    take,
)
from tools.libreoffice import find_libreoffice

pytestmark = pytest.mark.usefixtures("database")

_AS_UTF_8 = "csv:Text - txt - csv (StarCalc):44,34,76"
_PATIENCE_SECONDS = 300


def opened_by_libreoffice(file: Path) -> list[list[str]]:
    """Return the cells of a file's first sheet as LibreOffice shows them."""
    libreoffice = find_libreoffice()
    assert libreoffice is not None, "no LibreOffice: tools/prepare-libreoffice installs it"
    profile = f"-env:UserInstallation=file://{file.parent}/profile"
    subprocess.run(
        [libreoffice, profile, "--headless", "--convert-to", _AS_UTF_8, "--outdir", file.parent,
         file],
        check=True,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        env={**os.environ, "HOME": str(file.parent)},
    )  # fmt: skip
    with file.with_suffix(".csv").open(encoding="utf-8", newline="") as shown:
        return list(csv.reader(shown))


@pytest.mark.parametrize("version", ["0001E005", "00010002"])
def test_libreoffice_shows_every_id_version_code_and_time_as_it_is(
    tmp_path: Path, version: str
) -> None:
    take(request(sent_at=at(0), version=FirmwareVersion(version)), answer(answered_at=at(1)))
    for device, reason in zip(METERS, ["1E5", "007", "=1+1", "N61", "3/4"], strict=True):
        take(reported(Status.COMMS_HUB_DELIVERY_FAILED, at(2), [device], reason=reason))
    file = tmp_path / "request.xlsx"
    file.write_bytes(b"".join(distributions_file(ALPHA, REQUEST_ID, ALL, FileFormat.XLSX)))

    headings, *rows = opened_by_libreoffice(file)

    assert headings == [column.title for column in FORMATS[FileFormat.XLSX].columns]
    assert rows == [
        [
            str(REQUEST_ID),
            version,
            str(each.device_id),
            wording.STATUS_NAMES[each.status],
            wording.reason_cell(str(each.reason), each.status),
            f"{each.updated_at:%Y-%m-%d %H:%M:%S} UTC",
            each.reason,
            "Failed",
        ]
        for each in distributions(viewer=ALPHA)
    ]
    assert [row[6] for row in rows] == ["1E5", "007", "=1+1", "N61", "3/4"]
