"""An outage is one incident, of which people are told five times at most; webhooks name devices."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from psycopg import OperationalError

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.answers.causes import CausesAnswer, CausesQuestion
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.notices import queries, user_ids
from firmtrack.notices.composing import compose_due
from firmtrack.notices.incidents import MOST_TELLINGS, OPENING_DELAY
from firmtrack.notices.known_causes import renew_causes
from firmtrack.notices.periodic_jobs import PeriodicJobs
from firmtrack.store.database import pool
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    STRANGER,
    inventory,
    meter,
    reported,
    request,
    take,
)
from tests.store.outages import (
    IN_NORTH,
    OF_Q4,
    SOUTH,
    Estate,
    failed_for,
    incidents,
    kept_updates,
    listen,
    mails,
    stalled_for,
    told,
)

ALPHA_SECOND_ID = Eui64.parse("90-B3-D5-1F-30-01-00-01")
OUTAGE = 20_000


@pytest.fixture
def alpha(database: str) -> Party:
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID, ALPHA_SECOND_ID])
    listen(party.pk)
    return party


@pytest.fixture
def estate(alpha: Party) -> Estate:
    return Estate()


def test_an_outage_in_one_minute_is_told_when_it_opens_and_when_it_is_over(estate: Estate) -> None:
    estate.stall(estate.updates(1, OUTAGE))
    estate.compose()
    assert mails() == []  # its cause may be known in a moment

    estate.pass_time(1)
    estate.pass_time(48)

    opened, ended = mails()
    assert opened == (
        "20,000 updates stand still at the Communications Service Provider (CSP)."
        " Request 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1. First on 14 November."
    )
    assert ended.startswith("None has joined these for 36 hours: this is over. 20,000 updates")
    (incident,) = incidents()
    assert (incident["device_count"], incident["ended_at"] is None) == (OUTAGE, False)
    assert kept_updates() == 0


@pytest.mark.parametrize("waves", [4, 12, 48])
def test_an_outage_in_waves_over_two_days_is_told_five_times_at_most(
    estate: Estate, waves: int
) -> None:
    size = OUTAGE // waves
    for wave in range(waves):
        first = 1 + wave * size
        estate.stall(estate.updates(first, first + size - 1))
        estate.compose()
        estate.pass_time(48 / waves)
    estate.pass_time(80)

    assert 2 <= len(mails()) <= MOST_TELLINGS
    (incident,) = incidents()
    assert incident["device_count"] == size * waves
    assert f"{size * waves:,} updates" in mails()[-1]


def test_an_outage_over_thirty_requests_of_two_user_ids_is_one_incident(estate: Estate) -> None:
    devices = [
        *estate.updates(1, OUTAGE // 2, requests=15),
        *estate.updates(OUTAGE // 2 + 1, OUTAGE, requests=15, user_id=ALPHA_SECOND_ID),
    ]
    for part in range(30):
        estate.stall(devices[part::30])
        estate.compose()
    estate.pass_time(60)

    assert [each["device_count"] for each in incidents()] == [OUTAGE]
    assert len(mails()) <= MOST_TELLINGS
    assert not any("Request" in sentence for sentence in mails())


def test_an_outage_of_two_parties_is_two_incidents_each_with_its_own_count(estate: Estate) -> None:
    bravo = add_party("Bravo Power", PartyKind.LARGE_SUPPLIER, [BRAVO_ID])
    listen(bravo.pk)
    estate.stall([*estate.updates(1, 300), *estate.updates(301, 500, user_id=BRAVO_ID)])
    estate.compose()
    estate.pass_time(1)

    assert [each["device_count"] for each in incidents(bravo.pk)] == [200]
    assert sorted(sentence.split()[0] for sentence in mails()) == ["200", "300"]


def test_a_cause_that_is_found_late_makes_the_incident_its_own(estate: Estate) -> None:
    estate.stall(estate.updates(1, 900))
    estate.compose()
    estate.pass_time(2)
    estate.causes = [stalled_for(IN_NORTH)]
    estate.pass_time(1)
    estate.stall(estate.updates(901, 950))
    estate.stall(estate.updates(951, 960, region=SOUTH))
    estate.compose()

    of_cause, of_none = incidents()
    assert (of_cause["cause_id"], of_cause["device_count"]) == (estate.causes[0].cause_id, 950)
    assert (of_none["cause_id"], of_none["device_count"]) == (None, 10)
    assert mails()[-1].startswith(
        "It is known now what they have in common. 900 updates of devices in CSP region North"
        " stand still at the Communications Service Provider (CSP)."
    )


def test_a_cause_known_in_time_is_told_with_the_opening(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.pass_time(1, step_minutes=2)

    (sentence,) = mails()
    assert sentence == (
        "Delivery to Communications Hub failed, reason N61: 40 updates of devices in CSP region"
        " North."
        " Request 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1. First on 14 November."
    )


def test_an_incident_of_which_most_have_the_cause_says_so(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail([*estate.updates(1, 40), *estate.updates(41, 60, region=SOUTH)])
    estate.compose()
    estate.pass_time(1)

    (sentence,) = mails()
    assert "60 updates, most of them of devices in CSP region North." in sentence


def test_a_cause_that_less_than_half_have_leaves_the_incident_as_it_is(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail([*estate.updates(1, 40), *estate.updates(41, 90, region=SOUTH)])
    estate.compose()
    estate.pass_time(1)
    estate.fail(estate.updates(91, 95))
    estate.compose()

    assert [(each["cause_id"] is None, each["device_count"]) for each in incidents()] == [
        (True, 90),
        (False, 5),
    ]


def test_a_definition_that_changes_while_the_outage_grows_keeps_the_incident(
    estate: Estate,
) -> None:
    definitions = [
        [],
        [stalled_for(OF_Q4)],
        [stalled_for(OF_Q4, IN_NORTH)],
        [],
        [stalled_for(IN_NORTH)],
    ]
    size = OUTAGE // 20
    for wave in range(20):
        estate.causes = definitions[wave % len(definitions)]
        model = "Q4" if wave < 12 else "Q5"
        first = 1 + wave * size
        estate.stall(estate.updates(first, first + size - 1, model=model))
        estate.compose()
        estate.pass_time(2)
    estate.pass_time(30 * 24)

    (incident,) = incidents()
    assert incident["device_count"] == OUTAGE
    assert len(mails()) <= MOST_TELLINGS


def test_updates_that_move_on_and_stand_still_again_stay_in_their_incident(
    estate: Estate,
) -> None:
    devices = estate.updates(1, OUTAGE, requests=3)
    estate.stall(devices)
    estate.compose()
    estate.pass_time(3)
    estate.move(devices[:15_000], 4)
    estate.stall(devices[:15_000], stage=4)
    estate.compose()
    estate.pass_time(3)
    estate.move(devices[:5_000], 5)
    estate.stall(devices[:5_000], stage=5)
    estate.compose()
    estate.pass_time(60)

    (incident,) = incidents()
    assert incident["device_count"] == OUTAGE
    assert len(mails()) <= MOST_TELLINGS
    assert mails()[-1].endswith("5,000 still do.")


def test_everything_twice_counts_once(estate: Estate) -> None:
    devices = estate.updates(1, 500)
    estate.fail(devices)
    estate.fail(devices[:250])
    estate.compose()
    estate.fail(devices)
    estate.compose()
    estate.pass_time(50)

    (incident,) = incidents()
    assert incident["device_count"] == 500
    assert [sentence.count("500 updates") for sentence in mails()] == [1, 1]


def test_several_reasons_at_once_are_several_incidents(estate: Estate) -> None:
    devices = estate.updates(1, 4_000)
    estate.fail(devices[:1_000], "N61")
    estate.fail(devices[1_000:2_000], "N19")
    estate.fail(devices[2_000:3_000], "image_discarded", Status.DEVICE_TRANSFER_FAILED)
    estate.stall(devices[3_000:])
    estate.compose()
    estate.pass_time(50)

    assert [each["device_count"] for each in incidents()] == [1_000] * 4
    assert len(mails()) == 8


def test_one_failed_device_is_one_incident_and_one_line(estate: Estate) -> None:
    (device,) = estate.updates(7, 7)
    estate.fail([device])
    estate.compose()
    estate.pass_time(60)

    (sentence,) = mails()
    assert sentence == (
        "Delivery to Communications Hub failed, reason N61: 1 update."
        " Request 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1."
        " Device 00-00-00-00-00-00-00-07. First on 14 November."
    )


def test_what_comes_after_a_quiet_time_is_an_incident_of_its_own(estate: Estate) -> None:
    devices = estate.updates(1, 2)
    estate.fail(devices[:1])
    estate.compose()
    estate.pass_time(13)
    estate.fail(devices[1:])
    estate.compose()
    estate.pass_time(1)

    assert len(incidents()) == 2
    assert len(mails()) == 2


def test_what_nobody_could_tell_while_it_was_open_is_told_when_it_is_over(estate: Estate) -> None:
    estate.fail(estate.updates(1, 3))
    estate.compose()
    estate.pass_time(48, step_minutes=48 * 60)  # nothing sends notices for two days

    assert len(mails()) == 1
    assert kept_updates() == 0


def test_whole_requests_that_fail_are_one_incident(estate: Estate) -> None:
    estate.updates(1, 3_000, requests=30)
    with pool().connection() as connection:
        connection.execute(
            "INSERT INTO status_change (user_id, is_own, topic, request_key, recorded_at)"
            " SELECT originator, true, 'distribution.send_to_csp_failed', request_key, now()"
            " FROM request"
        )
    estate.compose()
    estate.pass_time(1)

    assert [each["device_count"] for each in incidents()] == [3_000]
    assert len(mails()) == 1


def test_a_responsible_supplier_is_told_of_others_updates_without_cause_or_request(
    estate: Estate,
) -> None:
    bravo = add_party("Bravo Power", PartyKind.LARGE_SUPPLIER, [BRAVO_ID])
    listen(bravo.pk)
    listen(bravo.pk, "webhook")
    estate.causes = [stalled_for(IN_NORTH)]
    estate.stall(estate.updates(1, 50, supplier=BRAVO_ID))
    estate.compose()
    estate.pass_time(2)

    (incident,) = incidents(bravo.pk)
    assert (incident["is_own"], incident["cause_id"], incident["device_count"]) == (False, None, 50)
    (sentence,) = [each for each in mails() if "others" in each]
    assert sentence == (
        "50 updates that others asked for stand still at the Communications Service Provider (CSP)."
        " First on 14 November."
    )
    (event,) = told("webhook")
    assert event["service_request_id"] is None
    assert event["incident_id"] == str(incident["incident_id"])


def test_webhooks_name_each_device_and_its_incident_and_no_call_is_of_two(
    estate: Estate, alpha: Party
) -> None:
    listen(alpha.pk, "webhook")
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 1))
    estate.compose()
    estate.search()
    of_one_request = estate.updates(2, 2_000)
    estate.place(of_one_request[1_499:], SOUTH)
    estate.fail(of_one_request)
    estate.compose()

    events = told("webhook")
    named = [each["device_id"] for event in events for each in event["devices"]]
    assert len(named) == len(set(named)) == 2_000
    by_incident = {str(each["incident_id"]): each["device_count"] for each in incidents()}
    counts: dict[str, int] = dict.fromkeys(by_incident, 0)
    for event in events:
        counts[str(event["incident_id"])] += len(event["devices"])
    assert counts == by_incident
    page = queries.list_notices(ALPHA, limit=10, is_folded=True)
    assert sorted(str(each.incident_id) for each in page.items) == sorted(by_incident)
    assert all(each.incident is not None for each in page.items)
    assert sorted(counts.values()) == [500, 1_500]


def test_a_dispatcher_that_is_killed_while_it_tells_tells_once(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.search()
    estate.now += OPENING_DELAY
    with pool().connection() as connection:
        pid = connection.info.backend_pid

        def killed(_key: CauseKey) -> str:
            with pool().connection() as other:
                other.execute("SELECT pg_terminate_backend(%s::integer, 60000)", (pid,))
            return "never told"

        with pytest.raises(OperationalError):
            compose_due(connection, now=estate.now, phrase_of=killed)

    estate.compose()
    estate.compose()

    (sentence,) = mails()
    assert "never told" not in sentence


def test_what_was_assigned_by_a_dispatcher_that_is_killed_is_assigned_anew(estate: Estate) -> None:
    estate.fail(estate.updates(1, 40))

    def compose_in_vain() -> None:
        with pool().connection() as connection, connection.transaction():
            compose_due(connection, grouping_delay=timedelta(), now=estate.now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        compose_in_vain()
    assert incidents() == []

    estate.compose()

    assert [each["device_count"] for each in incidents()] == [40]


def test_two_dispatchers_tell_once(estate: Estate) -> None:
    devices = estate.updates(1, 4_000, requests=40)
    together = Barrier(2)

    def dispatch() -> None:
        together.wait(60)
        for _ in range(5):
            estate.compose()

    for part in range(4):
        estate.stall(devices[part::4])
        with ThreadPoolExecutor(2) as dispatchers:
            for done in [dispatchers.submit(dispatch), dispatchers.submit(dispatch)]:
                done.result()
    estate.now += OPENING_DELAY
    with ThreadPoolExecutor(2) as dispatchers:
        for done in [dispatchers.submit(dispatch), dispatchers.submit(dispatch)]:
            done.result()

    assert [each["device_count"] for each in incidents()] == [4_000]
    assert len(mails()) == 1


def test_causes_are_looked_for_while_an_incident_grows_and_then_now_and_then(
    estate: Estate,
) -> None:
    assert estate.search() == 0
    estate.fail(estate.updates(1, 40))
    estate.compose()

    searched = []
    for _ in range(30):
        searched.append(estate.search())
        estate.now += timedelta(minutes=1)

    assert searched[:10] == [1] * 10
    assert sum(searched[10:]) == 1


@pytest.mark.usefixtures("alpha")
def test_the_dispatcher_itself_finds_what_failures_have_in_common() -> None:
    sent_at = datetime.now(UTC) - timedelta(hours=2)
    devices = [meter(number) for number in range(1, 301)]
    for number, device_id in enumerate(devices):
        take(inventory(sent_at, device_id, device_type="ESME", model="Q4" if number < 60 else "P2"))
    take(request(sent_at=sent_at, device_ids=devices))
    failed_at = sent_at + timedelta(minutes=5)
    take(reported(Status.DEVICE_TRANSFER_FAILED, failed_at, devices[:60], reason="image_discarded"))
    take(reported(Status.TRANSFERRED_TO_DEVICE, failed_at, devices[60:]))
    with pool().connection() as connection:
        compose_due(connection, grouping_delay=timedelta())
        PeriodicJobs(interval_seconds=0).do_what_is_due(connection)
        compose_due(connection, now=datetime.now(UTC) + OPENING_DELAY)

    (incident,) = incidents()
    assert CauseKey.of_id(incident["cause_id"]).traits == (OF_Q4,)
    (sentence,) = mails()
    assert "60 updates of devices of model Q4" in sentence


def test_a_search_that_fails_costs_no_other_party_its_own(estate: Estate) -> None:
    bravo = add_party("Bravo Power", PartyKind.LARGE_SUPPLIER, [BRAVO_ID])
    listen(bravo.pk)
    estate.fail([*estate.updates(1, 40), *estate.updates(41, 80, user_id=BRAVO_ID)])
    estate.compose()
    estate.causes = [failed_for(IN_NORTH)]

    def fails_for_alpha(
        viewer: Viewer, question: CausesQuestion, *, now: datetime | None = None
    ) -> CausesAnswer:
        if ALPHA_ID in viewer.user_ids:
            raise ZeroDivisionError
        return estate.find_causes(viewer, question, now=now)

    with pool().connection() as connection:
        assert renew_causes(connection, estate.now, fails_for_alpha) == 2

    assert [each["cause_id"] is None for each in incidents(bravo.pk)] == [False]


def test_a_cause_that_is_not_found_for_once_keeps_its_open_incident(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.search()
    estate.causes = []
    estate.now += timedelta(minutes=1)
    assert estate.search() == 1
    estate.fail(estate.updates(41, 50))
    estate.compose()

    assert [each["device_count"] for each in incidents()] == [50]


def test_what_was_found_while_a_user_id_was_taken_away_is_not_kept(
    estate: Estate, alpha: Party
) -> None:
    estate.fail([*estate.updates(1, 40), *estate.updates(41, 90, user_id=ALPHA_SECOND_ID)])
    estate.compose()
    estate.causes = [failed_for(IN_NORTH)]

    def overtaken(
        viewer: Viewer, question: CausesQuestion, *, now: datetime | None = None
    ) -> CausesAnswer:
        user_ids.remove_user_id(alpha, ALPHA_SECOND_ID)
        return estate.find_causes(viewer, question, now=now)

    with pool().connection() as connection:
        renew_causes(connection, estate.now, overtaken)

    assert [(each["cause_id"], each["device_count"]) for each in incidents()] == [(None, 40)]


def test_causes_that_were_found_long_ago_are_not_taken_to_hold(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 5))
    estate.compose()
    estate.pass_time(24)
    estate.now += timedelta(days=40)
    estate.fail(estate.updates(6, 10))
    estate.compose()

    assert [each["cause_id"] is None for each in incidents()] == [False, True]


def test_a_user_id_that_is_taken_away_takes_its_updates_along(estate: Estate, alpha: Party) -> None:
    estate.fail([*estate.updates(1, 40), *estate.updates(41, 90, user_id=ALPHA_SECOND_ID)])
    estate.compose()
    estate.now += OPENING_DELAY
    estate.compose()
    assert ["90 updates" in sentence for sentence in mails()] == [True]

    user_ids.remove_user_id(alpha, ALPHA_ID)

    assert mails() == []  # it had not been sent
    assert [each["device_count"] for each in incidents()] == [50]
    estate.pass_time(2)
    assert ["50 updates" in sentence for sentence in mails()] == [True]
    user_ids.remove_user_id(alpha, ALPHA_SECOND_ID)
    assert kept_updates() == 0
    assert incidents()[0]["ended_at"] is not None


def looked_at() -> int:
    """Return how many parties have incidents that are to be looked at by the world's clock."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM party_incident WHERE due_at <= opened_at + interval '10 minutes'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_an_incident_that_waits_beside_another_is_not_looked_at_all_the_time(
    estate: Estate,
) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.search()
    estate.fail(estate.updates(41, 60, region=SOUTH))  # before people are told of the other
    estate.compose()
    for _ in range(3):
        estate.now += OPENING_DELAY
        estate.compose()

    assert len(incidents()) == 2
    assert (len(mails()), looked_at()) == (1, 0)
    estate.pass_time(1)
    assert len(mails()) == 2


