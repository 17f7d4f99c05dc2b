"""Whether an update is slow, by the database for a request and by the diagnosis of each device."""

from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.answers.requests import DistributionFilter
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.pace import Limits, Pace
from firmtrack.domain.stages import CompletionStatus, Stage, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.waits import Stays
from firmtrack.presentation.csv import distributions_csv
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading import requests
from firmtrack.store.reports import statement, waits
from tests.examples import examples
from tests.looking import find_device
from tests.store.drawn import digests
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    IMAGE_HASH,
    METER,
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    VERSION,
    answer,
    at,
    imported,
    inventory,
    meter,
    reported,
    request,
    step,
    supplier_change,
    take,
)

DEVICES = tuple(map(meter, range(4)))
TABLES = (
    "dated_message, undated_message, request, recorded_request_statement, recorded_request_step,"
    " recorded_request_naming,"
    " recorded_event, distribution, device, recorded_inventory_statement"
)

# Such that most distributions are under way, at a stage of which something is usual.
under_way = [each for each in Status if not each.is_bad and each.stage < Stage.VERIFIED_BY_DEVICE]
times = st.integers(0, 90).map(at)
LATER, OTHERS = RequestId(ALPHA_ID, DCC_ID, 1001), RequestId(BRAVO_ID, DCC_ID, 5)
some_devices = st.sets(st.sampled_from(DEVICES), min_size=1).map(sorted)
messages = (
    st.builds(answer, answered_at=times, refused=st.just(()) | some_devices, identity=digests)
    | st.builds(step, st.sampled_from(under_way), times, identity=digests)
    | st.builds(
        reported, st.sampled_from([*under_way, Status.COMMS_HUB_DELIVERY_FAILED]), times,
        some_devices,
        request_id=st.none() | st.just(REQUEST_ID), version=st.none() | st.just(VERSION),
        image_hash=st.none() | st.just(IMAGE_HASH), identity=digests,
    )
    | st.builds(
        inventory, times, st.sampled_from(DEVICES), identity=digests, user_id=st.none(),
        device_type=st.sampled_from([None, "ESME", "PPMID"]), csp_region=st.just("North"),
        manufacturer=st.just("Meters of Leeds"), model=st.just("EM-200"),
    )
    # Requests that may outdo the one that is asked about, one of them another party's.
    | st.builds(
        request, st.sampled_from([LATER, OTHERS]), some_devices, sent_at=times,
        version=st.just(OTHER_VERSION), image_hash=st.just(OTHER_IMAGE_HASH), identity=digests,
    )
    | st.builds(
        reported, st.sampled_from([Status.SENT_TO_CSP, Status.VERIFIED]), times, some_devices,
        request_id=st.sampled_from([LATER, OTHERS]), identity=digests,
    )
)  # fmt: skip
histories = st.tuples(
    st.builds(request, device_ids=st.just(DEVICES), sent_at=st.none() | times, identity=digests)
    # Word of a request that never comes, which so is of no known kind.
    | st.builds(
        reported, st.just(Status.DELIVERED_TO_COMMS_HUB), times, st.just(DEVICES), identity=digests
    ),
    st.lists(messages, min_size=3, max_size=9),
).map(lambda parts: [parts[0], *parts[1]]).filter(
    lambda history: len({each.digest for each in history}) == len(history)
)  # fmt: skip
minutes = st.none() | st.integers(0, 60).map(lambda minutes: minutes * 60.0)
moments = st.none() | st.integers(0, 150).map(at)
some_limits = st.builds(
    Limits, slow_seconds=minutes, allowed_seconds=minutes, still_seconds=minutes, moved_at=moments,
    left_seconds=minutes, silent_from=moments, silent_seconds=minutes, hub_seconds=minutes,
)  # fmt: skip
learnt = st.dictionaries(
    st.tuples(
        st.sampled_from([each.stage for each in under_way]),
        st.sampled_from([None, "ESME", "PPMID"]),
    ),
    some_limits,
    min_size=6,
)
Learnt = Mapping[tuple[Stage, str | None], Limits]
PAST = Stays.of({40: 150, 60: 50}, {50: 10}, {70: 40})


