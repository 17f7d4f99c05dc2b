"""What parties can be notified of: one table, from which each endpoint's owner chooses."""

from dataclasses import dataclass
from enum import StrEnum

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

_WATCH = "watch."


class WatchNews(StrEnum):
    """What somebody who watches something is told: see docs/decisions/041."""

    FAILED = "failed"
    """It has failed, or, of a request, some of it has."""
    STALLED = "stalled"
    ENDED = "ended"
    CORRECTED = "corrected"
    """What was told last is not so, or not any more."""
    QUIET = "quiet"
    """Of a cause: no updates have joined it lately."""
    GROWN = "grown"
    """Of a cause: it has at least twice as many updates as were told of."""


def topic_of_watch(news: WatchNews) -> str:
    """Return the topic of what somebody is told of something that they watch."""
    return f"{_WATCH}{news}"


def watch_news_of(topic: str) -> WatchNews:
    """Return the news that a topic of a watch is about."""
    return WatchNews(topic.removeprefix(_WATCH))


WATCH_TOPICS: tuple[str, ...] = tuple(topic_of_watch(news) for news in WatchNews)
"""Topics that nobody chooses for an endpoint: a person watches one thing."""


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
