"""The API as one object: its routes, its errors, its published description."""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation

from firmtrack.api import (
    causes,
    description,
    freshness,
    lookups,
    messages,
    notices,
    performance,
    request_list,
    submissions,
)
from firmtrack.api.preferences import describe_preference
from firmtrack.api.problems import (
    BadField,
    Problem,
    ProblemDocument,
    ProblemFound,
    problem_response,
)
from firmtrack.api.responses import HEADERS_OF_ALL, schemas_of
from firmtrack.intake.envelopes import DuisLine
from firmtrack.intake.stage_reports import StageReport
from firmtrack.presentation import documents
from firmtrack.presentation.freshness import Freshness
from firmtrack.presentation.peers import Peers
from firmtrack.presentation.performance import DeliveryPerformance
from firmtrack.store import database

_logger = logging.getLogger(__name__)

_STRUCTS = (
    documents.CauseList,
    documents.Device,
    documents.DeviceInventory,
    documents.DistributionList,
    documents.EndpointList,
    documents.EventList,
    documents.Message,
    documents.NoticeList,
    documents.ServiceRequest,
    documents.ServiceRequestList,
    DeliveryPerformance,
    DuisLine,
    Freshness,
    Peers,
    StageReport,
    submissions.Accepted,
    submissions.LineOutcome,
    submissions.MessageStatus,
    submissions.Taken,
    ProblemDocument,
)


class FirmtrackApi(NinjaAPI):
    """django-ninja's API whose published document describes our own answers, too."""

    _document: OpenAPISchema | None = None

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the OpenAPI 3.1 document, made once, since anyone may ask for it."""
        if self._document is None:
            self._document = self._described(path_prefix, path_params)
        return self._document

    def _described(
        self, path_prefix: str | None, path_params: dict[str, Any] | None
    ) -> OpenAPISchema:
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"] |= schemas_of((*_STRUCTS, *description.webhook_structs()))
        document["components"]["headers"] = HEADERS_OF_ALL
        for methods in document["paths"].values():
            for method, operation in methods.items():
                if method == "get":
                    describe_preference(operation)
                for parameter in operation["parameters"]:
                    _tidy(parameter)
        description.complete(document)
        return document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name by which generated clients call the operation; it does not change."""
        return operation.view_func.__name__


def _tidy(parameter: dict[str, Any]) -> None:
    """Describe a parameter that may be left out by what it is, not as "it, or null".

    It cannot be sent as null; and the description stands beside the schema, not in it.
    """
    schema = parameter["schema"]
    if "anyOf" in schema:
        schema = next(each for each in schema["anyOf"] if each != {"type": "null"})
    parameter["description"] = schema.pop("description", parameter.get("description"))
    parameter["schema"] = schema


api = FirmtrackApi(
    title="Firmtrack",
    version="1",
    description=description.ABOUT,
    servers=description.SERVERS,
    urls_namespace="api",
    docs_url=None,
)
api.add_router("", request_list.router)
api.add_router("", lookups.router)
api.add_router("", causes.router)
api.add_router("", performance.router)
api.add_router("", freshness.router)
api.add_router("", notices.router)
api.add_router("", submissions.router)
api.add_router("", messages.router)  # after it: messages/batch is no message


@api.exception_handler(ProblemFound)
def _answer_problem(request: HttpRequest, found: ProblemFound) -> HttpResponse:  # noqa: ARG001 - django-ninja's signature
    return problem_response(found)


@api.exception_handler(ValidationError)
def _answer_bad_parameters(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001 - django-ninja's signature
    fields = tuple(
        BadField(location=each["loc"][0], name=each["loc"][1], detail=each["msg"])
        for each in error.errors
    )
    detail = " ".join(f"{field.name}: {field.detail}" for field in fields)
    return problem_response(ProblemFound(Problem.MALFORMED_PARAMETER, detail, errors=fields))


def _answer_away(error: Exception) -> HttpResponse:
    database.note_failure(error, "An API call")
    headers = {"Retry-After": str(database.RETRY_SECONDS)}
    return problem_response(ProblemFound(Problem.DATABASE_AWAY, headers=headers))


@api.exception_handler(Exception)
def _answer_failure(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: ARG001 - django-ninja's signature
    if database.is_failure(error):
        return _answer_away(error)
    _logger.error("An API call failed.", exc_info=error)
    return problem_response(ProblemFound(Problem.INTERNAL_ERROR))
