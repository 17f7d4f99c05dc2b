"""Rows of requests and distributions to the values that they answer."""

from typing import Any

from psycopg.rows import TupleRow

from firmtrack.answers.requests import DistributionAnswer
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import ImageFacts
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import (
    Stage,
    Variant,
    status_at,
)
from firmtrack.domain.viewer import Viewer
from firmtrack.store.numbers import eui_of


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
