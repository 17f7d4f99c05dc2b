"""The tracker's own reader and rules, held against the simulated world."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from firmtrack.domain.attribution import Candidate, is_refused_by
from firmtrack.domain.facts import (
    AnswerFacts,
    Event,
    Message,
    MessageKind,
    RequestFacts,
    RequestStep,
)
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.precedence import current_event
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.stages import Status, completion_of
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DuisRejected
from firmtrack.duis.trust import TrustStore
from firmtrack.simulator.scenario import Scenario
from tests.examples import first_of
from tests.oracle.simulated import Simulated
from tests.rules import StatusEvent, attribute
from tests.shared_files import shared_dir
from tests.unit.simulator.traffic import messages_of, simulate

_DCC_IDS = frozenset({Eui64.parse("90-B3-D5-1F-30-00-00-02")})
_SCENARIOS = [
    Scenario(requests=20, devices=50, seed=seed, image_bytes=3_000) for seed in (7, 12, 99)
]


@pytest.fixture(
    scope="module", params=first_of(_SCENARIOS), ids=lambda scenario: f"seed-{scenario.seed}"
)
def simulated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Simulated:
    return simulate(tmp_path_factory.mktemp("simulated"), request.param)


def test_every_document_is_valid(simulated: Simulated) -> None:
    shared = shared_dir()
    if shared is None:
        pytest.skip("the DUIS schema is not part of this repository")
    schema = etree.XMLSchema(etree.parse(shared / "duis/schema/duis-5.4.xsd"))
    for name, octets in messages_of(simulated.written.traffic):
        if name.endswith(".xml"):
            assert schema.validate(etree.fromstring(octets)), (name, schema.error_log)


def test_every_document_is_signed_by_whom_it_says_and_recorded_or_ignored_as_expected(
    simulated: Simulated,
) -> None:
    trust = TrustStore.load(simulated.written.trust_store)
    (expected,) = simulated.of_kind("traffic")
    ignored = 0
    digests = set()
    for name, octets in messages_of(simulated.written.traffic):
        if name.endswith(".xml"):
            message = read(octets, trust=trust, dcc_ids=_DCC_IDS)
            if isinstance(message, NotAboutFirmware):
                ignored += 1
            else:
                digests.add(message.digest)
        else:
            digests.add(sha256(octets).digest())
    assert ignored == expected["ignored"]
    assert len(digests) == expected["recorded"]


def test_without_its_trust_store_no_document_is_believed(
    simulated: Simulated, tmp_path: Path
) -> None:
    other = simulate(tmp_path, Scenario(requests=1, devices=1, seed=0))
    trust = TrustStore.load(other.written.trust_store)
    name, octets = next(iter(messages_of(simulated.written.traffic)))
    assert name.endswith(".xml")
    with pytest.raises(DuisRejected):
        read(octets, trust=trust, dcc_ids=_DCC_IDS)


@dataclass
class _Tracker:
    """The smallest tracker that follows the rules, out of the domain's own functions."""

    requests: dict[RequestId, RequestFacts] = field(default_factory=dict)
    answers: dict[RequestId, AnswerFacts] = field(default_factory=dict)
    steps: list[tuple[RequestStep, bytes]] = field(default_factory=list)
    events: list[tuple[Event, Message]] = field(default_factory=list)
    unattributed: list[Event] = field(default_factory=list)
    not_tracked: dict[Eui64, str] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        if message.request is not None:
            self.requests[message.request.request_id] = message.request
        if message.answer is not None:
            self.answers[message.answer.request_id] = message.answer
        self.steps += [(step, message.digest) for step in message.steps]
        self.events += [(event, message) for event in message.events]
        for facts in message.devices:
            reason = not_tracked_reason(facts.device_type, facts.smets_version, facts.csp_region)
            if reason is not None:
                self.not_tracked[facts.device_id] = reason

    def submitted_at(self, request_id: RequestId) -> datetime | None:
        if request_id in self.answers:
            return self.answers[request_id].answered_at
        named = [step.occurred_at for step, _ in self.steps if step.request_id == request_id]
        named += [event.occurred_at for event, _ in self.events if event.request_id == request_id]
        return min(named, default=None)

    def status_events(self) -> dict[tuple[RequestId, Eui64], list[StatusEvent]]:
        """Return what is said of each distribution, attributed; keeps what fits none."""
        status_events: dict[tuple[RequestId, Eui64], list[StatusEvent]] = {
            (request_id, device_id): [
                _status_event(step, digest, names_device=False)
                for step, digest in self.steps
                if step.request_id == request_id
            ]
            for request_id, facts in self.requests.items()
            for device_id in facts.device_ids
        }
        loose = []
        for event, message in self.events:
            if event.request_id is None:
                loose.append((event, message))
            else:
                said = _status_event(event, message.digest, names_device=True)
                status_events.setdefault((event.request_id, event.device_id), []).append(said)
        candidates: dict[Eui64, list[Candidate]] = defaultdict(list)
        for request_id, facts in self.requests.items():
            for device_id in facts.device_ids:
                candidate = Candidate(
                    request_id=request_id,
                    submitted_at=self.submitted_at(request_id),
                    image_hash=facts.image.manufacturer_image_hash,
                    firmware_versions=(facts.firmware_version,),
                    is_refused=is_refused_by(status_events[request_id, device_id]),
                )
                candidates[device_id].append(candidate)
        for event, message in loose:
            owner = attribute(event, message.user_id, candidates[event.device_id])
            if owner is None:
                self.unattributed.append(event)
            else:
                said = _status_event(event, message.digest, names_device=True)
                status_events[owner, event.device_id].append(said)
        return status_events


