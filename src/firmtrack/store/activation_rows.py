"""Rows of activations to what was said of them, and the distributions that they belong to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json import loads
from typing import Any
from uuid import UUID

from firmtrack.domain.activation import (
    Activation,
    ToldWord,
    activations_of,
    distribution_of,
    settled_by_version,
)
from firmtrack.domain.attribution import Candidate
from firmtrack.domain.facts import ActivationWord, ImageFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.inventory import Knowledge
from firmtrack.domain.reconciliation import Flag, Update, flags_of
from firmtrack.domain.stages import ActivationStep
from firmtrack.store.answers import DistributionAnswer
from firmtrack.store.numbers import KIND_OF_NUMBER, request_id_of, to_bigint


@dataclass(frozen=True, slots=True)
class Chapters:
    """A device's activations, each under the request that brought its image, latest first.

    ``others`` are those of images that none of the requests brought.
    """

    of_request: Mapping[RequestId, tuple[Activation, ...]]
    others: tuple[Activation, ...]


def activations_in(device_id: Eui64, rows: str | None) -> tuple[Activation, ...]:
    """Return the device's activations, latest first.

    ``rows`` is JSON, an array of rows as ``find_device`` makes it; None if there are none.
    """
    if rows is None:
        return ()
    return activations_of(_told_word(device_id, row) for row in loads(rows))


def candidate_of(distribution: DistributionAnswer, submitted_at: datetime | None) -> Candidate:
    """Return the distribution's request as its device's activations see it.

    ``submitted_at`` is None while no message tells it, whatever the distribution shows instead.
    """
    return Candidate(
        request_id=distribution.request_id,
        submitted_at=submitted_at,
        image_hash=distribution.image_hash,
        firmware_version=distribution.firmware_version,
    )


def chapters_of(
    activations: Sequence[Activation],
    candidates: Sequence[Candidate],
    header_versions: Mapping[RequestId, FirmwareVersion | None],
) -> Chapters:
    """Return the activations under the requests whose images they are of, settled by its version.

    ``header_versions`` are those of the images' own headers.
    """
    versions = {
        each.request_id: [
            version
            for version in (each.firmware_version, header_versions.get(each.request_id))
            if version is not None
        ]
        for each in candidates
    }
    of_request: dict[RequestId, list[Activation]] = {}
    others = []
    for activation in activations:
        request_id = distribution_of(activation, candidates)
        if request_id is None:
            others.append(activation)
        else:
            settled = settled_by_version(activation, versions[request_id])
            of_request.setdefault(request_id, []).append(settled)
    return Chapters({key: tuple(each) for key, each in of_request.items()}, tuple(others))


def device_flags(
    known: Knowledge | None,
    distributions: Iterable[tuple[DistributionAnswer, ImageFacts | None]],
    chapters: Chapters,
) -> tuple[Flag, ...]:
    """Return what does not fit together; the distributions are newest request first."""
    updates = [
        Update(
            request_id=each.request_id,
            status=each.status,
            firmware_version=each.firmware_version,
            header_version=None if image is None else image.header_version,
            submitted_at=each.submitted_at,
            updated_at=each.updated_at,
            activations=chapters.of_request.get(each.request_id, ()),
        )
        for each, image in distributions
    ]
    return flags_of(known, updates, chapters.others)


def _told_word(device_id: Eui64, row: Sequence[Any]) -> ToldWord:
    (originator, counter, message_id, occurred_at, recorded_at, device_time, step, is_failed,
     reason, firmware_version, image_hash, scheduled_for, kind, code) = row  # fmt: skip
    learnt_at = _time(recorded_at)
    assert learnt_at is not None
    return ToldWord(
        word=ActivationWord(
            request_id=request_id_of(originator, to_bigint(device_id), counter),
            step=ActivationStep(step),
            is_failed=is_failed,
            occurred_at=_time(occurred_at),
            reason=reason,
            device_time=_time(device_time),
            firmware_version=firmware_version,
            image_hash=None if image_hash is None else bytes.fromhex(image_hash),
            scheduled_for=_time(scheduled_for),
        ),
        message_id=UUID(message_id),
        recorded_at=learnt_at,
        source_kind=KIND_OF_NUMBER[kind],
        source_code=code,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
