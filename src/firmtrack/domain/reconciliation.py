"""Where what is reported of a device's updates, activations and inventory does not fit together.

A flag is a pointer for people, made anew from what is known: it moves no status, and it goes when
a later event settles it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast

from firmtrack.domain.activation import Activation, states_one_of
from firmtrack.domain.identifiers import FirmwareVersion, RequestId, comparable_version
from firmtrack.domain.inventory import Knowledge, Known
from firmtrack.domain.stages import ActivationStatus, Status

SUSPENDED = "Suspended"
"""The device status that DCC's inventory gives a device that it has suspended."""

NO_ANSWER_REASONS = frozenset({"N12", "N13", "E20", "E21"})
"""The codes with which DCC says that a command did not arrive or was not answered."""

_BEFORE_ANY = datetime.min.replace(tzinfo=UTC)
_WAITING = frozenset({ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED})


class FlagKind(StrEnum):
    """What does not fit."""

    ACTIVATED_BUT_OLD_VERSION = "activated_but_old_version"
    ACTIVATED_WITH_OTHER_VERSION = "activated_with_other_version"
    ACTIVATION_NOT_ANSWERED = "activation_not_answered"
    SUSPENDED = "suspended"
    VERSION_WITHOUT_ACTIVATION = "version_without_activation"
    FIRMWARE_VERSION_MISMATCH = "firmware_version_mismatch"
    REQUEST_FOR_RUNNING_VERSION = "request_for_running_version"
    HEADER_VERSION_DIFFERS = "header_version_differs"
    IMAGE_PROBLEM = "image_problem"
    REQUEST_STATED_TWICE = "request_stated_twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One thing that does not fit, and what it is made from.

    ``expected_version`` is what the update, the request or DCC's inventory says;
    ``found_version`` what the device, or the image's own header, says against it. ``problem`` is a
    clause on the image.
    ``request_id`` is the request or activation meant, None if it is the device as such.
    """

    kind: FlagKind
    request_id: RequestId | None = None
    expected_version: FirmwareVersion | None = None
    found_version: FirmwareVersion | None = None
    reason: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeighedUpdate:
    """One distribution as far as it matters here.

    ``updated_at`` is the time of its current status, ``header_version`` that of its image's own
    header, ``image_problem`` what does not fit in the image; ``activations`` are those of its
    image, latest first; ``statement_count`` is how many different messages claim to be its request.
    """

    request_id: RequestId
    status: Status
    firmware_version: FirmwareVersion | None
    header_version: FirmwareVersion | None
    submitted_at: datetime
    updated_at: datetime
    activations: Sequence[Activation] = ()
    image_problem: str | None = None
    statement_count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The version that a device runs, and the time of the latest event that says so."""

    version: FirmwareVersion
    learnt_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Situation:
    """All that is weighed: updates newest request first, activations latest first."""

    known: Knowledge | None
    running: _Running | None
    updates: Sequence[WeighedUpdate]
    activations: Sequence[tuple[Activation, FirmwareVersion | None]]

    @property
    def is_suspended(self) -> bool:
        return self._suspension is not None

    def was_suspended_after(self, moment: datetime) -> bool:
        """Whether the device is Suspended, and was stated to be so at or after ``moment``."""
        suspension = self._suspension
        return suspension is not None and (suspension.origin.learnt_at or _BEFORE_ANY) >= moment

    @property
    def _suspension(self) -> Known | None:
        status = None if self.known is None else self.known.facts.get("device_status")
        return status if status is not None and status.value == SUSPENDED else None


def flags_of(
    known: Knowledge | None, updates: Sequence[WeighedUpdate], unmatched: Sequence[Activation] = ()
) -> tuple[Flag, ...]:
    """Return what does not fit, by kind in the order of FlagKind.

    ``updates`` are the device's distributions, newest request first; ``unmatched`` its activations
    of images that none of them brought.
    """
    situation = _Situation(
        known=known,
        running=_running(known),
        updates=updates,
        activations=_activations_with_versions(updates, unmatched),
    )
    return tuple(flag for find in _FINDERS for flag in find(situation))