def _status_event(said: Event | RequestStep, digest: bytes, *, names_device: bool) -> StatusEvent:
    return StatusEvent(
        status=said.status,
        names_device=names_device,
        occurred_at=said.occurred_at,
        digest=digest,
        reason=said.reason,
    )


def _stage_report(octets: bytes) -> Message:
    event = json.loads(octets)
    data = event["data"]
    request_id = RequestId.parse(data["service_request_id"])
    status, reason = Status(data["status"]), data["reason"]
    at = datetime.fromisoformat(data["occurred_at"])
    steps: tuple[RequestStep, ...] = ()
    events: tuple[Event, ...] = ()
    if data["device_ids"] == "all":
        steps = (RequestStep(request_id=request_id, status=status, occurred_at=at, reason=reason),)
    else:
        events = tuple(
            Event(
                device_id=Eui64.parse(device_id),
                status=status,
                occurred_at=at,
                request_id=request_id,
                reason=reason,
            )
            for device_id in data["device_ids"]
        )
    digest = sha256(octets).digest()
    return Message(
        digest=digest, kind=MessageKind.STAGE_REPORT, body=octets, steps=steps, events=events
    )


def _tracked(messages: Iterable[tuple[str, bytes]]) -> _Tracker:
    tracker = _Tracker()
    for name, octets in messages:
        if name.endswith(".json"):
            tracker.take(_stage_report(octets))
            continue
        message = read(octets, dcc_ids=_DCC_IDS)
        if not isinstance(message, NotAboutFirmware):
            tracker.take(message)
    return tracker


def _rfc3339(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def tracker(simulated: Simulated) -> _Tracker:
    return _tracked(messages_of(simulated.written.traffic))


def test_the_trackers_rules_lead_to_what_the_world_knows(
    tracker: _Tracker, simulated: Simulated
) -> None:
    tracker.unattributed.clear()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for (request_id, device_id), said in tracker.status_events().items():
        current = current_event(said)
        facts = tracker.requests.get(request_id)
        status = Status.RECEIVED if current is None else current.status
        found[str(request_id), str(device_id)] = {
            "completion_status": completion_of(status, facts.variant if facts else None),
            "current_status": status,
            "current_status_reason": current.reason if current else None,
            "current_status_updated_at": _rfc3339(current.occurred_at) if current else None,
        }
    expected = {
        (line["service_request_id"], line["device_id"]): {
            key: line[key]
            for key in (
                "completion_status",
                "current_status",
                "current_status_reason",
                "current_status_updated_at",
            )
        }
        for line in simulated.of_kind("distribution")
    }
    assert found == expected


def test_what_fits_no_request_is_what_the_world_meant_to_fit_none(
    tracker: _Tracker, simulated: Simulated
) -> None:
    tracker.unattributed.clear()
    tracker.status_events()
    found = sorted(
        (str(event.device_id), event.status, _rfc3339(event.occurred_at))
        for event in tracker.unattributed
    )
    assert found == sorted(
        (line["device_id"], line["status"], line["occurred_at"])
        for line in simulated.of_kind("unattributed")
    )
    assert found


def test_requests_are_submitted_when_the_world_says(
    tracker: _Tracker, simulated: Simulated
) -> None:
    for line in simulated.of_kind("request"):
        request_id = RequestId.parse(line["service_request_id"])
        assert _rfc3339(tracker.submitted_at(request_id)) == line["submitted_at"]
        facts = tracker.requests.get(request_id)
        assert (facts is None) is line["is_stub"]
        if facts is not None:
            assert facts.variant == line["service_reference_variant"]
            assert facts.firmware_version == line["firmware_version"]
            assert facts.image.manufacturer_image_hash == bytes.fromhex(line["image_hash"])


def test_the_inventory_tells_which_devices_are_out_of_scope(
    tracker: _Tracker, simulated: Simulated
) -> None:
    lines = simulated.of_kind("device")
    assert lines
    assert {str(device_id): reason for device_id, reason in tracker.not_tracked.items()} == {
        line["device_id"]: line["not_tracked_reason"] for line in lines
    }
