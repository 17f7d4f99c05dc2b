"""A distribution: one device in one Service Request, and how its update stands."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from msgspec import Struct

from firmtrack.answers.requests import DistributionAnswer, DistributionPage
from firmtrack.domain.stages import CompletionStatus, Party, Status, Variant
from firmtrack.presentation import wording
from firmtrack.presentation.documents.fields import (
    EuiText,
    FirmwareVersionText,
    ImageHashText,
    RequestIdText,
    StageName,
    stage_name,
)

_Distribution = TypeVar("_Distribution")


class Reason(Struct, frozen=True):
    """Why a distribution stopped: a code, and what it means.

    A code that Firmtrack does not know is shown as it came.
    """

    code: str
    text: str


class PointOfFailure(Struct, frozen=True):
    """The stage at which a distribution stopped, and the party that held the update then."""

    stage: StageName
    party: Party


class Distribution(Struct, frozen=True):
    """One device in one Service Request, and its current status.

    current_status_updated_at is DCC's time of the word that decides it, or the beginning of its day
    in UTC if that word was sent to another party.
    """

    service_request_id: RequestIdText
    service_reference_variant: Variant | None
    device_id: EuiText
    firmware_version: FirmwareVersionText | None
    image_hash: ImageHashText | None
    submitted_at: datetime
    completion_status: CompletionStatus
    current_status: Status
    current_status_reason: Reason | None
    current_status_updated_at: datetime
    stage: StageName
    point_of_failure: PointOfFailure | None


class DistributionList(Struct, frozen=True):
    """Some of a request's distributions, by Device ID ascending; next_cursor is null at the end."""

    items: list[Distribution]
    next_cursor: str | None


def distribution(answer: DistributionAnswer) -> Distribution:
    """Return one distribution without its history."""
    return filled_distribution(Distribution, answer)


def distribution_list(page: DistributionPage, next_cursor: str | None) -> DistributionList:
    """Return one page of a request's distributions."""
    return DistributionList(
        items=[distribution(each) for each in page.items], next_cursor=next_cursor
    )


def filled_distribution(
    make: Callable[..., _Distribution], answer: DistributionAnswer, **more: object
) -> _Distribution:
    """Return a Distribution, or a class that adds the fields ``more`` to it."""
    return make(
        service_request_id=str(answer.request_id),
        service_reference_variant=answer.variant,
        device_id=str(answer.device_id),
        firmware_version=answer.firmware_version,
        image_hash=None if answer.image_hash is None else answer.image_hash.hex(),
        submitted_at=answer.submitted_at,
        completion_status=answer.completion,
        current_status=answer.status,
        current_status_reason=reason_of(answer.reason, answer.status),
        current_status_updated_at=answer.updated_at,
        stage=stage_name(answer.status.stage),
        point_of_failure=_point_of_failure(answer),
        **more,
    )


def reason_of(code: str | None, status: Status) -> Reason | None:
    """Return a reason with its meaning beside a status, None for None."""
    return None if code is None else Reason(code=code, text=wording.reason_text(code, status))


def _point_of_failure(answer: DistributionAnswer) -> PointOfFailure | None:
    if answer.point_of_failure is None:
        return None
    stage, party = answer.point_of_failure
    return PointOfFailure(stage=stage_name(stage), party=party)
