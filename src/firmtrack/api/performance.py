"""Delivery performance: the figures of the caller's own requests."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.answers.performance import PerformanceAnswer, PerformanceFilter
from firmtrack.api.authentication import ReadToken, holder_of
from firmtrack.api.parameters import (
    SubmittedFrom,
    SubmittedTo,
    UserId,
    refuse_unknown_parameters,
)
from firmtrack.api.responses import CSV, JSON, describe, json_response, reference_to
from firmtrack.lookups.performance import delivery_performance as look_up
from firmtrack.presentation.performance import (
    DeliveryPerformance,
    delivery_performance,
    performance_csv,
)

router = Router(auth=ReadToken(), tags=["Delivery performance"])

_PARAMETERS = frozenset({"submitted_from", "submitted_to", "supplier"})


def _described(media_type: str, schema: dict[str, Any], *headers: str) -> dict[str, Any]:
    return {"responses": describe(media_type, schema, {400, 401, 403, 405, 500}, *headers)}


@router.get(
    "/delivery-performance",
    summary="Read delivery performance",
    openapi_extra=_described(JSON, reference_to(DeliveryPerformance)),
)
def read_performance(
    request: HttpRequest,
    submitted_from: SubmittedFrom = None,
    submitted_to: SubmittedTo = None,
    supplier: UserId = None,
) -> HttpResponse:
    """Return how many of your distributions got how far, how long they took, and why they failed.

    DCC's staff read those of all suppliers.
    """
    wanted = PerformanceFilter(first=submitted_from, last=submitted_to, supplier=supplier)
    return json_response(delivery_performance(_found(request, wanted)))


@router.get(
    "/delivery-performance.csv",
    summary="Download delivery performance",
    openapi_extra=_described(CSV, {"type": "string"}, "Content-Disposition"),
)
def download_performance(
    request: HttpRequest,
    submitted_from: SubmittedFrom = None,
    submitted_to: SubmittedTo = None,
    supplier: UserId = None,
) -> HttpResponse:
    """Return the same figures as CSV (RFC 4180, UTF-8), one group of distributions a row."""
    wanted = PerformanceFilter(first=submitted_from, last=submitted_to, supplier=supplier)
    return HttpResponse(
        performance_csv(_found(request, wanted)),
        content_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": 'attachment; filename="delivery-performance.csv"'},
    )


def _found(request: HttpRequest, wanted: PerformanceFilter) -> PerformanceAnswer:
    refuse_unknown_parameters(request, _PARAMETERS)
    viewer = viewer_of_token(holder_of(request))
    return look_up(viewer, wanted)
