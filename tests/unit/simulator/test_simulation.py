"""A whole simulation: repeatable, complete, and its numbers add up."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import ActivationStatus, Status
from firmtrack.duis import documents as d
from firmtrack.intake.bounded_lines import read_lines
from firmtrack.intake.inventory_rows import BadRow, read_rows
from firmtrack.simulator.chronicle import Chronicle
from firmtrack.simulator.output import OutputExists
from firmtrack.simulator.plots import PLOT_SHARES, PLOTS_IN_A_DECK
from firmtrack.simulator.post import (
    ActivationAnswerSent,
    FutureDatedAlertSent,
    StageReport,
    VersionReadSent,
)
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import imagine, run
from firmtrack.simulator.truth import TrueActivation
from firmtrack.simulator.world import Clock
from tests.examples import first_of
from tests.oracle.expectation import lines_of
from tests.oracle.simulated import Simulated
from tests.unit.simulator.traffic import messages_of, simulate

_SMALL = Scenario(requests=9, devices=12, seed=7, image_bytes=2_000)
_STANDARD = Scenario(requests=20, devices=500, seed=0)
_SEEDS = (7, 8, 4711)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    return simulate(tmp_path_factory.mktemp("small"), _SMALL)


@pytest.fixture(scope="module", params=first_of(_SEEDS), ids=lambda seed: f"seed-{seed}")
def standard(request: pytest.FixtureRequest) -> Chronicle:
    return imagine(replace(_STANDARD, seed=request.param))


def _files(directory: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(directory)), path.read_bytes()


# The same octets ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["traffic", "traffic.tar.gz"])
def test_the_same_seed_gives_the_same_octets_and_another_seed_does_not(
    name: str, tmp_path: Path
) -> None:
    scenarios = {"first": _SMALL, "again": _SMALL, "other": replace(_SMALL, seed=8)}
    for directory, scenario in scenarios.items():
        run(scenario, tmp_path / directory / name)
    first, again, other = (dict(_files(tmp_path / directory)) for directory in scenarios)
    assert first == again
    assert not set(first.values()) & set(other.values())


def test_directory_and_archive_hold_the_same_messages(small: Simulated, tmp_path: Path) -> None:
    run(_SMALL, tmp_path / "traffic")
    assert list(_files(tmp_path / "traffic")) == list(messages_of(small.written.traffic))


def test_names_carry_the_order_of_sending_and_the_kind(small: Simulated) -> None:
    names = [name for name, _ in messages_of(small.written.traffic)]
    assert names == sorted(names)
    assert len(names) == small.written.messages
    assert all(re.fullmatch(r"\d{8}-[a-z-]+\.(xml|json)", name) for name in names)


def test_the_trust_store_stands_beside_the_traffic(small: Simulated) -> None:
    assert small.written.trust_store == small.written.traffic.with_name("traffic.tar.gz.trust")
    assert sorted(path.name for path in small.written.trust_store.iterdir()) == [
        "90-B3-D5-1F-30-00-00-02.pem",
        "90-B3-D5-1F-30-01-00-00.pem",
        "90-B3-D5-1F-30-02-00-00.pem",
    ]


@pytest.mark.parametrize(
    "taken",
    [
        "traffic.tar.gz",
        "traffic.tar.gz.inventory.csv",
        "traffic.tar.gz.inventory-later.csv",
        "traffic.tar.gz.trust/old.pem",
    ],
)
def test_nothing_that_stands_there_is_overwritten(taken: str, tmp_path: Path) -> None:
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputExists):
        simulate(tmp_path, _SMALL)
    assert path.read_text(encoding="utf-8") == "mine"


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    scenario = replace(_SMALL, devices=60)
    summary = run(scenario, tmp_path / "t.tar.gz", lambda done, total: told.append((done, total)))
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1] == (summary.messages, summary.messages)


# Numbers add up -------------------------------------------------------------------------------


def test_expected_counts_add_up(small: Simulated) -> None:
    requests = small.of_kind("request")
    distributions = small.of_kind("distribution")
    traffic = small.totals
    assert len(requests) == small.written.requests == traffic["requests"] == _SMALL.requests + 1
    assert [request["is_stub"] for request in requests].count(True) == 1
    assert len(distributions) == small.written.distributions == traffic["distributions"]
    assert traffic["messages"] == small.written.messages
    assert traffic["messages"] == sum(traffic[k] for k in ("recorded", "duplicate", "ignored"))
    assert traffic["unattributed_events"] == len(small.of_kind("unattributed"))
    for request in requests:
        own = [
            one
            for one in distributions
            if one["service_request_id"] == request["service_request_id"]
        ]
        assert request["device_count"] == len(own) > 0
        for key in ("completion_status", "current_status"):
            assert request[f"by_{key}"] == dict(sorted(Counter(one[key] for one in own).items()))
    assert small.written.by_current_status == Counter(
        one["current_status"] for one in distributions
    )


def test_no_request_names_a_device_twice(standard: Chronicle) -> None:
    for update in standard.updates:
        device_ids = [named.device_id for named in update.named]
        assert len(set(device_ids)) == len(device_ids)


def test_a_single_request_names_exactly_the_devices_asked_for_and_nothing_goes_before_it(
    tmp_path: Path,
) -> None:
    scenario = Scenario(requests=1, devices=300, seed=3)
    chronicle = imagine(scenario)
    assert chronicle.stubs == []
    (update,) = chronicle.updates
    assert len(update.named) == 300
    assert update.variant == "11.1"


def test_requests_are_of_about_the_size_asked_for(standard: Chronicle) -> None:
    sizes = [len(update.named) for update in standard.updates]
    assert len(sizes) == 20
    assert 7_000 <= sum(sizes) <= 12_000
    assert min(sizes) == 1


def test_the_traffic_belongs_to_the_suppliers_asked_for(tmp_path: Path) -> None:
    suppliers = tuple(Eui64(0x0011223344556600 + number) for number in range(3))
    chronicle = imagine(replace(_SMALL, requests=30, suppliers=suppliers))
    assert {update.supplier for update in chronicle.updates} == set(suppliers)


# Everything happens ---------------------------------------------------------------------------


def test_every_status_is_the_end_of_some_distribution(standard: Chronicle) -> None:
    assert {one.current.status for one in standard.distributions()} == set(Status)


def test_every_reason_occurs(standard: Chronicle) -> None:
    reasons = {one.current.reason for one in standard.distributions()}
    assert reasons >= {
        None,
        "invalid_device_id",
        "not_commissioned",
        "not_applicable_firmware",
        "other_request_in_progress",
        "invalid_gbcs_version",
        "csp_interface_error",
        "N61",
        *(f"N{number}" for number in range(18, 24)),
        "image_discarded",
        "hardware_version_mismatch",
        "file_transfer_failure",
        "8F1C",
        "activation_failure",
    }
    refused = {one for one in reasons if one is not None and re.fullmatch(r"E110[14]0\d", one)}
    assert refused


def test_requests_end_in_every_way(standard: Chronicle) -> None:
    answers = {update.answer.code for update in standard.updates if update.is_answered}
    assert answers & {"I0", "I99"}
    assert answers >= {"W110101", "W110401"}
    assert any(len(update.left_out()) == 5 for update in standard.updates)
    unanswered = [update for update in standard.updates if update.known_since is None]
    assert all(
        named.distribution.current.status is Status.RECEIVED
        for update in unanswered
        for named in update.named
    )
    assert unanswered


def test_the_same_image_goes_to_a_device_again_and_another_one_too(
    standard: Chronicle,
) -> None:
    images: dict[Eui64, list[bytes]] = {}
    for update in standard.updates:
        for named in update.named:
            images.setdefault(named.device_id, []).append(update.image_hash)
    assert any(len(hashes) > len(set(hashes)) for hashes in images.values())
    assert any(len(set(hashes)) > 1 for hashes in images.values())


def test_every_kind_of_message_is_in_the_traffic(standard: Chronicle) -> None:
    contents = [message.content for message in standard.messages]
    bodies = {type(one.body) for one in contents if isinstance(one, d.DccAlert)}
    assert bodies == {
        d.CspFirmwareDeliveryStatus,
        d.CommsHubAlert,
        d.FirmwareDistributionFailure,
        d.FirmwareUpgradeRequested,
        d.PpmidAlert,
        d.CommandFailure,
        d.DeviceStatusChangeEvent,
        d.CommsHubFirmwareActivation,
        d.PowerOutageEvent,
        d.FirmwareVersionMismatch,
        d.DeviceChangeOfSupplier,
    }
    assert {type(one) for one in contents} >= {
        d.ActivateFirmwareRequest,
        d.Acknowledgement,
        ActivationAnswerSent,
        FutureDatedAlertSent,
        VersionReadSent,
        d.ReadInventoryRequest,
        d.ReadInventoryResponse,
        d.UpdateInventoryRequest,
    }
    reports = [one for one in contents if isinstance(one, StageReport)]
    assert {report.status for report in reports} == {
        Status.SENT_TO_CSP,
        Status.SEND_TO_CSP_FAILED,
    }
    transfers = [
        one.body.firmware_transfer_alert
        for one in contents
        if isinstance(one, d.DccAlert) and isinstance(one.body, d.CommsHubAlert)
    ]
    assert {one.transfer_response_code for one in transfers if one} == set(d.TransferResponseCode)
    assert {one.update_firmware_request_id is None for one in transfers if one} == {True, False}
    throttled = {one.throttled_alert_sequence_id for one in contents if isinstance(one, d.DccAlert)}
    assert throttled >= {None, 1, 2, 3}


def test_devices_of_all_kinds_with_wrong_clocks_and_out_of_scope_take_part(
    standard: Chronicle,
) -> None:
    devices = [
        named.device
        for update in standard.updates
        for named in update.named
        if named.device is not None
    ]
    assert {device.clock for device in devices} == set(Clock)
    assert {device.kind for device in devices} >= {"ESME", "GSME", "PPMID", "HCALCS"}
    assert {device.home.region for device in devices} >= {"North", "4G South"}
    assert set(standard.not_tracked.values()) == {"comms_hub", "type_2", "smets1"}
    untracked = {one.device_id for one in standard.distributions() if not one.is_tracked}
    assert untracked
    assert untracked <= set(standard.not_tracked)


# Activation -----------------------------------------------------------------------------------


def test_a_deck_holds_every_plot() -> None:
    assert sum(PLOT_SHARES.values()) == PLOTS_IN_A_DECK
    assert all(share >= 1 and share == int(share) for share in PLOT_SHARES.values())


def test_activations_end_in_every_way_and_for_every_reason(standard: Chronicle) -> None:
    assert {one.status for one in standard.activations} == set(ActivationStatus)
    assert {one.reason for one in standard.activations} == {
        None,
        *("no_image_held", "hash_mismatch", "activation_failure", "8F67"),
        *("N12", "N13", "E4", "E5", "E20", "E21"),
    }
    assert {one.distribution is None for one in standard.activations} == {True, False}
    assert any(one.updated_at is None for one in standard.activations)


def test_cancelling_ends_what_was_scheduled_and_comes_too_late_for_what_was_done(
    standard: Chronicle,
) -> None:
    of_device: dict[Eui64, list[TrueActivation]] = {}
    for one in standard.activations:
        of_device.setdefault(one.device_id, []).append(one)
    pairs = {
        (planned.status, cancelling.status)
        for of_one in of_device.values()
        for planned, cancelling in pairwise(of_one)
        if cancelling.is_cancelling
    }
    cancelled, activated, failed = (
        ActivationStatus.CANCELLED,
        ActivationStatus.ACTIVATED,
        ActivationStatus.FAILED,
    )
    assert pairs >= {(cancelled, cancelled), (activated, cancelled), (activated, failed)}


def test_some_device_raises_each_flag(standard: Chronicle) -> None:
    lines = [line for line in lines_of(standard) if line["kind"] == "flags"]
    codes = Counter(code for line in lines for code in cast("list[str]", line["codes"]))
    assert set(codes) == {
        "activated_but_old_version",
        "activation_not_answered",
        "firmware_version_mismatch",
        "header_version_differs",
        "request_for_running_version",
        "suspended",
        "version_without_activation",
    }


def test_inventory_answers_hold_up_to_seventeen_devices(standard: Chronicle) -> None:
    answers = [
        message.content
        for message in standard.messages
        if isinstance(message.content, d.ReadInventoryResponse)
    ]
    assert max(len(answer.devices) for answer in answers) == 17
    assert all(answer.devices for answer in answers)


@pytest.mark.parametrize("asking", [d.DevicePrenotification, d.UpdateInventoryRequest])
def test_dcc_takes_and_refuses_changes_of_the_inventory_and_leaves_some_unanswered(
    standard: Chronicle, asking: type[d.DevicePrenotification | d.UpdateInventoryRequest]
) -> None:
    contents = [message.content for message in standard.messages]
    asked = {one.request_id for one in contents if isinstance(one, asking)}
    codes = {
        one.request_id: one.response_code
        for one in contents
        if isinstance(one, d.Acknowledgement) and one.request_id in asked
    }
    assert set(codes.values()) >= {"I0", "E4"}
    assert asked - codes.keys()


# Change of supplier ---------------------------------------------------------------------------


def test_meters_change_supplier_in_mid_distribution_and_the_new_one_acts(
    standard: Chronicle,
) -> None:
    moved = {row.device_id: row for row in standard.suppliers.later}
    assert moved
    asked = {
        (named.device_id, update.supplier): update.submitted_at
        for update in standard.updates
        for named in update.named
        if named.device_id in moved
    }
    told = [
        message.content.body.device_id
        for message in standard.messages
        if isinstance(message.content, d.DccAlert)
        and isinstance(message.content.body, d.DeviceChangeOfSupplier)
    ]
    assert sorted(told) == sorted(moved)
    activated = [
        one
        for one in standard.activations
        if one.device_id in moved
        and one.request_id.originator == moved[one.device_id].responsible_supplier
    ]
    # Some activate what the other supplier sent, some send an image of their own.
    assert any(
        one.distribution is not None and one.distribution.originator != one.request_id.originator
        for one in activated
    )
    assert any(
        submitted_at > moved[device_id].learnt_at
        for (device_id, supplier), submitted_at in asked.items()
        if supplier == moved[device_id].responsible_supplier
    )


def test_a_supplier_that_lost_a_meter_asks_nothing_more_of_it(standard: Chronicle) -> None:
    moved = {row.device_id: row for row in standard.suppliers.later}
    for update in standard.updates:
        for named in update.named:
            row = moved.get(named.device_id)
            if row is not None and update.submitted_at > row.learnt_at:
                assert update.supplier == row.responsible_supplier


def test_inventory_files_can_be_imported(small: Simulated) -> None:
    for path in (small.written.inventory, small.written.later_inventory):
        with path.open("rb") as stream:
            rows = list(read_rows(path.name, read_lines(stream, lambda _: None)))
        assert not any(isinstance(row, BadRow) for row in rows)
    with small.written.inventory.open(encoding="utf-8") as file:
        stated = list(csv.DictReader(file))
    first = {row["device_id"] for row in stated if row["device_type"] != "CHF"}
    known = {line["device_id"] for line in small.of_kind("distribution")}
    assert first
    assert first <= known
    hubs = {
        row["device_id"]: row["firmware_version"] for row in stated if row["comms_hub_id"] == ""
    }
    named = {row["comms_hub_id"] for row in stated} - {""}
    assert hubs.keys() <= named <= {row["device_id"] for row in stated}
    assert len({row["device_id"] for row in stated}) == len(stated)
    assert len(set(hubs.values())) > 1


def test_nothing_is_sent_outside_the_simulated_time(standard: Chronicle) -> None:
    times = [message.sent_at for message in standard.messages]
    assert times == sorted(times)
    assert times[0] >= _STANDARD.first_second
    assert times[-1] <= _STANDARD.end


# Disorder -------------------------------------------------------------------------------------


def _octets(directory: Path, scenario: Scenario) -> tuple[Simulated, list[bytes]]:
    simulated = simulate(directory, scenario)
    return simulated, [octets for _, octets in messages_of(simulated.written.traffic)]


@pytest.mark.parametrize("disorder", [{"shuffled": True}, {"late": 0.5}], ids=["shuffled", "late"])
def test_disorder_changes_the_order_and_nothing_else(
    disorder: dict[str, float], small: Simulated, tmp_path: Path
) -> None:
    simulated, octets = _octets(tmp_path, replace(_SMALL, **disorder))  # type: ignore[arg-type]  # a plain mapping of fields
    in_order = [one for _, one in messages_of(small.written.traffic)]
    assert octets != in_order
    assert sorted(octets) == sorted(in_order)
    assert simulated.lines == small.lines


def test_doubled_sends_every_message_twice_and_tells_so(small: Simulated, tmp_path: Path) -> None:
    simulated, octets = _octets(tmp_path, replace(_SMALL, doubled=True))
    assert set(Counter(octets).values()) == {2}
    once = small.totals
    twice = simulated.totals
    assert twice["recorded"] == twice["duplicate"] == once["recorded"]
    assert twice["ignored"] == 2 * once["ignored"]
    assert simulated.of_kind("distribution") == small.of_kind("distribution")


# Stage reports --------------------------------------------------------------------------------


def test_stage_reports_are_cloud_events(small: Simulated) -> None:
    reports = [
        json.loads(o) for name, o in messages_of(small.written.traffic) if name.endswith(".json")
    ]
    assert len({report["id"] for report in reports}) == len(reports) > 1
    for report in reports:
        assert report["specversion"] == "1.0"
        assert report["type"] == "firmtrack.stage-report.v1"
        assert report["source"]
        data = report["data"]
        assert set(data) == {
            "service_request_id",
            "device_ids",
            "status",
            "reason",
            "occurred_at",
        }
        assert data["device_ids"] == "all" or data["status"] == "send_to_csp_failed"
        assert datetime.fromisoformat(data["occurred_at"]).utcoffset() is not None
