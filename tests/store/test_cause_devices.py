"""Whom to send again: said of many devices at once, as it is said on each one's own page."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmtrack.answers.causes import CauseDevice, CausesQuestion, Resending
from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.facts import Incident, IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.remedy import Again
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import Submitter
from firmtrack.lookups import causes, device
from firmtrack.simulator.scenario import Scenario
from firmtrack.store.database import pool
from firmtrack.store.reading import requests
from firmtrack.store.reports import performance
from firmtrack.store.reports.cause_cells import compared_requests
from tests.oracle.simulated import simulate
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    DCC,
    DCC_ID,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    digest,
    reported,
    request,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

EVER = CausesQuestion(days=400)
LATER = RequestId(ALPHA_ID, DCC_ID, 1001)
OF_ADVICE = {
    Again.SEND: Resending.SEND,
    Again.WAIT: Resending.OPEN,
    Again.REMEDY_FIRST: Resending.REMEDY_FIRST,
}
DISCARDED = CauseKey.of(
    Status.DEVICE_TRANSFER_FAILED,
    "image_discarded",
    [Trait(Attribute.SERVICE_REQUEST_ID, str(REQUEST_ID))],
)
OF_REQUEST = CausesQuestion(request_id=REQUEST_ID)


def page_of(key: CauseKey, viewer: Viewer = ALPHA) -> causes.CausePage:
    found = causes.open_cause(viewer, key, OF_REQUEST)
    assert found is not None
    return found


def all_failures(viewer: Viewer) -> Iterator[CauseKey]:
    """Yield, of each request, what updates have in common that failed in one way."""
    with pool().connection() as connection:
        found = compared_requests(connection, viewer, EVER, datetime.now(UTC))
    for each in found:
        ways = {
            (one.status, one.reason)
            for one in requests.list_distributions(
                viewer,
                each.request_id,
                DistributionFilter(completion=CompletionStatus.FAILED),
                limit=1_000,
            ).items
        }
        for status, reason in ways:
            trait = Trait(Attribute.SERVICE_REQUEST_ID, str(each.request_id))
            yield CauseKey.of(status, reason, [trait])


def as_its_page_says(viewer: Viewer, update: CauseDevice) -> Resending:
    found = device.find_device(viewer, update.device_id)
    assert found is not None
    diagnosis = found.diagnoses[update.request_id]
    if diagnosis is None:  # the device is not tracked: nothing is said of sending again
        return update.resending if update.resending is not Resending.SEND else Resending.UNSURE
    return Resending.DONE if diagnosis.resend is None else OF_ADVICE[diagnosis.resend.again]


def test_many_devices_are_judged_as_each_is_on_its_own_page(tmp_path: Path) -> None:
    start = datetime.now(UTC) - timedelta(days=30)
    scenario = Scenario(requests=14, devices=30, seed=5, start=start, days=30)
    world = simulate(scenario, tmp_path / "traffic.tar.gz")
    ingest(envelopes_in(world.written.traffic), Submitter.operator())
    performance.refresh()

    said = Counter[Resending]()
    for viewer in (DCC, ALPHA, BRAVO):
        for key in all_failures(viewer):
            found = causes.open_cause(viewer, key, EVER)
            assert found is not None
            for update in found.devices:
                said[update.resending] += 1
                assert update.resending is as_its_page_says(viewer, update), (viewer.name, update)
    assert {Resending.SEND, Resending.OPEN, Resending.DONE, Resending.REMEDY_FIRST} <= said.keys()


def told(*messages: Message) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DEVICE_TRANSFER_FAILED, at(60), METERS, reason="image_discarded"))
    take(*messages)
    performance.refresh()


def test_who_was_sent_again_is_not_sent_again() -> None:
    told(
        request(LATER, METERS[:2], sent_at=at(90)),
        answer(LATER, answered_at=at(91)),
        reported(Status.VERIFIED, at(120), METERS[:1], request_id=LATER),
    )

    found = causes.new_device_list(ALPHA, DISCARDED, OF_REQUEST)

    assert found is not None
    assert found.device_ids == METERS[2:]
    assert found.text == ",".join(map(str, METERS[2:]))
    assert found.left_out == {Resending.DONE: 1, Resending.OPEN: 1}
    assert page_of(DISCARDED).resending == {
        Resending.SEND: 3, Resending.DONE: 1, Resending.OPEN: 1,
    }  # fmt: skip


def test_a_device_that_was_removed_since_is_not_sent_again() -> None:
    removed = Incident(kind=IncidentKind.DEVICE_REMOVED, occurred_at=at(70), device_id=METERS[0])
    told(
        Message(
            digest=digest("removed"),
            kind=MessageKind.DEVICE_STATUS_CHANGE_EVENT,
            body=b"an alert",
            user_id=ALPHA_ID,
            code="N8",
            occurred_at=at(70),
            incidents=(removed,),
        )
    )

    found = causes.new_device_list(ALPHA, DISCARDED, OF_REQUEST)

    assert found is not None
    assert found.device_ids == METERS[1:]
    assert found.left_out == {Resending.REMEDY_FIRST: 1}


def test_a_cause_of_which_none_of_the_viewers_updates_is_is_none() -> None:
    told()
    for viewer in (BRAVO, STRANGER):
        assert causes.open_cause(viewer, DISCARDED, EVER) is None
        assert causes.download_devices(viewer, DISCARDED, EVER) is None
        assert causes.new_device_list(viewer, DISCARDED, EVER) is None
        assert causes.find_causes(viewer, OF_REQUEST) is None
    other = CauseKey.of(Status.VERIFICATION_FAILED, "8F1C", DISCARDED.traits)
    assert causes.open_cause(ALPHA, other, OF_REQUEST) is None
    assert page_of(DISCARDED).cause.device_count == 5
    assert page_of(DISCARDED, DCC).cause.device_count == 5
