"""A request's distributions as CSV: RFC 4180, UTF-8, one row a device."""

from collections.abc import Iterator

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation import wording
from firmtrack.store.answers import DistributionFilter
from firmtrack.store.queries import copy_distributions

COLUMNS = (
    "Service Request ID",
    "Firmware Version",
    "Device ID",
    "Current Status",
    "Current Status Reason",
    "Current Status Update Time and Date",
)


def distributions_csv(
    viewer: Viewer, request_id: RequestId, wanted: DistributionFilter
) -> Iterator[bytes]:
    """Yield the CSV of the request's wanted distributions, by Device ID ascending, in blocks.

    Only the header if the request is unknown or someone else's. No cell begins a formula.
    """
    yield ",".join(COLUMNS).encode() + b"\r\n"
    yield from copy_distributions(
        viewer,
        request_id,
        wanted,
        status_names=wording.STATUS_NAMES,
        reason_texts=wording.reason_texts(),
    )
