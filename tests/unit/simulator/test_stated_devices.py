"""The tracker's rules on activations, inventory and flags, held against the simulated world."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from firmtrack.domain.activation import (
    Activation,
    ReportedActivationEvent,
    activations_of,
    distribution_of,
    settled_by_version,
)
from firmtrack.domain.attribution import Candidate
from firmtrack.domain.facts import Message, Proposal, RequestFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.inventory import (
    Knowledge,
    Origin,
    facts_once_taken,
    knowledge_of,
    merge_all,
    with_comms_hub,
)
from firmtrack.domain.reconciliation import WeighedUpdate, flags_of
from firmtrack.domain.stages import Status
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.simulator.scenario import Scenario
from tests.examples import first_of
from tests.oracle.simulated import Simulated
from tests.unit.simulator.traffic import messages_of, simulate

Line = Mapping[str, Any]

_DCC_IDS = frozenset({Eui64.parse("90-B3-D5-1F-30-00-00-02")})
_SCENARIOS = [
    Scenario(requests=20, devices=150, seed=seed, image_bytes=3_000) for seed in (7, 12, 99)
]
_LEARNT = datetime(2026, 1, 1, tzinfo=UTC)
"""When the tracker learns of what has no time of its own: long after the simulated time."""


@dataclass
class _Tracker:
    """What the messages say, and what the world says of the distributions."""

    requests: dict[RequestId, RequestFacts] = field(default_factory=dict)
    events: dict[Eui64, list[ReportedActivationEvent]] = field(
        default_factory=lambda: defaultdict(list)
    )
    stated: list[Knowledge] = field(default_factory=list)
    proposals: dict[RequestId, tuple[Proposal, UUID]] = field(default_factory=dict)
    taken_at: dict[RequestId, datetime] = field(default_factory=dict)
    hubs: dict[Eui64, list[tuple[Eui64, Origin]]] = field(default_factory=lambda: defaultdict(list))
    distributions: dict[Eui64, list[Line]] = field(default_factory=lambda: defaultdict(list))
    submitted_at: dict[RequestId, datetime] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        if message.request is not None:
            self.requests[message.request.request_id] = message.request
        if message.activation is not None:
            reported = ReportedActivationEvent(
                event=message.activation,
                message_id=message.message_id,
                recorded_at=_LEARNT,
                source_kind=message.kind,
                source_code=message.code,
            )
            self.events[message.activation.request_id.target].append(reported)
        self.stated += [knowledge_of(facts, message.message_id) for facts in message.devices]
        if message.proposal is not None:
            self.proposals[message.proposal.request_id] = message.proposal, message.message_id
        if message.verdict is not None and message.verdict.is_accepted:
            self.taken_at[message.verdict.request_id] = message.verdict.answered_at
        for event in message.events:
            if event.comms_hub_id is not None:
                origin = Origin(event.occurred_at, message.message_id)
                self.hubs[event.device_id].append((event.comms_hub_id, origin))

    def statements(self) -> list[Knowledge]:
        """Return what was stated, and of what was proposed for the inventory what DCC took."""
        return self.stated + [
            knowledge_of(facts_once_taken(proposal.facts, self.taken_at[request_id]), message_id)
            for request_id, (proposal, message_id) in self.proposals.items()
            if request_id in self.taken_at
        ]

    def knowledge(self) -> dict[Eui64, Knowledge]:
        known = dict(merge_all(self.statements()))
        for device_id in known.keys() & self.hubs.keys():
            for comms_hub_id, origin in self.hubs[device_id]:
                known[device_id] = with_comms_hub(known[device_id], comms_hub_id, origin)
        return known

    def candidates(self, device_id: Eui64) -> Iterable[Candidate]:
        for line in self.distributions[device_id]:
            request = self.requests.get(RequestId.parse(line["service_request_id"]))
            if request is not None:
                yield Candidate(
                    request_id=request.request_id,
                    submitted_at=self.submitted_at[request.request_id],
                    image_hash=request.image.manufacturer_image_hash,
                    firmware_versions=(request.firmware_version,),
                    is_refused=line["current_status"] == "rejected",
                )

    def activations(self, device_id: Eui64) -> dict[RequestId | None, list[Activation]]:
        """Return the device's activations, latest first, by the request that they belong to."""
        candidates = list(self.candidates(device_id))
        brought: dict[RequestId | None, list[Activation]] = defaultdict(list)
        for activation in activations_of(self.events[device_id]):
            request_id = distribution_of(activation, candidates)
            versions = self.versions(request_id)
            brought[request_id].append(settled_by_version(activation, versions))
        return brought

    def versions(self, request_id: RequestId | None) -> list[FirmwareVersion]:
        request = None if request_id is None else self.requests.get(request_id)
        if request is None:
            return []
        header = request.image.header_version
        return [request.firmware_version, *([] if header is None else [header])]

    def updates(self, device_id: Eui64) -> list[WeighedUpdate]:
        brought = self.activations(device_id)
        updates = []
        for line in self.distributions[device_id]:
            request_id = RequestId.parse(line["service_request_id"])
            request = self.requests.get(request_id)
            updates.append(
                WeighedUpdate(
                    request_id=request_id,
                    status=Status(line["current_status"]),
                    firmware_version=None if request is None else request.firmware_version,
                    header_version=None if request is None else request.image.header_version,
                    submitted_at=self.submitted_at[request_id],
                    updated_at=_moment(line["current_status_updated_at"]),
                    activations=brought[request_id],
                )
            )
        return sorted(updates, key=lambda update: update.submitted_at, reverse=True)


