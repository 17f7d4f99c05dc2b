"""Stage reports: what a DCC system behind the User interface says of a request's devices.

A stage report is a CloudEvent (version 1.0, JSON format) of type ``firmtrack.stage-report.v1``.
Its identity is its ``source`` and ``id``, as CloudEvents has it.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal

from msgspec import DecodeError, Meta, Struct, ValidationError, json

from firmtrack.domain.facts import Event, Message, MessageKind, RequestStep
from firmtrack.domain.identifiers import (
    EUI_64_FORM,
    REQUEST_ID_FORM,
    Eui64,
    MalformedIdentifier,
    RequestId,
)
from firmtrack.domain.stages import Status
from firmtrack.errors import FirmtrackError

LARGEST_REPORT_BYTES = 2 * 1024 * 1024
_DEVICES_MAX = 50_000

_WHOLE = r"^{form}$(?!\n)"  # $ alone also matches before a newline at the end, in Python

_Name = Annotated[str, Meta(min_length=1, max_length=1024)]
_Code = Annotated[str, Meta(min_length=1, max_length=64, pattern=_WHOLE.format(form="[!-~]+"))]
_Time = Annotated[
    datetime,
    Meta(
        tz=True,
        description="Not before anything happened at DCC, nor still to come, and with its offset"
        " from UTC.",
    ),
]
# Identifiers are parsed, so that their refusal has a code of its own; the schema tells their form.
_EuiText = Annotated[str, Meta(extra_json_schema={"pattern": _WHOLE.format(form=EUI_64_FORM)})]
_RequestIdText = Annotated[
    str,
    Meta(
        description="Its counter is less than 2 to the 64th.",
        extra_json_schema={"pattern": _WHOLE.format(form=REQUEST_ID_FORM)},
    ),
]


class MalformedStageReport(FirmtrackError):
    """A JSON message is not a stage report."""

    def __init__(self, code: str, problem: str) -> None:
        self.code = code
        super().__init__(problem)


class StageReportData(Struct, frozen=True, forbid_unknown_fields=True):
    """Which stage the devices have reached, or where it went wrong and why.

    device_ids is "all" if it concerns the request as a whole.
    """

    service_request_id: _RequestIdText
    device_ids: (
        Annotated[list[_EuiText], Meta(min_length=1, max_length=_DEVICES_MAX)] | Literal["all"]
    )
    status: Status
    occurred_at: _Time
    reason: _Code | None = None


class StageReport(Struct, frozen=True):
    """What a system of DCC's says of the stage that a request's devices have reached.

    A CloudEvent: source, a URI reference, and id together are its identity. Other attributes of
    CloudEvents may stand beside these and count for nothing.
    """

    specversion: Literal["1.0"]
    type: Literal["firmtrack.stage-report.v1"]
    source: _Name
    id: _Name
    data: StageReportData


_decoder = json.Decoder(StageReport)
_identity_encoder = json.Encoder()


def read_stage_report(body: bytes) -> Message:
    """Return the facts of a stage report. Raises MalformedStageReport."""
    if len(body) > LARGEST_REPORT_BYTES:
        raise MalformedStageReport("too_large", f"A stage report of {len(body)} octets.")
    try:
        report = _decoder.decode(body)
    except ValidationError as error:
        raise MalformedStageReport("not_a_stage_report", str(error)[:200]) from None
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedStageReport("not_json", str(error)[:200]) from None
    return _message(body, report)


def _message(body: bytes, report: StageReport) -> Message:
    data = report.data
    try:
        occurred_at = data.occurred_at.astimezone(UTC)
        request_id = RequestId.parse(data.service_request_id)
        device_ids = () if data.device_ids == "all" else _device_ids(data.device_ids)
    except MalformedIdentifier as error:
        raise MalformedStageReport("bad_identifier", str(error)) from None
    except OverflowError:
        raise MalformedStageReport("not_a_stage_report", "occurred_at is no time in UTC.") from None
    steps = (
        (
            RequestStep(
                request_id=request_id,
                status=data.status,
                occurred_at=occurred_at,
                reason=data.reason,
            ),
        )
        if data.device_ids == "all"
        else ()
    )
    return Message(
        digest=sha256(_identity_encoder.encode((report.source, report.id))).digest(),
        kind=MessageKind.STAGE_REPORT,
        body=body,
        occurred_at=occurred_at,
        steps=steps,
        events=tuple(
            Event(
                device_id=device_id,
                status=data.status,
                occurred_at=occurred_at,
                request_id=request_id,
                reason=data.reason,
            )
            for device_id in device_ids
        ),
    )


def _device_ids(texts: list[str] | str) -> tuple[Eui64, ...]:
    return tuple(dict.fromkeys(map(Eui64.parse, texts)))
