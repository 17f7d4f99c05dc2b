"""A watched device: its updates under way, and those sent to it before all of these have ended.

Told is how an update stands when somebody is told, compared with what they knew: what came and went
meanwhile is not news. So a correction needs no rule of its own, whatever brought it.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import View
from firmtrack.domain.stages import CompletionStatus, Stage, Status, completion_of
from firmtrack.domain.topics import WatchNews
from firmtrack.notices.watch_news import Told
from firmtrack.presentation.wording import STATUS_NAMES, reason_text


class Outcome(StrEnum):
    """How an update stands, to who waits for it."""

    UNDER_WAY = "under_way"
    STALLED = "stalled"
    FAILED = "failed"
    DONE = "done"
    GONE = "gone"
    """No message names it any more: what named it was taken back."""

    @property
    def is_end(self) -> bool:
        """Whether nothing more is expected of it."""
        return self in (Outcome.FAILED, Outcome.DONE, Outcome.GONE)


class Update(Struct, frozen=True, kw_only=True):
    """How an update of the device stands; ``firmware_version`` is that of its request."""

    outcome: Outcome
    status: str | None = None
    reason: str | None = None
    firmware_version: str | None = None


class KnownOfDevice(Struct, frozen=True, kw_only=True):
    """What somebody knows of a device that they watch, by Service Request ID.

    ``passed`` are the updates that had ended when the watch was set, which it is not about.
    """

    updates: dict[str, Update]
    passed: list[str]


Stalls = Iterable[tuple[RequestId, Stage]]
"""At which stage of which request the device was found to stand still."""

_OPEN = (Outcome.UNDER_WAY, Outcome.STALLED)
_NEWS = {
    Outcome.FAILED: WatchNews.FAILED,
    Outcome.DONE: WatchNews.ENDED,
    Outcome.STALLED: WatchNews.STALLED,
}
_MOST_PRESSING = (
    WatchNews.CORRECTED, WatchNews.FAILED, WatchNews.STALLED, WatchNews.ENDED,
)  # fmt: skip


def updates_of(view: View, stalls: Stalls) -> dict[str, Update]:
    """Return how the updates stand that the viewer sees as requests, by Service Request ID."""
    stalled = set(stalls)
    updates = {}
    for seen in view.own:
        each = seen.distribution
        completion = completion_of(each.status, each.request.variant)
        if completion is CompletionStatus.FAILED:
            outcome = Outcome.FAILED
        elif completion is CompletionStatus.SUCCESSFUL:
            outcome = Outcome.DONE
        elif (each.request_id, each.status.stage) in stalled:
            outcome = Outcome.STALLED
        else:
            outcome = Outcome.UNDER_WAY
        version = each.request.firmware_version
        updates[str(each.request_id)] = Update(
            outcome=outcome,
            status=str(each.status),
            reason=each.reason,
            firmware_version=None if version is None else str(version),
        )
    return updates


def known_at_first(updates: Mapping[str, Update]) -> KnownOfDevice | None:
    """Return what who sets a watch knows; None if no update is under way: nothing is to be told."""
    under_way = {key: each for key, each in updates.items() if each.outcome in _OPEN}
    if not under_way:
        return None
    return KnownOfDevice(updates=under_way, passed=[key for key in updates if key not in under_way])


def look_at_device(
    device_id: Eui64,
    known: KnownOfDevice,
    updates: Mapping[str, Update],
    may_see: Iterable[str],
    *,
    is_over: bool = False,
) -> Told[KnownOfDevice]:
    """Return what is news of the device to who knows ``known``.

    ``may_see`` are those of the known requests that they may see still; of the others nothing is
    told, and they count as no longer watched. A watch that ``is_over`` is about no further ones.
    """
    seen = set(may_see)
    followed = {key: each for key, each in known.updates.items() if key in seen}
    current = {
        **{key: updates.get(key, Update(outcome=Outcome.GONE)) for key in followed},
        **{
            key: each
            for key, each in updates.items()
            if key in followed or not (is_over or key in known.passed)
        },
    }
    news: list[tuple[WatchNews, str]] = []
    for key, now in current.items():
        before = followed.get(key, Update(outcome=Outcome.UNDER_WAY))
        kind = _news(before, now)
        if kind is not None:
            news.append((kind, key))
    after = KnownOfDevice(updates=current, passed=known.passed)
    has_ended = not any(each.outcome in _OPEN for each in current.values())
    if not news:
        return Told(known=after, is_over=has_ended)
    news.sort(key=lambda each: _MOST_PRESSING.index(each[0]))
    (kind, first), *_ = news
    reason, meaning = _reason(current[first])
    return Told(
        known=after,
        news=kind,
        sentences=[_sentence(device_id, kind, key, current[key]) for kind, key in news],
        reason=reason,
        reason_text=meaning,
        service_request_id=first,
        is_over=has_ended,
    )


def _news(before: Update, now: Update) -> WatchNews | None:
    if before.outcome.is_end:
        same = (before.outcome, before.status, before.reason)
        is_so_still = same == (now.outcome, now.status, now.reason)
        return None if is_so_still else WatchNews.CORRECTED
    if now.outcome is Outcome.GONE:
        return WatchNews.CORRECTED
    if now.outcome is Outcome.STALLED and (before.outcome, before.status) == (
        Outcome.STALLED,
        now.status,
    ):
        return None
    return _NEWS.get(now.outcome)


def _sentence(device_id: Eui64, kind: WatchNews, request_id: str, now: Update) -> str:
    version = "" if now.firmware_version is None else f" to firmware version {now.firmware_version}"
    update = f"he update of device {device_id}{version}"
    begin = f"Correction: t{update}" if kind is WatchNews.CORRECTED else f"T{update}"
    if now.status is None:
        return (
            f"{begin} by Service Request {request_id} is not known any more:"
            " a message that told of it was taken back."
        )
    name = STATUS_NAMES[Status(now.status)]
    match now.outcome:
        case Outcome.FAILED:
            return f"{begin} failed: “{name}”."
        case Outcome.DONE:
            return f"{begin} is done: “{name}”."
        case Outcome.STALLED:
            return f"{begin} stands still at “{name}”: hardly any other waited so long there."
        case _:
            return f"{begin} has not ended: it is under way at “{name}”."


def _reason(now: Update) -> tuple[str | None, str | None]:
    if now.outcome is not Outcome.FAILED or now.reason is None or now.status is None:
        return None, None
    return now.reason, reason_text(now.reason, Status(now.status))


def requests_known(known: KnownOfDevice) -> Sequence[RequestId]:
    """Return the requests whose updates somebody knows of."""
    return [RequestId.parse(key) for key in known.updates]
