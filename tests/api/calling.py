"""Calls the API as a client would, and holds every answer against the published document."""

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.test import Client
from jsonschema import Draft202012Validator, FormatChecker

from firmtrack.presentation.xlsx import MEDIA_TYPE as SPREADSHEET

PREFIX = "/api/v1"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")

_STREAMED = {"text/csv", SPREADSHEET}

_formats = FormatChecker()


@_formats.checks("date-time")
def _is_utc_time(value: object) -> bool:
    return not isinstance(value, str) or _TIME.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``body`` is whole even if it came as a stream.

    ``left`` is how many calls more may be made, which is another number each time.
    """

    status: int
    media_type: str
    headers: dict[str, str]
    body: bytes
    left: str | None = field(default=None, compare=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


def but_for_advice(answer: Any) -> Any:
    """Return an answer without what is said to DCC's staff in other words than to its owner."""
    if isinstance(answer, list):
        return [but_for_advice(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: [flag["code"] for flag in value] if name == "flags" else but_for_advice(value)
        for name, value in answer.items()
        if name not in {"advice", "version_path"}
    }


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that checks what it gets against what the API publishes about itself.

    It refuses to send without a CSRF token what Django's checks would want one for.
    """

    client: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def get(self, path: str, token: str | None = None, **query: str) -> Answer:
        return self.call("GET", path, token, query=query)

    def poll(self, path: str, token: str, tag: str, **query: str) -> Answer:
        """Ask for what has changed since the answer with this entity tag."""
        return self.call("GET", path, token, query=query, headers={"If-None-Match": tag})

    def post(
        self, path: str, token: str | None, body: bytes, media_type: str, **headers: str
    ) -> Answer:
        return self.call("POST", path, token, body=body, media_type=media_type, headers=headers)

    def call(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        query: dict[str, str] | None = None,
        body: bytes = b"",
        media_type: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        response = self.client.generic(
            method,
            PREFIX + path,
            body,
            content_type=media_type,
            headers=sent,
            query_params=query or {},
        )
        received = dict(response.headers)
        received.pop("X-Request-ID", None)  # it tells two of the same answers apart
        answer = Answer(
            status=response.status_code,
            media_type=received.get("Content-Type", "").partition(";")[0],
            left=received.pop("RateLimit", None),
            headers=received,
            body=response.getvalue(),
        )
        self._check(method, path, answer)
        return answer

    def document(self) -> Any:
        """Return the published OpenAPI document."""
        return _published()

    def _check(self, method: str, path: str, answer: Answer) -> None:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        has_version = "ETag" in answer.headers
        assert answer.headers["Cache-Control"] == (
            "private, no-cache" if has_version else "no-store"
        )
        assert "Set-Cookie" not in answer.headers
        if method == "HEAD":
            assert not answer.body
            return
        if answer.status == 304:
            assert not answer.body
            assert not {"Content-Length", "Content-Type"} & set(answer.headers)
            return
        if answer.media_type not in _STREAMED:
            assert answer.headers["Content-Length"] == str(len(answer.body))
        operation = _operation(_published(), method, path)
        if operation is None:
            assert answer.media_type == "application/problem+json"
            schema = {"$ref": "#/components/schemas/ProblemDocument"}
        else:
            described = operation["responses"][str(answer.status)]
            schema = described["content"][answer.media_type]["schema"]
        for value in _values(answer):
            validator_of(schema).validate(value)


@cache
def _published() -> Any:
    return Client().get(f"{PREFIX}/openapi.json").json()


def _operation(document: Any, method: str, path: str) -> Any:
    for template, methods in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), PREFIX + path):
            # A method that an address does not take is described beside those that it takes.
            return methods.get(method.lower()) or next(iter(methods.values()))
    return None


def _values(answer: Answer) -> list[Any]:
    if answer.media_type == "application/x-ndjson":
        return answer.lines
    if answer.media_type.endswith("json"):
        return [answer.json]
    if answer.media_type == SPREADSHEET:
        return [answer.body.decode("latin-1")]  # octets, of which the document tells no more
    return [answer.body.decode()]


def validator_of(schema: Any) -> Draft202012Validator:
    """Return what holds a value against a schema of the published document."""
    return _validator(json.dumps(schema))


@cache
def _validator(schema: str) -> Draft202012Validator:
    """Return a validator that also refuses a field that the document does not name."""
    components = deepcopy(_published()["components"])
    for described in components["schemas"].values():
        if "properties" in described:
            described["additionalProperties"] = False
    return Draft202012Validator(
        json.loads(schema) | {"components": components}, format_checker=_formats
    )
