"""The look-ups: the search form, a request's distributions, a device's, and its inventory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.answers.requests import (
    NO_REASON,
    DistributionFilter,
    DistributionPage,
    RequestAnswer,
)
from firmtrack.answers.side_parts import UNTOLD
from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.device import PlaceGone, list_events, open_device_page
from firmtrack.lookups.first_known import (
    when_device_known,
    when_inventory_known,
    when_request_known,
)
from firmtrack.lookups.inventory import find_inventory
from firmtrack.lookups.known_from import missing_known_from
from firmtrack.lookups.request import download_distributions, open_request_page
from firmtrack.lookups.suppliers import supplier_names
from firmtrack.presentation.event_places import EVENTS_AT_ONCE, cursor_below, read_mark
from firmtrack.presentation.files import FORMATS, FileFormat
from firmtrack.presentation.search import (
    TermProblem,
    read_device_id,
    read_service_request_id,
)
from firmtrack.web.as_of import Moment, as_of_context, moment_in
from firmtrack.web.forms import FILTER_CHOICES, FilterForm, SearchForm
from firmtrack.web.missing import (
    address_of,
    lead_to_other,
    no_id,
    nothing_found,
    searched_text,
)
from firmtrack.web.start import start_context
from firmtrack.web.status import (
    device_status,
    filter_fields,
    filter_query,
    request_status,
    viewer_in,
)
from firmtrack.web.tickets import ticket_on_request
from firmtrack.web.timeline import progress_of, timeline_of_others
from firmtrack.web.watching import watch_of_device, watch_of_request

PAGE_LENGTH = 50
_NO_ROWS = DistributionPage(items=(), last_device_id=None)
_NO_SUCH_TIME = "The address asks for a time that cannot be read."
_NO_SUCH_REQUEST = "The address asks for the events of a request whose ID cannot be read."
_NO_SUCH_PAGE = "The address asks for a page that does not exist."


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page of a table is: after or before which Device ID, and how many rows before it.

    The first is exact however the table changes; the second only tells people where they are.
    """

    after: Eui64 | None
    before: Eui64 | None
    earlier: int


@require_safe
@login_required
def firmware_distribution(request: HttpRequest) -> HttpResponse:
    """Return the search form, or lead to the stable address of the ID that was searched for."""
    if "search_by" not in request.GET and "search_term" not in request.GET:
        context = {"form": SearchForm(), **start_context(request)}
        return render(request, "firmtrack/search.html", context)
    form = SearchForm(request.GET)
    if form.is_valid() and form.found_id is not None:
        return redirect(address_of(form.found_id))
    if form.problem is not None and form.problem.other_id is not None:
        return lead_to_other(request, form.problem.other_id, form.problem.search_by)
    return render(request, "firmtrack/search.html", {"form": form}, status=400)


@require_safe
@login_required
def service_request(request: HttpRequest, service_request_id: str) -> HttpResponse:
    """Return a Service Request and one page of its distributions."""
    request_id = read_service_request_id(service_request_id)
    if isinstance(request_id, TermProblem):
        return no_id(request, request_id, service_request_id)
    if str(request_id) != service_request_id:
        return _canonical(request, address_of(request_id))
    moment = moment_in(request)
    wanted = _filter_of(request)
    position = _position_of(request)
    viewer = viewer_in(request)
    opened = open_request_page(
        viewer,
        request_id,
        wanted,
        limit=PAGE_LENGTH,
        after=position.after,
        before=position.before,
        as_of=moment.past,
    )
    if opened is None:
        return _nothing_found(request, viewer_in(request), request_id, moment)
    found, listed = opened.found, opened.distributions
    page = _NO_ROWS if listed is UNTOLD else listed
    wanted_count = found.request.count_of(wanted, {} if found.paces is UNTOLD else found.paces)
    earlier = _earlier(position, page, wanted_count)
    context = (
        as_of_context(viewer, moment)
        | request_status(viewer, found, wanted)
        | watch_of_request(request, found.request, moment)
        | {
            "page": page,
            "supplier_names": supplier_names(viewer, [request_id.originator]),
            "ticket": ticket_on_request(request, found.request, opened.response_ids, moment.now),
            "searched_text": searched_text(request, request_id),
            "is_untold": listed is UNTOLD,
            "filter_selects": _filter_selects(wanted, found.request),
            "no_such_reason": wanted.reason is not None
            and not found.request.count_of(DistributionFilter(reason=wanted.reason), {}),
            "wanted_count": wanted_count,
            "first": earlier + 1,
            "last": earlier + len(page.items),
            "formats": FORMATS.items(),
            "filter_query": filter_query(wanted, **moment.query),
            "next_query": _next_query(page, wanted, moment, earlier),
            "previous_query": _previous_query(page, wanted, moment, earlier),
        }
    )
    return render(request, "firmtrack/service-request.html", context, status=moment.status)


