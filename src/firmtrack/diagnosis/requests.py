"""What is said of a request as a whole: how it stands, in a sentence, and what it is slower at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firmtrack.answers.requests import NO_REASON, DistributionFilter, RequestAnswer
from firmtrack.diagnosis.remedies import advice_on
from firmtrack.domain.cohorts import relative_pace
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import Voice
from firmtrack.presentation.diagnosis_wording import slower_request_text
from firmtrack.presentation.known_from import no_longer_kept_text
from firmtrack.presentation.wording import cause_text
from firmtrack.store.reports.waits import relative_paces

_DONE = CompletionStatus.SUCCESSFUL
_UNDER_WAY = CompletionStatus.IN_PROGRESS
_FAILED = CompletionStatus.FAILED

_OF_ALL = {_DONE: "are done", _UNDER_WAY: "are under way", _FAILED: "failed"}
_OF_ONE = {_DONE: "is done", _UNDER_WAY: "is under way", _FAILED: "failed"}
_NOTHING_KNOWN = "Firmtrack knows no device of this request yet."
_NOT_RECEIVED = " Firmtrack has not received the request itself, which may name more devices."
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a request's sentence, and which devices it is about, if it is about some."""

    text: str
    wanted: DistributionFilter | None = None


def summary_of(request: RequestAnswer, *, stalled: int = 0) -> str:
    """Return how the request stands, as sentences: its numbers, and what most failures are due to.

    For example ``26,000 of 50,000 done, 16,000 under way, 8,000 failed. Main cause: the image did
    not reach the Communications Hub (N61), 4,812 devices.`` With ``stalled``, how many of those
    under way have stalled.
    """
    return "".join(part.text for part in summary_parts(request, stalled=stalled))


def summary_parts(request: RequestAnswer, *, stalled: int = 0) -> Sequence[Part]:
    """Return ``summary_of`` in pieces; which devices a piece is about, it counts."""
    parts = [*_standing(request, stalled), *_causes(request)]
    if request.no_longer_kept is not None:
        between = " " if parts else ""
        parts.append(Part(between + no_longer_kept_text(request.no_longer_kept)))
    return (*parts, Part(_NOT_RECEIVED)) if request.is_stub else tuple(parts)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do about the failures that it is the same for, the most frequent first."""

    failures: tuple[tuple[Status, str | None], ...]
    count: int
    advice: str


def next_steps(request: RequestAnswer, voice: Voice) -> Sequence[Step]:
    """Return what to do about the request's failures, the most frequent first."""
    alike: dict[str, list[tuple[Status, str | None]]] = {}
    for status, reason in request.failure_counts:
        alike.setdefault(advice_on(reason, status, voice), []).append((status, reason))
    steps = (
        Step(tuple(failures), sum(request.failure_counts[each] for each in failures), advice)
        for advice, failures in alike.items()
    )
    return sorted(steps, key=lambda step: -step.count)


def slower_stages(viewer: Viewer, found: RequestAnswer) -> Sequence[str]:
    """Return a sentence for each stage, in order, that the request as a whole is slower at.

    As things stood when they were last counted; what is usual is learnt from other requests.
    """
    counted = relative_paces(viewer, found.request_id)
    paces = ((stage, relative_pace(*each)) for stage, each in counted.items())
    return [slower_request_text(stage, pace) for stage, pace in paces if pace is not None]


def _standing(request: RequestAnswer, stalled: int) -> Iterator[Part]:
    """Yield how many devices are done, under way and failed."""
    counts, total = request.completion_counts, request.device_count
    if not total and request.no_longer_kept is not None:
        return
    if not total:
        yield Part(_refusal(request) or _NOTHING_KNOWN)
        return
    if is_refused(request):
        yield Part("DCC refused the request as a whole: ")
    alike = next((each for each in _OF_ALL if counts.get(each, 0) == total), None)
    if alike is not None:
        yield from _alike(request, alike, stalled)
        return
    done = counts.get(_DONE, 0)
    if request.no_longer_kept is not None:
        yield Part(f"Of the {total:,} devices that Firmtrack still keeps: ")
        yield _number(_DONE, done, "done")
    elif done:
        yield _number(_DONE, done, f"of {total:,} done")
    else:
        yield Part(f"None of {total:,} done")
    yield Part(", ")
    yield _number(_UNDER_WAY, counts.get(_UNDER_WAY, 0), "under way")
    if stalled:
        yield Part(" (")
        yield _stalled(stalled, counts.get(_UNDER_WAY, 0))
        yield Part(")")
    yield Part(", ")
    yield _number(_FAILED, counts.get(_FAILED, 0), "failed")
    yield Part(".")


