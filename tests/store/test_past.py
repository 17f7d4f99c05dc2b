"""An answer as of a moment is what was answered at that moment, whatever has come since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from firmtrack.answers.requests import NO_REASON, DistributionFilter
from firmtrack.domain.facts import ActivationEvent, IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import ActivationStep, CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.reading import requests
from firmtrack.store.reading.messages import KeptMessage
from tests.examples import examples
from tests.looking import find_device, find_inventory
from tests.store.drawn import digests, image_hashes, users
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC,
    DCC_ID,
    METER,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    VERSION,
    answer,
    at,
    befell,
    digest,
    inventory,
    message_of,
    meter,
    proposed,
    reported,
    request,
    step,
    take,
    verdict,
)
from tests.store.open_writer import just_begun

DEVICES = tuple(map(meter, range(3)))
REQUEST_IDS = (RequestId(ALPHA_ID, DCC_ID, 1), RequestId(BRAVO_ID, DCC_ID, 1))
TABLES = (
    "dated_message", "undated_message", "request", "recorded_request_statement",
    "recorded_request_step",
    "recorded_request_naming", "recorded_event", "distribution", "distribution_history",
    "recorded_device_incident", "recorded_request_incident", "recorded_comms_hub_incident",
    "withdrawal", "withdrawn_again", "recorded_activation_event", "device",
    "recorded_inventory_statement",
    "recorded_supplier_change", "comms_hub_device",
    "proposal", "verdict",
)  # fmt: skip

# An hour after the middle of the times: what is slow after an hour is so for some.
LATER = at(62)
times = st.integers(0, 4).map(at)
request_ids = st.sampled_from(REQUEST_IDS)
devices = st.sampled_from(DEVICES)
some_devices = st.sets(devices, min_size=1).map(sorted)
versions = st.sampled_from([VERSION, OTHER_VERSION])


def activation(request_id: RequestId, step: ActivationStep, **said: Any) -> Message:
    return message_of(
        said.pop("identity"),
        MessageKind.ACTIVATE_FIRMWARE_RESPONSE,
        said.get("occurred_at"),
        body=b"an activation",
        user_id=request_id.originator,
        activation=ActivationEvent(request_id=request_id, step=step, **said),
    )


of_requests = (
    st.builds(
        request, request_ids, some_devices, sent_at=st.none() | times, version=versions,
        image_hash=st.none() | image_hashes, identity=digests,
    )
    | st.builds(
        answer, request_ids, answered_at=times, code=st.sampled_from(["I0", "E110101"]),
        refused=st.just(()) | some_devices, identity=digests,
    )
    | st.builds(step, st.sampled_from(Status), times, request_id=request_ids, identity=digests)
    | st.builds(
        reported, st.sampled_from([status for status in Status if status is not Status.REJECTED]),
        times, some_devices, request_id=st.none() | request_ids, version=st.none() | versions,
        image_hash=st.none() | image_hashes, user_id=users, identity=digests,
    )
    | st.builds(
        befell, st.sampled_from(IncidentKind), times, identity=digests,
        request_id=st.none() | request_ids, device_id=st.none() | devices, user_id=users,
    )
)  # fmt: skip
messages = of_requests | (
    st.builds(
        inventory, st.none() | times, devices, identity=digests,
        device_type=st.none() | st.sampled_from(["ESME", "CHF"]),
        firmware_version=st.none() | versions,
        responsible_supplier=st.none() | st.sampled_from([ALPHA_ID, BRAVO_ID]),
    )
    | st.builds(proposed, devices, counter=st.just(1), identity=digests, firmware_version=versions)
    | st.builds(verdict, times, is_accepted=st.booleans(), identity=digests)
    | st.builds(
        activation,
        st.builds(RequestId, st.sampled_from([ALPHA_ID, BRAVO_ID]), devices, st.integers(1, 2)),
        st.sampled_from(ActivationStep), is_failed=st.booleans(), occurred_at=st.none() | times,
        image_hash=st.none() | image_hashes, firmware_version=st.none() | versions,
        identity=digests,
    )
)  # fmt: skip


def _is_consistent(history: list[Message]) -> bool:
    """Whether no two different messages claim to be the same request."""
    claims = [each.request.request_id for each in history if each.request is not None]
    return len(claims) == len(set(claims))


histories = st.lists(
    messages, min_size=2, max_size=10, unique_by=lambda message: message.digest
).filter(_is_consistent)


def answers(viewer: Viewer, as_of: datetime | None = None) -> Iterator[object]:
    """Yield all that the viewer can look up."""
    for device_id in DEVICES:
        yield find_device(viewer, device_id, as_of=as_of)
        yield find_inventory(viewer, device_id, as_of=as_of)
    yield from answers_of_requests(viewer, as_of)


def answers_of_requests(viewer: Viewer, as_of: datetime | None = None) -> Iterator[object]:
    """Yield all that the viewer can look up of requests: facts, counts, pages, paces, the CSV."""
    for request_id in REQUEST_IDS:
        found = requests.find_request(viewer, request_id, as_of=as_of)
        yield found
        if found is None:
            continue
        yield requests.count_paces(viewer, request_id, as_of=as_of, now=LATER)
        yield from pages(viewer, request_id, DistributionFilter(), as_of)
        for wanted in (
            DistributionFilter(completion=CompletionStatus.IN_PROGRESS),
            DistributionFilter(status=min(found.status_counts, default=None)),
            DistributionFilter(pace=Pace.SLOW),
            *(DistributionFilter(reason=reason) for reason in (*found.reasons, NO_REASON)),
        ):
            yield requests.list_distributions(
                viewer, request_id, wanted, limit=10, as_of=as_of, now=LATER
            )
        yield b"".join(
            requests.copy_distributions(
                viewer,
                request_id,
                DistributionFilter(),
                status_names={status: status.value for status in Status},
                reason_texts={},
                misfit_texts={},
                as_of=as_of,
            )
        )


def pages(
    viewer: Viewer, request_id: RequestId, wanted: DistributionFilter, as_of: datetime | None
) -> Iterator[object]:
    """Yield every page of two of the request's distributions that are wanted."""
    after = None
    while True:
        page = requests.list_distributions(
            viewer, request_id, wanted, limit=2, after=after, as_of=as_of, now=LATER
        )
        yield page
        after = page.last_device_id
        if after is None:
            break
    while page.has_earlier and page.items:
        page = requests.list_distributions(
            viewer,
            request_id,
            wanted,
            limit=2,
            before=page.items[0].device_id,
            as_of=as_of,
            now=LATER,
        )
        yield page


