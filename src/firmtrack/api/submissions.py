"""Taking messages in: one, or a batch of lines; and what became of one."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from msgspec import UNSET, DecodeError, Raw, Struct, UnsetType
from msgspec.json import Decoder, Encoder
from ninja import Router
from pydantic import WithJsonSchema

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.viewers import viewer_of_token
from firmtrack.api.authentication import IntakeToken, holder_of
from firmtrack.api.bodies import media_type_of, read_body, received_at_of
from firmtrack.api.messages import MessageId
from firmtrack.api.missing import message_not_found
from firmtrack.api.parameters import refuse_unknown_parameters
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.api.responses import (
    JSON,
    NDJSON,
    accepted_as_well,
    describe,
    json_response,
    reference_to,
)
from firmtrack.intake.envelopes import (
    DUIS_MEDIA_TYPE,
    JSON_MEDIA_TYPES,
    DuisLine,
    Envelope,
    envelope_of_line,
)
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, receive
from firmtrack.intake.stage_reports import StageReport
from firmtrack.logs import calls
from firmtrack.lookups import handed_in

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024
BATCH_LIMIT_BYTES = 32 * 1024 * 1024
BATCH_LIMIT_LINES = 10_000

# Octets of no named kind are DUIS as well: so many generated clients can send nothing else raw.
_OCTETS = "application/octet-stream"
_XML_TYPES = frozenset({"application/xml", "text/xml"})
_REPORT_TYPES = JSON_MEDIA_TYPES
_LINES_TYPES = frozenset({NDJSON, "application/jsonl"})

router = Router(auth=IntakeToken(), tags=["Intake"])


class Taken(Struct, frozen=True):
    """What became of a message.

    recorded: it says something about firmware, in so many events. duplicate: it was taken before.
    ignored: it is well formed, and about something else; then it has no message_id.
    quarantined: it cannot be taken, and was kept. refused: it cannot be taken, and was not kept
    either, since too much from the same party waits in quarantine, or since the message stream did
    not take it. Either is of a line of a batch alone: a single message is then answered with a
    problem. accepted: it waits in the message stream.
    """

    message_id: UUID | None
    outcome: OutcomeKind
    events: int


class Accepted(Struct, frozen=True):
    """A message was checked and handed over to the message stream, from which it is recorded.

    What becomes of it status_url tells, which is relative to the address of the call.
    """

    message_id: UUID
    outcome: Literal["accepted"]
    status_url: str


class Why(Struct, frozen=True):
    """Why a message was not taken: a code that does not change, and a sentence."""

    code: str | None
    text: str | None


class LineOutcome(Taken, frozen=True):
    """What became of one line of a batch.

    reason is null unless it was quarantined or refused, quarantine_id unless it was quarantined.
    status_url is there if it was accepted, as one alone is answered with 202.
    """

    reason: Why | None
    quarantine_id: int | None
    status_url: str | UnsetType = UNSET


class MessageStatus(Struct, frozen=True):
    """What became of a message that was handed in by the token's party.

    accepted: it waits in the message stream. kind says of what was ignored what it is. reason is
    null unless it was quarantined or refused, quarantine_id unless it was quarantined.
    """

    message_id: UUID
    outcome: OutcomeKind
    kind: str | None
    reason: Why | None
    quarantine_id: int | None


_encoder = Encoder()
_array_decoder = Decoder(list[Raw])
_log = logging.getLogger(__name__)
_STREAM_RETRY_SECONDS = 2
_OF_THE_STREAM = frozenset({Problem.STREAM_AWAY.code, Problem.STREAM_FULL.code})

_TIME_PARAMETER = {
    "in": "header",
    "name": "ce-time",
    "required": False,
    # In two parts: generators of clients know a header that is a text, but none that is a time.
    "schema": {"type": "string", "allOf": [{"type": "string", "format": "date-time"}]},
    "description": "When DCC received or sent the message. A Service Request carries no time."
    " It counts for nothing else; and for nothing, if it is before anything happened at DCC, or"
    " still to come.",
}
_XML_CONTENT = {"schema": {"type": "string", "description": "A DUIS message."}}
_OCTETS_CONTENT = {
    "schema": {"type": "string", "format": "binary", "description": "A DUIS message, as it came."}
}
_REPORT_CONTENT = {"schema": reference_to(StageReport)}
_LINE_SCHEMA = {
    "anyOf": [reference_to(DuisLine), _REPORT_CONTENT["schema"]],
    "description": f"One line. A batch has at most {BATCH_LIMIT_LINES} lines and "
    f"{BATCH_LIMIT_BYTES} octets.",
}
_MESSAGE_DESCRIPTION: dict[str, Any] = {
    "parameters": [_TIME_PARAMETER],
    "requestBody": {
        "required": True,
        "description": f"One message of at most {MESSAGE_LIMIT_BYTES} octets.",
        "content": dict.fromkeys(sorted(_XML_TYPES), _XML_CONTENT)
        | dict.fromkeys(sorted(_REPORT_TYPES), _REPORT_CONTENT)
        | {_OCTETS: _OCTETS_CONTENT},
    },
    "responses": describe(
        JSON, reference_to(Taken), {400, 401, 403, 405, 411, 413, 415, 422, 500, 507}
    ),
}
_MESSAGE_DESCRIPTION["responses"] = accepted_as_well(
    _MESSAGE_DESCRIPTION["responses"], reference_to(Accepted)
)
_ARRAY_SCHEMA = {"type": "array", "items": _LINE_SCHEMA, "maxItems": BATCH_LIMIT_LINES}
_BATCH_DESCRIPTION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": _ARRAY_SCHEMA}}
        | {media_type: {"schema": _LINE_SCHEMA} for media_type in sorted(_LINES_TYPES)},
    },
    "responses": describe(
        JSON,
        {"type": "array", "items": reference_to(LineOutcome)},
        {400, 401, 403, 405, 411, 413, 415, 500},
    ),
}
_BATCH_DESCRIPTION["responses"][200]["content"][NDJSON] = {"schema": reference_to(LineOutcome)}


@router.post("/messages", summary="Submit a message", openapi_extra=_MESSAGE_DESCRIPTION)
def submit_message(request: HttpRequest) -> HttpResponse:
    """Take in one DUIS message or stage report; answered once it is stored.

    Where a message stream is set up it is stored there first and recorded soon after: the answer is
    202 then. Submitting it again changes nothing and is a success.
    """
    media_type = media_type_of(request, _XML_TYPES | _REPORT_TYPES | {_OCTETS})
    if media_type == _OCTETS:
        media_type = DUIS_MEDIA_TYPE
    received_at = received_at_of(request)
    body = read_body(request, MESSAGE_LIMIT_BYTES)
    envelope = Envelope(
        body=body, media_type=media_type, received_at=received_at, origin=_origin_of(request)
    )
    (outcome,) = _taken([envelope], _submitter_of(request))
    _note_outcome(outcome)
    if outcome.outcome is OutcomeKind.ACCEPTED:
        assert outcome.message_id is not None
        return json_response(
            Accepted(
                message_id=outcome.message_id,
                outcome="accepted",
                status_url=_status_url(request, outcome.message_id),
            ),
            status=202,
        )
    if outcome.outcome is OutcomeKind.QUARANTINED:
        raise ProblemFound(
            Problem.QUARANTINED,
            outcome.reason,
            reason_code=outcome.reason_code,
            quarantine_id=outcome.quarantine_id,
        )
    if outcome.outcome is OutcomeKind.REFUSED:
        raise ProblemFound(
            Problem.QUARANTINE_FULL, _refusal_text(outcome), reason_code=outcome.reason_code
        )
    return json_response(
        Taken(message_id=outcome.message_id, outcome=outcome.outcome, events=outcome.events)
    )


@router.post("/messages/batch", summary="Submit many messages", openapi_extra=_BATCH_DESCRIPTION)
def submit_batch(request: HttpRequest) -> HttpResponse:
    """Take in a message from each line, or from each item of an array; the answer has as many.

    They are in the same order. One that cannot be taken is quarantined, or refused, and stops no
    other. Empty lines are passed over.
    """
    media_type = media_type_of(request, _LINES_TYPES | {JSON})
    body = read_body(request, BATCH_LIMIT_BYTES)
    lines = (
        _items(body) if media_type == JSON else [each for each in body.split(b"\n") if each.strip()]
    )
    if len(lines) > BATCH_LIMIT_LINES:
        raise ProblemFound(Problem.TOO_LARGE, f"At most {BATCH_LIMIT_LINES} lines are taken here.")
    origin = _origin_of(request)
    outcomes = _taken([envelope_of_line(line, origin) for line in lines], _submitter_of(request))
    calls.note(**Counter(str(each.outcome) for each in outcomes))
    answers = [_line_outcome(request, outcome) for outcome in outcomes]
    if media_type == JSON:
        return HttpResponse(_encoder.encode(answers), content_type=JSON)
    return HttpResponse(_encoder.encode_lines(answers), content_type=NDJSON)


_RECEIPT = {
    "description": "What status_url brings with it. Without it a message that waits is answered as "
    "one that does not exist."
}
_STATUS_DESCRIPTION: dict[str, Any] = {
    "responses": describe(JSON, reference_to(MessageStatus), {400, 401, 403, 404, 405, 500})
}


@router.get(
    "/messages/{message_id}/status",
    summary="Find what became of a message",
    openapi_extra=_STATUS_DESCRIPTION,
)
def find_message_status(
    request: HttpRequest,
    message_id: MessageId,
    receipt: Annotated[str | None, WithJsonSchema({"type": "string", **_RECEIPT})] = None,
) -> HttpResponse:
    """Return what became of a message that your party handed in; ask status_url of its answer.

    Someone else's message is answered as one that does not exist. What was not recorded is told for
    30 days.
    """
    refuse_unknown_parameters(request, frozenset({"receipt"}))
    found = handed_in.find_handed_in(viewer_of_token(holder_of(request)), message_id, receipt)
    if found is None:
        raise message_not_found()
    has_reason = found.reason_code is not None
    return json_response(
        MessageStatus(
            message_id=found.message_id,
            outcome=OutcomeKind(found.outcome),
            kind=found.kind,
            reason=Why(found.reason_code, found.reason) if has_reason else None,
            quarantine_id=found.quarantine_id,
        )
    )


def _taken(envelopes: Sequence[Envelope], submitter: Submitter) -> list[Outcome]:
    """Take the messages in, as the settings say: into the database, or into the stream."""
    if settings.ENVIRONMENT.intake != "stream":
        return receive(envelopes, submitter)
    # Only where there is a stream: it takes a while.
    from firmtrack.stream.accepting import accept
    from firmtrack.stream.connection import StreamAway
    from firmtrack.stream.credentials import BadCredentials
    from firmtrack.stream.durability import UnsafeStream
    from firmtrack.stream.publishing import StreamFull

    try:
        return accept(envelopes, submitter)
    except StreamFull:
        raise _not_now(Problem.STREAM_FULL) from None
    except (StreamAway, UnsafeStream, BadCredentials) as error:
        _log.warning("%s", error)
        raise _not_now(Problem.STREAM_AWAY) from None


def _not_now(problem: Problem) -> ProblemFound:
    return ProblemFound(problem, headers={"Retry-After": str(_STREAM_RETRY_SECONDS)})


def _status_url(request: HttpRequest, message_id: UUID) -> str:
    from firmtrack.stream.receipts import receipt_of

    receipt = receipt_of(message_id, holder_of(request).party_name, datetime.now(UTC))
    path = reverse("api:find_message_status", kwargs={"message_id": message_id})
    return f"{path}?receipt={receipt}"


def _items(body: bytes) -> list[bytes]:
    """Return the items of a JSON array, each as it was written. Raises ProblemFound."""
    try:
        return [bytes(item) for item in _array_decoder.decode(body)]
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise ProblemFound(Problem.MALFORMED_BODY) from None


def _note_outcome(outcome: Outcome) -> None:
    """Have the call's line in the log say what became of the message, by its IDs."""
    calls.note(outcome=outcome.outcome)
    if outcome.message_id is not None:
        calls.note(message_id=str(outcome.message_id))
    if outcome.quarantine_id is not None:
        calls.note(quarantine_id=outcome.quarantine_id, reason_code=outcome.reason_code or "")


