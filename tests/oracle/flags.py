"""Where what is reported of a device does not fit together, as far as the traffic tells it.

What that is the world knows from having sent it: the rules of the flags are all that is here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.simulator.statements import Fact
from firmtrack.simulator.truth import TrueActivation, TrueDistribution
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import SUSPENDED

_BEFORE_ANY = datetime.min.replace(tzinfo=UTC)
_NO_ANSWER = frozenset({"N12", "N13", "E20", "E21"})
_WAITING = frozenset({ActivationStatus.REQUESTED, ActivationStatus.SCHEDULED})

Distributed = tuple[SentUpdate, TrueDistribution]


def flags_of(
    facts: Mapping[str, Fact],
    distributed: Sequence[Distributed],
    activations: Sequence[TrueActivation],
) -> list[str]:
    """Return the codes of what does not fit, sorted.

    ``told`` are the device's updates, newest request last; ``activations`` its activations, latest
    last.
    """
    found = set(_about_the_device(facts))
    found.update(_about_activations(facts, distributed, activations))
    found.update(_about_updates(facts, distributed, activations))
    return sorted(found)


def _about_the_device(facts: Mapping[str, Fact]) -> Iterator[str]:
    status, running = facts.get("device_status"), facts.get("firmware_version")
    listed = facts.get("smi_firmware_version")
    if status is not None and status.value == SUSPENDED:
        yield "suspended"
    if (
        running is not None
        and listed is not None
        and running.value != listed.value
        and _time(listed) >= _time(running)
    ):
        yield "firmware_version_mismatch"


def _about_activations(
    facts: Mapping[str, Fact],
    distributed: Sequence[Distributed],
    activations: Sequence[TrueActivation],
) -> Iterator[str]:
    running, status = facts.get("firmware_version"), facts.get("device_status")
    for at, version in _last_successes(distributed, activations):
        if (
            running is not None
            and running.value != version
            and _time(running) > at
            and not any(_brings(update, one, at, running) for update, one in distributed)
        ):
            yield "activated_but_old_version"
    asking = [one for one in activations if not one.is_cancelling]
    if asking:
        latest = asking[-1]
        is_lost = latest.status is ActivationStatus.FAILED and latest.reason in _NO_ANSWER
        is_stuck = latest.status in _WAITING and _is_suspended_since(status, latest)
        brought = {update.request_id: update.firmware_version for update, _ in distributed}
        version = None if latest.distribution is None else brought[latest.distribution]
        runs_it = running is not None and running.value == version
        if (is_lost or is_stuck) and not runs_it:
            yield "activation_not_answered"


def _is_suspended_since(status: Fact | None, activation: TrueActivation) -> bool:
    """Return whether the device was suspended when its answer was due, or later."""
    due_at = activation.scheduled_for or activation.requested_at
    return (
        status is not None
        and status.value == SUSPENDED
        and due_at is not None
        and _time(status) >= due_at
    )


def _last_successes(
    distributed: Sequence[Distributed], activations: Sequence[TrueActivation]
) -> Iterator[tuple[datetime, str | None]]:
    """Yield time and version of the last activation that went well: by 11.3, and by 11.4."""
    by_command = [one for one in activations if one.status is ActivationStatus.ACTIVATED]
    if by_command and by_command[-1].updated_at is not None:
        yield by_command[-1].updated_at, by_command[-1].firmware_version
    by_itself = [(one, it) for it, one in distributed if one.current.status is Status.ACTIVATED]
    if by_itself and by_itself[-1][0].current.at is not None:
        yield by_itself[-1][0].current.at, by_itself[-1][1].firmware_version


def _brings(
    update: SentUpdate, distribution: TrueDistribution, since: datetime, running: Fact
) -> bool:
    """Return whether a request later than ``since`` brought what runs: that is new, not old."""
    return (
        update.firmware_version == running.value
        and distribution.current.status is not Status.REJECTED
        and update.known_since is not None
        and since < update.known_since < _time(running)
    )


def _about_updates(
    facts: Mapping[str, Fact],
    distributed: Sequence[Distributed],
    activations: Sequence[TrueActivation],
) -> Iterator[str]:
    running = facts.get("firmware_version")
    if any(update.firmware_version != update.image.firmware_version for update, _ in distributed):
        yield "header_version_differs"
    if running is None:
        return
    verified = [update for update, one in distributed if one.current.status is Status.VERIFIED]
    if verified:
        newest = verified[-1]
        is_seen = any(
            one.status is ActivationStatus.ACTIVATED and one.image_hash == newest.image_hash
            for one in activations
        )
        if not is_seen and running.value == newest.firmware_version and _is_after(running, newest):
            yield "version_without_activation"
    for update, distribution in distributed:
        if (
            distribution.current.status is not Status.REJECTED
            and update.firmware_version == running.value
            and not _is_after(running, update)
        ):
            yield "request_for_running_version"


def _is_after(fact: Fact, update: SentUpdate) -> bool:
    """Return whether a fact was told after the request; none is after one that has no time yet."""
    return update.known_since is not None and _time(fact) > update.known_since


def _time(fact: Fact) -> datetime:
    return fact.at or _BEFORE_ANY
