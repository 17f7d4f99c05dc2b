"""The names of what parties are notified of."""

from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.domain.topics import (
    ENDPOINT_DISABLED,
    MISMATCH,
    STALLED,
    TEST,
    WatchNews,
    topic_of_activation,
    topic_of_status,
    topic_of_watch,
)
from firmtrack.presentation.wording import ACTIVATION_STATUS_NAMES, STATUS_NAMES

WATCH_NEWS_NAMES = {
    WatchNews.FAILED: "failed",
    WatchNews.STALLED: "stalled",
    WatchNews.ENDED: "ended",
    WatchNews.CORRECTED: "correction",
    WatchNews.QUIET: "no new ones",
    WatchNews.GROWN: "has grown",
}

TOPIC_NAMES = {
    **{topic_of_status(status): STATUS_NAMES[status] for status in Status},
    STALLED: "Stalled",
    **{
        topic_of_activation(status): f"Activation: {ACTIVATION_STATUS_NAMES[status].lower()}"
        for status in ActivationStatus
    },
    MISMATCH: "Firmware versions disagree",
    ENDPOINT_DISABLED: "An endpoint was switched off",
    TEST: "Test",
    **{topic_of_watch(news): f"Watched: {name}" for news, name in WATCH_NEWS_NAMES.items()},
}


def topic_name(topic: str) -> str:
    """Return what people read of a topic; one that only a newer Firmtrack knows is shown as it is.

    Processes of two versions may share a database: one composes what the other sends or shows.
    """
    return TOPIC_NAMES.get(topic, topic)
