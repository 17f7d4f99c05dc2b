"""Each look-up leaves one trace, whatever it finds, before its answer leaves."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from firmtrack.answers.performance import PerformanceFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device, inventory, notices, performance, request
from firmtrack.lookups.request import Download
from firmtrack.presentation.files import FileFormat
from firmtrack.store.database import pool
from tests.store import facts
from tests.store.facts import (
    ALL,
    ALPHA,
    METER,
    METERS,
    REQUEST_ID,
    STRANGER,
    answer,
    at,
    meter,
    reported,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

LookUp = Callable[[Viewer], object]
LATER = datetime(2030, 1, 1, tzinfo=UTC)
UNKNOWN = RequestId(REQUEST_ID.originator, REQUEST_ID.target, 999_999)

LOOK_UPS: dict[str, tuple[LookUp, str, int, int]] = {
    "a device": (partial(device.find_device, device_id=METER), "device", 1, 0),
    "a device’s page": (partial(device.open_device_page, device_id=METER), "device", 1, 0),
    "a refresh": (
        partial(device.refresh_device_page, device_id=METER, version="another"), "device", 1, 0,
    ),
    "a history": (
        partial(device.list_events, device_id=METER, request_id=REQUEST_ID, limit=10),
        "events", 3, 0,
    ),
    "peers": (partial(device.compare_device, device_id=METER), "peers", 2, 0),
    "an inventory": (partial(inventory.find_inventory, device_id=METER), "inventory", 1, 0),
    "a request": (partial(request.find_request, request_id=REQUEST_ID), "service_request", 1, 0),
    "a request’s page": (
        partial(request.open_request_page, request_id=REQUEST_ID, wanted=ALL, limit=2),
        "service_request", 2, 0,
    ),
    "a refresh of a request": (
        partial(request.refresh_request_page, request_id=REQUEST_ID, version="another"),
        "service_request", 1, 0,
    ),
    "a request with all": (
        partial(request.open_request_listing, request_id=REQUEST_ID, wanted=ALL),
        "service_request", len(METERS), 0,
    ),
    "distributions": (
        partial(request.list_distributions, request_id=REQUEST_ID, wanted=ALL, limit=3),
        "distributions", 3, 0,
    ),
    "a file": (
        partial(request.download_distributions, request_id=REQUEST_ID, wanted=ALL),
        "distributions_csv", len(METERS), 0,
    ),
    "a spreadsheet": (
        partial(
            request.download_distributions,
            request_id=REQUEST_ID, wanted=ALL, file_format=FileFormat.XLSX,
        ),
        "distributions_xlsx", len(METERS), 0,
    ),
    "delivery performance": (
        partial(performance.delivery_performance, wanted=PerformanceFilter()),
        "delivery_performance", 0, 0,
    ),
    "notices": (partial(notices.list_notices, limit=10), "notices", 0, 0),
    "endpoints": (notices.list_endpoints, "endpoints", 0, 0),
    "an endpoint": (partial(notices.find_endpoint, endpoint_id=1), "endpoint", 0, 0),
}  # fmt: skip


def traces() -> list[tuple[str, str, int]]:
    with pool().connection() as connection:
        return connection.execute(
            "SELECT viewer, kind, row_count FROM lookup_audit ORDER BY lookup_id"
        ).fetchall()


@pytest.fixture(autouse=True)
def _a_request(database: str) -> None:
    take(facts.request(sent_at=at(0)), answer(answered_at=at(1)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2)))


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_look_up_leaves_one_trace_of_who_asked_and_how_much_was_seen(name: str) -> None:
    look_up, kind, rows, rows_of_stranger = LOOK_UPS[name]

    look_up(ALPHA)
    assert traces() == [(ALPHA.name, kind, rows)]
    look_up(STRANGER)
    assert traces()[1:] == [(STRANGER.name, kind, rows_of_stranger)]


def test_to_ask_whether_anything_changed_leaves_no_trace() -> None:
    page = device.open_device_page(ALPHA, METER)
    assert page is not None
    of_request = request.refresh_request_page(ALPHA, REQUEST_ID, "another")
    assert isinstance(of_request, request.FoundRequest)
    before = traces()

    assert device.refresh_device_page(ALPHA, METER, page.version) == page.version
    assert request.refresh_request_page(ALPHA, REQUEST_ID, of_request.version) == of_request.version
    assert traces() == before


def test_a_file_is_traced_before_its_first_row_leaves() -> None:
    download = request.download_distributions(ALPHA, REQUEST_ID, ALL)

    assert isinstance(download, Download)
    assert traces() == [(ALPHA.name, "distributions_csv", len(METERS))]
    assert b"".join(download.blocks).count(b"\r\n") == 1 + len(METERS)
    assert len(traces()) == 1


def test_what_is_not_there_is_answered_as_what_is_someone_elses() -> None:
    for viewer, device_id, request_id in (
        (STRANGER, METER, REQUEST_ID),
        (ALPHA, meter(999), UNKNOWN),
    ):
        assert device.find_device(viewer, device_id) is None
        assert device.open_device_page(viewer, device_id) is None
        assert device.refresh_device_page(viewer, device_id, "any") is None
        assert device.compare_device(viewer, device_id) is None
        assert inventory.find_inventory(viewer, device_id) is None
        assert request.find_request(viewer, request_id) is None
        assert request.open_request_page(viewer, request_id, ALL, limit=2) is None
        assert request.refresh_request_page(viewer, request_id, "any") is None
        assert request.open_request_listing(viewer, request_id, ALL) is None
        assert request.list_distributions(viewer, request_id, ALL, limit=2) is None
        assert request.download_distributions(viewer, request_id, ALL) is None
