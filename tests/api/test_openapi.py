"""The published description of the API."""

from typing import Any

from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from firmtrack.api.description import operations_of
from tests.api.calling import Caller

# A client that was generated breaks if one of these goes or changes: add, and nothing else.
OPERATIONS = (
    "download_distributions",
    "download_distributions_xlsx",
    "download_message",
    "download_performance",
    "find_device",
    "find_inventory",
    "find_message",
    "find_message_status",
    "find_peers",
    "find_service_request",
    "list_causes",
    "list_distributions",
    "list_endpoints",
    "list_events",
    "list_notices",
    "list_service_requests",
    "read_freshness",
    "read_performance",
    "submit_batch",
    "submit_message",
    "receive_DeviceChange",
    "receive_DistributionStalled",
    "receive_EndpointSwitchedOff",
    "receive_EndpointTest",
    "receive_VersionsDisagree",
    "receive_WatchTold",
)


def references_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*map(references_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(references_in, value))
    return set()


def test_the_document_is_public_and_of_version_3_1(api: Caller) -> None:
    assert api.document()["openapi"] == "3.1.0"


def test_every_reference_leads_somewhere_and_every_part_is_referred_to(api: Caller) -> None:
    document = api.document()
    schemas, headers = (document["components"][kind] for kind in ("schemas", "headers"))

    parts = {f"#/components/schemas/{name}" for name in schemas}
    assert references_in(document) == parts | {f"#/components/headers/{name}" for name in headers}
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_parameter_is_described(api: Caller) -> None:
    for path, methods in api.document()["paths"].items():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert parameter["description"], (path, parameter["name"])
                is_needed = parameter["in"] == "path" or parameter["name"].startswith("webhook-")
                assert parameter["required"] == is_needed


def test_what_generated_clients_call_an_operation_does_not_change(api: Caller) -> None:
    ids = [operation["operationId"] for operation in operations_of(api.document())]

    assert sorted(ids) == sorted(OPERATIONS)


def test_the_name_of_a_part_tells_nothing_of_modules(api: Caller) -> None:
    assert not [name for name in api.document()["components"]["schemas"] if "." in name]


def test_every_tag_of_a_call_is_described(api: Caller) -> None:
    document = api.document()
    used = {tag for operation in operations_of(document) for tag in operation["tags"]}

    assert used == {tag["name"] for tag in document["tags"]}


def test_no_page_of_documentation_is_served(api: Caller) -> None:
    assert api.client.get("/api/v1/docs").status_code == 404


def test_what_is_published_changes_only_on_purpose(
    api: Caller, snapshot: SnapshotAssertion
) -> None:
    assert api.document() == snapshot