def _moment(text: str | None) -> datetime:
    return _LEARNT if text is None else datetime.fromisoformat(text)


@pytest.fixture(
    scope="module", params=first_of(_SCENARIOS), ids=lambda scenario: f"seed-{scenario.seed}"
)
def simulated(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Simulated:
    return simulate(tmp_path_factory.mktemp("simulated"), request.param)


@pytest.fixture(scope="module")
def tracker(simulated: Simulated) -> _Tracker:
    return tracked(simulated)


def tracked(simulated: Simulated) -> _Tracker:
    tracker = _Tracker()
    for name, octets in messages_of(simulated.written.traffic):
        if name.endswith(".xml"):
            message = read(octets, dcc_ids=_DCC_IDS)
            if not isinstance(message, NotAboutFirmware):
                tracker.take(message)
    for line in simulated.of_kind("request"):
        request_id = RequestId.parse(line["service_request_id"])
        tracker.submitted_at[request_id] = _moment(line["submitted_at"])
    for line in simulated.of_kind("distribution"):
        if line["is_tracked"]:
            tracker.distributions[Eui64.parse(line["device_id"])].append(line)
    return tracker


def _rfc3339(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def test_activations_stand_as_the_world_says(tracker: _Tracker, simulated: Simulated) -> None:
    found = [
        {
            "kind": "activation",
            "service_request_id": str(one.request_id),
            "device_id": str(device_id),
            "status": one.status,
            "reason": one.reason,
            "scheduled_for": _rfc3339(one.scheduled_for),
            "firmware_version": one.firmware_version,
            "updated_at": None if one.updated_at == _LEARNT else _rfc3339(one.updated_at),
            "distribution": None if distribution is None else str(distribution),
        }
        for device_id in list(tracker.events)
        for distribution, activations in tracker.activations(device_id).items()
        for one in activations
    ]
    expected = simulated.of_kind("activation")
    assert expected
    assert _by_request(found) == _by_request(expected)


def _by_request(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: str(line["service_request_id"]))


def test_the_inventory_knows_what_the_world_says(tracker: _Tracker, simulated: Simulated) -> None:
    found = {
        str(device_id): {name: str(word.value) for name, word in known.facts.items()}
        for device_id, known in tracker.knowledge().items()
    }
    expected = {
        line["device_id"]: {
            name: value for name, value in line.items() if name not in {"kind", "device_id"}
        }
        for line in simulated.of_kind("inventory")
    }
    assert expected
    assert found == expected


def test_what_does_not_fit_is_flagged_as_the_world_says(
    tracker: _Tracker, simulated: Simulated
) -> None:
    known = tracker.knowledge()
    not_tracked = {line["device_id"] for line in simulated.of_kind("device")}
    found = {}
    for device_id in {**tracker.distributions, **known}:
        unmatched = tracker.activations(device_id)[None]
        flags = flags_of(known.get(device_id), tracker.updates(device_id), unmatched)
        if flags and str(device_id) not in not_tracked:
            found[str(device_id)] = sorted({flag.kind.value for flag in flags})
    expected = {line["device_id"]: line["codes"] for line in simulated.of_kind("flags")}
    assert expected
    assert found == expected


def test_no_statement_of_one_second_contradicts_another(tracker: _Tracker) -> None:
    said: dict[tuple[Eui64, str, datetime | None], set[object]] = defaultdict(set)
    for known in tracker.statements():
        for name, word in known.facts.items():
            said[known.device_id, name, word.origin.learnt_at].add(word.value)
    assert [key for key, values in said.items() if len(values) > 1] == []
