"""The names of what parties are notified of."""

from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.domain.topics import (
    ENDPOINT_DISABLED,
    MISMATCH,
    STALLED,
    TEST,
    topic_of_activation,
    topic_of_status,
)
from firmtrack.presentation.wording import ACTIVATION_STATUS_NAMES, STATUS_NAMES

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
}


def topic_name(topic: str) -> str:
    """Return what people read of a topic; one that only a newer Firmtrack knows is shown as it is.

    Processes of two versions may share a database: one composes what the other sends or shows.
    """
    return TOPIC_NAMES.get(topic, topic)
