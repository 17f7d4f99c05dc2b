"""The tracker against the simulated world: whatever the order, it comes to what the world knows."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from firmtrack.answers.devices import DeviceAnswer
from firmtrack.answers.requests import DistributionAnswer, DistributionFilter
from firmtrack.domain.activation import Activation
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import FACT_NAMES
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import Tally, ingest
from firmtrack.intake.inventory_import import InventoryFile, import_inventory
from firmtrack.intake.receive import OutcomeKind, Submitter
from firmtrack.presentation.times import utc_text
from firmtrack.simulator.scenario import Scenario
from firmtrack.store.reading import requests
from tests.examples import examples
from tests.looking import find_device, find_inventory
from tests.oracle.expectation import Line
from tests.oracle.simulated import Simulated, simulate

DCC = Viewer.of_dcc("the test")


def simulated(directory: Path, *, is_shuffled: bool) -> Simulated:
    scenario = Scenario(requests=examples(40), devices=500, seed=7, shuffled=is_shuffled)
    return simulate(scenario, directory / "traffic.tar.gz")


@pytest.fixture(scope="module")
def in_order(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("in-order"), is_shuffled=False)


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulated(tmp_path_factory.mktemp("shuffled"), is_shuffled=True)


def take_in(traffic: Path) -> Tally:
    return ingest(envelopes_in(traffic), Submitter.operator())


def test_traffic_in_order_leads_to_what_the_world_knows(database: str, in_order: Simulated) -> None:
    tally = take_in(in_order.written.traffic)
    assert tally.outcomes == {
        OutcomeKind.RECORDED: in_order.totals["recorded"],
        OutcomeKind.IGNORED: in_order.totals["ignored"],
    }
    assert_tracker_knows(in_order)


def test_shuffled_traffic_leads_to_what_the_world_knows(database: str, shuffled: Simulated) -> None:
    take_in(shuffled.written.traffic)
    assert_tracker_knows(shuffled)


@pytest.mark.thorough
def test_taking_traffic_in_again_changes_nothing(database: str, in_order: Simulated) -> None:
    take_in(in_order.written.traffic)
    again = take_in(in_order.written.traffic)
    assert again.outcomes[OutcomeKind.RECORDED] == 0
    assert again.outcomes[OutcomeKind.DUPLICATE] == in_order.totals["recorded"]
    assert again.events == 0
    assert_tracker_knows(in_order)


@pytest.mark.thorough
def test_every_message_twice_by_four_processes_at_once_counts_once(
    database: str, in_order: Simulated, shuffled: Simulated
) -> None:
    # The two archives hold the same messages: one seed, two orders.
    traffic = [in_order.written.traffic, shuffled.written.traffic] * 2
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.store.take_in", database, path],
            stdout=subprocess.PIPE,
            text=True,
        )
        for path in traffic
    ]
    tallies = [json.loads(process.communicate(timeout=300)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert sum(tally["recorded"] for tally in tallies) == in_order.totals["recorded"]
    assert sum(tally["duplicate"] for tally in tallies) == in_order.totals["recorded"] * 3
    assert_tracker_knows(in_order)


def test_the_inventory_files_tell_who_is_responsible_and_who_was(
    database: str, in_order: Simulated
) -> None:
    for path in (in_order.written.later_inventory, in_order.written.inventory):
        report = import_inventory(
            [InventoryFile.of_path(path)], skip_bad=False, on_read=lambda _: None
        )
        assert report.is_kept
    take_in(in_order.written.traffic)
    reported: dict[str, list[tuple[str, str]]] = {}
    for line in in_order.of_kind("responsible_supplier"):
        period = line["responsible_supplier"], line["learnt_at"]
        reported.setdefault(line["device_id"], []).append(period)
    assert reported
    for device_id, periods in reported.items():
        found = find_inventory(DCC, Eui64.parse(device_id))
        assert found is not None
        assert str(found.facts.responsible_supplier) == periods[-1][0]
        stated = [each for each in found.suppliers if not each.is_change]
        assert [
            (str(each.supplier), time_text(each.source.learnt_at)) for each in stated
        ] == periods[::-1]
        (change,) = (each for each in found.suppliers if each.is_change)
        assert time_text(change.source.learnt_at) == periods[-1][1]


def assert_tracker_knows(world: Simulated) -> None:
    """Hold all that the world knows, and nothing besides, against what the tracker answers."""
    for line in world.of_kind("request"):
        assert_request_is(line)
    reported = {
        (line["service_request_id"], line["device_id"]): line
        for line in world.of_kind("distribution")
    }
    tracked = {
        (str(each.request_id), str(each.device_id)): each
        for line in world.of_kind("request")
        for each in distributions_of(RequestId.parse(line["service_request_id"]))
    }
    assert tracked.keys() == reported.keys()
    wrong = [
        (line, answer)
        for key, line in reported.items()
        if not is_as_expected(line, answer := tracked[key])
    ]
    assert wrong == []
    for line in world.of_kind("device"):
        device = find_device(DCC, Eui64.parse(line["device_id"]))
        assert device is not None
        assert device.not_tracked_reason == line["not_tracked_reason"]
    assert unattributed(world) == world.totals["unattributed_events"]
    assert_devices_are_as_expected(world)


def assert_devices_are_as_expected(world: Simulated) -> None:
    """Hold activations, flags and inventory of every device of which the world tells any.

    Of the tracked devices without a line, which have neither, it is every tenth.
    """
    activations: dict[str, list[Line]] = {}
    for line in world.of_kind("activation"):
        activations.setdefault(line["device_id"], []).append(line)
    flags = {line["device_id"]: line["codes"] for line in world.of_kind("flags")}
    inventory = {line["device_id"]: line for line in world.of_kind("inventory")}
    tracked = [line["device_id"] for line in world.of_kind("distribution") if line["is_tracked"]]
    wrong = []
    for device_id in dict.fromkeys([*activations, *flags, *tracked[::10]]):
        device = find_device(DCC, Eui64.parse(device_id))
        assert device is not None
        reported = {
            "activations": sorted_by_request(activations.get(device_id, [])),
            "flags": flags.get(device_id, []),
            "inventory": inventory.get(device_id, {"kind": "inventory", "device_id": device_id}),
        }
        found = {
            "activations": sorted_by_request(activation_lines(device, reported["activations"])),
            "flags": sorted({flag.kind.value for flag in device.flags}),
            "inventory": inventory_line(device),
        }
        if found != reported:
            wrong.append((found, reported))
    assert wrong == []


def sorted_by_request(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: str(line["service_request_id"]))


def activation_lines(device: DeviceAnswer, reported: Iterable[Line]) -> Iterator[Line]:
    """Yield the device's activations; without its time where no message gave any."""
    timeless = {line["service_request_id"] for line in reported if line["updated_at"] is None}
    brought: list[tuple[RequestId | None, Activation]] = [
        (each.distribution.request_id, activation)
        for each in device.distributions
        for activation in each.activations
    ]
    brought += [(None, activation) for activation in device.other_activations]
    for distribution, activation in brought:
        request_id = str(activation.request_id)
        yield {
            "kind": "activation",
            "service_request_id": request_id,
            "device_id": str(activation.device_id),
            "status": activation.status,
            "reason": activation.reason,
            "scheduled_for": time_text(activation.scheduled_for),
            "firmware_version": activation.firmware_version,
            "updated_at": None if request_id in timeless else time_text(activation.updated_at),
            "distribution": None if distribution is None else str(distribution),
        }


