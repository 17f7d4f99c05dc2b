"""The published description of the API."""

from typing import Any

from jsonschema import Draft202012Validator
from syrupy.assertion import SnapshotAssertion

from tests.api.calling import Caller


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
                assert parameter["required"] == (parameter["in"] == "path")


def test_no_page_of_documentation_is_served(api: Caller) -> None:
    assert api.client.get("/api/v1/docs").status_code == 404


def test_what_is_published_changes_only_on_purpose(
    api: Caller, snapshot: SnapshotAssertion
) -> None:
    assert api.document() == snapshot
