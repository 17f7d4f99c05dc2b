"""The columns of the files of updates, in whatever format: the only statement of them."""

from datetime import datetime
from functools import lru_cache
from typing import Protocol

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.presentation import wording
from firmtrack.presentation.tables import Column

_FEW = 1_000


class UpdateRow(Protocol):
    """An update as a row of a file: one device in one Service Request."""

    @property
    def request_id(self) -> RequestId:
        """The Service Request."""

    @property
    def firmware_version(self) -> FirmwareVersion | str | None:
        """The version that it distributes, None while it is not known."""

    @property
    def device_id(self) -> Eui64:
        """The device."""

    @property
    def status(self) -> Status:
        """The current status."""

    @property
    def reason(self) -> str | None:
        """The code of why it has this status, None if there is none."""

    @property
    def updated_at(self) -> datetime:
        """Since when it has this status."""

    @property
    def completion(self) -> CompletionStatus:
        """Whether it is under way, and if not, how it ended."""


def _reason(row: UpdateRow) -> str:
    return "" if row.reason is None else wording.reason_cell(row.reason, row.status)


_request_id_text = lru_cache(_FEW)(str)

CONTRACT_COLUMNS: tuple[Column[UpdateRow], ...] = (
    Column(
        "Service Request ID",
        "The request’s ID, the same in every row.",
        lambda row: _request_id_text(row.request_id),
        54,
    ),
    Column(
        "Firmware Version",
        "The version that the request distributes; empty while it is not known.",
        lambda row: row.firmware_version or "",
        17,
    ),
    Column(
        "Device ID",
        "The device’s EUI-64 in upper case. The rows are in its order.",
        lambda row: str(row.device_id),
        25,
    ),
    Column(
        "Current Status",
        "The latest word from the furthest stage, in the words of the pages.",
        lambda row: wording.STATUS_NAMES[row.status],
        36,
    ),
    Column(
        "Current Status Reason",
        "Why the update stopped, in the words of the pages; empty if it did not. A code that "
        "Firmtrack does not know stands as it came.",
        _reason,
        60,
    ),
    Column(
        "Current Status Update Time and Date",
        "When DCC says that this happened, in UTC as ISO 8601: 2026-11-14T09:12:00Z.",
        lambda row: row.updated_at,
        36,
    ),
)
"""The columns that every format has, in this order, and all that the CSV has."""

FURTHER_COLUMNS: tuple[Column[UpdateRow], ...] = (
    Column(
        "Reason Code",
        "The code of the reason, as it came; empty if there is none.",
        lambda row: row.reason or "",
        24,
    ),
    Column(
        "Completion Status",
        "In Progress, Failed or Successful.",
        lambda row: wording.COMPLETION_NAMES[row.completion],
        19,
    ),
)
"""What a format adds that is not bound to the columns of the CSV."""
