"""What failures have in common, in sentences: of which updates, how often, since when, what to do.

Every figure is told as it was counted, and how often others fare so no closer than it is known.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from firmtrack.answers.causes import Cause, CausesQuestion, CauseState
from firmtrack.diagnosis.phrases import as_sentence, joined, the_party
from firmtrack.diagnosis.progress import actor_of
from firmtrack.diagnosis.remedies import advice_on, remedy_for
from firmtrack.diagnosis.statuses import (
    ASK_HOLDER,
    SILENT_STAGES,
    TASK_OF_UNKNOWN_VARIANT,
    TASKS,
)
from firmtrack.diagnosis.traits import HINTS, TOGETHER, named, updates_having
from firmtrack.domain.causes import Attribute, CauseKey, CauseKind
from firmtrack.domain.pace import Pace
from firmtrack.domain.remedy import Actor, Prospect
from firmtrack.domain.stages import Party, Stage, StageRow, row_of
from firmtrack.domain.voice import Spoken, Voice
from firmtrack.presentation.causes import share_text
from firmtrack.presentation.diagnosis_wording import actor_name
from firmtrack.presentation.times import near_day_text
from firmtrack.presentation.wording import STAGE_NAMES, STATUS_NAMES, reason_text

_ASK_OF_FAULT = Spoken(
    "Ask DCC’s Service Centre whether a fault is known.", "Ask the CSP whether a fault is known."
)
_TRY_FEW = Spoken(
    "Try a few of the devices before you send it to all of them.",
    "The supplier should try a few of the devices before it sends it to all of them.",
)

# The stages whose task does not name the image, which it is about.
_HANDED_ON = (Stage.DELIVERED_TO_COMMS_HUB, Stage.TRANSFERRED_TO_DEVICE)

# What is said of it besides when, unless it still grows.
_ENDS = {
    CauseState.OPEN: "",
    CauseState.QUIET: "; none since, but some that have the same in common have yet to come so far",
    CauseState.OVER: "; none since, and none that has the same in common has yet to come so far",
}
_ONE_OTHER = {
    CauseKind.FAILED: ("failed in the same way", "did not fail in the same way"),
    CauseKind.STALLED: ("has too", "has not"),
}


def phrase_of(key: CauseKey) -> str:
    """Return what the updates of a cause are of, as it stands after ``updates of``.

    For example ``devices of model Q4 in CSP region North``.
    """
    return updates_having(key.traits)


def title_of(key: CauseKey) -> str:
    """Return what heads a cause: ``Devices of model Q4: Transfer to device failed``."""
    phrase, status = phrase_of(key), STATUS_NAMES[key.status]
    how = status if key.kind is CauseKind.FAILED else f"stalled at “{status}”"
    return f"{phrase[0].upper()}{phrase[1:]}: {how}"


def sentence_of(cause: Cause, question: CausesQuestion, now: datetime) -> str:
    """Return what the figures of a cause say, as sentences, at the time ``now``."""
    return joined(
        _counted(cause, question),
        _reason(cause),
        _elsewhere(cause, question),
        _when(cause, now),
        _one_request(cause, question),
        _also(cause),
    )


def advice_of(key: CauseKey, voice: Voice = Voice.USER) -> str:
    """Return who acts next and what to do, as sentences: what is only likely is said to be so."""
    return joined(_who_acts(key, voice), *_hints(key), *_remedy(key, voice))


def next_actor_of(key: CauseKey) -> Actor:
    """Return who acts next.

    Whom the reason names, or the stage that holds what has stalled; where that leaves it to the
    supplier to find out, whoever is likely to know more of what the updates have in common.
    """
    actor = _actor_by_status(key)
    if _is_clear(key):
        return actor
    likely = (HINTS[trait.attribute].actor for trait in key.traits)
    return next((each for each in likely if each is not Actor.SUPPLIER), actor)


def _who_acts(key: CauseKey, voice: Voice) -> str:
    actor = next_actor_of(key)
    is_sure = _is_clear(key) or actor is Actor.SUPPLIER
    return f"{actor_name(actor, voice)} {'acts' if is_sure else 'is likely to have to act'} next."


def _actor_by_status(key: CauseKey) -> Actor:
    if key.kind is CauseKind.STALLED:
        return actor_of(_next_row(key).holder, Pace.STALLED)
    return remedy_for(key.reason, key.status).next_actor


def _is_clear(key: CauseKey) -> bool:
    """Return whether status and reason alone tell who must act."""
    if _actor_by_status(key) is not Actor.SUPPLIER:
        return True
    if key.kind is CauseKind.STALLED:
        return False
    return remedy_for(key.reason, key.status).prospect is Prospect.SAME_ANSWER


def _counted(cause: Cause, question: CausesQuestion) -> str:
    """Return how many of how many stand so."""
    count, of, key = cause.device_count, cause.of_count, cause.key
    if key.kind is CauseKind.STALLED:
        which = (
            f"that {'was' if of == 1 else 'were'} due to go on from “{STATUS_NAMES[key.status]}”"
        )
        happened = f"{'has' if count == 1 else 'have'} stalled there"
    else:
        which, happened = "that got so far", f"failed at the stage “{STAGE_NAMES[key.stage]}”"
    if of == 1:
        updates = "the only update"
    elif count == of:
        updates = "both updates" if of == 2 else f"all {of:,} updates"
    else:
        updates = f"{count:,} of {of:,} updates"
    text = f"{updates} of {phrase_of(key)} {which} {happened}."
    if question.request_id is not None:
        return f"In this Service Request, {text}"
    return f"{text[0].upper()}{text[1:]}"


def _reason(cause: Cause) -> str | None:
    key = cause.key
    if key.kind is CauseKind.STALLED:
        return None
    if key.reason is not None:
        return as_sentence(reason_text(key.reason, key.status))
    if cause.device_count == 1:
        return "The message that says so gives no reason."
    return "The messages that say so give no reason."


def _elsewhere(cause: Cause, question: CausesQuestion) -> str:
    """Return how often the updates without it in common stand so, of whichever request."""
    is_stalled = cause.key.kind is CauseKind.STALLED
    count, of = cause.elsewhere_count, cause.elsewhere_of
    came = "was due" if is_stalled else "got so far"
    if of == 0:
        return f"No other {came}, so there is nothing to compare with."
    if of == 1:
        so, not_so = _ONE_OTHER[cause.key.kind]
        return f"The only other that {came} {so if count else not_so}."
    others = f"{of:,} others" if question.request_id is None else f"{of:,} others, of all requests,"
    share = share_text(count, of)
    is_one = share in {"none", "1"} or share.startswith("about 1 in")
    stand = ("has" if is_one else "have") if is_stalled else "failed in the same way"
    were = "were due" if is_stalled else "got so far"
    less = ": no less often" if cause.share <= cause.elsewhere_share else ""
    return f"Of the {others} that {were}, {share} {stand}{less}."


def _when(cause: Cause, now: datetime) -> str:
    first, last = near_day_text(cause.first_at, now), near_day_text(cause.last_at, now)
    if cause.key.kind is CauseKind.STALLED:
        if cause.device_count == 1:
            return f"It has waited since {first}."
        until = "" if first == last else f", the latest since {last}"
        return f"They have waited since {first}{until}{_growing(cause)}."
    if cause.device_count == 1:
        when = f"It failed on {first}"
    elif first == last:
        when = f"All on {first}"
    elif cause.is_growing:
        when = f"First on {first}"
    else:
        when = f"First on {first}, last on {last}"
    return f"{when}{_growing(cause) or _ENDS[cause.state]}."


def _growing(cause: Cause) -> str:
    return ", still growing" if cause.is_growing else ""


def _one_request(cause: Cause, question: CausesQuestion) -> str | None:
    """Return that all are of one request, where nothing else that is said says so."""
    traits = (*cause.key.traits, *cause.also)
    is_told = any(trait.attribute is Attribute.SERVICE_REQUEST_ID for trait in traits)
    if is_told or question.request_id is not None:
        return None
    if cause.request_count != 1 or cause.device_count == 1 or not cause.request_ids:
        return None
    return f"All of them are of Service Request {cause.request_ids[0]}."


def _also(cause: Cause) -> str | None:
    """Return what else the same updates have in common."""
    if not cause.also:
        return None
    things = _listed([named(trait) for trait in cause.also])
    which = "which of the two" if len(cause.key.traits) + len(cause.also) == 2 else "which of it"
    return (
        f"The same updates, and no others, also have {things} in common: {which} is the cause "
        "cannot be told from these figures."
    )


def _hints(key: CauseKey) -> Iterator[str]:
    """Yield what it suggests that the updates have this in common."""
    if len(key.traits) > 1:
        yield TOGETHER
    actor = next_actor_of(key)
    hints = [HINTS[trait.attribute] for trait in key.traits]
    yield from dict.fromkeys(
        hint.text for hint in hints if hint.actor is actor or not _is_clear(key)
    )


def _remedy(key: CauseKey, voice: Voice) -> Iterator[str]:
    """Yield what is to be done whatever they have in common."""
    if key.kind is CauseKind.FAILED:
        if not _is_clear(key) and next_actor_of(key) is Actor.CSP:
            yield _ASK_OF_FAULT.to(voice)
        yield advice_on(key.reason, key.status, voice)
        if remedy_for(key.reason, key.status).prospect in (Prospect.MAY_WORK, Prospect.UNKNOWN):
            yield _TRY_FEW.to(voice)
        return
    row = _next_row(key)
    is_at_device = row.holder is Party.DEVICE
    party = the_party(row.holder)
    task = TASK_OF_UNKNOWN_VARIANT if is_at_device else TASKS[row.stage]
    if row.stage in _HANDED_ON:
        yield f"The image waits for {party}, which {task}."
    else:
        yield f"{party[0].upper()}{party[1:]} {task}."
    yield SILENT_STAGES.get(row.stage, "")
    yield ASK_HOLDER[row.holder].to(voice)


def _next_row(key: CauseKey) -> StageRow:
    """Return the stage that what stands still must pass next; of the last ones, that itself."""
    return row_of(Stage(min(key.stage + 1, Stage.VERIFIED_BY_DEVICE)))


def _listed(things: Sequence[str]) -> str:
    *before, last = things
    return f"{', '.join(before)} and {last}" if before else last
