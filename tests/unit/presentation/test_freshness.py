"""Freshness, as it is read."""

from datetime import UTC, datetime, timedelta

import pytest

from firmtrack.answers.freshness import Freshness, SourceFreshness
from firmtrack.domain.sources import MessageSource
from firmtrack.presentation.freshness import (
    SOURCE_TEXTS,
    freshness,
    freshness_text,
    learnt_text,
    quiet_text,
    source_name,
    source_title,
)

NOW = datetime(2026, 11, 22, 10, 56, tzinfo=UTC)


def source(
    name: MessageSource,
    minutes: int,
    *,
    usual_minutes: int | None = None,
    region: str | None = None,
) -> SourceFreshness:
    return SourceFreshness(
        source=name,
        csp_region=region,
        last_at=NOW - timedelta(minutes=minutes),
        silent_seconds=minutes * 60,
        usual_silence_seconds=None if usual_minutes is None else usual_minutes * 60,
    )


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        ((), "Nothing has come in yet."),
        (
            (source(MessageSource.DSP, 3), source(MessageSource.DEVICES, 40)),
            "Data complete to 22 November 2026, 10:53 GMT.",
        ),
        (
            (
                source(MessageSource.DSP, 3, usual_minutes=5),
                source(MessageSource.CSP, 14, region="North"),
            ),
            "Data complete to 22 November 2026, 10:53 GMT.",
        ),
        (
            (
                source(MessageSource.DSP, 3, usual_minutes=5),
                source(MessageSource.CSP, 14, usual_minutes=2, region="North"),
            ),
            (
                "Data complete to 22 November 2026, 10:42 GMT; nothing from CSP North for 14 "
                "minutes, which is longer than usual."
            ),
        ),
        (
            (
                source(MessageSource.DSP, 130, usual_minutes=5),
                source(MessageSource.CSP, 14, usual_minutes=2),
            ),
            (
                "Data complete to 22 November 2026, 08:46 GMT; nothing from the DSP for 2 hours; "
                "nothing from CSPs of unknown region for 14 minutes, which is longer than usual."
            ),
        ),
    ],
)
def test_it_is_one_sentence(sources: tuple[SourceFreshness, ...], sentence: str) -> None:
    assert freshness_text(Freshness(read_at=NOW, sources=sources, counted_at=NOW)) == sentence


@pytest.mark.parametrize(
    ("sources", "known_to", "sentence"),
    [
        pytest.param(
            (source(MessageSource.DSP, 3),),
            NOW - timedelta(minutes=40),
            "Data complete to 22 November 2026, 10:16 GMT.",
            id="something came, and what else came before it is not known yet",
        ),
        pytest.param(
            (source(MessageSource.DSP, 3),),
            NOW - timedelta(seconds=1),
            "Data complete to 22 November 2026, 10:53 GMT.",
            id="nothing is written, and the replica has all",
        ),
        pytest.param(
            (source(MessageSource.DSP, 3),),
            NOW + timedelta(seconds=4),
            "Data complete to 22 November 2026, 10:53 GMT.",
            id="the database's clock is ahead of ours",
        ),
        pytest.param(
            (source(MessageSource.DSP, 0),),
            NOW - timedelta(seconds=4),
            "Data complete to 22 November 2026, 10:55 GMT.",
            id="the database's clock is behind ours",
        ),
        pytest.param(
            (source(MessageSource.DSP, 0), source(MessageSource.CSP, 14, usual_minutes=2)),
            NOW - timedelta(minutes=20),
            (
                "Data complete to 22 November 2026, 10:36 GMT; nothing from CSPs of unknown region "
                "for 14 minutes, which is longer than usual."
            ),
            id="a source that was quiet before has spoken since",
        ),
        pytest.param((), NOW, "Nothing had come in by 22 November 2026, 10:56 GMT.", id="nothing"),
    ],
)
def test_it_says_no_later_moment_than_a_replica_knew_all_of(
    sources: tuple[SourceFreshness, ...], known_to: datetime, sentence: str
) -> None:
    read = Freshness(read_at=NOW, sources=sources, counted_at=NOW, known_to=known_to, lag_seconds=1)

    assert freshness_text(read) == sentence


def test_who_is_told_of_its_own_alone_is_told_by_when_nothing_of_it_had_come() -> None:
    read = Freshness(read_at=NOW, sources=(), counted_at=NOW, is_of_all=False, known_to=NOW)

    assert freshness_text(read).startswith(
        "Nothing of yours had come in by 22 November 2026, 10:56"
    )


def test_every_source_has_a_name_and_a_text() -> None:
    assert set(SOURCE_TEXTS) == set(MessageSource)
    assert len({source_name(source(each, 1)) for each in MessageSource}) == len(MessageSource)
    assert source_title(source(MessageSource.DSP, 1)) == "DSP"
    assert source_title(source(MessageSource.CSP, 1, region="4G North")) == "CSP 4G North"


def test_programs_are_told_the_same() -> None:
    told = freshness(
        Freshness(
            read_at=NOW,
            sources=(source(MessageSource.CSP, 14, usual_minutes=2, region="North"),),
            counted_at=NOW - timedelta(minutes=2),
        )
    )

    assert told.complete_to == NOW - timedelta(minutes=14)
    (only,) = told.sources
    assert (only.source, only.csp_region, only.silent_seconds) == ("csp", "North", 840)
    assert (only.usual_silence_seconds, only.quiet) == (120, True)


@pytest.mark.parametrize(
    ("counted_at", "sentence"),
    [
        (NOW, "What is usual was learnt from all that had come by 22 November 2026, 10:56 GMT."),
        (None, "There is no record of when what is usual was last learnt."),
    ],
)
def test_it_says_from_what_the_usual_was_learnt(counted_at: datetime | None, sentence: str) -> None:
    answer = Freshness(read_at=NOW, sources=(), counted_at=counted_at)

    assert learnt_text(answer) == sentence


DSP = source(MessageSource.DSP, 3, usual_minutes=5)
QUIET = source(MessageSource.DEVICES, 40, usual_minutes=5)
NEW = source(MessageSource.CSP, 14, region="North")
NEWER = source(MessageSource.USERS, 14)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ((), ""),
        ((QUIET,), ""),
        ((DSP,), "Of no source is it known that it is silent for longer than usual."),
        ((QUIET, DSP), "1 source is silent for no longer than usual."),
        ((QUIET, DSP, DSP), "2 sources are silent for no longer than usual."),
        ((NEW, NEWER), "What is usual at this hour is not known yet of any source."),
        (
            (DSP, NEW, NEWER),
            (
                "Of no source is it known that it is silent for longer than usual. What is usual at"
                " this hour is not known yet of 2 of the 3 sources: CSP North, Users."
            ),
        ),
        (
            (QUIET, NEW),
            "What is usual at this hour is not known yet of 1 of the 2 sources: CSP North.",
        ),
    ],
)
def test_what_is_not_known_yet_is_said_once(
    sources: tuple[SourceFreshness, ...], said: str
) -> None:
    assert quiet_text(Freshness(read_at=NOW, sources=sources, counted_at=NOW)) == said