def empty() -> None:
    with pool().connection() as connection:
        for table in TABLES:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def now() -> datetime:
    """Return the database's own clock, which times what is recorded."""
    with pool().connection() as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment


@pytest.mark.usefixtures("database")
@given(histories, st.sampled_from([DCC, ALPHA]))
@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_answer_as_of_a_moment_is_what_was_answered_then(
    history: list[Message], viewer: Viewer
) -> None:
    empty()
    answered = []
    for message in history:
        record(Batch(messages=[message]))
        answered.append((now(), list(answers(viewer))))

    for moment, then in answered:
        assert list(answers(viewer, moment)) == then


@dataclass(frozen=True)
class Act:
    """What is done with messages: ``record``, ``withdraw`` or ``restore``."""

    name: str
    messages: Sequence[Message]

    def __call__(self) -> None:
        if self.name == "record":
            record(Batch(messages=self.messages))
        elif self.name == "withdraw":
            withdraw(self.messages, "the token leaked", self.read)
        else:
            restore(self.messages, "it did not", self.read)

    def read(self, kept: KeptMessage) -> Message:
        return next(each for each in self.known if each.message_id == kept.message_id)

    known: Sequence[Message] = field(default=(), repr=False)


@st.composite
def acts(draw: st.DrawFn) -> list[Act]:
    """Return a history of requests in any order, in which some messages are taken back."""
    history = draw(
        st.lists(of_requests, min_size=2, max_size=10, unique_by=lambda message: message.digest)
    )
    cuts = sorted(draw(st.sets(st.integers(1, len(history) - 1), max_size=4)))
    batches = [history[a:b] for a, b in pairwise([0, *cuts, len(history)])]
    done = [Act("record", batch) for batch in batches]
    for message in draw(st.lists(st.sampled_from(history), max_size=3, unique_by=id)):
        first = next(n for n, act in enumerate(done) if message in act.messages)
        at_place = draw(st.integers(first + 1, len(done)))
        done.insert(at_place, Act("withdraw", [message], history))
        if draw(st.booleans()):
            again = draw(st.integers(at_place + 1, len(done)))
            done.insert(again, Act("restore", [message], history))
    return done


