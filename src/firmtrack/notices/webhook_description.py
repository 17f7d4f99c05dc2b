"""What webhooks send, as data for the API’s description: each event’s data, and the headers."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from firmtrack.domain.topics import (
    ENDPOINT_DISABLED,
    MISMATCH,
    STALLED,
    TEST,
    TOPICS,
    WATCH_TOPICS,
    watch_news_of,
)
from firmtrack.notices.cloud_events import event_type
from firmtrack.notices.event_data import (
    CloudEvent,
    DeviceChange,
    DistributionStalled,
    EndpointSwitchedOff,
    EndpointTest,
    VersionsDisagree,
    WatchTold,
)
from firmtrack.presentation.topics import WATCH_NEWS_NAMES, topic_name

ENVELOPE: type[Struct] = CloudEvent
"""The body of each call; its ``data`` is an event’s own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """A kind of event: its topic, the CloudEvent’s ``type``, one line about it, and its data."""

    topic: str
    event_type: str
    summary: str
    data: type[Struct]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHeader:
    """A header of each call; ``example`` is a value of it."""

    name: str
    description: str
    example: str


def _kind(topic: str, summary: str, data: type[Struct] = DeviceChange) -> EventKind:
    return EventKind(topic=topic, event_type=event_type(topic), summary=summary, data=data)


_OTHERS: Mapping[str, tuple[str, type[Struct]]] = {
    STALLED: ("Updates stand still", DistributionStalled),
    MISMATCH: ("A device and the inventory disagree on its firmware version", VersionsDisagree),
}


def _chosen(topic: str) -> EventKind:
    if topic in _OTHERS:
        return _kind(topic, *_OTHERS[topic])
    name = topic_name(topic)
    about = name if topic.startswith("activation.") else f"Status changed: {name}"
    return _kind(topic, about)


EVENT_KINDS: Mapping[str, EventKind] = {
    each.topic: each
    for each in (
        *(_chosen(topic.name) for topic in TOPICS),
        *(
            _kind(
                topic, f"What somebody watches: {WATCH_NEWS_NAMES[watch_news_of(topic)]}", WatchTold
            )
            for topic in WATCH_TOPICS
        ),
        _kind(ENDPOINT_DISABLED, topic_name(ENDPOINT_DISABLED), EndpointSwitchedOff),
        _kind(TEST, "A test of the endpoint", EndpointTest),
    )
}
"""By topic: all that a webhook may be sent."""

WEBHOOK_HEADERS: tuple[WebhookHeader, ...] = (
    WebhookHeader(
        name="webhook-id",
        description="The notice's ID, the same at every try: take each ID once.",
        example="0f9b2c5e-7a41-4d7c-9d0e-3f8f6c1f2a55",
    ),
    WebhookHeader(
        name="webhook-timestamp",
        description="When this try was made, in seconds since 1970-01-01T00:00:00Z.",
        example="1793450461",
    ),
    WebhookHeader(
        name="webhook-signature",
        description="The signatures of this try, divided by spaces; one of them must be right, and"
        " after a new secret was made there are two for a day. Each is v1, and the base64 of the"
        " HMAC-SHA256, under the secret (whsec_ and the key in base64), of webhook-id, a full stop,"
        " webhook-timestamp, a full stop, and the octets of the body: Standard Webhooks 1.0.",
        example="v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
)
"""The headers by which a receiver knows that a call is Firmtrack’s, and one that it has had."""
