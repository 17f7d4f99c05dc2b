"""Responses, and how the published schema describes them."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from django.http import HttpResponse
from msgspec import Struct
from msgspec.json import schema_components

from firmtrack.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from firmtrack.api.problems import ProblemDocument
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.known_from import past_known_from
from firmtrack.presentation import documents, xlsx
from firmtrack.presentation.times import utc_text

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
XLSX = xlsx.MEDIA_TYPE

_TOO_MANY = 429
HEADERS_OF_ALL: Mapping[str, Mapping[str, Any]] = {
    "RateLimit-Policy": {
        "description": "How many calls (`q`) are answered in how many seconds (`w`), by the name "
        "of the quota; not sent where there is no limit.",
        "schema": {"type": "string", "example": '"token";q=200000;w=60'},
    },
    "RateLimit": {
        "description": "How many calls are left (`r`), for how many seconds no more (`t`); not "
        "sent where there is no limit.",
        "schema": {"type": "string", "example": '"token";r=199999;t=1'},
    },
    "X-Request-ID": {
        "description": "The call's ID: the one that it came with, if that is well formed.",
        "schema": {"type": "string"},
    },
}
"""What every answer may have, whatever is asked."""

_ALWAYS = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS_OF_ALL}


def moment_header(past: Settled | None) -> dict[str, str]:
    """Return the headers that say of which past moment an answer tells; none of the present.

    And from when on updates are kept, if that is later.
    """
    if past is None:
        return {}
    told = {AS_OF_HEADER: utc_text(past)}
    kept_from = past_known_from(past)
    return told if kept_from is None else told | {KEPT_FROM_HEADER: utc_text(kept_from)}


def json_response(answer: Struct, status: int = HTTPStatus.OK) -> HttpResponse:
    """Return ``answer`` as a JSON response."""
    return HttpResponse(documents.encode(answer), content_type=JSON, status=status)


AS_OF_HEADER = "Firmtrack-As-Of"
"""Which past moment an answer tells of."""

KEPT_FROM_HEADER = "Firmtrack-Kept-From"
"""From when on updates are kept, of an answer for an earlier moment: it may lack some."""

# What answers have besides the usual headers, and when.
_HEADERS: Mapping[str, str] = {
    AS_OF_HEADER: "Of the past: the moment that is told (RFC 3339).",
    KEPT_FROM_HEADER: "Of a moment before it: from when on updates are kept. Some of those that had"
    " ended before are missing.",
    "Content-Disposition": "A name for the file.",
    "WWW-Authenticate": "Which token is wanted (RFC 6750).",
    "Allow": "The methods that this address takes.",
    "Accept": "The media types that are taken here.",
    "Retry-After": "In so many seconds it is worth to ask again.",
    "Accept-Encoding": "Only identity: no body is taken that is compressed.",
    "ETag": "The version of the answer for whoever asked: it changes with any word of it.",
    "Vary": "The answer is for this token alone, may be compressed, and may be of the latest.",
}
_HEADERS_OF_PROBLEMS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    403: ("WWW-Authenticate",),
    405: ("Allow",),
    415: ("Accept", "Accept-Encoding"),
    _TOO_MANY: ("Retry-After",),
    503: ("Retry-After",),
}


def describe(
    media_type: str, schema: Mapping[str, Any], problems: Iterable[int], *headers: str
) -> dict[int, dict[str, Any]]:
    """Return OpenAPI's description of a successful response and of the problems' statuses.

    ``headers`` are those of the successful one. Every call is counted, and told so; beyond its
    quota, any is refused.
    """
    problem = {PROBLEM_MEDIA_TYPE: {"schema": reference_to(ProblemDocument)}}
    described: dict[int, dict[str, Any]] = {200: {"content": {media_type: {"schema": schema}}}}
    for status in sorted({*problems, _TOO_MANY, HTTPStatus.SERVICE_UNAVAILABLE}):
        described[status] = {"description": HTTPStatus(status).phrase, "content": problem}
    own_headers = {**_HEADERS_OF_PROBLEMS, 200: headers}
    for status, answer in described.items():
        answer["headers"] = _ALWAYS | _described_headers(own_headers.get(status, ()))
    return described


def accepted_as_well(
    responses: dict[int, dict[str, Any]], schema: Mapping[str, Any]
) -> dict[int, dict[str, Any]]:
    """Return the description of a call that may also be answered with 202."""
    accepted = {
        "description": "It is stored, and will be recorded.",
        "content": {JSON: {"schema": schema}},
        "headers": _ALWAYS,
    }
    return dict(sorted({**responses, 202: accepted}.items()))


VERSION_HEADERS = ("ETag", "Vary")
"""What an answer has that has a version."""

_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of the answer that you hold, or several of them: if it is still the "
    "same, in every word, the answer is 304 and has no body.",
}


def conditional(described: dict[str, Any], *headers: str) -> dict[str, Any]:
    """Return the description of a call whose answer has a version; ``headers`` are 304's own."""
    unchanged = {
        "description": "What you hold is still the same.",
        "headers": _ALWAYS | _described_headers((*headers, *VERSION_HEADERS)),
    }
    responses = dict(sorted({**described["responses"], 304: unchanged}.items()))
    parameters = [*described.get("parameters", ()), _IF_NONE_MATCH]
    return {**described, "responses": responses, "parameters": parameters}


def _described_headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}


def reference_to(struct: type[Struct]) -> dict[str, Any]:
    """Return a reference to the struct's schema among the document's components."""
    return {"$ref": _REFERENCE.format(name=struct.__name__)}


def schemas_of(structs: Iterable[type[Struct]]) -> dict[str, Any]:
    """Return the schemas of ``structs`` and of all that they hold, by name."""
    _, schemas = schema_components(structs, ref_template=_REFERENCE)
    for schema in schemas.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return schemas


_REFERENCE = "#/components/schemas/{name}"
