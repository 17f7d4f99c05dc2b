"""When a database is opened, what was recorded before is read again by the readers as they are now.

Signatures were checked when the messages came, and are not again.
"""

import logging
import time
from dataclasses import replace

from django.conf import settings

from firmtrack.domain.facts import Message
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.files import media_type_of
from firmtrack.intake.reading import ReadingRules, read_envelope
from firmtrack.store import rereading
from firmtrack.store.rereading import KeptMessage, Progress

_TELL_SECONDS = 5.0

_log = logging.getLogger(__name__)


def reread() -> None:
    """Read again what waits for it, tell in the log how far that is, and return when it is done."""
    environment = settings.ENVIRONMENT
    rules = ReadingRules.of(environment.dcc_ids, None, environment.earliest_time)
    told_at = time.monotonic()
    progress = None
    for progress in rereading.reread(
        lambda kept: _read(kept, rules), earliest_at=rules.earliest_at
    ):
        if time.monotonic() - told_at >= _TELL_SECONDS:
            told_at = time.monotonic()
            _log.info("%s", _text(progress))
    if progress is not None and progress.messages:
        _log.info("%s", _text(progress))


def _read(kept: KeptMessage, rules: ReadingRules) -> Message | None:
    """Return what a kept message says, under the ID that it has; None if it cannot be read."""
    envelope = Envelope(
        body=kept.body,
        media_type=media_type_of(kept.body),
        received_at=kept.occurred_at,
        origin=f"recorded message {kept.message_id}",
    )
    said = read_envelope(envelope, rules, taken_at=kept.recorded_at)
    if not isinstance(said, Message):
        _log.warning("Message %s cannot be read any more: it stays as it is.", kept.message_id)
        return None
    # Without its image a request has another digest than it came with. Of that the first half is
    # the ID, and the other half nothing needs.
    return replace(said, digest=kept.message_id.bytes.ljust(len(said.digest), b"\0"))


def _text(progress: Progress) -> str:
    """Return how far it is, as a sentence."""
    read = f"{progress.messages:,} recorded messages read again"
    if progress.is_done:
        left = f", {progress.unreadable:,} left as they are" if progress.unreadable else ""
        return f"{read}: {progress.corrected:,} facts corrected{left}. All is folded anew."
    if progress.phase == "messages":
        return f"{read}, about {progress.share:.0%} of all; {progress.corrected:,} facts corrected."
    return f"{read}; {progress.phase} are being folded anew."
