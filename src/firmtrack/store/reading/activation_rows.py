"""Rows of activations to what was said of them, and the distributions that they belong to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from json import loads
from typing import Any
from uuid import UUID

from firmtrack.answers.requests import DistributionAnswer
from firmtrack.domain.activation import (
    Activation,
    ToldWord,
    activations_of,
    distribution_of,
    settled_by_version,
)
from firmtrack.domain.attribution import Candidate
from firmtrack.domain.facts import ActivationWord, ImageFacts
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import Knowledge
from firmtrack.domain.reconciliation import Flag, Update, flags_of
from firmtrack.domain.stages import ActivationStep
from firmtrack.store.numbers import KIND_OF_NUMBER, request_id_of, to_bigint


@dataclass(frozen=True, slots=True)
class Chapters:
    """A device's activations, each under the request that brought its image, latest first.

    ``others`` are those of images that none of the requests brought.
    """

    of_request: Mapping[RequestId, tuple[Activation, ...]]
    others: tuple[Activation, ...]

    def all(self) -> Iterator[Activation]:
        """Yield all of them, in any order."""
        yield from self.others
        for of_one in self.of_request.values():
            yield from of_one

    def seen(self, request_ids: Iterable[RequestId]) -> "Chapters":
        """Return them as someone who sees these requests alone: the rest are of others."""
        visible = frozenset(request_ids)
        unseen = [
            each for key, of_one in self.of_request.items() if key not in visible for each in of_one
        ]
        return Chapters(
            {key: each for key, each in self.of_request.items() if key in visible},
            tuple(
                sorted(
                    (*self.others, *unseen),
                    key=lambda each: (each.requested_at, each.request_id),
                    reverse=True,
                )
            ),
        )


def activations_in(device_id: Eui64, rows: str | None) -> tuple[Activation, ...]:
    """Return the device's activations, latest first.

    ``rows`` is JSON, an array of rows as ``find_device`` makes it; None if there are none.
    """
    if rows is None:
        return ()
    return activations_of(_told_word(device_id, row) for row in loads(rows))


def candidates_in(rows: str | None) -> tuple[Candidate, ...]:
    """Return the requests that name the device, as its words see them, in any order.

    ``rows`` is JSON, an array of rows as ``find_device`` makes it; None if there are none. All
    parties' requests are there: whose a word is does not depend on who asks.
    """
    return () if rows is None else tuple(map(_candidate, loads(rows)))


def chapters_of(activations: Sequence[Activation], candidates: Sequence[Candidate]) -> Chapters:
    """Return the activations under the requests whose images they are of, whosever those are.

    What a device answered with settles whether it runs the image (``settled_by_version``).
    """
    versions = {each.request_id: each.firmware_versions for each in candidates}
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
    distributions: Iterable[tuple[DistributionAnswer, ImageFacts | None, int]],
    chapters: Chapters,
) -> tuple[Flag, ...]:
    """Return what does not fit together.

    The distributions are newest request first, each with its image and with how many different
    messages claim to be its request.
    """
    updates = [
        Update(
            request_id=each.request_id,
            status=each.status,
            firmware_version=each.firmware_version,
            header_version=None if image is None else image.header_version,
            image_problem=None if image is None else image.problem,
            submitted_at=each.submitted_at,
            updated_at=each.updated_at,
            activations=chapters.of_request.get(each.request_id, ()),
            statement_count=statement_count,
        )
        for each, image, statement_count in distributions
    ]
    return flags_of(known, updates, chapters.others)


def _candidate(row: Sequence[Any]) -> Candidate:
    originator, target, counter, submitted_at, image_hash, versions, is_refused = row
    return Candidate(
        request_id=request_id_of(originator, target, counter),
        submitted_at=_time(submitted_at),
        image_hash=None if image_hash is None else bytes.fromhex(image_hash),
        firmware_versions=tuple(versions),
        is_refused=is_refused,
    )


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
