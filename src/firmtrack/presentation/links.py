"""Absolute addresses of pages, for what leaves the portal: mail, calls, invitations."""

from django.conf import settings
from django.urls import reverse

from firmtrack.domain.identifiers import Eui64, RequestId


def absolute(path: str) -> str | None:
    """Return where people reach ``path``; None where FIRMTRACK_PUBLIC_ADDRESS does not say."""
    base = settings.ENVIRONMENT.public_address
    return None if base is None else f"{base}{path}"


def link_to_device(device_id: Eui64) -> str | None:
    """Return the address of a device’s page, None if where the portal is reached is not known."""
    return absolute(reverse("device", args=[str(device_id)]))


def link_to_request(request_id: RequestId) -> str | None:
    """Return the address of a request’s page, None as of a device."""
    return absolute(reverse("service-request", args=[str(request_id)]))


def link_to_cause(cause_id: str) -> str | None:
    """Return the address of a cause’s page, None as of a device."""
    return absolute(reverse("cause", args=[cause_id]))


def link_to_endpoint(endpoint_id: int) -> str | None:
    """Return the address of an endpoint’s page, None as of a device."""
    return absolute(reverse("endpoint", args=[endpoint_id]))


def link_to_notices() -> str | None:
    """Return the address of the page of notices, None as of a device."""
    return absolute(reverse("notices"))


def link_to_watching() -> str | None:
    """Return the address of the page of what somebody watches, None as of a device."""
    return absolute(reverse("watching"))
