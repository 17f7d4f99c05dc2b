"""How the published schema describes a stage report: a CloudEvent (1.0, JSON) about a request."""

from typing import Any

from firmtrack.domain.stages import Status
from firmtrack.presentation.documents import EUI_64_PATTERN, REQUEST_ID_PATTERN

STAGE_REPORT_SCHEMA: dict[str, Any] = {
    "title": "StageReport",
    "description": "What a system of DCC's says of the stage that a request's devices have reached."
    " source and id together are its identity. occurred_at must not be before anything happened at"
    " DCC, nor still to come.",
    "type": "object",
    "required": ["specversion", "type", "source", "id", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "type": {"const": "firmtrack.stage-report.v1"},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "id": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "data": {
            "type": "object",
            "required": ["service_request_id", "device_ids", "status", "occurred_at"],
            "properties": {
                "service_request_id": {"type": "string", "pattern": REQUEST_ID_PATTERN},
                "device_ids": {
                    "anyOf": [
                        {"const": "all"},
                        {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 50_000,
                            "items": {"type": "string", "pattern": EUI_64_PATTERN},
                        },
                    ]
                },
                "status": {"type": "string", "enum": list(Status)},
                "reason": {"type": ["string", "null"]},
                "occurred_at": {"type": "string", "format": "date-time"},
            },
        },
    },
}
