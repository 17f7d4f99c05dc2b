"""Any time that the schema allows may come: it harms one row at most, and every page answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from firmtrack.answers.devices import DeviceDistribution
from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import DEFAULT_TOPICS
from firmtrack.domain.viewer import Viewer
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import envelope_of_line
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, receive
from firmtrack.notices.composing import compose_due
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.reports import performance
from tests.databases import fresh_database, used
from tests.examples import examples
from tests.looking import find_device
from tests.pages import world
from tests.pages.browsing import Browsing, content_of
from tests.unit.duis import samples

SUBMITTED = datetime(2026, 11, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOBODY_SINCE = "0001-01-01T00:00:00Z"

_counters = count(50_000)


@dataclass(frozen=True)
class Case:
    """One request of Alpha's for one meter, and what is said of it, each at a time of its own."""

    request_id: RequestId
    device_id: Eui64

    @classmethod
    def fresh(cls) -> "Case":
        number = next(_counters)
        return cls(
            RequestId(samples.ALPHA, samples.DCC, number), Eui64(0x00DB_9999_0000_0000 + number)
        )

    def asks(self, ce_time: str | None = None) -> Outcome:
        document = replace(
            samples.update_firmware(device_ids=(self.device_id,)), request_id=self.request_id
        )
        return hand_in(write(document), ce_time)

    def answered(self, at: str) -> Outcome:
        return self._say(
            replace(samples.update_firmware_response(), request_id=self.request_id), at
        )

    def delivered(self, at: str, stamp: str, *, is_success: bool = True) -> Outcome:
        status = d.CommsHubTransferStatus
        body = replace(
            samples.csp_status(status.SUCCESS if is_success else status.FAILURE),
            update_firmware_request_id=self.request_id,
            target_device_id=self.device_id,
        )
        return self._say(samples.dcc_alert("N60" if is_success else "N61", body), at, stamp)

    def handed_over(self, at: str, stamp: str) -> Outcome:
        body = samples.hub_alert()
        assert body.firmware_transfer_alert is not None
        transfer = replace(
            body.firmware_transfer_alert,
            other_device_id=self.device_id,
            update_firmware_request_id=None,
        )
        alert = samples.dcc_alert("N62", replace(body, firmware_transfer_alert=transfer))
        return self._say(alert, at, stamp)

    def verified(self, at: str) -> Outcome:
        return self._say(
            replace(
                samples.device_alert(samples.receipt(0x8F72, self.device_id)),
                response_id=ResponseId(self.device_id, samples.ALPHA, self.request_id.counter),
            ),
            at,
        )

    def activation_asked(self, execution: str, ce_time: str) -> Outcome:
        document = d.ActivateFirmwareRequest(
            request_id=RequestId(samples.ALPHA, self.device_id, self.request_id.counter),
            firmware_hash=bytes(32),
            execution_date_time=samples.DEVICE_CLOCK,
        )
        return hand_in(
            write(document).replace(_text(samples.DEVICE_CLOCK), execution.encode()), ce_time
        )

    def described(self, at: str) -> Outcome:
        device = replace(samples.INVENTORY.devices[0], device_id=self.device_id)
        return self._say(replace(samples.INVENTORY, devices=(device,)), at)

    def reported(self, at: str) -> Outcome:
        report = {
            "specversion": "1.0",
            "type": "firmtrack.stage-report.v1",
            "source": "dsp",
            "id": str(self.request_id.counter),
            "time": NOBODY_SINCE,
            "data": {
                "service_request_id": str(self.request_id),
                "device_ids": "all",
                "status": "sent_to_csp",
                "occurred_at": at,
            },
        }
        (outcome,) = receive(
            [envelope_of_line(json.dumps(report).encode(), "a test")], Submitter.operator()
        )
        return outcome

    def distribution(self) -> DeviceDistribution:
        found = find_device(Viewer.of_dcc("the test"), self.device_id)
        assert found is not None
        (distribution,) = found.distributions
        return distribution

    def _say(self, document: d.Document, at: str, stamp: str = "") -> Outcome:
        body = write(document).replace(_text(samples.NOW), at.encode())
        body = body.replace(str(samples.ALERT_ID).encode(), str(_fresh_response_id()).encode())
        for placeholder in (samples.csp_status().time_stamp, samples.DEVICE_CLOCK):
            body = body.replace(_text(placeholder), stamp.encode())
        return hand_in(body)


