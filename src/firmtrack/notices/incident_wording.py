"""What people read of an incident: plain sentences that are true when they are written."""

from collections.abc import Callable, Sequence
from datetime import datetime

from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Stage, row_of
from firmtrack.domain.topics import STALLED
from firmtrack.notices.incidents import QUIET, Incident, IncidentNews
from firmtrack.presentation.times import duration_text, near_day_text
from firmtrack.presentation.wording import PARTY_NAMES, STATUS_NAMES

PhraseOf = Callable[[CauseKey], str]
"""What returns what the updates of a cause are of, as it stands after ``updates of``."""


def incident_sentences(
    incident: Incident,
    news: IncidentNews,
    *,
    still_count: int,
    request_id: RequestId | None,
    device_ids: Sequence[Eui64] | None,
    now: datetime,
    phrase_of: PhraseOf,
) -> str:
    """Return what is to be said of an incident: how many, since when, and what they share.

    ``still_count`` is how many of its updates stand so now; ``request_id`` is that of all of them,
    and ``device_ids`` which they are, where they are few.
    """
    sentences = [_news(incident, news, now) + _what(incident, still_count, phrase_of)]
    if request_id is not None:
        sentences.append(f"Request {request_id}.")
    if device_ids is not None and len(device_ids) == 1:
        sentences.append(f"Device {device_ids[0]}.")
    if incident.first_at is not None:
        sentences.append(f"First on {near_day_text(incident.first_at, now)}.")
    if still_count < incident.device_count:
        sentences.append(_how_many_still(incident, still_count))
    return " ".join(sentences)


def _news(incident: Incident, news: IncidentNews, now: datetime) -> str:
    match news:
        case IncidentNews.GROWN if incident.told_count:
            return f"More than the {incident.told_count:,} told of before. "
        case IncidentNews.CAUSE_FOUND:
            return "It is known now what they have in common. "
        case IncidentNews.ENDED:
            return _ending(incident, now)
        case _:
            return ""


def _ending(incident: Incident, now: datetime) -> str:
    quiet = now - incident.last_at
    if quiet < QUIET:
        lasted = duration_text((now - incident.opened_at).total_seconds())
        return f"This has gone on for {lasted}: more of it is told anew. "
    return f"None has joined these for {duration_text(quiet.total_seconds())}: this is over. "


def _what(incident: Incident, still_count: int, phrase_of: PhraseOf) -> str:
    updates = _updates(incident, phrase_of)
    if incident.topic == STALLED:
        stand = _stand(incident.device_count, still_count)
        return f"{updates} {stand} still at {_holder(incident)}."
    reason = "" if incident.reason is None else f", reason {incident.reason}"
    return f"{STATUS_NAMES[incident.status]}{reason}: {updates.removesuffix(',')}."


def _updates(incident: Incident, phrase_of: PhraseOf) -> str:
    """Return how many updates they are and of what, as a sentence begins."""
    count = incident.device_count
    updates = f"{count:,} update" if count == 1 else f"{count:,} updates"
    if not incident.is_own:
        return f"{updates} that others asked for"
    key = incident.cause
    if key is None:
        return updates
    phrase = phrase_of(key)
    return (
        f"{updates}, most of them of {phrase}," if incident.is_mixed else f"{updates} of {phrase}"
    )


def _stand(count: int, still_count: int) -> str:
    if still_count < count:
        return "has stood" if count == 1 else "have stood"
    return "stands" if count == 1 else "stand"


def _holder(incident: Incident) -> str:
    """Return who holds an update that has reached the status and not yet the next."""
    following = Stage(min(incident.status.stage + 1, max(Stage)))
    return f"the {PARTY_NAMES[row_of(following).holder]}"


def _how_many_still(incident: Incident, still_count: int) -> str:
    if incident.device_count == 1:
        is_stalled = incident.topic == STALLED
        return "It no longer does." if is_stalled else "It is no longer in this state."
    if incident.topic == STALLED:
        if not still_count:
            return "None of them does any more."
        return f"{still_count:,} still {'does' if still_count == 1 else 'do'}."
    if not still_count:
        return "None of them is in this state any more."
    return f"{still_count:,} {'is' if still_count == 1 else 'are'} in this state still."
