"""Rows of requests and distributions to the values that they answer."""

from collections import Counter
from typing import Any

from psycopg.rows import TupleRow

from firmtrack.answers.requests import DistributionAnswer, RequestAnswer
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.incidents import entries_of_request
from firmtrack.domain.stages import (
    CompletionStatus,
    Stage,
    Variant,
    completion_of,
    status_at,
)
from firmtrack.domain.viewer import Viewer
from firmtrack.store.ledger.incidents import incidents_in
from firmtrack.store.numbers import eui_of


def request_answer(
    viewer: Viewer, request_id: RequestId, row: TupleRow, counts: list[TupleRow]
) -> RequestAnswer:
    """Return the request in a row of ``find_request``, with the rows of its counts."""
    (_, variant_text, firmware_version, image_hash, image, submitted_at, code, answered_at,
     statement_count, incidents) = row  # fmt: skip
    variant = None if variant_text is None else Variant(variant_text)
    status_counts = {
        status_at(Stage(stage), is_bad=failed): count for stage, failed, count in counts
    }
    completion_counts = Counter[CompletionStatus]()
    for status, count in status_counts.items():
        completion_counts[completion_of(status, variant)] += count
    return RequestAnswer(
        request_id=request_id,
        variant=variant,
        firmware_version=firmware_version,
        image=image_facts(image, image_hash),
        submitted_at=submitted_at,
        response_code=code,
        answered_at=answered_at,
        statement_count=statement_count,
        device_count=sum(status_counts.values()),
        completion_counts=dict(completion_counts),
        status_counts=status_counts,
        incidents=entries_of_request(viewer, incidents_in(incidents)),
    )


def distribution_answer(
    viewer: Viewer, request_id: RequestId, device_id: Eui64, row: TupleRow
) -> DistributionAnswer:
    """Return the distribution whose variant, version, … are ``row``, as the queries order them."""
    variant, version, image_hash, submitted_at, stage, failed, reason, updated_at, addressee = row
    is_anothers = is_anothers_word(viewer, addressee)
    return DistributionAnswer(
        request_id=request_id,
        variant=None if variant is None else Variant(variant),
        device_id=device_id,
        firmware_version=version,
        image_hash=image_hash,
        submitted_at=submitted_at,
        status=status_at(Stage(stage), is_bad=failed),
        reason=reason,
        updated_at=start_of_day(updated_at) if is_anothers else updated_at,
        is_anothers_word=is_anothers,
    )


def is_anothers_word(viewer: Viewer, addressee: int | None) -> bool:
    """Return whether a word was sent to another party than the viewer's.

    ``addressee`` is the stored number of the User, None if the message was sent to nobody.
    """
    return addressee is not None and not viewer.is_party_to(eui_of(addressee))


def image_facts(image: dict[str, Any] | None, image_hash: bytes | None) -> ImageFacts | None:
    """Return what is kept of a request's image, None if the request has not come."""
    return None if image is None else ImageFacts(manufacturer_image_hash=image_hash, **image)
