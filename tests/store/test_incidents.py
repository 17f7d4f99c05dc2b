"""What befell an update: under which distributions it stands, who sees it, and from when on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from firmtrack.domain.facts import Incident, IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.reading import requests
from tests.looking import device_version, find_device
from tests.store import test_past as past
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
    METERS,
    REQUEST_ID,
    STRANGER,
    activation,
    answer,
    at,
    digest,
    distribution,
    meter,
    reported,
    request,
    take,
)

Kind = IncidentKind
SECOND = RequestId(ALPHA_ID, DCC_ID, 1001)
BRAVOS = RequestId(BRAVO_ID, DCC_ID, 1)
OTHER_HUB = Eui64(HUB + 1)
_KINDS = {
    Kind.REQUEST_QUARANTINED: MessageKind.QUARANTINED_REQUEST,
    Kind.COMMAND_FAILED: MessageKind.COMMAND_FAILURE,
    Kind.MESSAGE_NOT_CARRIED: MessageKind.DUIS_VERSION_MISMATCH,
    Kind.PPMID_REMOVED: MessageKind.PPMID_REMOVAL,
    Kind.COMMS_HUB_EXCHANGED: MessageKind.DEVICE_LOG_RESTORED,
    Kind.FIRMWARE_CHANGED: MessageKind.DEVICE_FIRMWARE_ALERT,
    Kind.POWER_ON_VERIFICATION_FAILED: MessageKind.DEVICE_FIRMWARE_ALERT,
}

pytestmark = pytest.mark.usefixtures("database")


def befell(
    kind: IncidentKind,
    occurred_at: datetime,
    *,
    user_id: Eui64 = ALPHA_ID,
    code: str = "N9",
    identity: object = None,
    **said: Any,
) -> Message:
    incident = Incident(kind=kind, occurred_at=occurred_at, **said)
    return Message(
        digest=digest(identity or (kind, occurred_at, user_id, sorted(said.items(), key=str))),
        kind=_KINDS.get(kind, MessageKind.DEVICE_STATUS_CHANGE_EVENT),
        body=b"an incident",
        user_id=user_id,
        code=code,
        occurred_at=occurred_at,
        incidents=(incident,),
    )


def removed(minutes: float, device_id: Eui64 = METER, **said: Any) -> Message:
    return befell(Kind.DEVICE_REMOVED, at(minutes), device_id=device_id, **said)


def under_way(request_id: RequestId = REQUEST_ID, minutes: float = 0, **said: Any) -> None:
    take(
        request(request_id, sent_at=at(minutes), **said),
        answer(request_id, answered_at=at(minutes + 1)),
    )


def kinds(found: Sequence[IncidentEntry]) -> list[IncidentKind]:
    return [each.incident.kind for each in found]


def shown(
    viewer: Viewer = ALPHA, device_id: Eui64 = METER, as_of: datetime | None = None
) -> dict[RequestId | None, list[IncidentKind]] | None:
    """Return the kinds under each request, and under None what concerns none of them."""
    found = find_device(viewer, device_id, as_of=as_of)
    if found is None:
        return None
    by_request: dict[RequestId | None, list[IncidentKind]] = {
        each.distribution.request_id: kinds(each.incidents) for each in found.distributions
    }
    return {key: each for key, each in {**by_request, None: kinds(found.incidents)}.items() if each}


def entries(viewer: Viewer = ALPHA, device_id: Eui64 = METER) -> tuple[IncidentEntry, ...]:
    found = find_device(viewer, device_id)
    assert found is not None
    return found.distributions[0].incidents


# What names a request.


def test_what_names_a_request_stands_under_it_and_on_the_request_itself() -> None:
    under_way()
    under_way(SECOND, 10)
    take(befell(Kind.REQUEST_QUARANTINED, at(20), request_id=REQUEST_ID, reason="breach"))

    for viewer in (ALPHA, DCC):
        for device_id in METERS:
            assert shown(viewer, device_id) == {REQUEST_ID: [Kind.REQUEST_QUARANTINED]}
        found = requests.find_request(viewer, REQUEST_ID)
        assert found is not None
        assert kinds(found.incidents) == [Kind.REQUEST_QUARANTINED]
        assert found.incidents[0].incident.reason == "breach"
        other = requests.find_request(viewer, SECOND)
        assert other is not None
        assert other.incidents == ()
    assert shown(BRAVO) is shown(STRANGER) is None
    assert requests.find_request(BRAVO, REQUEST_ID) is None


def test_what_names_a_request_and_a_device_is_that_devices_alone() -> None:
    under_way()
    take(befell(Kind.COMMAND_FAILED, at(20), request_id=REQUEST_ID, device_id=METER, reason="N13"))

    assert shown() == {REQUEST_ID: [Kind.COMMAND_FAILED]}
    assert shown(device_id=METERS[1]) == {}
    found = requests.find_request(ALPHA, REQUEST_ID)
    assert found is not None
    assert found.incidents == ()


def test_a_request_that_is_no_update_or_has_not_come_makes_no_page() -> None:
    command = RequestId(ALPHA_ID, DCC_ID, 5)
    take(
        befell(Kind.REQUEST_QUARANTINED, at(1), request_id=command),
        befell(Kind.COMMAND_FAILED, at(2), request_id=command, device_id=METER),
    )
    assert shown() is shown(DCC) is None
    assert requests.find_request(ALPHA, command) is None
    take(request(command, sent_at=at(0)))
    assert shown() == {command: [Kind.COMMAND_FAILED, Kind.REQUEST_QUARANTINED]}


def test_what_names_anothers_request_alone_tells_nobody_which_devices_it_names() -> None:
    under_way()
    take(request(BRAVOS, sent_at=at(0)))
    take(befell(Kind.MESSAGE_NOT_CARRIED, at(5), request_id=REQUEST_ID, user_id=BRAVO_ID))

    assert shown(BRAVO) == {}
    assert shown(ALPHA) == {}
    assert shown(DCC) == {REQUEST_ID: [Kind.MESSAGE_NOT_CARRIED]}


# What names a device.


def test_what_befell_a_device_stands_under_what_it_found_under_way() -> None:
    under_way()
    under_way(SECOND, 10)
    take(reported(Status.VERIFIED, at(30), request_id=SECOND))
    take(removed(40))
    # The first is still in progress; the second is the newest.
    assert shown() == {SECOND: [Kind.DEVICE_REMOVED], REQUEST_ID: [Kind.DEVICE_REMOVED]}


def test_it_stands_under_none_that_was_asked_for_later_or_refused_the_device() -> None:
    under_way()
    under_way(SECOND, 60)
    take(removed(40))
    assert shown() == {REQUEST_ID: [Kind.DEVICE_REMOVED]}
    refused = RequestId(ALPHA_ID, DCC_ID, 1002)
    take(
        request(refused, sent_at=at(20)),
        answer(refused, answered_at=at(21), code="W110101", refused=[METER]),
    )
    assert shown() == {REQUEST_ID: [Kind.DEVICE_REMOVED]}


def test_what_befell_a_device_that_no_request_names_is_shown_to_whom_it_was_told() -> None:
    lone = meter(50)
    take(removed(1, lone))
    for viewer in (ALPHA, DCC):
        assert shown(viewer, lone) == {None: [Kind.DEVICE_REMOVED]}
    assert shown(BRAVO, lone) is shown(STRANGER, lone) is None
    assert shown(ALPHA, meter(51)) is None


def test_another_party_that_may_see_the_inventory_sees_what_and_on_which_day() -> None:
    under_way(BRAVOS)
    take(
        befell(
            Kind.FIRMWARE_CHANGED, at(40), device_id=METER, reason="8F43", code="8F43",
            device_time=at(39), throttled_sequence=1, throttled_count=3,
        )
    )  # fmt: skip
    (own,) = find_device(ALPHA, METER).incidents  # type: ignore[union-attr]  # it is there
    assert own.source is not None
    assert (own.incident.occurred_at, own.incident.reason) == (at(40), "8F43")
    (others,) = entries(BRAVO)
    assert others.source is None
    midnight = at(40).replace(hour=0, minute=0)
    assert (others.incident.occurred_at, others.first_at, others.times) == (midnight, midnight, 1)
    assert others.incident.reason is None
    assert others.incident.device_time is None
    assert others.throttled_count is None
    assert shown(STRANGER) is None


def test_what_every_party_is_told_is_one_entry_with_what_the_viewer_was_told_itself() -> None:
    under_way()
    under_way(BRAVOS, 10)
    take(removed(40), removed(41, user_id=BRAVO_ID), removed(60 * 24 * 3, user_id=BRAVO_ID))
    first, second = entries(ALPHA)
    assert first.source is None
    assert first.incident.occurred_at == at(60 * 24 * 3).replace(hour=0, minute=0)
    assert second.source is not None
    (only,) = entries(BRAVO)
    assert (only.times, only.first_at) == (2, at(41))


@pytest.mark.parametrize("kind", [Kind.MESSAGE_NOT_CARRIED, Kind.ALERT_THROTTLED])
def test_how_a_user_and_dcc_fare_with_each_other_is_that_users_alone(kind: IncidentKind) -> None:
    under_way()
    under_way(BRAVOS, 10)
    take(befell(kind, at(40), device_id=METER, reason="N60"))
    assert shown(BRAVO) == {}
    assert shown(ALPHA) == {REQUEST_ID: [kind]}


def test_a_party_that_only_named_a_device_learns_nothing_of_what_befell_it() -> None:
    under_way()
    take(request(BRAVOS, sent_at=at(5)))
    take(removed(40))
    assert shown(BRAVO) == {}


# What names a hub.


def at_hub(minutes: float, hub: Eui64 = HUB) -> Message:
    """Return word that the image for two devices reached a hub."""
    said = reported(
        Status.DELIVERED_TO_COMMS_HUB, at(minutes), METERS[:2], identity=digest((minutes, hub))
    )
    return replace(said, events=tuple(replace(each, comms_hub_id=hub) for each in said.events))


def test_a_hub_that_is_gone_stands_under_what_was_at_that_hub_before() -> None:
    under_way()
    take(at_hub(10))
    take(
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(20), comms_hub_id=HUB),
        befell(Kind.COMMS_HUB_EXCHANGED, at(21), comms_hub_id=HUB, new_comms_hub_id=OTHER_HUB),
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(22), comms_hub_id=OTHER_HUB),
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(5), comms_hub_id=HUB),
    )
    expected = {REQUEST_ID: [Kind.COMMS_HUB_EXCHANGED, Kind.COMMS_HUB_DECOMMISSIONED]}
    assert shown() == shown(DCC) == expected
    assert shown(device_id=METERS[3]) == {}
    assert shown(DCC, HUB) is None


def test_a_hub_that_the_image_left_before_it_was_gone_concerns_nothing() -> None:
    under_way()
    take(at_hub(10))
    take(at_hub(15, OTHER_HUB))
    take(befell(Kind.COMMS_HUB_DECOMMISSIONED, at(20), comms_hub_id=HUB))
    assert shown() == {}


def test_a_hub_tells_nobody_of_a_device_that_is_not_theirs_to_see() -> None:
    under_way()
    take(at_hub(10))
    take(request(BRAVOS, sent_at=at(5)))
    take(befell(Kind.COMMS_HUB_DECOMMISSIONED, at(20), comms_hub_id=HUB, user_id=BRAVO_ID))
    assert shown(BRAVO) == {}
    assert shown(BRAVO, METERS[1]) == {}
    assert shown(STRANGER) is None
    # Alpha, whose update was at the hub, learns of it without learning who was told.
    (entry,) = entries(ALPHA)
    assert (entry.incident.kind, entry.source) == (Kind.COMMS_HUB_DECOMMISSIONED, None)


# Repeats, arrival, and the past.


def test_repeats_are_one_entry_with_dccs_count_of_those_that_it_throttled() -> None:
    under_way()
    said: dict[str, Any] = {"device_id": METER, "reason": "8F1B", "code": "8F1B"}
    take(
        *(
            befell(
                Kind.POWER_ON_VERIFICATION_FAILED, at(20 + number), **said,
                throttled_sequence=sequence, throttled_count=count,
            )
            for number, (sequence, count) in enumerate([(7, 10), (7, 25), (8, 4), (None, None)])
        )
    )  # fmt: skip
    (entry,) = entries()
    assert (entry.times, entry.first_at, entry.incident.occurred_at) == (4, at(20), at(23))
    assert entry.throttled_count == 29


def test_the_order_and_the_number_of_arrivals_change_nothing() -> None:
    messages = [
        request(sent_at=at(0), identity=digest("request")),
        answer(answered_at=at(1), identity=digest("answer")),
        at_hub(10),
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(20), comms_hub_id=HUB),
        removed(21),
    ]
    seen = set()
    for order in permutations(messages):
        past.empty()
        for message in (*order, *order):
            take(message)
        seen.add(str(shown()))
    assert len(seen) == 1
    assert shown() == {REQUEST_ID: [Kind.DEVICE_REMOVED, Kind.COMMS_HUB_DECOMMISSIONED]}


def test_a_request_was_there_when_dcc_held_it_whatever_order_that_is_told_in() -> None:
    messages = [
        request(identity=digest("request")),
        answer(answered_at=at(30), identity=digest("answer")),
        befell(Kind.REQUEST_QUARANTINED, at(5), request_id=REQUEST_ID),
        reported(Status.VERIFIED, at(20), request_id=None, image_hash=IMAGE_HASH),
    ]
    for order in permutations(messages):
        past.empty()
        for message in order:
            take(message)
        found = requests.find_request(DCC, REQUEST_ID)
        assert found is not None
        assert found.submitted_at == at(5)
        assert distribution().status is Status.VERIFIED
        assert disagreements() == []

    withdraw([messages[2]], "it was another's", lambda _: messages[0])
    found = requests.find_request(DCC, REQUEST_ID)
    assert found is not None
    assert found.submitted_at == at(30)
    assert distribution().status is Status.ACCEPTED
    assert disagreements() == []


def test_as_of_a_moment_what_came_later_is_not_known() -> None:
    under_way()
    take(at_hub(10))
    moments = [now()]
    for message in (
        removed(30),
        befell(Kind.REQUEST_QUARANTINED, at(2), request_id=REQUEST_ID),
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(20), comms_hub_id=HUB),
    ):
        take(message)
        moments.append(now())
    shown_then = [shown(ALPHA, as_of=moment) for moment in moments]
    assert shown_then == [
        {},
        {REQUEST_ID: [Kind.DEVICE_REMOVED]},
        {REQUEST_ID: [Kind.DEVICE_REMOVED, Kind.REQUEST_QUARANTINED]},
        {
            REQUEST_ID: [
                Kind.DEVICE_REMOVED,
                Kind.COMMS_HUB_DECOMMISSIONED,
                Kind.REQUEST_QUARANTINED,
            ]
        },
    ]
    of_request = [requests.find_request(ALPHA, REQUEST_ID, as_of=moment) for moment in moments]
    assert [each and kinds(each.incidents) for each in of_request] == [
        [],
        [],
        [Kind.REQUEST_QUARANTINED],
        [Kind.REQUEST_QUARANTINED],
    ]


def now() -> datetime:
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


def test_news_of_an_incident_refreshes_a_page() -> None:
    under_way()
    before = device_version(ALPHA, METER)
    take(removed(30))
    assert device_version(ALPHA, METER) != before


def test_repeats_that_another_party_is_told_on_one_day_refresh_nothing() -> None:
    under_way()
    take(befell(Kind.FIRMWARE_CHANGED, at(10), device_id=METER, user_id=BRAVO_ID))
    before = device_version(ALPHA, METER)
    take(befell(Kind.FIRMWARE_CHANGED, at(20), device_id=METER, user_id=BRAVO_ID))
    assert device_version(ALPHA, METER) == before


def test_what_befell_a_request_whose_target_is_the_device_befell_it_once() -> None:
    own = RequestId(ALPHA_ID, METER, 9)
    under_way(own)
    take(befell(Kind.REQUEST_QUARANTINED, at(1), request_id=own))
    assert [each.times for each in entries()] == [1]


def test_the_store_is_whole_with_incidents_alone() -> None:
    take(
        befell(Kind.REQUEST_QUARANTINED, at(1), request_id=REQUEST_ID),
        befell(Kind.COMMS_HUB_DECOMMISSIONED, at(1), comms_hub_id=HUB),
        befell(Kind.FIRMWARE_CHANGED, at(1), device_id=METER),
    )
    assert disagreements() == []


def test_any_time_that_the_schema_allows_may_come() -> None:
    under_way()
    for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)):
        take(befell(Kind.DEVICE_REMOVED, moment, device_id=METER))
    assert shown() == {REQUEST_ID: [Kind.DEVICE_REMOVED], None: [Kind.DEVICE_REMOVED]}


def test_what_befell_an_activation_stands_under_the_update_whose_image_it_is_of() -> None:
    under_way()
    take(reported(Status.VERIFIED, at(10), request_id=None, image_hash=IMAGE_HASH))
    command = RequestId(ALPHA_ID, METER, 77)
    take(befell(Kind.REQUEST_QUARANTINED, at(30), request_id=command, reason="breach"))
    assert shown() == {}
    before = now()
    take(activation(ActivationStep.REQUESTED, at(29), counter=77, image_hash=IMAGE_HASH))
    for viewer in (ALPHA, DCC):
        assert shown(viewer) == {REQUEST_ID: [Kind.REQUEST_QUARANTINED]}
    assert shown(ALPHA, METERS[1]) == {}
    assert shown(BRAVO) is shown(STRANGER) is None
    assert shown(ALPHA, as_of=before) == {}
    found = requests.find_request(ALPHA, REQUEST_ID)
    assert found is not None
    assert found.incidents == ()


def test_what_befell_anothers_activation_is_not_shown() -> None:
    under_way()
    take(reported(Status.VERIFIED, at(10), request_id=None, image_hash=IMAGE_HASH))
    take(request(BRAVOS, sent_at=at(1)))
    command = RequestId(BRAVO_ID, METER, 77)
    take(
        activation(
            ActivationStep.REQUESTED,
            at(29),
            originator=BRAVO_ID,
            counter=77,
            image_hash=IMAGE_HASH,
        ),
        befell(Kind.REQUEST_QUARANTINED, at(30), request_id=command, user_id=BRAVO_ID),
    )
    assert shown(ALPHA) == {}
    assert shown(BRAVO) == {BRAVOS: [Kind.REQUEST_QUARANTINED]}
