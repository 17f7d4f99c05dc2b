"""The texts for tickets on result pages, each with the address that shows the same for ever."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest

from firmtrack.answers.requests import RequestAnswer
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.lookups.device import FoundDevice
from firmtrack.presentation.links import link_to_device, link_to_request
from firmtrack.presentation.tickets import ticket_of_request, ticket_of_update
from firmtrack.presentation.times import utc_text


def tickets_of_device(
    request: HttpRequest, found: FoundDevice, now: datetime
) -> Mapping[RequestId, str]:
    """Return the text for a ticket on each update of the device, as known at ``now``."""
    device_id = found.device.device_id
    public = link_to_device(device_id)
    return {
        each.distribution.request_id: ticket_of_update(
            each,
            found.diagnoses[each.distribution.request_id],
            found.response_ids,
            at=now,
            link=_pinned(request, public, f"/devices/{device_id}", now)
            + f"#{each.distribution.request_id}",
        )
        for each in found.device.distributions
    }


def ticket_on_request(
    request: HttpRequest,
    found: RequestAnswer,
    response_ids: tuple[ResponseId, ...],
    now: datetime,
) -> str:
    """Return the text for a ticket on a request, as known at ``now``."""
    path = f"/service-requests/{found.request_id}"
    return ticket_of_request(
        found,
        summary_of(found),
        response_ids,
        at=now,
        link=_pinned(request, link_to_request(found.request_id), path, now),
    )


def _pinned(request: HttpRequest, public: str | None, path: str, now: datetime) -> str:
    """Return the absolute address of a page as of a moment, where people reach this server."""
    base = request.build_absolute_uri(path) if public is None else public
    return f"{base}?{urlencode({'as_of': utc_text(now)})}"