@pytest.mark.usefixtures("database")
def test_an_incident_that_nobody_wants_to_be_told_of_is_not_looked_at_all_the_time() -> None:
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    listen(party.pk, "webhook")
    estate = Estate()
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.now += OPENING_DELAY
    estate.compose()

    assert (len(incidents()), looked_at()) == (1, 0)


def test_no_one_else_sees_an_incident(estate: Estate) -> None:
    estate.causes = [failed_for(IN_NORTH)]
    estate.fail(estate.updates(1, 40))
    estate.compose()
    estate.pass_time(1)
    (incident,) = incidents()
    incident_id = incident["incident_id"]

    def seen_by(viewer: Viewer) -> list[UUID | None]:
        return [
            each.incident_id
            for asked in (None, incident_id)
            for is_folded in (False, True)
            for each in queries.list_notices(
                viewer, limit=10, incident_id=asked, is_folded=is_folded
            ).items
        ]

    assert seen_by(ALPHA) == [incident_id] * 4
    assert seen_by(DCC) == [incident_id] * 4
    assert seen_by(BRAVO) == seen_by(STRANGER) == []


def test_an_endpoint_is_told_of_the_topics_that_its_owner_chose(database: str) -> None:
    party = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    listen(party.pk, topics=["distribution.stalled"])
    estate = Estate()
    devices = estate.updates(1, 40)
    estate.fail(devices[:20])
    estate.stall(devices[20:])
    estate.compose()
    estate.pass_time(1)

    (sentence,) = mails()
    assert "stand still" in sentence
