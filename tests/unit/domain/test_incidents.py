"""Which updates an incident concerns, whom it is shown to, and what its repeats come to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.facts import Incident, IncidentKind, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.incidents import (
    FACTS_OF_DEVICE,
    FACTS_OF_HUB,
    FACTS_OF_REQUEST,
    Placed,
    ReportedIncident,
    concerned,
)
from firmtrack.domain.seeing import befallen
from firmtrack.domain.stages import Status, Variant
from firmtrack.domain.viewer import Viewer

ALPHA, BRAVO = Eui64(0x90B3D51F30010000), Eui64(0x90B3D51F30020000)
DCC = Eui64(0x90B3D51F30000002)
METER, HUB, OTHER_HUB = Eui64(0x00DB1234567890A0), Eui64(0xC1), Eui64(0xC2)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VIEWERS = (
    Viewer.of_user_ids("Ada", [ALPHA]),
    Viewer.of_user_ids("Ben", [BRAVO]),
    Viewer.of_user_ids("a stranger", []),
    Viewer.of_dcc("Olga"),
)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def request_id(counter: int) -> RequestId:
    return RequestId(ALPHA, DCC, counter)


def placed(counter: int, submitted: float | None, status: Status, **said: Any) -> Placed:
    return Placed(
        request_id=request_id(counter),
        status=status,
        variant=Variant.UPDATE_FIRMWARE,
        submitted_at=None if submitted is None else at(submitted),
        **said,
    )


def incident(kind: IncidentKind, hours: float, **said: Any) -> Incident:
    return Incident(kind=kind, occurred_at=at(hours), **said)


def numbers(incident: Incident, *distributions: Placed) -> set[int]:
    return {each.counter for each in concerned(incident, distributions)}


def test_what_names_a_request_concerns_it_whatever_the_times_are() -> None:
    held = incident(IncidentKind.REQUEST_QUARANTINED, -9, request_id=request_id(1))
    newest, oldest = placed(2, 5, Status.RECEIVED), placed(1, 0, Status.REJECTED)
    assert numbers(held, newest, oldest) == {1}
    assert numbers(held, newest) == set()


def test_what_names_an_activation_concerns_the_update_whose_image_it_is_of() -> None:
    command = RequestId(ALPHA, METER, 9)
    held = incident(IncidentKind.REQUEST_QUARANTINED, 9, request_id=command)
    with_it = placed(1, 0, Status.VERIFIED, activations=[command])
    assert numbers(held, placed(2, 5, Status.RECEIVED), with_it) == {1}


def test_what_befell_a_device_concerns_all_that_it_found_under_way_and_the_newest() -> None:
    gone = incident(IncidentKind.DEVICE_REMOVED, 10, device_id=METER)
    later = placed(4, 11, Status.RECEIVED)
    refused = placed(3, 9, Status.REJECTED)
    done = placed(2, 8, Status.VERIFIED)
    open_ = placed(1, 1, Status.SENT_TO_CSP)
    ended = placed(0, None, Status.COMMS_HUB_DELIVERY_FAILED)
    assert numbers(gone, later, refused, done, open_, ended) == {2, 1}
    assert numbers(gone, later, refused, ended) == {0}
    assert numbers(gone, later, refused) == set()


def test_a_hub_concerns_what_was_last_said_to_be_there_before_it_was_gone() -> None:
    gone = incident(IncidentKind.COMMS_HUB_DECOMMISSIONED, 10, comms_hub_id=HUB)
    there = placed(1, 0, Status.DELIVERED_TO_COMMS_HUB, hubs=[(at(5), HUB), (at(2), OTHER_HUB)])
    left = placed(2, 0, Status.DELIVERED_TO_COMMS_HUB, hubs=[(at(5), HUB), (at(9), OTHER_HUB)])
    came_back = placed(3, 0, Status.DELIVERED_TO_COMMS_HUB, hubs=[(at(11), HUB)])
    nowhere = placed(4, 0, Status.ACCEPTED)
    assert numbers(gone, there, left, came_back, nowhere) == {1}


def test_every_kind_is_a_fact_of_one_thing_at_most() -> None:
    assert FACTS_OF_HUB < FACTS_OF_DEVICE
    assert not FACTS_OF_DEVICE & FACTS_OF_REQUEST
    assert set(IncidentKind) - FACTS_OF_DEVICE - FACTS_OF_REQUEST == {
        IncidentKind.MESSAGE_NOT_CARRIED,
        IncidentKind.ALERT_THROTTLED,
    }


users = st.sampled_from([ALPHA, BRAVO])
hours = st.integers(0, 5)
tellings = st.builds(
    lambda number, user, told: ReportedIncident(
        incident=told,
        message_id=UUID(int=number),
        recorded_at=at(99),
        source_kind=MessageKind.DEVICE_STATUS_CHANGE_EVENT,
        source_code="N9",
        user_id=user,
    ),
    st.integers(1, 2**64),
    users,
    st.builds(
        incident,
        st.sampled_from(IncidentKind),
        hours,
        request_id=st.none() | st.integers(1, 3).map(request_id),
        device_id=st.none() | st.just(METER),
        comms_hub_id=st.none() | st.just(HUB),
        reason=st.none() | st.just("N9"),
        throttled_sequence=st.none() | st.integers(1, 2),
        throttled_count=st.none() | st.integers(0, 9),
    ),
)
distributions = st.lists(
    st.builds(
        placed,
        st.integers(1, 2),
        st.none() | hours,
        st.sampled_from(Status),
        hubs=st.lists(st.tuples(hours.map(at), st.sampled_from([HUB, OTHER_HUB])), max_size=2),
    ),
    max_size=2,
    unique_by=lambda each: each.request_id,
)


@given(
    st.lists(tellings, max_size=5, unique_by=lambda each: each.message_id),
    distributions,
    st.sampled_from(VIEWERS),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_whatever_the_order_each_viewer_sees_the_same_and_nothing_of_others(
    told: list[ReportedIncident],
    given_: list[Placed],
    viewer: Viewer,
    sees_facts: bool,
    random: Any,
) -> None:
    seen = befallen(viewer, told, given_, sees_facts=sees_facts)
    shuffled = list(told)
    random.shuffle(shuffled)
    assert befallen(viewer, shuffled, given_, sees_facts=sees_facts) == seen
    entries = [each for group in (*seen.of_request.values(), seen.others) for each in group]
    for entry in entries:
        if entry.source is None:
            assert entry.incident.occurred_at == entry.first_at == NOON.replace(hour=0)
            assert entry.incident.reason is None
            assert entry.throttled_count is None
        else:
            assert viewer.is_party_to(entry.source.user_id)
    # Without a distribution or the inventory, a party sees what it was told of the device alone.
    if not given_ and not sees_facts:
        assert all(entry.source is not None for entry in entries)
        assert all(entry.incident.device_id == METER for entry in entries)