def header_version_flag(
    request_id: RequestId, stated: FirmwareVersion | None, header: FirmwareVersion | None
) -> Flag | None:
    """Return the flag of a request that states another version than its image's own header."""
    if stated is None or header is None or _is_same(stated, header):
        return None
    return Flag(
        kind=FlagKind.HEADER_VERSION_DIFFERS,
        request_id=request_id,
        expected_version=stated,
        found_version=header,
    )


def image_problem_flag(request_id: RequestId, problem: str | None) -> Flag | None:
    """Return the flag of a request whose image is not as an image should be."""
    if problem is None:
        return None
    return Flag(kind=FlagKind.IMAGE_PROBLEM, request_id=request_id, problem=problem)


def _is_same(version: FirmwareVersion | None, other: FirmwareVersion | None) -> bool:
    """Whether both are known and one number, however each is written."""
    if version is None or other is None:
        return False
    return comparable_version(version) == comparable_version(other)


def repeated_request_flag(request_id: RequestId, statement_count: int) -> Flag | None:
    """Return the flag of a Request ID that several different messages claim, None if one does."""
    if statement_count < 2:
        return None
    return Flag(kind=FlagKind.REQUEST_STATED_TWICE, request_id=request_id)


def _running(known: Knowledge | None) -> _Running | None:
    known_fact = None if known is None else known.facts.get("firmware_version")
    if known_fact is None:
        return None
    version = cast("FirmwareVersion", known_fact.value)
    return _Running(version=version, learnt_at=known_fact.origin.learnt_at or _BEFORE_ANY)


def _activations_with_versions(
    updates: Sequence[WeighedUpdate], unmatched: Sequence[Activation]
) -> Sequence[tuple[Activation, FirmwareVersion | None]]:
    """Return each activation but the cancelling ones with its image's version, latest first."""
    versions = [
        (each, update.firmware_version) for update in updates for each in update.activations
    ]
    versions += [(each, each.firmware_version) for each in unmatched]
    return sorted(
        (pair for pair in versions if not pair[0].is_cancelling),
        key=lambda pair: (pair[0].requested_at, pair[0].request_id),
        reverse=True,
    )


def _activated_but_old_version(it: _Situation) -> Iterator[Flag]:
    running = it.running
    if running is None:
        return
    activations = [
        (each.updated_at, each.request_id, each.firmware_version, image_version)
        for each, image_version in it.activations
        if each.status is ActivationStatus.ACTIVATED
    ]
    updates = [
        (each.updated_at, each.request_id, each.firmware_version, each.firmware_version)
        for each in it.updates
        if each.status is Status.ACTIVATED
    ]
    for activated_at, request_id, version, image_version in activations[:1] + updates[:1]:
        if (
            version is not None
            and not _is_same(version, running.version)
            and not _is_same(running.version, image_version)
            and running.learnt_at > activated_at
            and not _is_brought_since(activated_at, running, it.updates)
        ):
            yield Flag(
                kind=FlagKind.ACTIVATED_BUT_OLD_VERSION,
                request_id=request_id,
                expected_version=version,
                found_version=running.version,
            )


def _is_brought_since(at: datetime, running: _Running, updates: Sequence[WeighedUpdate]) -> bool:
    """Whether a later update brought what runs: then it is newer, not old."""
    return any(
        _is_same(each.firmware_version, running.version)
        and each.status is not Status.REJECTED
        and at < each.submitted_at < running.learnt_at
        for each in updates
    )


def _activated_with_other_version(it: _Situation) -> Iterator[Flag]:
    """Yield the latest success that the device answered with another version than its image's."""
    succeeded = [
        (each, update)
        for update in it.updates
        for each in update.activations
        if each.status is ActivationStatus.ACTIVATED and not each.is_cancelling
    ]
    latest = max(succeeded, key=lambda pair: pair[0].requested_at, default=None)
    if latest is None:
        return
    each, update = latest
    versions = [version for version in (update.firmware_version, update.header_version) if version]
    running = it.running
    is_settled = (
        running is not None
        and any(_is_same(running.version, version) for version in versions)
        and running.learnt_at > each.updated_at
    )
    if (
        versions
        and each.firmware_version is not None
        and not states_one_of(each, versions)
        and not is_settled
    ):
        yield Flag(
            kind=FlagKind.ACTIVATED_WITH_OTHER_VERSION,
            request_id=each.request_id,
            expected_version=versions[0],
            found_version=each.firmware_version,
        )


