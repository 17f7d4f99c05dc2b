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
from firmtrack.presentation import documents

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"


def json_response(answer: Struct) -> HttpResponse:
    """Return ``answer`` as a JSON response."""
    return HttpResponse(documents.encode(answer), content_type=JSON)


def describe(
    media_type: str, schema: Mapping[str, Any], problems: Iterable[int]
) -> dict[int, dict[str, Any]]:
    """Return OpenAPI's description of a successful response and of the problems' statuses."""
    problem = {PROBLEM_MEDIA_TYPE: {"schema": reference_to(ProblemDocument)}}
    described: dict[int, dict[str, Any]] = {200: {"content": {media_type: {"schema": schema}}}}
    for status in sorted({*problems, HTTPStatus.SERVICE_UNAVAILABLE}):
        described[status] = {"description": HTTPStatus(status).phrase, "content": problem}
    return described


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
