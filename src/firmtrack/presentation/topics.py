"""The names of what parties are told of, and of the ways by which they are told."""

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

CHANNEL_NAMES = {"webhook": "Webhook", "duis": "DCC Alerts", "email": "E-mail digest"}
CHANNEL_HINTS = {
    "webhook": "Signed JSON to an https address of yours",
    "duis": "Signed DUIS messages to your receive-response address, on the statuses that DUIS has"
    " an alert for",
    "email": "One mail for all that is new, at most every 15 minutes, to an e-mail address",
}
