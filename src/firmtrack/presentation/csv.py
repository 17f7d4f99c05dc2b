"""A request's distributions as CSV: RFC 4180, UTF-8, one row a device."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation import wording
from firmtrack.presentation.visible import visible_csv, visible_line
from firmtrack.store.reading.requests import copy_distributions

COLUMN_TEXTS: Mapping[str, str] = {
    "Service Request ID": "The request’s ID, the same in every row.",
    "Firmware Version": "The version that the request distributes; empty while it is not known.",
    "Device ID": "The device’s EUI-64 in upper case. The rows are in its order.",
    "Current Status": "The latest word from the furthest stage, in the words of the pages.",
    "Current Status Reason": (
        "Why the update stopped, in the words of the pages; empty if it did not. A code that "
        "Firmtrack does not know stands as it came."
    ),
    "Current Status Update Time and Date": (
        "When DCC says that this happened, in UTC as ISO 8601: 2026-11-14T09:12:00Z."
    ),
}
COLUMNS = tuple(COLUMN_TEXTS)

# What spreadsheets take for the start of a formula, as in firmtrack.store.reading.csv_copy.
_FORMULA_STARTS = ("-", "=", "+", "@", "\uff0d", "\uff1d", "\uff0b", "\uff20")


def safe_cell(text: str) -> str:
    """Return a cell's text: no formula to any spreadsheet, and all that is in it can be seen."""
    text = visible_line(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def distributions_csv(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    as_of: datetime | None = None,
) -> Iterator[bytes]:
    """Yield the CSV of the request's wanted distributions, by Device ID ascending, in blocks.

    Only the header if the request is unknown or someone else's. No cell begins a formula.
    ``as_of`` is the past moment whose knowledge is wanted.
    """
    yield ",".join(COLUMNS).encode() + b"\r\n"
    blocks = copy_distributions(
        viewer,
        request_id,
        wanted,
        status_names=wording.STATUS_NAMES,
        reason_texts=wording.reason_texts(),
        misfit_texts=wording.misfit_texts(),
        as_of=as_of,
    )
    yield from map(visible_csv, blocks)
