"""Freshness: what came last from where, and whether a source is silent longer than usual."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.answers.freshness import Freshness
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.sources import SOURCE_OF_KIND, MessageSource
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.ledger.staging import writing_pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reports.freshness import fold_arrivals, freshness
from tests.examples import examples
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    digest,
    inventory,
    reported,
    request,
    take,
)

SOMETIME = datetime(2026, 1, 1, tzinfo=UTC)


def csp_alert(device_id: Eui64) -> Message:
    alert = reported(Status.DELIVERED_TO_COMMS_HUB, at(60), [device_id], request_id=REQUEST_ID)
    return Message(
        digest=digest((device_id, "csp")),
        kind=MessageKind.CSP_FIRMWARE_DELIVERY_STATUS,
        body=b"an alert",
        user_id=alert.user_id,
        occurred_at=at(60),
        events=alert.events,
    )


def arrive(
    times: Iterable[datetime],
    source: MessageSource = MessageSource.DSP,
    user_id: Eui64 | None = None,
) -> None:
    user = None if user_id is None else to_bigint(user_id)
    with pool().connection() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO arrival (source, region, user_id, recorded_at) VALUES (%s, '', %s, %s)",
            [(source, user, each) for each in times],
        )


def fold() -> None:
    with pool().connection() as connection:
        assert fold_arrivals(connection)


def only(found: Freshness) -> tuple[datetime, int | None, bool]:
    (each,) = found.sources
    return each.last_at, each.usual_silence_seconds, each.is_quiet


def every_day(days: int) -> list[datetime]:
    """Return arrivals at noon and 70 minutes later, in January, on each of so many days."""
    noon = SOMETIME + timedelta(hours=12)
    return [
        noon + timedelta(days=day, minutes=minutes) for day in range(days) for minutes in (0, 70)
    ]


def test_every_kind_of_message_has_a_source() -> None:
    assert set(SOURCE_OF_KIND) == set(MessageKind)


@pytest.mark.usefixtures("database")
def test_before_anything_came_nothing_is_said() -> None:
    found = freshness(DCC, SOMETIME)

    assert found.sources == ()
    assert found.complete_to is None


@pytest.mark.usefixtures("database")
def test_what_comes_is_seen_at_once_by_source_and_by_the_regions_of_the_inventory() -> None:
    take(inventory(at(0), METERS[0], csp_region="North"))
    take(request(), answer(), csp_alert(METERS[0]), csp_alert(METERS[1]))

    found = freshness(DCC, datetime.now(UTC))

    assert [(each.source, each.csp_region) for each in found.sources] == [
        (MessageSource.USERS, None),
        (MessageSource.DSP, None),
        (MessageSource.CSP, "North"),
        (MessageSource.CSP, None),
    ]
    assert all(each.silent_seconds < 60 for each in found.sources)
    assert found.quiet == ()


@pytest.mark.usefixtures("database")
def test_a_message_received_twice_does_not_make_a_source_fresh() -> None:
    first = request()
    take(first)
    with pool().connection() as connection:
        connection.execute("UPDATE arrival SET recorded_at = %s", (SOMETIME,))

    take(first)

    assert [each.last_at for each in freshness(DCC, datetime.now(UTC)).sources] == [SOMETIME]


@pytest.mark.usefixtures("database")
def test_many_batches_in_a_moment_leave_one_row() -> None:
    for number in range(20):
        take(answer(identity=digest(number)))

    with pool().connection() as connection:
        count = connection.execute("SELECT count(*) FROM arrival").fetchone()
    assert count == (1,)


@pytest.mark.usefixtures("database")
def test_a_source_silent_longer_than_on_other_days_is_quiet_until_it_speaks() -> None:
    times = every_day(10)
    arrive(times[:-1])  # of the last day the second is missing
    last = times[-2]
    fold()

    soon = freshness(DCC, last + timedelta(minutes=70))
    late = freshness(DCC, last + timedelta(minutes=71))
    arrive(times[-1:])
    then = freshness(DCC, last + timedelta(minutes=71))

    assert only(soon) == (last, 70 * 60, False)
    assert only(late) == (last, 70 * 60, True)
    assert late.complete_to == last
    assert only(then)[2] is False
    assert then.complete_to == times[-1]


@pytest.mark.usefixtures("database")
def test_what_is_usual_is_not_known_after_a_few_days() -> None:
    times = every_day(5)
    arrive(times[:-1])
    fold()

    assert only(freshness(DCC, times[-1] + timedelta(days=30))) == (times[-2], None, False)


@pytest.mark.usefixtures("database")
def test_data_are_complete_to_the_word_before_the_longest_unusual_silence() -> None:
    times = every_day(10)
    arrive(times[:-1])
    arrive([times[-1] + timedelta(hours=1)], MessageSource.DEVICES)
    fold()

    found = freshness(DCC, times[-1] + timedelta(hours=2))

    assert [each.source for each in found.quiet] == [MessageSource.DSP]
    assert found.complete_to == times[-2]


@pytest.mark.usefixtures("database")
def test_a_read_folds_nothing_and_says_from_when_what_is_usual_is() -> None:
    times = every_day(10)
    arrive(times)

    unfolded = freshness(DCC, times[-1])
    assert (unfolded.counted_at, only(unfolded)[1]) == (None, None)
    before = datetime.now(UTC)
    fold()
    folded = freshness(DCC, times[-1])

    assert only(folded)[1] is not None
    assert folded.counted_at is not None
    assert timedelta(0) < before - folded.counted_at < timedelta(minutes=1)
    fold()
    later = freshness(DCC, times[-1]).counted_at
    assert later is not None
    assert later > folded.counted_at


@pytest.mark.usefixtures("database")
def test_what_a_writer_is_still_recording_is_not_said_to_be_counted() -> None:
    with writing_pool().connection() as writer, pool().connection() as connection:
        with writer.transaction():
            (begun_at,) = writer.execute("SELECT now()").fetchone() or (None,)
            assert fold_arrivals(connection, settled_after=timedelta(0))
            meanwhile = freshness(DCC, datetime.now(UTC)).counted_at
            writer.execute("INSERT INTO arrival VALUES ('dsp', '', now())")
        assert fold_arrivals(connection, settled_after=timedelta(0))

    afterwards = freshness(DCC, datetime.now(UTC)).counted_at
    assert meanwhile is not None
    assert afterwards is not None
    assert meanwhile < begun_at < afterwards


OTHERS = [Eui64(0x90B3D51F30100000 + number) for number in range(5)]
NOON = SOMETIME + timedelta(hours=12)


def crowd(users: Iterable[Eui64] = OTHERS) -> None:
    """Let each of some others have sent something within half an hour before noon."""
    for number, user_id in enumerate(users):
        arrive([NOON - timedelta(minutes=29 - number, seconds=17)], user_id=user_id)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("is_folded", [False, True])
def test_a_party_is_told_of_a_crowd_in_steps_and_of_its_own_exactly(is_folded: bool) -> None:
    crowd()
    own_at = NOON - timedelta(minutes=50, seconds=3)
    arrive([own_at], MessageSource.USERS, ALPHA_ID)
    if is_folded:
        fold()

    def lasts(viewer: Viewer, now: datetime) -> dict[MessageSource, datetime]:
        return {each.source: each.last_at for each in freshness(viewer, now).sources}

    quarter = NOON - timedelta(minutes=30)
    assert lasts(ALPHA, NOON) == {MessageSource.USERS: own_at, MessageSource.DSP: quarter}
    assert lasts(BRAVO, NOON) == lasts(STRANGER, NOON) == {MessageSource.DSP: quarter}
    assert lasts(DCC, NOON)[MessageSource.DSP] == NOON - timedelta(minutes=25, seconds=17)
    arrive([NOON - timedelta(minutes=1)], user_id=BRAVO_ID)
    assert lasts(BRAVO, NOON)[MessageSource.DSP] == NOON - timedelta(minutes=1)


@pytest.mark.usefixtures("database")
def test_of_few_others_a_party_is_told_nothing() -> None:
    crowd(OTHERS[:4])

    # Its own do not make a crowd of them.
    arrive([NOON - timedelta(hours=1)], user_id=BRAVO_ID)
    assert only(freshness(BRAVO, NOON)) == (NOON - timedelta(hours=1), None, False)
    assert freshness(STRANGER, NOON).sources != ()  # Bravo and the four are a crowd to others
    assert freshness(ALPHA, NOON + timedelta(days=40)).sources == ()  # long ago they were
    assert freshness(ALPHA, NOON).is_of_all is False


@pytest.mark.usefixtures("database")
@given(
    st.lists(st.tuples(st.integers(0, 899), st.sampled_from(OTHERS)), min_size=1, max_size=6),
    st.booleans(),
    st.booleans(),
)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_that_a_party_is_told_changes_when_something_of_others_comes(
    arrivals: list[tuple[int, Eui64]],
    is_folded_before: bool,
    is_folded_after: bool,
) -> None:
    with pool().connection() as connection:
        for table in ("arrival", "source_last", "source_silence", "source_user"):
            connection.execute(f"DELETE FROM {table}".encode())
    crowd(OTHERS[:4] if arrivals[0][0] % 2 else OTHERS)
    if is_folded_before:
        fold()
    now = NOON + timedelta(minutes=14, seconds=59)
    before = freshness(BRAVO, now).sources

    for seconds, user_id in arrivals:
        arrive([NOON + timedelta(seconds=seconds)], user_id=user_id)
        if is_folded_after:
            fold()

    assert freshness(BRAVO, now).sources == before


@pytest.mark.usefixtures("database")
@given(
    st.lists(st.integers(1, 5 * 24 * 3600), min_size=1, max_size=30, unique=True),
    st.sets(st.integers(0, 29)),
)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_folded_piece_by_piece_it_is_what_all_arrivals_say(
    seconds_ago: list[int], folded_after: set[int]
) -> None:
    with pool().connection() as connection:
        for table in ("arrival", "source_last", "source_silence"):
            connection.execute(f"DELETE FROM {table}".encode())
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    times = sorted(now - timedelta(seconds=each) for each in seconds_ago)
    for number, each in enumerate(times):
        arrive([each])
        if number in folded_after:
            fold()
    fold()

    longest: dict[datetime, int] = {}
    for before, after in pairwise(times):
        hour = before.replace(minute=0, second=0)
        longest[hour] = max(longest.get(hour, 0), int((after - before).total_seconds()))
    with pool().connection() as connection:
        last = connection.execute("SELECT recorded_at FROM source_last").fetchall()
        stored = connection.execute(
            "SELECT hour_at, longest_seconds FROM source_silence"
        ).fetchall()
    assert last == [(times[-1],)]
    assert dict(stored) == longest