def _fresh_response_id() -> ResponseId:
    return ResponseId(samples.DCC, samples.ALPHA, next(_counters))


def _text(at: datetime) -> bytes:
    return (at.isoformat().removesuffix("+00:00") + "Z").encode()


def hand_in(body: bytes, ce_time: str | None = None) -> Outcome:
    line = json.dumps({"xml": body.decode(), "time": ce_time}).encode()
    (outcome,) = receive([envelope_of_line(line, "a test")], Submitter.operator())
    return outcome


@dataclass(frozen=True)
class People:
    """Who looks: Alpha's Ada, Bravo's Ben, DCC's Olga."""

    ada: Browsing
    ben: Browsing
    olga: Browsing


@pytest.fixture(scope="module")
def people(postgres: EmbeddedPostgres) -> Iterator[People]:
    """A database of this module's own, in which Alpha is told of everything."""
    with fresh_database(postgres) as conninfo, used(conninfo):
        cast = world.people()
        with pool().connection() as connection:
            connection.execute(
                """
                INSERT INTO notice_endpoint (party_id, channel, address, topics)
                VALUES (%s, 'webhook', 'https://receiver.example/', %s)
                """,
                (cast.ada.party_id, list(DEFAULT_TOPICS)),
            )
        signed_in = Browsing.signed_in
        yield People(signed_in(cast.ada), signed_in(cast.ben), signed_in(cast.olga))


def assert_every_page_answers(people: People, case: Case) -> None:
    assert performance.refresh()
    assert performance.uncounted_requests() == []
    request, device = f"/service-requests/{case.request_id}", f"/devices/{case.device_id}"
    causes = f"/causes?since=400&service_request_id={case.request_id}"
    of_request = (request, f"{request}/status", f"{request}?pace=stalled", causes)
    of_device = (device, f"{device}/status", f"/inventory/{case.device_id}")
    of_all = ("/delivery-performance", "/delivery-performance.csv", "/causes", "/notices")
    for viewer in (people.ada, people.olga):
        for address in (*of_request, *of_device, *of_all):
            assert viewer.get(address).status_code == 200, address
        assert content_of(viewer.get(f"{request}.csv"))
    assert people.ben.get("/delivery-performance").status_code == 200
    with pool().connection() as connection:
        compose_due(connection, grouping_delay=timedelta(0))


def utc(at: datetime) -> str:
    return _text(at).decode()


def test_a_csps_time_of_2062_orders_nothing(people: People) -> None:
    case = Case.fresh()
    case.asks(utc(SUBMITTED))
    case.answered(utc(SUBMITTED))
    failed_at, delivered_at = SUBMITTED + HOUR, SUBMITTED + 3 * HOUR

    case.delivered(utc(failed_at), "2062-11-02T00:00:00Z", is_success=False)
    case.delivered(utc(delivered_at), utc(SUBMITTED + 2 * HOUR))

    found = case.distribution().distribution
    assert (found.status, found.updated_at) == (Status.DELIVERED_TO_COMMS_HUB, delivered_at)
    latest, failure, *_ = people.ada.open(f"/devices/{case.device_id}").rows()
    assert latest[1:3] == ["1 November 2026, 12:00 GMT", "1 November 2026, 11:00 GMT CSP’s clock"]
    assert failure[1:3] == ["1 November 2026, 10:00 GMT", "2 November 2062, 00:00 GMT CSP’s clock"]
    csv = content_of(people.ada.get(f"/service-requests/{case.request_id}.csv")).decode()
    assert csv.splitlines()[1].endswith(",2026-11-01T12:00:00Z")