def time_text(at: datetime | None) -> str | None:
    return None if at is None else utc_text(at)


def inventory_line(device: DeviceAnswer) -> Line:
    facts = device.inventory
    values = {} if facts is None else {name: getattr(facts, name) for name in FACT_NAMES}
    return {"kind": "inventory", "device_id": str(device.device_id)} | {
        name: str(value) for name, value in values.items() if value is not None
    }


def assert_request_is(line: Line) -> None:
    answer = requests.find_request(DCC, RequestId.parse(line["service_request_id"]))
    assert answer is not None
    assert answer.variant == line["service_reference_variant"]
    assert answer.response_code == line["response_code"]
    assert answer.device_count == line["device_count"]
    assert answer.completion_counts == line["by_completion_status"]
    assert answer.status_counts == line["by_current_status"]
    if line["submitted_at"] is not None:
        assert utc_text(answer.submitted_at) == line["submitted_at"]
    if not line["is_stub"]:
        assert answer.firmware_version == line["firmware_version"]
        assert answer.image is not None
        assert answer.image.manufacturer_image_hash is not None
        assert answer.image.manufacturer_image_hash.hex() == line["image_hash"]


def is_as_expected(line: Line, answer: DistributionAnswer) -> bool:
    is_time_expected = line["current_status_updated_at"] in (None, utc_text(answer.updated_at))
    return is_time_expected and (
        answer.completion,
        answer.status,
        answer.reason,
    ) == (line["completion_status"], line["current_status"], line["current_status_reason"])


def distributions_of(request_id: RequestId) -> Iterator[DistributionAnswer]:
    after = None
    while True:
        page = requests.list_distributions(
            DCC, request_id, DistributionFilter(), limit=1_000, after=after
        )
        yield from page.items
        after = page.last_device_id
        if after is None:
            return


def unattributed(world: Simulated) -> int:
    devices = {Eui64.parse(line["device_id"]) for line in world.of_kind("unattributed")}
    answers = [find_device(DCC, device_id) for device_id in devices]
    return sum(len(answer.unattributed) for answer in answers if answer is not None)
