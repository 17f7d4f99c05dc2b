"""A good stage report, and whatever one wishes to change of it."""

import json
from typing import Any

from firmtrack.domain.identifiers import RequestId

REQUEST_ID = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")
METER = "00-DB-12-34-56-78-90-A0"
OTHER_METER = "00-DB-12-34-56-78-90-A1"
ABSENT = "this name is left out"


def report(**changes: Any) -> dict[str, Any]:
    """Return a good report with changes to its data, or with ``event__…`` around them."""
    data = {
        "service_request_id": str(REQUEST_ID),
        "device_ids": [METER, OTHER_METER],
        "status": "sent_to_csp",
        "reason": None,
        "occurred_at": "2026-03-01T09:30:00Z",
    }
    event = {
        "specversion": "1.0",
        "type": "firmtrack.stage-report.v1",
        "source": "/dsp",
        "id": "1",
        "data": data,
    }
    for name, value in changes.items():
        where = event if name.startswith("event__") else data
        where[name.removeprefix("event__")] = value
    for where in (event, data):
        for name in [name for name, value in where.items() if value == ABSENT]:
            del where[name]
    return event


def octets(**changes: Any) -> bytes:
    return json.dumps(report(**changes)).encode()
