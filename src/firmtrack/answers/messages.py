"""A recorded message: what it says, decoded, and as a text to read.

Times are aware and in UTC. Lists say their order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.domain.facts import ImageFacts, MessageKind
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.gbcs.description import GbcsDescription


class Said(NamedTuple):
    """A status that the message reports, of how many devices; 0 is of the request as a whole."""

    status: Status
    reason: str | None
    devices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidOfActivation:
    """What the message reports of an Activate Firmware (11.3) request."""

    request_id: RequestId
    step: ActivationStep
    is_failed: bool
    reason: str | None
    scheduled_for: datetime | None


class ReportFacts(NamedTuple):
    """What identifies a stage report: its CloudEvents source and ID."""

    source: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """What is kept of the message, set out for people; never the firmware image.

    Long lists are cut to their first values, and a long text to its first lines: ``is_whole`` says
    whether nothing is left out, ``kept_bytes`` how large all of it is.
    """

    text: str
    is_whole: bool
    kept_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a kept message says.

    ``request_id`` and ``service`` are those of its header, ``service`` the reference variant.
    ``requests`` are all that it names, ``devices`` the first of ``device_count``; ``said`` is in
    the order of the message. ``device_time`` is what the clock beside DCC's says, and
    ``comms_hub_id`` and ``firmware_version`` are told if it names one alone. ``problem`` is why the
    readers of today cannot read it; then only ``shown`` is there, None if that is not kept either.
    """

    shown: ShownText | None
    request_id: RequestId | None = None
    service: str | None = None
    requests: tuple[RequestId, ...] = ()
    devices: tuple[Eui64, ...] = ()
    device_count: int = 0
    said: tuple[Said, ...] = ()
    activation: SaidOfActivation | None = None
    device_time: datetime | None = None
    comms_hub_id: Eui64 | None = None
    firmware_version: FirmwareVersion | None = None
    gbcs: GbcsDescription | None = None
    report: ReportFacts | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswer:
    """A recorded message as its viewer sees it.

    ``user_id`` is the User that it was sent to, or that sent it (``is_from_user``); None of a stage
    report. ``occurred_at`` is DCC's time, ``recorded_at`` when Firmtrack received it. ``image`` is
    what was read of a request's image when it came. ``contents`` is None where the body cannot be
    read, or is not kept any more: then ``has_body`` is false, and ``bodies_kept_from`` says from
    when on bodies are kept. ``submitter``, ``token`` and ``withdrawn_because`` are for DCC's staff
    alone.
    """

    message_id: UUID
    kind: MessageKind
    code: str | None
    user_id: Eui64 | None
    is_from_user: bool
    response_id: ResponseId | None
    occurred_at: datetime | None
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    submitter: str | None
    token: str | None
    image: ImageFacts | None
    contents: Contents | None
    has_body: bool
    bodies_kept_from: datetime | None
