"""Freshness in words and as JSON: up to when data are complete, and which sources are quiet."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from firmtrack.answers import freshness as found
from firmtrack.domain.sources import MessageSource
from firmtrack.presentation.times import duration_text, local_text

_SOURCE_NAMES = {
    MessageSource.USERS: "Users",
    MessageSource.DSP: "the DSP",
    MessageSource.CSP: "CSPs of unknown region",
    MessageSource.COMMS_HUBS: "Communications Hubs",
    MessageSource.DEVICES: "devices",
    MessageSource.STAGE_REPORTS: "stage reports",
}
"""Who a source is, after "nothing from"."""

SOURCE_TEXTS = {
    MessageSource.USERS: "Service Requests",
    MessageSource.DSP: "DCC’s responses, and its alerts that name no other source",
    MessageSource.CSP: "alerts that an image was delivered to a Communications Hub, or was not",
    MessageSource.COMMS_HUBS: "alerts that an image was handed to a device, or was not",
    MessageSource.DEVICES: "alerts that an image was verified or activated, or was not",
    MessageSource.STAGE_REPORTS: "what DCC’s systems report beside DUIS",
}
"""What comes from each source."""

Seconds = Annotated[int, Meta(ge=0)]


_NOTHING = "Nothing has come in yet."
_NOTHING_BY = "Nothing had come in by {at}."
_NOTHING_TOLD = "Nothing of yours has come in yet, and too few others send to tell of theirs."
_NOTHING_TOLD_BY = (
    "Nothing of yours had come in by {at}, and too few others send to tell of theirs."
)

WHOSE_TIMES_TEXT = (
    "Times of what you sent or were sent are exact. When something of others last came is told in "
    "quarters of an hour, once each has ended, and only where they are at least five Users."
)
"""What a party is told of its own and of others."""


class SourceFreshness(Struct, frozen=True):
    """When anything last came from a source.

    csp_region is null for every source but csp, and for a CSP whose devices' region is not known.
    silent_seconds is up to told_at, or up to the moment to which a replica that was read knew all.
    usual_silence_seconds is what its silences that began in the same hour of the day did not exceed
    on 19 of 20 days; null while too few days are known. quiet: it is silent for longer.
    """

    source: MessageSource
    csp_region: str | None
    last_at: datetime
    silent_seconds: Seconds
    usual_silence_seconds: Seconds | None
    quiet: bool


class Freshness(Struct, frozen=True):
    """How fresh all that Firmtrack knows is, as far as the caller may be told.

    DCC's staff are told all times. A party is told the times of what it sent or was sent, and of
    what others did the quarter of an hour, once that has ended, where they are five Users or more.

    complete_to is when anything last came from the source that is quiet for longest, or else from
    any, but no later than a replica that was read knew all; null if nothing ever came. Only sources
    from which anything ever came are there. What is usual was learnt from all that had come by
    counted_at, null if there is no record of a count. What was recorded in the last
    replica_lag_seconds may be missing; null: nothing is, since no replica was read.
    """

    told_at: datetime
    complete_to: datetime | None
    sentence: str
    sources: list[SourceFreshness]
    counted_at: datetime | None
    replica_lag_seconds: Seconds | None


def freshness(answer: found.Freshness) -> Freshness:
    """Return freshness as the API answers it."""
    return Freshness(
        told_at=answer.read_at,
        complete_to=answer.complete_to,
        sentence=freshness_text(answer),
        sources=[
            SourceFreshness(
                source=each.source,
                csp_region=each.csp_region,
                last_at=each.last_at,
                silent_seconds=each.silent_seconds,
                usual_silence_seconds=each.usual_silence_seconds,
                quiet=each.is_quiet,
            )
            for each in answer.sources
        ],
        counted_at=answer.counted_at,
        replica_lag_seconds=answer.lag_seconds,
    )


def freshness_text(answer: found.Freshness) -> str:
    """Return freshness as one sentence: up to when data are complete, and who is quiet."""
    if answer.complete_to is None:
        return _nothing_text(answer)
    text = f"Data complete to {local_text(answer.complete_to)}"
    for each in answer.quiet:
        text += f"; nothing from {source_name(each)} for {duration_text(each.silent_seconds)}"
    return f"{text}, which is longer than usual." if answer.quiet else f"{text}."


def _nothing_text(answer: found.Freshness) -> str:
    if answer.known_to is None:
        return _NOTHING if answer.is_of_all else _NOTHING_TOLD
    told = _NOTHING_BY if answer.is_of_all else _NOTHING_TOLD_BY
    return told.format(at=local_text(answer.known_to))


def quiet_text(answer: found.Freshness) -> str:
    """Return what is said of the sources that are not silent for longer than usual."""
    unknown = sum(each.usual_silence_seconds is None for each in answer.sources)
    usual = len(answer.sources) - len(answer.quiet) - unknown
    told = []
    if usual and answer.quiet:
        told.append(f"{_count(usual)} silent for no longer than usual.")
    elif usual:
        told.append("Of no source is it known that it is silent for longer than usual.")
    if unknown:
        of = "any source" if unknown == len(answer.sources) else _of_sources(unknown, answer)
        told.append(f"What is usual at this hour is not known yet of {of}.")
    return " ".join(told)


def _count(sources: int) -> str:
    return "1 source is" if sources == 1 else f"{sources} sources are"


def _of_sources(unknown: int, answer: found.Freshness) -> str:
    names = [source_name(each) for each in answer.sources if each.usual_silence_seconds is None]
    return f"{unknown} of the {len(answer.sources)} sources: {', '.join(names)}"


def lag_text(answer: found.Freshness) -> str | None:
    """Return what may be missing because a replica was read, as a sentence; None if nothing."""
    if answer.lag_seconds is None:
        return None
    lag = "second" if answer.lag_seconds == 1 else f"{answer.lag_seconds} seconds"
    return f"Read on a replica: what was recorded in the last {lag} may be missing."


def learnt_text(answer: found.Freshness) -> str:
    """Return from what the usual silences were learnt, as a sentence."""
    if answer.counted_at is None:
        return "There is no record of when what is usual was last learnt."
    return f"What is usual was learnt from all that had come by {local_text(answer.counted_at)}."


def source_name(source: found.SourceFreshness) -> str:
    """Return who a source is, as it stands within a sentence."""
    if source.csp_region is not None:
        return f"CSP {source.csp_region}"
    return _SOURCE_NAMES[source.source]


def source_title(source: found.SourceFreshness) -> str:
    """Return who a source is, as a heading."""
    name = source_name(source).removeprefix("the ")
    return name[0].upper() + name[1:]
