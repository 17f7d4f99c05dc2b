"""Recorded messages read again from what is kept of them.

Signatures were checked when the messages came, and are not again. Of a firmware image nothing is
kept: what was read of it then stays.
"""

from dataclasses import replace

from django.conf import settings

from firmtrack.domain.facts import Message
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.files import media_type_of
from firmtrack.intake.reading import ReadingRules, read_envelope
from firmtrack.store.reading.messages import KeptMessage


def kept_rules() -> ReadingRules:
    """Return the rules by which kept messages are read."""
    return ReadingRules.of(settings.ENVIRONMENT.dcc_ids, None, settings.ENVIRONMENT.earliest_time)


def read_kept(kept: KeptMessage, rules: ReadingRules) -> Message | None:
    """Return what a kept message says, under the ID that it has; None if it cannot be read."""
    envelope = Envelope(
        body=kept.body,
        media_type=media_type_of(kept.body),
        received_at=kept.occurred_at,
        origin=f"recorded message {kept.message_id}",
    )
    read = read_envelope(envelope, rules, taken_at=kept.recorded_at)
    if not isinstance(read, Message):
        return None
    # Without its image a request has another digest than it came with. Of that the first half is
    # the ID, and the other half nothing needs.
    return replace(read, digest=kept.message_id.bytes.ljust(len(read.digest), b"\0"))
