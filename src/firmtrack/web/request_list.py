"""The list of the viewer's requests: newest first, filtered, a page at a time."""

from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from firmtrack.answers.request_lists import (
    ListedRequest,
    RequestFilter,
    RequestPlace,
    RequestState,
)
from firmtrack.answers.requests import NO_REASON
from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.domain.stages import Status
from firmtrack.lookups.request_list import list_requests
from firmtrack.presentation.known_from import requests_text
from firmtrack.presentation.request_lists import (
    STATE_MEANINGS,
    STATE_NAMES,
    mark_of,
    read_mark,
)
from firmtrack.web.delivery_performance import NOT_A_DAY, DayField
from firmtrack.web.status import viewer_in

PAGE_LENGTH = 25
_VERSION_CHARACTERS = 20
_MOST_NAMED = 2


class RequestListForm(forms.Form):
    """Which requests are wanted."""

    submitted_from = DayField(required=False, error_messages={"invalid": NOT_A_DAY})
    submitted_to = DayField(required=False, error_messages={"invalid": NOT_A_DAY})
    firmware_version = forms.CharField(
        required=False,
        max_length=_VERSION_CHARACTERS,
        error_messages={"max_length": "Enter one firmware version, like 0A0B0C0D"},
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *((each.value, name) for each, name in STATE_NAMES.items())],
        error_messages={"invalid_choice": "Select a state from the list"},
    )

    def clean_submitted_to(self) -> date | None:
        """Refuse a period that ends before it begins."""
        last: date | None = self.cleaned_data["submitted_to"]
        first = self.cleaned_data.get("submitted_from")
        if first is not None and last is not None and last < first:
            raise forms.ValidationError("The last day must not be before the first day")
        return last

    @property
    def wanted(self) -> RequestFilter:
        """What a valid form asks for."""
        asked = self.cleaned_data
        version = asked["firmware_version"]
        return RequestFilter(
            submitted_from=asked["submitted_from"],
            submitted_to=asked["submitted_to"],
            firmware_version=FirmwareVersion(version) if version else None,
            state=RequestState(asked["state"]) if asked["state"] else None,
        )

    @property
    def query(self) -> str:
        """What is asked for, as the query of an address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


@require_safe
@login_required
def service_requests(request: HttpRequest) -> HttpResponse:
    """Return a page of the viewer's requests; DCC's staff see all."""
    viewer, form = viewer_in(request), RequestListForm(request.GET)
    context: dict[str, Any] = {
        "form": form,
        "sees_all": viewer.sees_all,
        "state_names": STATE_NAMES,
        "state_meanings": STATE_MEANINGS,
    }
    if not form.is_valid():
        context |= {"page": None, "query": ""}
        return render(
            request, "firmtrack/service-requests.html", context, status=HTTPStatus.BAD_REQUEST
        )
    below, above = _place(request, "below"), _place(request, "above")
    page = list_requests(viewer, form.wanted, limit=PAGE_LENGTH, below=below, above=above)
    if above is not None and len(page.items) < PAGE_LENGTH:
        # Up there is less than a page: then it is the first one, whole.
        page = list_requests(viewer, form.wanted, limit=PAGE_LENGTH)
    context |= {
        "page": page,
        "not_whole": None if page.kept_from is None else requests_text(page.kept_from),
        "query": form.query,
        "is_filtered": form.wanted != RequestFilter(),
        "parts_of": parts_of,
        "causes_of": causes_of,
        "newer_mark": mark_of(page.items[0].place) if page.has_newer and page.items else None,
        "older_mark": mark_of(page.items[-1].place) if page.has_older and page.items else None,
        "is_first_page": below is None and above is None,
    }
    return render(request, "firmtrack/service-requests.html", context)


def parts_of(listed: ListedRequest) -> dict[str, float]:
    """Return which share of a request's devices are done and failed, in per cent."""
    total = listed.device_count or 1
    return {
        completion.value: 100 * count / total
        for completion, count in listed.completion_counts.items()
    }


def causes_of(listed: ListedRequest) -> list[tuple[Status, str | None, int, str]]:
    """Return what most failures are due to, how many each, and what the address asks for.

    Nothing if too many causes are alike in number for one to be the main one.
    """
    leading = listed.main_causes
    if len(leading) > _MOST_NAMED:
        return []
    return [
        (status, reason, listed.failure_counts[status, reason], failures_query(status, reason))
        for status, reason in leading
    ]


def failures_query(status: Status, reason: str | None) -> str:
    """Return what the address of a request asks for, of those that failed in one way."""
    return urlencode({"current_status": status.value, "reason": reason or NO_REASON})


def _place(request: HttpRequest, name: str) -> RequestPlace | None:
    text = request.GET.get(name)
    if text is None:
        return None
    place = read_mark(text)
    if place is None:
        raise BadRequest("The address asks for a page that does not exist.")
    return place
