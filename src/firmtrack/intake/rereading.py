"""What was recorded before is read again by the readers as they are now, when it is opened."""

import logging
import time

from firmtrack.domain.facts import Message
from firmtrack.intake.kept import kept_rules, read_kept
from firmtrack.intake.reading import ReadingRules
from firmtrack.store.ledger import rereading
from firmtrack.store.ledger.rereading import Progress
from firmtrack.store.reading.messages import KeptMessage

_TELL_SECONDS = 5.0

_log = logging.getLogger(__name__)


def reread() -> None:
    """Read again what waits for it, tell in the log how far that is, and return when it is done."""
    rules = kept_rules()
    logged_at = time.monotonic()
    progress = None
    for progress in rereading.reread(lambda kept: _read(kept, rules)):
        if time.monotonic() - logged_at >= _TELL_SECONDS:
            logged_at = time.monotonic()
            _log.info("%s", _text(progress))
    if progress is not None and (progress.messages or progress.without_body):
        _log.info("%s", _text(progress))


def _read(kept: KeptMessage, rules: ReadingRules) -> Message | None:
    read = read_kept(kept, rules)
    if read is None:
        _log.warning("Message %s cannot be read any more: it stays as it is.", kept.message_id)
    return read


def _text(progress: Progress) -> str:
    """Return how far it is, as a sentence."""
    read = f"{progress.messages:,} recorded messages read again"
    if progress.is_done:
        left = f", {progress.unreadable:,} left as they are" if progress.unreadable else ""
        gone = (
            f" Of {progress.without_body:,} messages what they said is not kept any more: what was"
            " read of them stays."
            if progress.without_body
            else ""
        )
        return f"{read}: {progress.corrected:,} facts corrected{left}.{gone} All is folded anew."
    if progress.phase == "messages":
        return f"{read}, about {progress.share:.0%} of all; {progress.corrected:,} facts corrected."
    return f"{read}; {progress.phase} are being folded anew."
