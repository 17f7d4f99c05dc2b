"""Every read of the store. The first argument is always the viewer, who sees only what is theirs."""

from collections.abc import Iterator, Mapping

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.answers import (
    DeviceAnswer,
    DistributionFilter,
    DistributionPage,
    RequestAnswer,
)


def find_request(viewer: Viewer, request_id: RequestId) -> RequestAnswer | None:
    """Return the request, None if it is unknown or someone else's."""
    raise NotImplementedError


def list_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
) -> DistributionPage:
    """Return up to ``limit`` of the request's distributions whose Device ID is above ``after``.

    Empty if the request is unknown or someone else's.
    """
    raise NotImplementedError


def copy_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    status_names: Mapping[Status, str],
    reason_texts: Mapping[str, str],
) -> Iterator[bytes]:
    """Yield the CSV rows of the request's distributions, in blocks, by Device ID ascending."""
    raise NotImplementedError


def find_device(viewer: Viewer, device_id: Eui64) -> DeviceAnswer | None:
    """Return the device with its distributions, None if nothing that the viewer may see names it."""
    raise NotImplementedError
