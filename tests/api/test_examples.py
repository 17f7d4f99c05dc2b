"""The examples of the published description: one for each call, as described, and answered so."""

import json
from typing import Any

import pytest

from firmtrack.api.description import operations_of
from tests.api.calling import Caller, validator_of
from tests.api.world import Cast

_NEEDS_EXAMPLE = {"find", "list", "read", "download", "submit"}
_BATCH = "/messages/batch"


def contents_of(operation: Any) -> list[tuple[str, str, Any]]:
    """Return where each body of a call stands, its media type, and its description."""
    request = operation.get("requestBody", {}).get("content", {})
    answer = operation["responses"].get("200", {}).get("content", {})
    return [
        (place, media_type, content)
        for place, contents in (("request", request), ("answer", answer))
        for media_type, content in contents.items()
        if content["schema"].get("format") != "binary"  # of which JSON has no examples
    ]


def operation_named(api: Caller, name: str) -> Any:
    return next(each for each in operations_of(api.document()) if each["operationId"] == name)


def test_each_call_has_an_example_of_what_is_sent_and_of_what_is_answered(api: Caller) -> None:
    for operation in operations_of(api.document()):
        name = operation["operationId"]
        if name.partition("_")[0] not in _NEEDS_EXAMPLE:
            continue
        shown = {place for place, _, content in contents_of(operation) if "example" in content}
        assert shown == {place for place, _, _ in contents_of(operation)}, name
        for parameter in operation["parameters"]:
            assert "example" in parameter or parameter["in"] != "path", (name, parameter["name"])


def test_an_example_is_as_described(api: Caller) -> None:
    for operation in operations_of(api.document()):
        for place, media_type, content in contents_of(operation):
            if "example" in content:
                described = validator_of(content["schema"])
                assert described.is_valid(content["example"]), (
                    operation["operationId"],
                    place,
                    media_type,
                    list(described.iter_errors(content["example"])),
                )
        for parameter in operation["parameters"]:
            if "example" in parameter:
                assert validator_of(parameter["schema"]).is_valid(parameter["example"])


@pytest.mark.parametrize("media_type", ["application/xml", "application/json"])
def test_the_example_of_a_message_is_taken(api: Caller, told: Cast, media_type: str) -> None:
    content = operation_named(api, "submit_message")["requestBody"]["content"][media_type]
    text = content["example"] if media_type.endswith("xml") else json.dumps(content["example"])

    sent = api.post("/messages", told.dcc.intake, text.encode(), media_type)

    assert (sent.status, sent.json["outcome"], sent.json["events"]) == (200, "recorded", 1)


def test_the_examples_of_a_batch_are_taken(api: Caller, told: Cast) -> None:
    content = operation_named(api, "submit_batch")["requestBody"]["content"]
    array, line = (
        content[each]["example"] for each in ("application/json", "application/x-ndjson")
    )

    sent = api.post(_BATCH, told.dcc.intake, json.dumps(array).encode(), "application/json")
    again = api.post(_BATCH, told.dcc.intake, json.dumps(line).encode(), "application/x-ndjson")

    assert {each["outcome"] for each in sent.json} <= {"recorded", "duplicate"}
    assert [each["outcome"] for each in again.lines] == ["duplicate"]
    assert again.lines[0]["message_id"] == sent.json[0]["message_id"]
