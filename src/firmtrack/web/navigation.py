"""Which section of the navigation a page belongs to."""

from collections.abc import Mapping

from django.http import HttpRequest

# By the names of addresses. A page that is a section itself, or has none, is not here.
_SECTIONS: Mapping[str, str] = {
    "service-request": "service-requests",
    "device": "firmware-distribution",
    "device-events": "firmware-distribution",
    "inventory": "firmware-distribution",
    "message": "firmware-distribution",
    "cause": "causes",
    "new-endpoint": "notices",
    "endpoint": "notices",
    "endpoint-topics": "notices",
    "remove-endpoint": "notices",
    "invite-person": "people",
    "person": "people",
    "disable-person": "people",
    "enable-person": "people",
    "new-token": "tokens",
    "revoke-token": "tokens",
}


def current_in(request: HttpRequest, section: str) -> str | None:
    """Return how the link to a section is marked as current: ``page``, ``true`` within it, None.

    These are the values of ``aria-current``.
    """
    match = request.resolver_match
    name = None if match is None else match.url_name
    if name == section:
        return "page"
    if name is None:
        return None
    is_guidance = section == "guidance" and name.startswith("guidance-")
    return "true" if is_guidance or _SECTIONS.get(name) == section else None