@pytest.mark.parametrize("ce_time", ["1900-01-01T00:00:00Z", NOBODY_SINCE, "2099-01-01T00:00:00Z"])
def test_a_request_sent_in_with_a_time_that_cannot_be_true_has_that_of_dccs_answer(
    people: People, ce_time: str
) -> None:
    case = Case.fresh()
    assert case.asks(ce_time).outcome is OutcomeKind.RECORDED
    case.answered(utc(SUBMITTED))
    case.delivered(utc(SUBMITTED + HOUR), utc(SUBMITTED))

    assert case.distribution().distribution.submitted_at == SUBMITTED
    assert_every_page_answers(people, case)


@pytest.mark.parametrize("odd", ["2099-01-01T00:00:00Z", NOBODY_SINCE, "9999-12-31T23:59:59.999Z"])
def test_one_odd_time_of_a_message_harms_its_own_row_alone(people: People, odd: str) -> None:
    case, other = Case.fresh(), Case.fresh()
    for each in (case, other):
        each.asks(utc(SUBMITTED))
        each.answered(utc(SUBMITTED))
    case.delivered(odd, odd)
    other.delivered(utc(SUBMITTED + HOUR), odd)

    assert_every_page_answers(people, case)
    assert_every_page_answers(people, other)
    assert other.distribution().distribution.updated_at == SUBMITTED + HOUR
    assert case.verified(utc(SUBMITTED + 2 * HOUR)).outcome is OutcomeKind.RECORDED


@pytest.mark.parametrize("at", [NOBODY_SINCE, "2012-12-31T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_stage_report_of_a_time_that_cannot_be_true_is_quarantined(
    people: People, at: str
) -> None:
    case = Case.fresh()
    case.asks(utc(SUBMITTED))

    refused = case.reported(at)

    assert (refused.outcome, refused.reason_code) == (OutcomeKind.QUARANTINED, "implausible_time")
    assert case.distribution().distribution.status is Status.RECEIVED
    assert case.reported(utc(SUBMITTED)).outcome is OutcomeKind.RECORDED


def test_a_day_at_dcc_that_is_still_to_come_is_told_as_such(people: People) -> None:
    case = Case.fresh()
    case.asks(utc(SUBMITTED))
    case.delivered("2099-01-01T00:00:00Z", utc(SUBMITTED))

    answer = people.ada.open(f"/devices/{case.device_id}").one(".firmtrack-answer__sentence")

    assert "since 1 January 2099, 00:00 GMT (as DCC dates it, which is still to come)." in answer


# Every xs:dateTime of a year that has four digits, and some that end outside of them.
EDGES = (NOBODY_SINCE, "0001-01-01T00:00:00+14:00", "0001-01-08T00:00:00Z", "0999-12-31T23:59:59Z",
         "1899-12-31T24:00:00Z", "1970-01-01T00:00:00", "2038-01-19T03:14:08Z",
         "2099-01-01T00:00:00.123456789Z", "9999-12-31T00:30:00Z", "9999-12-31T23:59:59.999999Z",
         "9999-12-31T24:00:00Z", "9999-12-31T23:59:59-14:00")  # fmt: skip
times = st.sampled_from(EDGES) | st.datetimes(timezones=st.just(UTC)).map(utc)


# To make an example smaller would take many more looks at every page.
@settings(
    max_examples=examples(15),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pair=st.tuples(times, times), order=st.randoms(use_true_random=False))
def test_whatever_times_come_every_page_answers(
    people: People, pair: tuple[str, str], order: Random
) -> None:
    pick = order.choice
    case = Case.fresh()
    answered, described = case.answered(pick(pair)), case.described(pick(pair))
    outcomes = [
        answered,
        described,
        case.asks(pick(pair)),
        case.reported(pick(pair)),
        case.delivered(pick(pair), pick(pair)),
        case.delivered(pick(pair), pick(pair), is_success=False),
        case.handed_over(pick(pair), pick(pair)),
        case.verified(pick(pair)),
        case.activation_asked(pick(pair), pick(pair)),
    ]
    assert {each.outcome for each in outcomes} <= {OutcomeKind.RECORDED, OutcomeKind.QUARANTINED}
    case.asks()
    if {answered.outcome, described.outcome} == {OutcomeKind.RECORDED}:
        assert_every_page_answers(people, case)