def learn(known: Learnt, hub_since: datetime | None = None) -> None:
    """Give every request these limits, by stage and device type; None: any other type."""
    with pool().connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE wait_limit, wait_estimate, stay_at_hub")
        cursor.execute(
            statement("performance_add_segments"),
            {"request_keys": [key for (key,) in cursor.execute("SELECT request_key FROM request")]},
        )
        steps = [40, 50, 60, 70]
        counts = [
            [each[step - 1] for step in steps] for each in (PAST.passed, PAST.failed, PAST.waiting)
        ]
        row = cursor.execute(
            "INSERT INTO wait_estimate (facts, steps, passed, failed, waiting)"
            " VALUES (0, %s, %s, %s, %s) RETURNING estimate_key",
            (steps, *counts),
        ).fetchone()
        assert row is not None
        segments = cursor.execute(
            "SELECT 0, NULL UNION ALL SELECT segment_key, device_type FROM device_segment"
        ).fetchall()
        for segment_key, device_type in segments:
            for stage in {stage for stage, _ in known}:
                limits = known.get((stage, device_type or None), known.get((stage, None)))
                if limits is None or (segment_key == 0) != (stage is Stage.RECEIVED):
                    continue
                cursor.execute(
                    "INSERT INTO wait_limit SELECT request_key, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
                    " %s, %s, 0, 0 FROM request",
                    (
                        segment_key, stage, row[0], limits.slow_seconds, limits.allowed_seconds,
                        limits.still_seconds, limits.moved_at, limits.left_seconds,
                        limits.silent_from, limits.silent_seconds, limits.hub_seconds,
                    ),
                )  # fmt: skip
        if hub_since is not None:
            cursor.execute(
                "INSERT INTO stay_at_hub SELECT request_key, s, device_id, %s, %s, true"
                " FROM distribution, generate_series(2, 5) AS s WHERE device_id = ANY (%s)",
                (to_bigint(HUB), hub_since, [to_bigint(each) for each in DEVICES[:2]]),
            )
    waits.forget_recent()


def slow_after(seconds: float) -> Limits:
    """Slow after so many seconds and stalled after three times as many, for none of it moves."""
    return Limits(slow_seconds=seconds, allowed_seconds=3 * seconds, still_seconds=0)


def diagnosed(viewer: Viewer, minutes: float) -> Mapping[Eui64, Pace | None]:
    found = (find_device(viewer, device_id) for device_id in DEVICES)
    return {
        device.device_id: reported.pace
        for device in found
        if device is not None
        and (reported := diagnoses(device, now=at(minutes)).get(REQUEST_ID)) is not None
    }


