"""What stands beside the search form: what happened since one looked, what one looked at last."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from firmtrack.answers.happenings import OpenedBefore, TroubleGroup
from firmtrack.answers.side_parts import side_part
from firmtrack.diagnosis.causes import title_of
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import RequestId
from firmtrack.lookups.start import opened_last, since_last_look
from firmtrack.presentation.happenings import since_text
from firmtrack.store.visits import FIRST_SPAN, LONGEST_SPAN
from firmtrack.web.permissions import person_of
from firmtrack.web.request_list import failures_query

SPANS = (1, 7, 30)
"""The spans that are offered instead, in days."""


def start_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the start page shows beside the form; what cannot be told costs its section."""
    person, now = person_of(request), datetime.now(UTC)
    asked = request.GET.get("since", "")
    days = int(asked) if asked in map(str, SPANS) else None
    looked = side_part(
        "what happened since one looked", lambda: since_last_look(person, days=days, now=now)
    )
    opened = side_part("what one looked at last", lambda: opened_last(person))
    return {
        "looked": looked,
        "opened": opened,
        "spans": SPANS,
        "first_days": FIRST_SPAN.days,
        "longest_days": LONGEST_SPAN.days,
        "since_text": lambda at: since_text(at, now),
        "group_address": group_address,
        "opened_address": opened_address,
        "title_of": title_of,
    }


def group_address(group: TroubleGroup) -> str:
    """Return where the devices of a group are listed, and those that stood so before."""
    address = reverse("service-request", args=[str(group.request_id)])
    if group.status.is_bad:
        return f"{address}?{failures_query(group.status, group.reason)}#devices"
    return f"{address}?current_status={group.status.value}&pace=stalled#devices"


def opened_address(opened: OpenedBefore) -> tuple[str, str]:
    """Return the address of what was looked up, and what kind of thing it is."""
    found_id = opened.found_id
    if isinstance(found_id, CauseKey):
        return reverse("cause", args=[found_id.cause_id]), "Cause"
    if isinstance(found_id, RequestId):
        return reverse("service-request", args=[str(found_id)]), "Service Request"
    return reverse("device", args=[str(found_id)]), "Device"
