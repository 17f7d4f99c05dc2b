"""The parameters of the look-ups: how each is read, and how the published schema describes it."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, TypeVar

from django.http import HttpRequest
from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from firmtrack.answers.causes import LONGEST_DAYS
from firmtrack.answers.request_lists import RequestPlace, RequestState
from firmtrack.answers.requests import NO_REASON
from firmtrack.api.cursors import BadCursor, read_cursor
from firmtrack.api.problems import ProblemFound
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.errors import FirmtrackError
from firmtrack.presentation.as_of import read_day, read_moment
from firmtrack.presentation.event_places import read_mark
from firmtrack.presentation.request_lists import read_mark as read_place_mark
from firmtrack.presentation.search import TermProblem, read_device_id, read_service_request_id
from firmtrack.presentation.search_wording import search_problem_text

_Value = TypeVar("_Value")

# A second name of ``successful``, by which the industry's papers call it too.
_COMPLETION_NAMES = {status.value: status for status in CompletionStatus} | {
    "complete": CompletionStatus.SUCCESSFUL
}
_LARGEST_LIMIT = 1000
_LIMIT_DIGITS = 4
_REASON_CHARACTERS = 64
_VERSION_CHARACTERS = 20
_ANY_FORM = (
    "Other forms that pages accept are read, too, such as other separators or none, and answered "
    "in the same way."
)
_EUI_EXAMPLE = "00-DB-12-34-56-78-90-A1"
_EUI = "[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){7}"


# Visible characters, and spaces between them.
_VERSION = f"[!-~]([ -~]{{0,{_VERSION_CHARACTERS - 2}}}[!-~])?"


def _up_to(greatest: str) -> str:
    """Return the expression of all whole numbers up to this one, without leading zeros."""
    after = len(greatest) - 1
    ways = ["0", f"[1-9][0-9]{{0,{after - 1}}}"]
    for place, digit in enumerate(greatest):
        least = 0 if place else 1
        if int(digit) > least:
            rest = f"[0-9]{{{after - place}}}" if place < after else ""
            ways.append(f"{greatest[:place]}[{least}-{int(digit) - 1}]{rest}")
    return f"({'|'.join([*ways, greatest])})"


_REQUEST_ID = f"{_EUI}:{_EUI}:{_up_to(str(2**64 - 1))}"


def read_by(read: Callable[[str], _Value]) -> PlainValidator:
    """Return a validator that reports the typed errors of ``read`` by their message."""

    def validate(text: str) -> _Value:
        try:
            return read(text)
        except FirmtrackError as error:
            raise PydanticCustomError("malformed", "{problem}", {"problem": str(error)}) from None

    return PlainValidator(validate)


class NotTheId(FirmtrackError):
    """The text is not one ID of the kind that is asked for here."""

    def __init__(self, problem: TermProblem) -> None:
        self.problem = problem
        text = search_problem_text(problem)
        super().__init__(text if text.endswith("?") else f"{text}.")


def _device_id(text: str) -> Eui64:
    read = read_device_id(text)
    if isinstance(read, TermProblem):
        raise NotTheId(read)
    return read


def _service_request_id(text: str) -> RequestId:
    read = read_service_request_id(text)
    if isinstance(read, TermProblem):
        raise NotTheId(read)
    return read


class UnknownName(FirmtrackError):
    """The text is none of the names that are known here."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        super().__init__(f"must be one of {', '.join(names)}.")


def _completion_status(text: str) -> CompletionStatus:
    if text not in _COMPLETION_NAMES:
        raise UnknownName(list(_COMPLETION_NAMES))
    return _COMPLETION_NAMES[text]


def _status(text: str) -> Status:
    if text not in set(Status):
        raise UnknownName(list(Status))
    return Status(text)


def _pace(text: str) -> Pace:
    if text not in set(Pace):
        raise UnknownName(list(Pace))
    return Pace(text)


class MalformedReason(FirmtrackError):
    """must be a reason code."""

    def __init__(self) -> None:
        super().__init__(f"must be a reason code of 1 to {_REASON_CHARACTERS} characters.")


def _reason(text: str) -> str:
    if not 1 <= len(text) <= _REASON_CHARACTERS or "\0" in text:
        raise MalformedReason
    return text


def _mark(text: str) -> bytes:
    mark = read_mark(text)
    if mark is None:
        raise BadCursor
    return mark


def _place(text: str) -> RequestPlace:
    place = read_place_mark(text)
    if place is None:
        raise BadCursor
    return place


class MalformedVersion(FirmtrackError):
    """must be one firmware version of 1 to 20 characters."""


def _version(text: str) -> FirmwareVersion:
    if re.fullmatch(_VERSION, text) is None:
        raise MalformedVersion
    return FirmwareVersion(text)


def _state(text: str) -> RequestState:
    if text not in set(RequestState):
        raise UnknownName(list(RequestState))
    return RequestState(text)


