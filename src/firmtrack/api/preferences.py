"""What a call prefers (RFC 7240): here, that its answer knows all that is recorded."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase

HEADER, APPLIED_HEADER = "Prefer", "Preference-Applied"
LATEST = "read=latest"

_APPLIED = frozenset({200, 304, 404})
_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string"},
    "description": f"`{LATEST}` (RFC 7240): answer from all that is recorded when the call comes. "
    "Without it an answer may come from a replica, and lack what was recorded in the last seconds.",
}
_ANSWERED = {
    "description": f"`{LATEST}`, if the call asked for it.",
    "schema": {"type": "string"},
}


def prefers_latest(request: HttpRequest) -> bool:
    """Return whether the call prefers to be answered from all that is recorded."""
    said = request.META.get("HTTP_PREFER", "").lower()
    preferences = (each.partition(";")[0] for each in said.split(","))
    return any("".join(each.split()).replace('"', "") == LATEST for each in preferences)


def tell_applied(response: HttpResponseBase) -> None:
    """Have an answer for which something was looked up say that the preference was heeded."""
    if response.status_code in _APPLIED:
        response.headers[APPLIED_HEADER] = LATEST


def describe_preference(operation: dict[str, Any]) -> None:
    """Add to the description of a call that looks something up how it asks for the latest."""
    operation["parameters"].append(_PARAMETER)
    for status, answer in operation["responses"].items():
        if int(status) in _APPLIED:
            answer["headers"] = {**answer.get("headers", {}), APPLIED_HEADER: _ANSWERED}
