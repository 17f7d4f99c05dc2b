"""What people read of a change that a notice tells of: one sentence, and what its reason means."""

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.domain.topics import MISMATCH, STALLED, topic_of_activation, topic_of_status
from firmtrack.notices.grouping import Group, Matter
from firmtrack.presentation.links import link_to_device, link_to_request
from firmtrack.presentation.wording import (
    ACTIVATION_STATUS_NAMES,
    STATUS_NAMES,
    activation_reason_text,
    reason_text,
)

_STATUS_OF_TOPIC = {topic_of_status(status): status for status in Status}
_ACTIVATION_OF_TOPIC = {topic_of_activation(status): status for status in ActivationStatus}
_STATUSES = {str(status): status for status in Status}


def change_sentence(group: Group, details: dict[str, object]) -> str:
    """Return one sentence of what a call tells; ``details`` are the matter's, decoded.

    It says what changed, so that it stays true however things go on.
    """
    topic = group.matter.topic
    became = "was corrected to" if details.get("is_correction") else "changed to"
    status, activation = _STATUS_OF_TOPIC.get(topic), _ACTIVATION_OF_TOPIC.get(topic)
    if status is not None:
        name = STATUS_NAMES[status]
        return f"The status of {_devices(group)} {became} “{name}”{_in_request(group.matter)}."
    if activation is not None:
        name = ACTIVATION_STATUS_NAMES[activation]
        version = details.get("firmware_version") or group.matter.firmware_version
        of = "" if version is None else f" of firmware version {version}"
        return f"The activation{of} on {_devices(group)} {became} “{name}”."
    if topic == STALLED:
        at = _STATUSES.get(str(details.get("current_status")))
        where = "" if at is None else f" at “{STATUS_NAMES[at]}”"
        stands = "stands" if group.device_count == 1 else "stand"
        return f"{_begun(_devices(group))} {stands} still{where}{_in_request(group.matter)}."
    if topic == MISMATCH:
        runs = "runs" if group.device_count == 1 else "run"
        own = details.get("firmware_version_device") or "another than is listed"
        listed = details.get("firmware_version_smi") or "none"
        return (
            f"{_begun(_devices(group))} {runs} firmware version {own},"
            f" and the Smart Metering Inventory lists {listed}."
        )
    return f"{_begun(_devices(group))}: {topic}."  # a topic that only a newer process queues


def change_reason_text(matter: Matter) -> str | None:
    """Return a sentence for the reason of what a call tells, None if it has none."""
    if matter.reason is None:
        return None
    if matter.topic in _ACTIVATION_OF_TOPIC:
        return activation_reason_text(matter.reason)
    status = _STATUS_OF_TOPIC.get(matter.topic)
    return None if status is None else reason_text(matter.reason, status)


def change_link(group: Group) -> str | None:
    """Return the page of the one device that a call tells of, or of the request of several."""
    device_id = _only_device(group)
    if device_id is not None:
        return link_to_device(device_id)
    is_of_distributions = group.matter.topic not in _ACTIVATION_OF_TOPIC
    request_id = group.matter.service_request_id
    return None if request_id is None or not is_of_distributions else link_to_request(request_id)


def _only_device(group: Group) -> Eui64 | None:
    if group.devices is None or len(group.devices) != 1:
        return None
    return next(iter(group.devices))


def _devices(group: Group) -> str:
    only = _only_device(group)
    if only is not None:
        return f"device {only}"
    count = group.device_count
    if group.devices is None:
        return "its only device" if count == 1 else f"all {count:,} devices"
    return f"{count:,} devices"


def _in_request(matter: Matter) -> str:
    """Return of which update it is; whose it is not, if it is another party’s."""
    version = (
        "" if matter.firmware_version is None else f" to firmware version {matter.firmware_version}"
    )
    if matter.service_request_id is None:
        return f" in another party’s update{version}"
    return f" in the update{version} by Service Request {matter.service_request_id}"


def _begun(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