@pytest.mark.usefixtures("database")
@given(acts(), st.sampled_from([DCC, ALPHA]))
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_request_as_of_a_moment_is_what_was_answered_then_whatever_was_taken_back(
    done: list[Act], viewer: Viewer
) -> None:
    empty()
    answered = []
    environment = replace(django_settings.ENVIRONMENT, slow_after_hours=1)
    with override_settings(ENVIRONMENT=environment):
        for act in done:
            act()
            answered.append((now(), list(answers_of_requests(viewer))))

        for moment, then in answered:
            assert list(answers_of_requests(viewer, moment)) == then


@pytest.mark.usefixtures("database")
def test_before_anything_was_recorded_there_is_nothing() -> None:
    before = now()
    take(request(), answer())

    assert find_device(DCC, METER, as_of=before) is None
    assert requests.find_request(DCC, REQUEST_ID, as_of=before) is None
    assert find_inventory(DCC, METER, as_of=before) is None


@pytest.mark.usefixtures("database")
def test_the_past_is_shown_to_those_alone_who_may_see_it() -> None:
    take(request(), answer(), inventory(at(1), model="M1"))
    moment = now()

    assert requests.find_request(STRANGER, REQUEST_ID, as_of=moment) is None
    assert find_device(STRANGER, METER, as_of=moment) is None
    assert find_inventory(STRANGER, METER, as_of=moment) is None
    assert find_device(ALPHA, METER, as_of=moment) is not None


@pytest.mark.usefixtures("database")
def test_what_dcc_took_was_not_known_before_its_answer_came() -> None:
    take(proposed(model="M1"))
    asked = now()
    take(verdict(at(0)))
    answered = now()

    assert find_inventory(DCC, METER, as_of=asked) is None
    assert find_inventory(ALPHA, METER, as_of=asked) is None
    assert find_inventory(STRANGER, METER, as_of=answered) is None
    for viewer in (DCC, ALPHA):
        found = find_inventory(viewer, METER, as_of=answered)
        assert found is not None
        assert found.facts.model == "M1"


@pytest.mark.usefixtures("database")
def test_a_look_up_of_the_past_leaves_the_present_as_it_is() -> None:
    take(request())
    moment = now()
    take(answer(code="E110101"))

    past = find_device(DCC, METER, as_of=moment)
    present = find_device(DCC, METER)

    assert past is not None
    assert present is not None
    assert past.distributions[0].distribution.status is Status.RECEIVED
    assert present.distributions[0].distribution.status is Status.REJECTED


@pytest.mark.usefixtures("database")
def test_what_befell_a_hub_is_of_a_device_only_once_an_event_has_named_the_hub() -> None:
    exchanged = befell(
        IncidentKind.COMMS_HUB_EXCHANGED,
        at(0),
        identity=digest(1),
        request_id=None,
        device_id=None,
        user_id=ALPHA_ID,
    )
    take(request(), exchanged)
    moment, then = now(), find_device(DCC, METER)

    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(1)))

    assert find_device(DCC, METER) != then
    assert find_device(DCC, METER, as_of=moment) == then


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("is_known", [False, True])
def test_who_began_first_is_known_from_then_on_though_others_came_before(*, is_known: bool) -> None:
    if is_known:
        take(step(Status.RECEIVED, at(50)))
    early = reported(Status.DELIVERED_TO_COMMS_HUB, at(3), [METER], version=VERSION)
    with just_begun(early):
        moment = now()
        take(reported(Status.DELIVERED_TO_COMMS_HUB, at(1), [meter(2)], version=VERSION))

    device = find_device(DCC, METER, as_of=moment)
    found = requests.find_request(DCC, REQUEST_ID, as_of=moment)
    assert device is not None
    assert found is not None
    (distribution,) = (each.distribution for each in device.distributions)
    assert {found.submitted_at, distribution.submitted_at} == {at(3)}
    assert {found.firmware_version, distribution.firmware_version} == {VERSION}
    assert found.device_count == 1
    assert find_device(DCC, meter(2), as_of=moment) is None