def _activation_not_answered(it: _Situation) -> Iterator[Flag]:
    for each, version in it.activations[:1]:
        is_lost = each.status is ActivationStatus.FAILED and each.reason in NO_ANSWER_REASONS
        is_stuck = each.status in _WAITING and it.was_suspended_after(
            each.scheduled_for or each.requested_at
        )
        runs_it = it.running is not None and _is_same(it.running.version, version)
        if (is_lost or is_stuck) and not runs_it:
            yield Flag(
                kind=FlagKind.ACTIVATION_NOT_ANSWERED,
                request_id=each.request_id,
                expected_version=version,
                found_version=None if it.running is None else it.running.version,
                reason=each.reason,
            )


def _suspended(it: _Situation) -> Iterator[Flag]:
    if it.is_suspended:
        yield Flag(kind=FlagKind.SUSPENDED)


def _version_without_activation(it: _Situation) -> Iterator[Flag]:
    verified = [each for each in it.updates if each.status is Status.VERIFIED]
    for each in verified[:1]:
        # That of an earlier update is one: the same image can be sent to a device again.
        is_seen = any(
            one.status is ActivationStatus.ACTIVATED and _is_same(version, each.firmware_version)
            for one, version in it.activations
        )
        running = it.running
        if (
            not is_seen
            and running is not None
            and _is_same(running.version, each.firmware_version)
            and running.learnt_at > each.submitted_at
        ):
            yield Flag(
                kind=FlagKind.VERSION_WITHOUT_ACTIVATION,
                request_id=each.request_id,
                found_version=running.version,
            )


def _firmware_version_mismatch(it: _Situation) -> Iterator[Flag]:
    facts = {} if it.known is None else it.known.facts
    smi, running = facts.get("smi_firmware_version"), facts.get("firmware_version")
    if smi is None or running is None:
        return
    expected = cast("FirmwareVersion", smi.value)
    found = cast("FirmwareVersion", running.value)
    if not _is_same(expected, found) and smi.origin.age >= running.origin.age:
        yield Flag(
            kind=FlagKind.FIRMWARE_VERSION_MISMATCH,
            expected_version=expected,
            found_version=found,
        )


def _request_for_running_version(it: _Situation) -> Iterator[Flag]:
    running = it.running
    for each in it.updates:
        if (
            running is not None
            and each.status is not Status.REJECTED
            and _is_same(each.firmware_version, running.version)
            and running.learnt_at <= each.submitted_at
        ):
            yield Flag(
                kind=FlagKind.REQUEST_FOR_RUNNING_VERSION,
                request_id=each.request_id,
                found_version=running.version,
            )


def _header_version_differs(it: _Situation) -> Iterator[Flag]:
    for each in it.updates:
        flag = header_version_flag(each.request_id, each.firmware_version, each.header_version)
        if flag is not None:
            yield flag


def _image_problem(it: _Situation) -> Iterator[Flag]:
    for each in it.updates:
        flag = image_problem_flag(each.request_id, each.image_problem)
        if flag is not None:
            yield flag


def _request_stated_twice(it: _Situation) -> Iterator[Flag]:
    for each in it.updates:
        flag = repeated_request_flag(each.request_id, each.statement_count)
        if flag is not None:
            yield flag


# In the order of FlagKind.
_FINDERS: Sequence[Callable[[_Situation], Iterator[Flag]]] = (
    _activated_but_old_version,
    _activated_with_other_version,
    _activation_not_answered,
    _suspended,
    _version_without_activation,
    _firmware_version_mismatch,
    _request_for_running_version,
    _header_version_differs,
    _image_problem,
    _request_stated_twice,
)