@pytest.mark.usefixtures("database")
@given(histories, learnt, moments, st.sampled_from([DCC, ALPHA]), st.integers(60, 150))
@settings(
    max_examples=examples(60),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_request_is_filtered_and_counted_by_the_pace_that_each_device_is_told(
    history: list[Message],
    known: Learnt,
    hub_since: datetime | None,
    viewer: Viewer,
    minutes: int,
) -> None:
    with pool().connection() as connection:
        connection.execute(f"TRUNCATE {TABLES}".encode())
    take(*history)
    learn(known, hub_since)

    by_device = diagnosed(viewer, minutes)
    for pace in Pace:
        expected = [device_id for device_id, each in by_device.items() if each is pace]
        assert ids_of(pace, viewer, minutes) == expected
    counts = requests.count_paces(viewer, REQUEST_ID, now=at(minutes))
    assert sum(counts.values()) == sum(each is not None for each in by_device.values())
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    assert counts == requests.count_paces(viewer, REQUEST_ID, as_of=row[0], now=at(minutes))


def ids_of(pace: Pace, viewer: Viewer, minutes: float) -> list[Eui64]:
    page = requests.list_distributions(
        viewer, REQUEST_ID, DistributionFilter(pace=pace), limit=10, now=at(minutes)
    )
    return [each.device_id for each in page.items]


@pytest.mark.usefixtures("database")
def test_each_rule_of_the_wait_is_the_databases_too() -> None:
    first, again, loose, refused = DEVICES
    take(request(sent_at=at(0), device_ids=DEVICES), answer(answered_at=at(1), refused=[refused]))
    take(step(Status.SENT_TO_CSP, at(5)), inventory(at(0), first, device_type="ESME"))
    take(reported(Status.SENT_TO_CSP, at(95), [again, loose, refused]))
    take(reported(Status.SENT_TO_CSP, at(80), [refused], request_id=None, version=VERSION))
    learn(
        {
            (Stage.SENT_TO_CSP, None): slow_after(600),
            (Stage.SENT_TO_CSP, "ESME"): slow_after(36_000),
        }
    )

    # What the device is counts; so does the first word, be it about all or name no request; but
    # word about all is not about the device that was refused.
    assert diagnosed(ALPHA, 100) == {
        first: Pace.USUAL,
        again: Pace.STALLED,
        loose: Pace.STALLED,
        refused: Pace.SLOW,
    }
    assert ids_of(Pace.USUAL, ALPHA, 100) == [first]
    assert ids_of(Pace.STALLED, ALPHA, 100) == [again, loose]
    assert ids_of(Pace.SLOW, ALPHA, 100) == [refused]


@pytest.mark.usefixtures("database")
def test_before_dcc_has_answered_no_fact_of_the_device_counts() -> None:
    take(request(sent_at=at(0), device_ids=DEVICES), inventory(at(0), METER, device_type="ESME"))
    learn({(Stage.RECEIVED, None): slow_after(600)})
    assert set(diagnosed(ALPHA, 100).values()) == {Pace.STALLED}
    assert ids_of(Pace.STALLED, ALPHA, 100) == list(DEVICES)


@pytest.mark.usefixtures("database")
def test_a_later_success_that_the_viewer_may_see_ends_the_wait() -> None:
    own, others, earlier, waiting = DEVICES
    first = RequestId(ALPHA_ID, DCC_ID, 999)
    take(
        request(first, [earlier], sent_at=at(-9)),
        reported(Status.VERIFIED, at(20), [earlier], request_id=first),
    )
    take(request(sent_at=at(0), device_ids=DEVICES), answer(answered_at=at(1)))
    take(step(Status.SENT_TO_CSP, at(5)))
    for request_id, device in ((LATER, own), (OTHERS, others)):
        take(request(request_id, [device], sent_at=at(10)))
        take(reported(Status.VERIFIED, at(20), [device], request_id=request_id))
    learn({(Stage.SENT_TO_CSP, None): slow_after(600)})

    assert ids_of(Pace.STALLED, ALPHA, 100) == [others, earlier, waiting]
    assert ids_of(Pace.STALLED, DCC, 100) == [earlier, waiting]
    assert ids_of(Pace.STALLED, STRANGER, 100) == []
    assert diagnosed(ALPHA, 100)[own] is None
    assert diagnosed(DCC, 100) == {
        own: None,
        others: None,
        earlier: Pace.STALLED,
        waiting: Pace.STALLED,
    }


@pytest.fixture
def waiting(database: str) -> None:
    """One device stalled, one slow, one as usual, one that has arrived, with the hub since 9:00."""
    take(request(sent_at=at(0), device_ids=DEVICES), answer(answered_at=at(1)))
    for minutes, device in zip((10, 200, 300), DEVICES, strict=False):
        take(reported(Status.SENT_TO_CSP, at(minutes), [device]))
    take(reported(Status.VERIFIED, at(300), DEVICES[3:]))
    learn({(Stage.SENT_TO_CSP, None): slow_after(3600)})


@pytest.mark.usefixtures("waiting")
def test_late_word_of_success_clears_a_stall() -> None:
    assert ids_of(Pace.STALLED, ALPHA, 330) == [DEVICES[0]]
    take(reported(Status.VERIFIED, at(331), DEVICES[:1]))
    assert ids_of(Pace.STALLED, ALPHA, 330) == []


@pytest.mark.usefixtures("waiting")
def test_the_counts_are_by_status_and_leave_out_what_has_ended() -> None:
    status = Status.SENT_TO_CSP
    assert requests.count_paces(ALPHA, REQUEST_ID, now=at(330)) == {
        (status, Pace.STALLED): 1,
        (status, Pace.SLOW): 1,
        (status, Pace.USUAL): 1,
    }


@pytest.mark.usefixtures("waiting")
def test_a_pace_is_kept_from_page_to_page_and_beside_other_filters() -> None:
    take(reported(Status.SENT_TO_CSP, at(5), DEVICES[1:2]))  # its first word counts: stalled, too
    wanted = DistributionFilter(completion=CompletionStatus.IN_PROGRESS, pace=Pace.STALLED)
    first = requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=1, now=at(330))
    assert [each.device_id for each in first.items] == [DEVICES[0]]
    second = requests.list_distributions(
        ALPHA, REQUEST_ID, wanted, limit=1, after=first.last_device_id, now=at(330)
    )
    assert [each.device_id for each in second.items] == [DEVICES[1]]
    assert second.last_device_id is None
    none = DistributionFilter(status=Status.ACCEPTED, pace=Pace.STALLED)
    assert requests.list_distributions(ALPHA, REQUEST_ID, none, limit=9, now=at(330)).items == ()


