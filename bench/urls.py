"""Firmtrack's addresses and, among the API's, a view that returns a constant JSON."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from firmtrack.urls import handler500


def constant(_request: HttpRequest) -> HttpResponse:
    """Return a small constant JSON answer."""
    return HttpResponse(b'{"constant":true}', content_type="application/json")


__all__ = ["handler500", "urlpatterns"]

urlpatterns = [path("api/constant", constant), path("", include("firmtrack.urls"))]
