"""The formats in which updates leave as files: one line each."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation import csv, xlsx
from firmtrack.presentation.columns import CONTRACT_COLUMNS, FURTHER_COLUMNS, UpdateRow
from firmtrack.presentation.tables import Column, Table
from firmtrack.store.reading.requests import stream_distributions


class FileFormat(StrEnum):
    """A format of files; its value is how their names end."""

    CSV = "csv"
    XLSX = "xlsx"


class _ByDatabase(Protocol):
    def __call__(
        self,
        viewer: Viewer,
        request_id: RequestId,
        wanted: DistributionFilter,
        *,
        as_of: datetime | None,
    ) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How files of a format are made, of which columns, and what they are called.

    ``by_database`` makes a request's file without its rows being read here, where that is quicker.
    """

    name: str
    media_type: str
    columns: tuple[Column[UpdateRow], ...]
    blocks_of: Callable[[Table[Any]], Iterator[bytes]]
    by_database: _ByDatabase | None = None


FORMATS: Mapping[FileFormat, Format] = {
    FileFormat.CSV: Format(
        name="CSV",
        media_type=csv.MEDIA_TYPE,
        columns=CONTRACT_COLUMNS,
        blocks_of=csv.csv_of,
        by_database=csv.distributions_csv,
    ),
    FileFormat.XLSX: Format(
        name="Excel",
        media_type=xlsx.MEDIA_TYPE,
        columns=CONTRACT_COLUMNS + FURTHER_COLUMNS,
        blocks_of=xlsx.xlsx_of,
    ),
}


def distributions_file(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    file_format: FileFormat,
    *,
    as_of: datetime | None = None,
) -> Iterator[bytes]:
    """Yield a file of the request's wanted distributions, by Device ID ascending, in blocks.

    Only the headings if the request is unknown or someone else's.
    """
    made = FORMATS[file_format]
    if made.by_database is not None:
        return made.by_database(viewer, request_id, wanted, as_of=as_of)
    rows = stream_distributions(viewer, request_id, wanted, as_of=as_of)
    return made.blocks_of(Table(f"Service Request {request_id}", made.columns, rows))
