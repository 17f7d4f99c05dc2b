"""Whatever the published description allows to be sent, and what it does not, is answered by it.

All of Schemathesis's own checks are made but two. That what is as described is taken: a document of
DUIS and a cursor cannot be described to the end, so a check of ours says what may be refused all
the same. And that what is not as described is refused: of a batch, where each line has an answer of
its own, which a check of ours looks at.
"""

import json
import zlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from firmtrack.wsgi import application
from tests.api.world import METERS, REQUEST_ID, Cast
from tests.examples import examples

Case = schemathesis.Case[Any]
_KNOWN = {"service_request_id": [str(REQUEST_ID)], "device_id": [str(METERS[0]), str(METERS[1])]}
_BATCH = "/api/v1/messages/batch"
_QUARANTINED = {("/api/v1/messages", 422)}
# What every answer has, whatever is asked.
_USUAL_HEADERS = {"content-type", "content-length", "cache-control", "x-content-type-options"}
_usual = settings(max_examples=examples(60), suppress_health_check=list(HealthCheck), deadline=None)
_fewer = settings(_usual, max_examples=examples(20))

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
# The same, without a case for each way in which each part of a call may be wrong.
by_chance = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
by_chance.config.phases.coverage.enabled = False


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def _lines(_context: Any, value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _is_as_described(case: Case) -> bool:
    assert case.meta is not None
    return case.meta.generation.mode.is_positive


def _lacks_token(case: Case) -> bool:
    """Return whether the call is not as described for want of a token, which it is given."""
    assert case.meta is not None
    headers = case.meta.components.get(ParameterLocation.HEADER)
    return headers is not None and headers.mode.is_negative and "ce-time" not in case.headers


def _takes_what_is_described(_context: Any, response: schemathesis.Response, case: Case) -> None:
    """Fail if what is as described is refused, unless for what no description can tell."""
    if not _is_as_described(case) or response.status_code in {200, 304, 401, 403, 404}:
        return
    if response.status_code == 400:
        fields = {each["name"] for each in response.json()["errors"]}
        assert fields == {"cursor"}, "what is as described was refused"
        return
    if response.status_code == 411:
        assert not response.request.body, "its caller says of a body how long it is"
        return
    assert (case.operation.path, response.status_code) in _QUARANTINED


def _refuses_bad_lines(_context: Any, response: schemathesis.Response, case: Case) -> None:
    """Fail if a line that is not as described was taken: a batch is answered line by line."""
    if case.path != _BATCH or response.status_code != 200 or _is_as_described(case):
        return
    assert case.meta is not None
    if case.meta.components[ParameterLocation.BODY].mode.is_negative:
        is_array = "x-ndjson" not in response.headers["content-type"][0]
        answers = response.json() if is_array else map(json.loads, response.content.splitlines())
        outcomes = [each["outcome"] for each in answers]
        assert set(outcomes) <= {"quarantined"}


def _has_described_headers(_context: Any, response: schemathesis.Response, case: Case) -> None:
    """Fail if the answer has a header of its own that its description does not name."""
    if case.method.lower() != case.operation.method.lower():
        return  # what is described of it is described beside another method
    described = case.operation.definition.raw["responses"][str(response.status_code)]
    named = {name.lower() for name in described.get("headers", {})}
    assert set(response.headers) - _USUAL_HEADERS <= named


def _asked_of_what_there_is(case: Case) -> None:
    """Ask one time out of two for a request or a device that there is."""
    if _is_as_described(case):
        for where in (case.path_parameters, case.query):
            for name, value in dict(where or {}).items():
                if name in _KNOWN and zlib.crc32(str(value).encode()) % 2:
                    there_are = _KNOWN[name]
                    where[name] = there_are[len(str(case.query)) % len(there_are)]


def _is_intake(case: Case) -> bool:
    return bool(case.operation.method.lower() == "post") or case.operation.path.endswith("/status")


def _call(case: Case, token: str | None) -> None:
    case.call_and_validate(
        headers={} if token is None else {"Authorization": f"Bearer {token}"},
        additional_checks=[_takes_what_is_described, _refuses_bad_lines, _has_described_headers],
        excluded_checks=[
            positive_data_acceptance,
            *([negative_data_rejection] if case.path == _BATCH or _lacks_token(case) else []),
        ],
    )


@schema.parametrize()
@_usual
def test_who_may_look_or_submit_is_answered_as_described(case: Case, told: Cast) -> None:
    _asked_of_what_there_is(case)
    _call(case, told.dcc.intake if _is_intake(case) else told.dcc.read)


@by_chance.parametrize()
@_fewer
def test_a_stranger_is_answered_as_described(case: Case, told: Cast) -> None:
    _asked_of_what_there_is(case)
    _call(case, told.stranger.intake if _is_intake(case) else told.stranger.read)


@by_chance.parametrize()
@_fewer
def test_a_token_of_another_scope_is_answered_as_described(case: Case, told: Cast) -> None:
    _call(case, told.dcc.read if _is_intake(case) else told.dcc.intake)


@by_chance.parametrize()
@_fewer
@pytest.mark.parametrize("token", [None, "no such token"])
def test_who_has_no_token_is_answered_as_described(
    case: Case, told: Cast, token: str | None
) -> None:
    _call(case, token)
