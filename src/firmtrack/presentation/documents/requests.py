"""A Service Request: what was asked, DCC's answer, and how its distributions stand."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct

from firmtrack.answers.request_lists import ListedRequest, RequestList
from firmtrack.answers.requests import DistributionAnswer, FailureCounts, RequestAnswer
from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.stages import CompletionStatus, Status, Variant
from firmtrack.presentation.documents.distributions import Reason, distribution, reason_of
from firmtrack.presentation.documents.encoding import encode
from firmtrack.presentation.documents.fields import (
    Count,
    FirmwareVersionText,
    Flag,
    ImageHashText,
    RequestIdText,
    flags,
)
from firmtrack.presentation.documents.incidents import Incident, incidents


class Image(Struct, frozen=True):
    """The firmware image that a request carried; the image itself is not kept.

    problem says why the octets are not a firmware image, null if they are one.
    """

    size_bytes: Count
    hash: ImageHashText | None
    header_version: FirmwareVersionText | None
    manufacturer_code: Count | None
    image_type: Count | None
    header_string: str | None
    minimum_hardware_version: Count | None
    maximum_hardware_version: Count | None
    problem: str | None


class DccAnswer(Struct, frozen=True):
    """DCC's answer to the request as a whole."""

    code: str
    answered_at: datetime | None


class CompletionCounts(Struct, frozen=True):
    """How many of the request's distributions have each Completion Status."""

    in_progress: Count
    failed: Count
    successful: Count


class NoLongerKept(Struct, frozen=True):
    """How many more distributions the request had whose updates had ended before a time.

    What was known of them is no longer kept, and they are in no other count.
    """

    before: datetime
    failed: Count
    successful: Count


class FailureCount(Struct, frozen=True):
    """How many of the request's distributions failed with this status, for this reason.

    The reason is null where the message that decides gives none.
    """

    current_status: Status
    reason: Reason | None
    count: Count


class ServiceRequest(Struct, frozen=True):
    """An Update Firmware (11.1) or Update PPMID Firmware (11.4) Service Request.

    summary says how the request stands, in plain sentences. current_status_counts leaves out the
    statuses that no distribution has. failures are what they add up to for the failed ones, by
    status and reason, the most frequent first. no_longer_kept is null while all of its
    distributions are kept. incidents are what
    befell the request as a whole besides the stages of its updates, latest first.
    """

    service_request_id: RequestIdText
    summary: str
    service_reference_variant: Variant | None
    firmware_version: FirmwareVersionText | None
    image: Image | None
    submitted_at: datetime
    answer: DccAnswer | None
    device_count: Count
    completion_status_counts: CompletionCounts
    current_status_counts: dict[Status, Count]
    failures: list[FailureCount]
    no_longer_kept: NoLongerKept | None
    flags: list[Flag]
    incidents: list[Incident]


def service_request_with_distributions(
    answer: RequestAnswer, summary: str, distributions: Iterable[DistributionAnswer]
) -> Iterator[bytes]:
    """Yield one object of JSON: the request and, as ``distributions``, these as they are read."""
    yield encode(service_request(answer, summary)).removesuffix(b"}") + b',"distributions":['
    between = b""
    for each in distributions:
        yield between + encode(distribution(each))
        between = b","
    yield b"]}"


class ListedServiceRequest(Struct, frozen=True):
    """One of the requests of a list, and how its distributions stand now.

    failures add up to the failed ones, by status and reason, the most frequent first: that is the
    main cause. stalled_count is how many of those in progress had stalled when that was last
    looked for, every few minutes, and have not moved since. supplier is the name of the party
    whose it is; it is told to DCC's staff alone, and null where no party is known.
    """

    service_request_id: RequestIdText
    service_reference_variant: Variant | None
    firmware_version: FirmwareVersionText | None
    submitted_at: datetime
    device_count: Count
    completion_status_counts: CompletionCounts
    stalled_count: Count
    failures: list[FailureCount]
    supplier: str | None


class ServiceRequestList(Struct, frozen=True):
    """Some Service Requests, newest first; next_cursor continues the list, null at its end.

    kept_from is from when on all updates are kept, where requests submitted before it were asked
    for, too: of these, only those are listed of which an update is left, and only what is left is
    counted. Else it is null.
    """

    items: list[ListedServiceRequest]
    next_cursor: str | None
    kept_from: datetime | None


def service_request_list(found: RequestList, next_cursor: str | None) -> ServiceRequestList:
    """Return the list as the API answers it."""
    return ServiceRequestList(
        items=[_listed(each) for each in found.items],
        next_cursor=next_cursor,
        kept_from=found.kept_from,
    )


def _listed(listed: ListedRequest) -> ListedServiceRequest:
    return ListedServiceRequest(
        service_request_id=str(listed.request_id),
        service_reference_variant=listed.variant,
        firmware_version=listed.firmware_version,
        submitted_at=listed.submitted_at,
        device_count=listed.device_count,
        completion_status_counts=_completion_counts(listed.completion_counts),
        stalled_count=listed.stalled_count,
        failures=_failures(listed.failure_counts),
        supplier=listed.party,
    )


def service_request(answer: RequestAnswer, summary: str) -> ServiceRequest:
    """Return the request as the API answers it, with the sentence that sums it up."""
    return ServiceRequest(
        service_request_id=str(answer.request_id),
        summary=summary,
        service_reference_variant=answer.variant,
        firmware_version=answer.firmware_version,
        image=None if answer.image is None else _image(answer.image),
        submitted_at=answer.submitted_at,
        answer=_dcc_answer(answer),
        device_count=answer.device_count,
        completion_status_counts=_completion_counts(answer.completion_counts),
        current_status_counts=dict(answer.status_counts),
        failures=_failures(answer.failure_counts),
        no_longer_kept=_no_longer_kept(answer),
        flags=flags(answer.flags),
        incidents=incidents(answer.incidents),
    )


def _dcc_answer(answer: RequestAnswer) -> DccAnswer | None:
    if answer.response_code is None:
        return None
    return DccAnswer(code=answer.response_code, answered_at=answer.answered_at)


def _no_longer_kept(answer: RequestAnswer) -> NoLongerKept | None:
    gone = answer.no_longer_kept
    if gone is None:
        return None
    return NoLongerKept(
        before=gone.before,
        failed=gone.completion_counts.get(CompletionStatus.FAILED, 0),
        successful=gone.completion_counts.get(CompletionStatus.SUCCESSFUL, 0),
    )


def _failures(counts: FailureCounts) -> list[FailureCount]:
    return [
        FailureCount(current_status=status, reason=reason_of(code, status), count=count)
        for (status, code), count in counts.items()
    ]


def _completion_counts(counts: Mapping[CompletionStatus, int]) -> CompletionCounts:
    return CompletionCounts(
        in_progress=counts.get(CompletionStatus.IN_PROGRESS, 0),
        failed=counts.get(CompletionStatus.FAILED, 0),
        successful=counts.get(CompletionStatus.SUCCESSFUL, 0),
    )


def _image(facts: ImageFacts) -> Image:
    digest = facts.manufacturer_image_hash
    return Image(
        size_bytes=facts.size_bytes,
        hash=None if digest is None else digest.hex(),
        header_version=facts.header_version,
        manufacturer_code=facts.manufacturer_code,
        image_type=facts.image_type,
        header_string=facts.header_string,
        minimum_hardware_version=facts.minimum_hardware_version,
        maximum_hardware_version=facts.maximum_hardware_version,
        problem=facts.problem,
    )
