"""What parties can be notified of: one table, from which each endpoint's owner chooses."""

from dataclasses import dataclass

from firmtrack.domain.stages import STAGES, ActivationStatus, Status


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of notice. ``is_default``: an endpoint gets it unless its owner chose others."""

    name: str
    is_default: bool


_QUIET = frozenset(
    {Status.RECEIVED, Status.ACCEPTED, Status.TRANSFERRED_TO_DEVICE}
)  # good news from the middle of the way, which the party did not ask to be notified of
_RESULTS = frozenset(
    {ActivationStatus.ACTIVATED, ActivationStatus.FAILED, ActivationStatus.CANCELLED}
)

STALLED = "distribution.stalled"
MISMATCH = "device.firmware_version_mismatch"
ENDPOINT_DISABLED = "endpoint.disabled"
TEST = "endpoint.test"


def topic_of_status(status: Status) -> str:
    """Return the topic of a distribution's change to ``status``."""
    return f"distribution.{status}"


def topic_of_activation(status: ActivationStatus) -> str:
    """Return the topic of an activation's change to ``status``."""
    return f"activation.{status}"


TOPICS: tuple[Topic, ...] = (
    *(
        Topic(topic_of_status(status), status not in _QUIET)
        for row in STAGES
        for status in (row.good, row.bad)
        if status is not None
    ),
    Topic(STALLED, is_default=True),
    *(Topic(topic_of_activation(status), status in _RESULTS) for status in ActivationStatus),
    Topic(MISMATCH, is_default=True),
)
"""What can be chosen, in the order of an update's way."""

DEFAULT_TOPICS: tuple[str, ...] = tuple(topic.name for topic in TOPICS if topic.is_default)
