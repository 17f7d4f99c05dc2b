"""Errors as problem documents (RFC 9457): the table of all that the API answers."""

from datetime import datetime
from enum import Enum
from http import HTTPStatus
from typing import Self

from django.http import HttpResponse
from msgspec import Struct, field
from msgspec.json import Encoder

from firmtrack.errors import FirmtrackError

MEDIA_TYPE = "application/problem+json"

_encoder = Encoder()


class Problem(Enum):
    """A kind of problem: the HTTP status, a code for programs, and a sentence for people."""

    MALFORMED_PARAMETER = (400, "A parameter is not of the form that it must have.")
    MALFORMED_BODY = (400, "The body is not a JSON array.")
    INCOMPLETE_BODY = (400, "The body is shorter than its Content-Length says.")
    UNAUTHENTICATED = (401, "A valid API token is needed, sent as a bearer token.")
    WRONG_SCOPE = (403, "The API token is not for this: its scope is another.")
    NOT_FOUND = (404, "There is nothing here that you may see.")
    METHOD_NOT_ALLOWED = (405, "This address does not take this method: see Allow.")
    LENGTH_REQUIRED = (411, "The body must be sent with its Content-Length.")
    TOO_LARGE = (413, "The body is larger than is taken here.")
    UNSUPPORTED_MEDIA_TYPE = (415, "The body is of a kind that is not taken here.")
    UNKNOWN_HOST = (400, "The name by which Firmtrack was called is not among those it answers to.")
    TOO_MANY_CALLS = (429, "More calls came than are answered in this time: see Retry-After.")
    QUARANTINED = (422, "The message cannot be taken as it is and was put into quarantine.")
    QUARANTINE_FULL = (
        507,
        "The message cannot be taken as it is, and was not kept: too much waits in quarantine.",
    )
    DATABASE_AWAY = (
        503,
        "The database, or a part of it, cannot be reached now. Sending the same again is safe.",
    )
    STREAM_AWAY = (503, "The message stream cannot be reached now. Sending the same again is safe.")
    STREAM_FULL = (503, "The message stream takes no more now. Sending the same again is safe.")
    UNTOLD = (503, "How long updates have waited, compared with others, could not be told now.")
    INTERNAL_ERROR = (500, "Firmtrack failed. Sending the same again is safe.")

    def __init__(self, status: int, sentence: str) -> None:
        self.status = HTTPStatus(status)
        self.sentence = sentence

    @property
    def code(self) -> str:
        """The problem's name for programs; it does not change."""
        return self.name.lower()


class BadField(Struct, frozen=True):
    """A parameter that could not be read: where it stands, its name, and what it must be."""

    location: str
    name: str
    detail: str


class ProblemDocument(Struct, frozen=True, omit_defaults=True):
    """A problem document (RFC 9457). code names the kind of problem and does not change.

    errors is there for malformed_parameter; reason_code is for quarantined and quarantine_full,
    quarantine_id for quarantined. kept_from is for not_found: from when on what was asked for is
    kept, for whatever ID; older ones may be no longer kept.
    """

    title: str
    status: int
    detail: str
    code: str
    errors: tuple[BadField, ...] = field(default=())
    reason_code: str | None = None
    quarantine_id: int | None = None
    kept_from: datetime | None = None


class ProblemFound(FirmtrackError):
    """A call of the API cannot be answered as asked."""

    def __init__(
        self,
        problem: Problem,
        detail: str | None = None,
        *,
        errors: tuple[BadField, ...] = (),
        reason_code: str | None = None,
        quarantine_id: int | None = None,
        kept_from: datetime | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.problem = problem
        self.headers = headers or {}
        self.document = ProblemDocument(
            title=problem.status.phrase,
            status=problem.status,
            detail=detail or problem.sentence,
            code=problem.code,
            errors=errors,
            reason_code=reason_code,
            quarantine_id=quarantine_id,
            kept_from=kept_from,
        )
        super().__init__(self.document.detail)

    @classmethod
    def in_parameter(cls, location: str, name: str, detail: str) -> Self:
        """Return the problem that one parameter is malformed."""
        return cls(
            Problem.MALFORMED_PARAMETER,
            f"{name}: {detail}",
            errors=(BadField(location=location, name=name, detail=detail),),
        )


def problem_response(found: ProblemFound) -> HttpResponse:
    """Return the problem document as a response."""
    return HttpResponse(
        _encoder.encode(found.document),
        status=found.problem.status,
        content_type=MEDIA_TYPE,
        headers=found.headers,
    )