@pytest.mark.usefixtures("waiting")
def test_the_csv_has_the_same_rows_in_its_usual_columns() -> None:
    wanted = DistributionFilter(pace=Pace.STALLED)  # by the real clock, all three are
    header, *rows = b"".join(distributions_csv(ALPHA, REQUEST_ID, wanted)).splitlines()
    assert header.count(b",") == 5
    assert [row.split(b",")[2].decode() for row in rows] == [str(each) for each in DEVICES[:3]]
    found = requests.find_request(ALPHA, REQUEST_ID)
    assert found is not None
    assert requests.count_wanted(ALPHA, found, wanted, as_of=None) == len(rows)


@pytest.mark.usefixtures("waiting")
def test_the_pace_of_the_past_is_the_pace_as_of_then() -> None:
    with pool().connection() as connection:
        connection.execute("UPDATE recorded_event SET recorded_at = occurred_at")
        for table in (
            "request", "distribution", "dated_message", "undated_message", "recorded_request_step",
        ):  # fmt: skip
            connection.execute(f"UPDATE {table} SET recorded_at = %s".encode(), (at(1),))
    counts = requests.count_paces(ALPHA, REQUEST_ID, as_of=at(100))
    assert counts == {(Status.SENT_TO_CSP, Pace.SLOW): 1}
    wanted = DistributionFilter(pace=Pace.SLOW)
    page = requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=9, as_of=at(100))
    assert [each.device_id for each in page.items] == [DEVICES[0]]


@pytest.mark.usefixtures("waiting")
def test_the_paces_of_a_request_are_its_partys_and_dccs_alone() -> None:
    assert requests.count_paces(DCC, REQUEST_ID) == requests.count_paces(ALPHA, REQUEST_ID) != {}
    for viewer in (BRAVO, STRANGER):
        assert requests.count_paces(viewer, REQUEST_ID) == {}
        assert ids_of(Pace.STALLED, viewer, 330) == []


@pytest.mark.usefixtures("database")
def test_what_is_usual_is_asked_of_the_database_once_in_a_while() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)), reported(Status.SENT_TO_CSP, at(10)))
    key = waits.WaitKey(request_id=REQUEST_ID, stage=Stage.SENT_TO_CSP)
    learn({})
    assert waits.recent_waits([key]) == {}
    kept = waits._Kept.copy
    learn({(Stage.SENT_TO_CSP, None): slow_after(600)})
    waits._Kept.copy = kept
    assert waits.recent_waits([key]) == {}  # as it was
    waits.forget_recent()
    known = waits.recent_waits([key])[key]
    assert known.limits == slow_after(600)
    assert known.estimate.stays == PAST


@pytest.mark.usefixtures("database")
def test_a_change_of_supplier_is_told_to_dcc_and_to_who_is_responsible_now() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)), supplier_change(at(60)))
    shown = {viewer: find_device(viewer, METER) for viewer in (DCC, ALPHA)}
    assert {who: found and found.supplier_changed_at for who, found in shown.items()} == {
        DCC: at(60),
        ALPHA: None,
    }
    imported(learnt_at=at(61), responsible_supplier=ALPHA_ID)
    responsible = find_device(ALPHA, METER)
    assert responsible is not None
    assert responsible.supplier_changed_at == at(60)
    reported = diagnoses(responsible, now=at(90))[REQUEST_ID]
    assert reported is not None
    assert "supplier changed" in reported.advice
    assert find_device(STRANGER, METER) is None