def _line_outcome(request: HttpRequest, outcome: Outcome) -> LineOutcome:
    why = None
    status_url: str | UnsetType = UNSET
    if outcome.outcome is OutcomeKind.ACCEPTED and outcome.message_id is not None:
        status_url = _status_url(request, outcome.message_id)
    if outcome.outcome is OutcomeKind.QUARANTINED:
        why = Why(outcome.reason_code, outcome.reason)
    elif outcome.outcome is OutcomeKind.REFUSED:
        is_streams = outcome.reason_code in _OF_THE_STREAM
        why = (
            Why(outcome.reason_code, outcome.reason)
            if is_streams
            else Why(Problem.QUARANTINE_FULL.code, _refusal_text(outcome))
        )
    return LineOutcome(
        message_id=outcome.message_id,
        outcome=outcome.outcome,
        events=outcome.events,
        reason=why,
        quarantine_id=outcome.quarantine_id,
        status_url=status_url,
    )


def _refusal_text(outcome: Outcome) -> str:
    return (
        f"{Problem.QUARANTINE_FULL.sentence} To send it again as it is does not help; what is right"
        " is taken as ever, and the operator can make room."
        f" What is wrong with it: {outcome.reason}"
    )


def _submitter_of(request: HttpRequest) -> Submitter:
    holder = holder_of(request)
    return Submitter(
        name=holder.party_name,
        user_ids=holder.user_ids,
        may_submit_all=holder.party_kind is PartyKind.DCC,
        token=holder.ending,
    )


def _origin_of(request: HttpRequest) -> str:
    """Return how the quarantine names where a message came from."""
    holder = holder_of(request)
    return f"API: {holder.party_name} (token …{holder.ending})"
