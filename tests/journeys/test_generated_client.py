"""A client that is generated of the published description calls all that it describes."""

import sys
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from firmtrack.store.embedded import EmbeddedPostgres
from tests.api.calling import Caller
from tests.journeys.api_server import ApiServer, api_server, delivery_failed

_PACKAGE = "firmtrack_client_of_a_test"
# The first four are sent in another way as well, of which the client is made. Of the last, a
# workbook, the client gives the octets.
_NOT_GENERATED = (
    "content type application/xml",
    "content type text/xml",
    "content type application/x-ndjson",
    "content type application/jsonl",
    "content_type application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)


@pytest.fixture(scope="module")
def server(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    with api_server(postgres, tmp_path_factory.mktemp("api")) as served:
        yield served


@pytest.fixture(scope="module")
def generated(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of the client's package, which can be imported."""
    directory = tmp_path_factory.mktemp("generated")
    config = Config.from_sources(
        ConfigFile(post_hooks=[], http_timeout=120),
        MetaType.NONE,
        f"{server.address}/api/v1/openapi.json",
        "utf-8",
        overwrite=False,
        output_path=directory / _PACKAGE,
    )
    for problem in generate(config=config):
        assert any(each in str(problem.detail) for each in _NOT_GENERATED), problem
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        yield directory / _PACKAGE
        for name in [each for each in sys.modules if each.startswith(_PACKAGE)]:
            del sys.modules[name]


def part(name: str) -> Any:
    return import_module(f"{_PACKAGE}.{name}")


def client_of(server: ApiServer) -> Any:
    return part("client").AuthenticatedClient(
        base_url=server.address, token=server.token, timeout=120, raise_on_unexpected_status=True
    )


def test_each_call_is_generated_under_its_name(generated: Path) -> None:
    made = {path.stem for path in generated.glob("api/*/*.py")} - {"__init__"}

    paths = Caller().document()["paths"]
    assert made == {each["operationId"] for methods in paths.values() for each in methods.values()}


def test_what_is_handed_in_by_a_generated_client_is_found_by_it(
    server: ApiServer, generated: Path
) -> None:
    models, types = part("models"), part("types")
    xml = [delivery_failed(number) for number in (101, 102)]
    with client_of(server) as client:
        taken = part("api.intake.submit_message").sync(
            client=client,
            body=types.File(payload=BytesIO(xml[0])),
            ce_time="2026-03-01T09:00:00Z",
        )
        outcomes = part("api.intake.submit_batch").sync(
            client=client,
            body=[models.DuisLine(xml=each.decode(), time="2026-03-01T09:00:00Z") for each in xml],
        )
        device = part("api.look_ups.find_device").sync("00-DB-33-33-00-00-00-65", client=client)
        events = part("api.look_ups.list_events").sync(
            "00-DB-33-33-00-00-00-66",
            client=client,
            service_request_id=device.distributions[0].service_request_id[:-3] + "102",
        )

    assert taken.outcome == "recorded"
    assert [each.outcome for each in outcomes] == ["duplicate", "recorded"]
    assert outcomes[0].message_id == taken.message_id
    (distribution,) = device.distributions
    assert distribution.current_status == "comms_hub_delivery_failed"
    assert distribution.events[0].source.message_id == taken.message_id
    assert events.items[0].reason == "N61"


def test_a_stage_report_and_what_is_refused_are_told_as_they_are(
    server: ApiServer, generated: Path
) -> None:
    models = part("models")
    report = models.StageReport.from_dict(
        {
            "specversion": "1.0",
            "type": "firmtrack.stage-report.v1",
            "source": "/adapter",
            "id": "1",
            "data": {
                "service_request_id": "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:700101",
                "device_ids": "all",
                "status": "sent_to_csp",
                "reason": None,
                "occurred_at": "2026-03-01T09:30:00+00:00",
            },
        }
    )
    with client_of(server) as client:
        refused = part("api.intake.submit_message").sync(client=client, body=report)
        missing = part("api.look_ups.find_device").sync("00-DB-FF-FF-FF-FF-FF-FF", client=client)

    assert (refused.status, refused.code, refused.reason_code) == (422, "quarantined", "not_yours")
    assert (missing.status, missing.code) == (404, "not_found")
