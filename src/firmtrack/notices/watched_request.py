"""A watched request: when it begins to fail or to stand still, and when all of it has ended."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from firmtrack.answers.requests import RequestAnswer
from firmtrack.diagnosis.requests import summary_of
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.topics import WatchNews
from firmtrack.notices.watch_news import GATHERING, SPAN, Told, is_worth_telling


class Counts(Struct, frozen=True, kw_only=True):
    """How a request's devices stand."""

    done: int
    failed: int
    under_way: int

    @property
    def is_end(self) -> bool:
        """Whether none of its devices, of which it has some, is under way."""
        return self.under_way == 0 and self.done + self.failed > 0


class Trend(Struct, frozen=True, kw_only=True):
    """What somebody knows of how many failed, or were found to stand still.

    ``since`` is when more than they know of was first seen, None if it is all that they know.
    """

    count: int
    told_at: datetime | None = None
    since: datetime | None = None


class KnownOfRequest(Struct, frozen=True, kw_only=True):
    """What somebody knows of a request that they watch; ``stalls`` are those found since then."""

    counts: Counts
    failed: Trend
    stalled: Trend
    stalls: int = 0
    is_over: bool = False
    told_at: datetime | None = None


def counts_of(request: RequestAnswer) -> Counts:
    """Return how the request's devices stand."""
    counts = request.completion_counts
    return Counts(
        done=counts.get(CompletionStatus.SUCCESSFUL, 0),
        failed=counts.get(CompletionStatus.FAILED, 0),
        under_way=counts.get(CompletionStatus.IN_PROGRESS, 0),
    )


def known_at_first(request: RequestAnswer) -> KnownOfRequest | None:
    """Return what who sets a watch knows; None if the request has ended: nothing is to be told."""
    counts = counts_of(request)
    if counts.is_end:
        return None
    return KnownOfRequest(counts=counts, failed=Trend(count=counts.failed), stalled=Trend(count=0))


def look_at_request(
    known: KnownOfRequest, request: RequestAnswer, new_stalls: int, now: datetime
) -> Told[KnownOfRequest]:
    """Return what is news of the request to who knows ``known``.

    ``new_stalls`` is how many of its devices were found to stand still since the last look.
    """
    counts = counts_of(request)
    known = replace(known, stalls=known.stalls + new_stalls)
    if known.is_over:
        return _look_at_ended(known, request, counts, now)
    if counts.is_end:
        return _told(known, request, counts, now, WatchNews.ENDED, [])
    failed = _seen(known.failed, counts.failed, now)
    stalled = _seen(known.stalled, known.stalls, now)
    sentences: list[str] = []
    kinds: list[WatchNews] = []
    if _is_ripe(failed, counts.failed, now):
        kinds.append(WatchNews.FAILED)
        failed = Trend(count=counts.failed, told_at=now)
    if _is_ripe(stalled, known.stalls, now):
        kinds.append(WatchNews.STALLED)
        new = known.stalls - stalled.count
        sentences.append(
            "One more device was found to stand still."
            if new == 1 and stalled.count
            else f"{new:,} device{'' if new == 1 else 's'} "
            f"{'was' if new == 1 else 'were'} found to stand still."
        )
        stalled = Trend(count=known.stalls, told_at=now)
    known = replace(known, failed=failed, stalled=stalled)
    if not kinds:
        return Told(known=known, next_at=_next_at(known, counts))
    return _told(known, request, counts, now, kinds[0], sentences)


def _look_at_ended(
    known: KnownOfRequest, request: RequestAnswer, counts: Counts, now: datetime
) -> Told[KnownOfRequest]:
    """Return that what was told as the end is not so, if it is not."""
    if counts == known.counts:
        return Told(known=known, is_over=True)
    may_be_told_at = now if known.told_at is None else known.told_at + SPAN
    if counts.is_end and now < may_be_told_at:
        return Told(known=known, is_over=True, next_at=may_be_told_at)
    return _told(known, request, counts, now, WatchNews.CORRECTED, [])


def _told(
    known: KnownOfRequest,
    request: RequestAnswer,
    counts: Counts,
    now: datetime,
    news: WatchNews,
    more: list[str],
) -> Told[KnownOfRequest]:
    what = f"Service Request {request.request_id}"
    match news:
        case WatchNews.ENDED:
            begin = f"{what} has ended."
        case WatchNews.CORRECTED if counts.is_end:
            begin = f"Correction: {what} ended otherwise than you were told."
        case WatchNews.CORRECTED:
            begin = f"Correction: {what} has not ended after all."
        case WatchNews.FAILED:
            begin = f"Updates of {what} fail."
        case _:
            begin = f"Updates of {what} stand still."
    after = replace(known, counts=counts, is_over=counts.is_end, told_at=now)
    if news in (WatchNews.ENDED, WatchNews.CORRECTED):
        after = replace(after, failed=Trend(count=counts.failed, told_at=now))
    return Told(
        known=after,
        news=news,
        sentences=[begin, *more, summary_of(request)],
        service_request_id=str(request.request_id),
        is_over=counts.is_end,
    )


def _seen(trend: Trend, count: int, now: datetime) -> Trend:
    """Return the trend with when more was first seen; less than was told lowers what is known."""
    if count <= trend.count:
        return replace(trend, count=count, since=None)
    return replace(trend, since=trend.since or now)


def _is_ripe(trend: Trend, count: int, now: datetime) -> bool:
    return (
        trend.since is not None
        and now - trend.since >= GATHERING
        and is_worth_telling(count, trend.count, trend.told_at, now)
    )


def _next_at(known: KnownOfRequest, counts: Counts) -> datetime | None:
    """Return when what was seen may be told, if nothing else is recorded meanwhile."""
    waiting = [
        max(each.since + GATHERING, each.told_at + SPAN if each.told_at else each.since)
        for each, count in ((known.failed, counts.failed), (known.stalled, known.stalls))
        if each.since is not None and is_worth_telling(count, each.count, None, each.since)
    ]
    return min(waiting, default=None)
