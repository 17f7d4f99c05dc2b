"""A watched cause: when updates join it no more, when it is over, and when it has grown much."""

from datetime import datetime

from msgspec import Struct

from firmtrack.answers.causes import Cause, CausesQuestion, CauseState
from firmtrack.diagnosis.causes import sentence_of, title_of
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.topics import WatchNews
from firmtrack.notices.watch_news import SPAN, Told, is_worth_telling
from firmtrack.presentation.wording import reason_text


class KnownOfCause(Struct, frozen=True, kw_only=True):
    """What somebody knows of a cause that they watch: its state and how many updates it had."""

    state: CauseState
    count: int
    told_at: datetime | None = None


def known_at_first(cause: Cause) -> KnownOfCause | None:
    """Return what who sets a watch knows; None if it is over: nothing is to be told."""
    if cause.state is CauseState.OVER:
        return None
    return KnownOfCause(state=cause.state, count=cause.device_count)


def look_at_cause(
    key: CauseKey, known: KnownOfCause, cause: Cause | None, question: CausesQuestion, now: datetime
) -> Told[KnownOfCause]:
    """Return what is news of a cause to who knows ``known``; None is one that no update is of."""
    state = CauseState.OVER if cause is None else cause.state
    count = 0 if cause is None else cause.device_count
    is_over = state is CauseState.OVER
    news = _news(known, state, count, now)
    if news is None:
        after = KnownOfCause(
            # That it goes on again after a quiet time is not news; that it is quiet again is.
            state=CauseState.OPEN
            if (known.state, state) == (CauseState.QUIET, CauseState.OPEN)
            else known.state,
            count=known.count,
            told_at=known.told_at,
        )
        return Told(known=after, is_over=is_over)
    return Told(
        known=KnownOfCause(state=state, count=count, told_at=now),
        news=news,
        sentences=[_begin(key, news, is_gone=cause is None)]
        + ([] if cause is None else [sentence_of(cause, question, now)]),
        reason=key.reason,
        reason_text=None if key.reason is None else reason_text(key.reason, key.status),
        is_over=is_over,
    )


def _news(known: KnownOfCause, state: CauseState, count: int, now: datetime) -> WatchNews | None:
    if known.state is CauseState.OVER:
        return None if state is CauseState.OVER else WatchNews.CORRECTED
    if state is CauseState.OVER:
        return WatchNews.ENDED
    if state is CauseState.QUIET and known.state is CauseState.OPEN:
        is_soon = known.told_at is not None and now - known.told_at < SPAN
        return None if is_soon else WatchNews.QUIET
    return WatchNews.GROWN if is_worth_telling(count, known.count, known.told_at, now) else None


def _begin(key: CauseKey, news: WatchNews, *, is_gone: bool) -> str:
    title = title_of(key)
    match news:
        case WatchNews.ENDED if is_gone:
            return f"Over: {title}. No update of the requests looked at is of this any more."
        case WatchNews.ENDED:
            return f"Over: {title}."
        case WatchNews.QUIET:
            return f"No new ones lately: {title}."
        case WatchNews.GROWN:
            return f"Many more: {title}."
        case _:
            return f"Correction, this goes on after all: {title}."
