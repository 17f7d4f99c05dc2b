"""An activation that did not work, or whose answer is missing: how, and what to do."""

from collections.abc import Mapping

from firmtrack.answers.diagnoses import Finding
from firmtrack.diagnosis.phrases import as_sentence, joined, supplier_change, surroundings
from firmtrack.diagnosis.remedies import advice_on, remedy_for
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.activation import Activation
from firmtrack.domain.reconciliation import NO_ANSWER_REASONS
from firmtrack.domain.stages import Status
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.times import near_text
from firmtrack.presentation.wording import reason_text

_READ_VERSION = Spoken(
    "read the firmware version (11.2), which says what the device runs and corrects the inventory.",
    "tell the supplier to read the firmware version (11.2), which says what the device runs and "
    "corrects the inventory.",
)
# MP105 among the industry's known problems.
MAY_HAVE_WORKED = (
    "An activation may work and only its answer be lost, which leaves the device Suspended."
)
# What a device answered that holds another image, or none, than the one that it verified.
HELD: Mapping[str | None, str] = {
    "no_image_held": "it holds no image",
    "hash_mismatch": "the image that it holds is another one",
}


def to_read_version(situation: Situation, *, may_answer: bool = False) -> str:
    """Return the advice to read the version, and why or when."""
    if situation.is_suspended:
        condition = "The inventory has the device as Suspended:"
    elif may_answer:
        condition = "If no answer comes,"
    else:
        condition = "To be sure,"
    return joined(supplier_change(situation), condition, _READ_VERSION.to(situation.voice))


def finding_on_failed_activation(situation: Situation, found: Activation) -> Finding:
    """Return the finding on an activation that failed."""
    when = near_text(found.updated_at, situation.now)
    reason, status = found.reason, Status.ACTIVATION_FAILED
    is_unanswered = reason in NO_ANSWER_REASONS
    return Finding(
        _how_it_failed(situation, reason, when),
        remedy_for(reason, status).next_actor,
        joined(to_read_version(situation), MAY_HAVE_WORKED)
        if is_unanswered
        else joined(surroundings(situation), advice_on(reason, status, situation.voice)),
    )


def _how_it_failed(situation: Situation, reason: str | None, when: str) -> str:
    if reason in HELD:
        held = f"Asked to activate it, the device answered on {when} that {HELD[reason]}"
        is_verified = situation.distribution.status is Status.VERIFIED
        return f"{held}{': the verified one may have been replaced since' * is_verified}."
    how = "was not delivered or not answered" if reason in NO_ANSWER_REASONS else "failed"
    why = "No reason was given."
    if reason is not None:
        why = as_sentence(reason_text(reason, Status.ACTIVATION_FAILED))
    return joined(f"Its activation {how} on {when}.", why)