def _alike(request: RequestAnswer, completion: CompletionStatus, stalled: int) -> Iterator[Part]:
    """Yield that all devices stand alike."""
    total = request.device_count
    known = " that Firmtrack knows of" if request.is_stub else ""
    if request.no_longer_kept is not None:
        known = " that Firmtrack still keeps"
    happened = (_OF_ONE if total == 1 else _OF_ALL)[completion]
    if total == 1:
        subject = "the only device"
    else:
        subject = "both devices" if total == 2 else f"all {total:,} devices"
    # Within a sentence if one has begun.
    if not is_refused(request):
        subject = f"{subject[0].upper()}{subject[1:]}"
    yield Part(f"{subject}{known} {happened}", DistributionFilter(completion=completion))
    if stalled and total == 1:
        yield Part(" and ")
        yield Part("has stalled", DistributionFilter(pace=Pace.STALLED))
    elif stalled:
        yield Part(", ")
        yield _stalled(stalled, total)
    yield Part(".")


def _number(completion: CompletionStatus, count: int, words: str) -> Part:
    if not count:
        return Part("none " + words)
    return Part(f"{count:,} {words}", DistributionFilter(completion=completion))


def _stalled(count: int, of: int) -> Part:
    wanted = DistributionFilter(pace=Pace.STALLED)
    if count == of:
        return Part("which has stalled" if of == 1 else "all of them stalled", wanted)
    return Part(f"{count:,} of them stalled", wanted)


def _causes(request: RequestAnswer) -> Iterator[Part]:
    """Yield what the failures are due to: one cause, two alike, or that none is the main one."""
    failures = list(request.failure_counts.items())
    if not failures:
        return
    most = failures[0][1]
    leading = [each for each, count in failures if count == most]
    if len(leading) > _MOST_NAMED:
        each_count = f"{most:,} device{'' if most == 1 else 's'} each"
        yield Part(f" No cause stands out: {len(leading)} are equally frequent, {each_count}.")
        return
    yield Part(f" {_heading(failures, leading)}: ")
    for number, (status, reason) in enumerate(leading):
        yield Part(" and " if number else "")
        yield Part(cause_text(reason, status))
    # What all failures are due to was counted already.
    if len(failures) > 1:
        yield Part(", ")
        yield _devices(most, leading)
    yield Part(".")


def _heading(
    failures: Sequence[tuple[tuple[Status, str | None], int]],
    leading: Sequence[tuple[Status, str | None]],
) -> str:
    if len(failures) == 1:
        return "Cause"
    return "Main cause" if len(leading) == 1 else "Main causes"


def _devices(count: int, leading: Sequence[tuple[Status, str | None]]) -> Part:
    """Return how many devices failed so; of two causes alike, how many of each."""
    text = f"{count:,} device{'' if count == 1 else 's'}"
    if len(leading) > 1:
        return Part(f"{text} each")
    ((status, reason),) = leading
    return Part(text, DistributionFilter(status=status, reason=reason or NO_REASON))


def is_refused(request: RequestAnswer) -> bool:
    """Return whether DCC refused the request as a whole, and no device went on nevertheless."""
    refusal = (Status.REJECTED, request.response_code)
    return request.response_code is not None and set(request.failure_counts.items()) == {
        (refusal, request.device_count)
    }


def _refusal(request: RequestAnswer) -> str | None:
    """Return that DCC refused a request of which no device is known, None if it did not."""
    code = request.response_code
    if code is None or not code.startswith("E"):
        return None
    return f"DCC refused the request as a whole: {cause_text(code, Status.REJECTED)}."