@require_safe
@login_required
def service_request_file(
    request: HttpRequest, service_request_id: str, file_format: FileFormat
) -> HttpResponseBase:
    """Return all distributions of a Service Request that the filter shows, as a file."""
    request_id = read_service_request_id(service_request_id)
    if isinstance(request_id, TermProblem):
        return no_id(request, request_id, service_request_id)
    if str(request_id) != service_request_id:
        address = reverse(f"service-request-{file_format}", args=[str(request_id)])
        return _canonical(request, address)
    moment = moment_in(request)
    if moment.errors:
        raise BadRequest(_NO_SUCH_TIME)
    wanted = _filter_of(request)
    file = download_distributions(
        viewer_in(request), request_id, wanted, file_format=file_format, as_of=moment.past
    )
    if file is None:
        return _nothing_found(request, viewer_in(request), request_id, moment)
    if file is UNTOLD:
        return render(request, "500.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
    media_type = FORMATS[file_format].media_type
    response = StreamingHttpResponse(file.blocks, content_type=media_type)
    name = f"firmware-distribution-{str(request_id).replace(':', '_')}"
    if moment.past is not None:  # which may be earlier than the one that was asked for
        name += f"-as-of-{moment.past:%Y%m%dT%H%M%SZ}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response


@require_safe
@login_required
def device(request: HttpRequest, device_id: str) -> HttpResponse:
    """Return a device and its distributions with their whole history."""
    eui = read_device_id(device_id)
    if isinstance(eui, TermProblem):
        return no_id(request, eui, device_id)
    if str(eui) != device_id:
        return _canonical(request, address_of(eui))
    moment, viewer = moment_in(request), viewer_in(request)
    page = open_device_page(viewer, eui, as_of=moment.past)
    if page is None:
        return _nothing_found(request, viewer_in(request), eui, moment)
    others = page.found.device.others_updates
    context = (
        as_of_context(viewer, moment)
        | device_status(request, page)
        | {
            "others": [(each, timeline_of_others(each)) for each in others],
            "peers": page.peers,
            "sees_all": viewer.sees_all,
            "searched_text": searched_text(request, eui),
        }
        | watch_of_device(request, page.found.device, moment)
    )
    return render(request, "firmtrack/device.html", context, status=moment.status)


@require_safe
@login_required
def device_events(request: HttpRequest, device_id: str) -> HttpResponse:
    """Return one page of a history of a device that is too long for the device's own page."""
    eui = read_device_id(device_id)
    of_request = request.GET.get("service_request_id")
    request_id = None if of_request is None else read_service_request_id(of_request)
    if isinstance(eui, TermProblem):
        return no_id(request, eui, device_id)
    if isinstance(request_id, TermProblem):
        raise BadRequest(_NO_SUCH_REQUEST)
    if str(eui) != device_id:
        return _canonical(request, reverse("device-events", args=[str(eui)]))
    cursor = request.GET.get("cursor")
    mark = None if cursor is None else read_mark(cursor)
    if cursor is not None and mark is None:
        raise BadRequest(_NO_SUCH_PAGE)
    moment = moment_in(request)
    if moment.mistyped is not None:
        raise BadRequest(_NO_SUCH_TIME)
    try:
        found = list_events(
            viewer_in(request),
            eui,
            request_id,
            limit=EVENTS_AT_ONCE,
            below=mark,
            as_of=moment.past,
        )
    except PlaceGone:
        raise BadRequest(_NO_SUCH_PAGE) from None
    if found is None:
        return _nothing_found(request, viewer_in(request), eui, moment)
    context = {
        "found": found,
        "moment": moment,
        "cursor_below": cursor_below,
        "response_ids": found.response_ids,
    }
    return render(request, "firmtrack/device-events.html", context)


@require_safe
@login_required
def inventory(request: HttpRequest, device_id: str) -> HttpResponse:
    """Return what the inventory knows of a device, and what it was learnt from."""
    eui = read_device_id(device_id)
    if isinstance(eui, TermProblem):
        return no_id(request, eui, device_id)
    if str(eui) != device_id:
        return _canonical(request, reverse("inventory", args=[str(eui)]))
    moment, viewer = moment_in(request), viewer_in(request)
    found = find_inventory(viewer, eui, as_of=moment.past)
    if found is None:
        return _nothing_found(request, viewer, eui, moment, of_inventory=True)
    current = found.inventory.update_in_progress
    context = as_of_context(viewer, moment) | {
        "found": found.inventory,
        "response_ids": found.response_ids,
        "supplier_names": supplier_names(viewer, _suppliers_in(found.inventory)),
        "progress": None if current is None else progress_of(current),
        "diagnosis": found.diagnosis,
    }
    return render(request, "firmtrack/inventory.html", context, status=moment.status)


def _nothing_found(
    request: HttpRequest,
    viewer: Viewer,
    found_id: RequestId | Eui64,
    moment: Moment,
    *,
    of_inventory: bool = False,
) -> HttpResponse:
    first = None
    if moment.past is not None and isinstance(found_id, RequestId):
        first = when_request_known(viewer, found_id, moment.past)
    elif moment.past is not None and isinstance(found_id, Eui64):
        when_known = when_inventory_known if of_inventory else when_device_known
        first = when_known(viewer, found_id, moment.past)
    # Of the inventory nothing ever goes.
    kept_from = None if of_inventory else missing_known_from(moment.past)
    moment = replace(moment, kept_from=kept_from)
    return nothing_found(request, found_id, moment, first)


def _suppliers_in(found: InventoryAnswer) -> Iterator[Eui64 | None]:
    yield found.facts.responsible_supplier
    yield from (each.supplier for each in found.suppliers)
    yield from (each.request_id.originator for each in found.updates)


def _filter_of(request: HttpRequest) -> DistributionFilter:
    form = FilterForm(request.GET)
    if not form.is_valid():
        raise BadRequest("The address asks for a status that does not exist.")
    return DistributionFilter(
        completion=form.cleaned_data["completion_status"],
        status=form.cleaned_data["current_status"],
        pace=form.cleaned_data["pace"],
        reason=form.cleaned_data["reason"] or None,
    )


def _position_of(request: HttpRequest) -> Position:
    after, before = request.GET.get("after"), request.GET.get("before")
    earlier = request.GET.get("earlier", "0")
    if after is None and before is None:
        return Position(after=None, before=None, earlier=0)
    if after is not None and before is not None:
        raise BadRequest(_NO_SUCH_PAGE)
    if not earlier.isascii() or not earlier.isdigit() or len(earlier) > 9:
        raise BadRequest(_NO_SUCH_PAGE)
    return Position(_place(after), _place(before), int(earlier))


def _earlier(position: Position, page: DistributionPage, wanted_count: int) -> int:
    """Return how many rows come before the page: what the address says, as far as it can be so."""
    if not page.has_earlier:
        return 0
    most = max(0, wanted_count - len(page.items))
    return most if page.last_device_id is None else min(position.earlier, most)


def _place(device_id: str | None) -> Eui64 | None:
    try:
        return None if device_id is None else Eui64.parse(device_id)
    except MalformedIdentifier as error:
        raise BadRequest(_NO_SUCH_PAGE) from error


def _next_query(
    page: DistributionPage, wanted: DistributionFilter, moment: Moment, earlier: int
) -> str | None:
    """Return the query of the page after this one, None at the end."""
    if page.last_device_id is None:
        return None
    place: dict[str, str | int] = {
        "after": str(page.last_device_id), "earlier": earlier + len(page.items)
    }  # fmt: skip
    return filter_query(wanted, **moment.query, **place)


def _previous_query(
    page: DistributionPage, wanted: DistributionFilter, moment: Moment, earlier: int
) -> str | None:
    """Return the query of the page before this one, None at the beginning."""
    if not (page.has_earlier and page.items):
        return None
    place: dict[str, str | int] = {
        "before": str(page.items[0].device_id), "earlier": max(0, earlier - PAGE_LENGTH)
    }  # fmt: skip
    return filter_query(wanted, **moment.query, **place)


def _filter_selects(
    wanted: DistributionFilter, found: RequestAnswer
) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return the selects of the filter: each's name, label, choice, and what can be chosen."""
    chosen = dict(filter_fields(wanted))
    selects = [
        (name, label, chosen.get(name, ""), choices) for name, label, choices in FILTER_CHOICES
    ]
    reasons = list(dict.fromkeys([*found.reasons, *_asked_reason(wanted)]))
    choices = [(code, code) for code in reasons]
    if any(reason is None for _, reason in found.failure_counts) or wanted.reason == NO_REASON:
        choices.append((NO_REASON, "None was given"))
    if choices:
        choices = [("", "All"), *choices]
        selects.append(("reason", "Reason code", chosen.get("reason", ""), choices))
    return selects


def _asked_reason(wanted: DistributionFilter) -> list[str]:
    """Return the reason code that is asked for, whether or not the request has it."""
    return [] if wanted.reason_code is None else [wanted.reason_code]


def _canonical(request: HttpRequest, address: str) -> HttpResponse:
    query = request.META.get("QUERY_STRING", "")
    return redirect(f"{address}?{query}" if query else address, permanent=True)
