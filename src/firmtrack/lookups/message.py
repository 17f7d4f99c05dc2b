"""The look-up of one message: what it says, decoded, and what is kept of it."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from firmtrack.answers.messages import Contents, MessageAnswer
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.seeing import sees_message
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.contents import contents_of
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE
from firmtrack.store.audit import record_lookup
from firmtrack.store.bodies import UnreadableBody
from firmtrack.store.known_from import Kind, known_from
from firmtrack.store.reading import messages
from firmtrack.store.reading.messages import KeptMessage, RecordedMessage

_FROM_USERS = frozenset(
    {
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        MessageKind.ACTIVATE_FIRMWARE_REQUEST,
        MessageKind.UPDATE_INVENTORY_REQUEST,
        MessageKind.DEVICE_PRE_NOTIFICATION,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBody:
    """What is kept of a message, as it came, less any firmware image; ``ending`` is its file's."""

    octets: bytes
    media_type: str
    ending: str


def find_message(viewer: Viewer, message_id: UUID) -> MessageAnswer | None:
    """Return the message, None if it is unknown or another party's."""
    found = _seen(viewer, message_id)
    record_lookup(viewer, "message", str(message_id), 0 if found is None else 1)
    if found is None:
        return None
    recorded, contents = found.recorded, found.contents
    return MessageAnswer(
        message_id=recorded.message_id,
        kind=recorded.kind,
        code=recorded.code,
        user_id=recorded.user_id,
        is_from_user=recorded.kind in _FROM_USERS,
        response_id=recorded.response_id,
        occurred_at=recorded.occurred_at,
        recorded_at=recorded.recorded_at,
        withdrawn_at=recorded.withdrawn_at,
        # Operators wrote these for themselves, and may name a party in them.
        withdrawn_because=recorded.withdrawn_because if viewer.sees_all else None,
        submitter=recorded.submitter if viewer.sees_all else None,
        token=recorded.token if viewer.sees_all else None,
        image=messages.image_of(message_id, contents.requests[0])
        if recorded.kind is MessageKind.UPDATE_FIRMWARE_REQUEST
        and contents is not None
        and contents.requests
        else None,
        contents=contents,
        has_body=found.has_body,
        bodies_kept_from=None if found.has_body else known_from(Kind.BODIES),
    )


def download_message(viewer: Viewer, message_id: UUID) -> KeptBody | None:
    """Return what is kept of the message; None if it is unknown, another party's or not kept."""
    found = _seen(viewer, message_id)
    kept = None if found is None else found.kept
    record_lookup(viewer, "message_body", str(message_id), 0 if kept is None else 1)
    if kept is None:
        return None
    is_report = kept.kind is MessageKind.STAGE_REPORT
    return KeptBody(
        octets=kept.body,
        media_type=JSON_MEDIA_TYPE if is_report else DUIS_MEDIA_TYPE,
        ending="json" if is_report else "xml",
    )


class _Seen(NamedTuple):
    """A message, and what is kept of it, None if it cannot be read or is not kept any more."""

    recorded: RecordedMessage
    kept: KeptMessage | None
    contents: Contents | None
    has_body: bool


def _seen(viewer: Viewer, message_id: UUID) -> _Seen | None:
    """Return the message, what is kept of it and what that says, None if it is not to be seen."""
    try:
        found = messages.find_message(message_id)
    except UnreadableBody:
        (recorded,) = messages.list_messages(message_ids=[message_id])
        return _without_contents(viewer, recorded, has_body=True)
    if found is None:
        return None
    recorded, kept = found
    if kept is None:
        return _without_contents(viewer, recorded, has_body=False)
    # Before anything is read that may be large, and another party's.
    if recorded.user_id is not None and not sees_message(viewer, recorded.user_id, ()):
        return None
    contents = contents_of(kept)
    if not sees_message(viewer, recorded.user_id, contents.requests):
        return None
    return _Seen(recorded, kept, contents, has_body=True)


def _without_contents(viewer: Viewer, recorded: RecordedMessage, *, has_body: bool) -> _Seen | None:
    if not sees_message(viewer, recorded.user_id, ()):
        return None
    return _Seen(recorded, None, None, has_body=has_body)