def _day(description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": "date", "description": description})


class MalformedLimit(FirmtrackError):
    """must be a whole number from 1 to 1000."""


def _limit(text: str) -> int:
    # The length first: a number of any length costs time to read.
    if not (text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS):
        raise MalformedLimit
    if not 1 <= (limit := int(text)) <= _LARGEST_LIMIT:
        raise MalformedLimit
    return limit


class MalformedDays(FirmtrackError):
    """must be a whole number of days."""

    def __init__(self) -> None:
        super().__init__(f"must be a whole number of days, from 1 to {LONGEST_DAYS}.")


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_DAYS))):
        raise MalformedDays
    if not 1 <= (days := int(text)) <= LONGEST_DAYS:
        raise MalformedDays
    return days


DeviceId = Annotated[
    Eui64,
    read_by(_device_id),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_EUI}$",
            "description": f"A Device ID (EUI-64), in either case, such as {_EUI_EXAMPLE}. "
            f"{_ANY_FORM}",
        }
    ),
]
UserId = Annotated[
    Eui64 | None,
    read_by(Eui64.parse),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_EUI}$",
            "description": "Only the requests of the supplier with this User ID (EUI-64).",
        }
    ),
]
ServiceRequestId = Annotated[
    RequestId,
    read_by(_service_request_id),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_REQUEST_ID}$",
            "description": "A Service Request ID: originator, target and counter, such as "
            f"90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000. {_ANY_FORM}",
        }
    ),
]
WantedCompletion = Annotated[
    CompletionStatus | None,
    read_by(_completion_status),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(_COMPLETION_NAMES),
            "description": "Only these distributions. `complete` is the same as `successful`.",
        }
    ),
]
WantedStatus = Annotated[
    Status | None,
    read_by(_status),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(Status),
            "description": "Only the distributions with this current status.",
        }
    ),
]
WantedPace = Annotated[
    Pace | None,
    read_by(_pace),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(Pace),
            "description": "Only the distributions in progress that wait so, compared with what is "
            "usual.",
        }
    ),
]
WantedReason = Annotated[
    str | None,
    read_by(_reason),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": _REASON_CHARACTERS,
            "pattern": "^[^\\u0000]*$",
            "description": "Only the distributions that failed with this reason code, as it "
            f"stands: upper and lower case differ. `{NO_REASON}` asks for those that failed "
            "without one.",
        }
    ),
]
Limit = Annotated[
    int,
    read_by(_limit),
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": 1,
            "maximum": _LARGEST_LIMIT,
            "description": "How many items to answer at most.",
        }
    ),
]
After = Annotated[
    Eui64 | None,
    read_by(read_cursor),
    WithJsonSchema(
        {"type": "string", "description": "The next_cursor of the answer to be continued."}
    ),
]
Below = Annotated[
    bytes | None,
    read_by(_mark),
    WithJsonSchema(
        {"type": "string", "description": "The next_cursor, or events_next_cursor, to go on from."}
    ),
]
AfterRequest = Annotated[
    RequestPlace | None,
    read_by(_place),
    WithJsonSchema(
        {"type": "string", "description": "The next_cursor of the answer to be continued."}
    ),
]
SubmittedFrom = Annotated[
    date | None,
    read_by(read_day),
    _day("Only requests submitted on this day, in Great Britain, or later."),
]
SubmittedTo = Annotated[
    date | None,
    read_by(read_day),
    _day("Only requests submitted on this day, in Great Britain, or earlier."),
]
WantedVersion = Annotated[
    FirmwareVersion | None,
    read_by(_version),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_VERSION}$",
            "description": "Only requests of this firmware version, with or without leading zeros "
            "and 0x, in either case.",
        }
    ),
]
WantedState = Annotated[
    RequestState | None,
    read_by(_state),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(RequestState),
            "description": "Only requests that stand so now: a distribution is in progress "
            "(under_way), none is any more (ended), one failed (with_failures), or one in progress "
            "has stalled (with_stalled_devices).",
        }
    ),
]
OfServiceRequest = Annotated[
    RequestId | None,
    read_by(_service_request_id),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_REQUEST_ID}$",
            "description": f"The request whose distribution to the device is meant. {_ANY_FORM}",
        }
    ),
]
SinceDays = Annotated[
    int,
    read_by(_days),
    WithJsonSchema(
        {
            "type": "integer",
            "minimum": 1,
            "maximum": LONGEST_DAYS,
            "description": "Only the requests that were submitted in the last so many days.",
        }
    ),
]
AsOf = Annotated[
    datetime | None,
    read_by(read_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "Answer what was known at this moment (RFC 3339), by when Firmtrack "
            "learnt it. A moment to come is now. One of which more may still be recorded is moved "
            "back: the header Firmtrack-As-Of says which moment is told. Pace, and what is usual, "
            "are today's.",
        }
    ),
]


def refuse_unknown_parameters(request: HttpRequest, known: frozenset[str]) -> None:
    """Do nothing if every query parameter is ``known``; raise ProblemFound otherwise.

    A misspelt filter that went unnoticed would answer more than was asked for.
    """
    for name in request.GET:
        if name not in known:
            raise ProblemFound.in_parameter(
                "query",
                name[:64],
                f"is not a parameter here: there are {', '.join(sorted(known))}.",
            )
