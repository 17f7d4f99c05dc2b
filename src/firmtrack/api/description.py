"""What the published description says besides each call: servers, tags, examples, webhooks."""

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from msgspec import Struct

from firmtrack.api.responses import reference_to
from firmtrack.notices.webhook import CONTENT_TYPE
from firmtrack.notices.webhook_description import (
    ENVELOPE,
    EVENT_KINDS,
    WEBHOOK_HEADERS,
    EventKind,
)

EXAMPLES = "examples.json"
"""Real calls, and what was answered; ``tools/api_examples.py`` makes them of the demonstration."""

ABOUT = """\
Where the firmware of Great Britain's smart meters is, and where it stopped.

Send `Authorization: Bearer` and a token with every call. Times are RFC 3339 in UTC. An error is a
problem document (RFC 9457): its `code` does not change, its `detail` is for people. HEAD is
answered as GET is, without the body, and is recorded as the look-up that it is. An answer with an
`ETag` may be asked for again with `If-None-Match`: as long as nothing in it has changed, that is
answered with 304 and is no look-up. Answers are compressed with zstd or gzip for who says
`Accept-Encoding`. `RateLimit` says how many more calls are answered; beyond them the answer is 429,
and `Retry-After` says when to go on. Fields may be added to answers: pass over those that you do
not know."""

LICENCE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
SERVERS = [{"url": "/", "description": "The Firmtrack that this document comes from."}]
TAGS = {
    "Look-ups": "A Service Request, its distributions, a device, its inventory, a message.",
    "Causes": "What failures have in common.",
    "Delivery performance": "How many updates got how far, and how long they took.",
    "Freshness": "When anything last came from each source.",
    "Notices": "What your party was notified of, and where.",
    "Intake": "Messages and stage reports, handed in.",
    "Webhooks": "What Firmtrack sends to your endpoint.",
}


def webhook_structs() -> tuple[type[Struct], ...]:
    """Return what the bodies of webhooks are made of."""
    return (ENVELOPE, *_kinds_by_data())


def webhook_examples_by_type(bodies: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the first of the bodies of each webhook, by the webhook's name."""
    found: dict[str, dict[str, Any]] = {}
    names = {kind.event_type: kind.data.__name__ for kind in EVENT_KINDS.values()}
    for body in bodies:
        found.setdefault(names[body["type"]], body)
    return found


def complete(document: dict[str, Any]) -> None:
    """Add to the document of all calls what it says besides."""
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    document["info"]["license"] = LICENCE
    document["webhooks"] = dict(_webhooks())
    examples = json.loads(files(__package__).joinpath(EXAMPLES).read_text("utf-8"))
    for operation in operations_of(document):
        _exemplify(operation, examples.get(operation["operationId"], {}))


def operations_of(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the description of each call, and of each webhook."""
    for methods in (*document["paths"].values(), *document.get("webhooks", {}).values()):
        yield from methods.values()


def _exemplify(operation: dict[str, Any], examples: Mapping[str, Any]) -> None:
    for parameter in operation["parameters"]:
        if parameter["name"] in examples.get("parameters", {}):
            parameter["example"] = examples["parameters"][parameter["name"]]
    request = operation.get("requestBody", {}).get("content", {})
    answer = operation["responses"].get(200, {}).get("content", {})
    for content, shown in ((request, "request"), (answer, "answer")):
        for media_type, example in examples.get(shown, {}).items():
            content[media_type] = content[media_type] | {"example": example}


def _kinds_by_data() -> Mapping[type[Struct], list[EventKind]]:
    kinds: dict[type[Struct], list[EventKind]] = {}
    for kind in EVENT_KINDS.values():
        kinds.setdefault(kind.data, []).append(kind)
    return kinds


def _webhooks() -> Iterator[tuple[str, Any]]:
    for data, kinds in _kinds_by_data().items():
        yield data.__name__, {"post": _webhook(data, kinds)}


def _webhook(data: type[Struct], kinds: list[EventKind]) -> dict[str, Any]:
    listed = "\n".join(f"- `{kind.event_type}`: {kind.summary}." for kind in kinds)
    body = {
        "allOf": [
            reference_to(ENVELOPE),
            {
                "type": "object",
                "properties": {
                    "type": {"type": "string", "enum": [kind.event_type for kind in kinds]},
                    "data": reference_to(data),
                },
            },
        ]
    }
    return {
        "operationId": f"receive_{data.__name__}",
        "summary": _first_sentence(data),
        "description": f"Sent to each endpoint that chose one of these:\n\n{listed}",
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {
                "in": "header",
                "name": each.name,
                "required": True,
                "schema": {"type": "string"},
                "description": each.description,
                "example": each.example,
            }
            for each in WEBHOOK_HEADERS
        ],
        "requestBody": {"required": True, "content": {CONTENT_TYPE: {"schema": body}}},
        "responses": _ANSWERS_TO_WEBHOOKS,
    }


_ANSWERS_TO_WEBHOOKS = {
    "2XX": {"description": "You have it: it is not sent again. Answer before you work on it."},
    "3XX": {"description": "Refused: it is not sent again, and nobody is followed elsewhere."},
    "410": {"description": "You want no more: the endpoint is switched off."},
    "4XX": {
        "description": "Refused: it is not sent again; but after 408, 409, 423, 425 and 429 it is."
    },
    "default": {"description": "It is sent again later, under the same ID."},
}


def _first_sentence(data: type[Struct]) -> str:
    text = " ".join((data.__doc__ or "").split())
    return text.partition(". ")[0].removesuffix(".")
